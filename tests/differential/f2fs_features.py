"""What kind of f2fs a seed stands for: its features, how it is mounted, time after time, and how it is left."""
import random
import uuid

BLOCK = 4096
CROSSED = ("compression", "encrypt", "verity", "casefold")     # a seed's last four bits: each with and without the others
# With how likely each of the others is. What depends on another feature is sorted out in settle().
OTHERS = {"extra_attr": 0.8, "inode_checksum": 0.6, "inode_crtime": 0.6, "flexible_inline_xattr": 0.5, "project_quota": 0.3,
          "quota": 0.3, "sb_checksum": 0.5, "lost_found": 0.3}
NEED_EXTRA_ATTR = {"inode_checksum", "inode_crtime", "flexible_inline_xattr", "project_quota", "compression"}
ALGORITHMS = ("lzo", "lzo-rle", "lz4", "lz4:9", "zstd", "zstd:12")


def settle(features):
    """Adds and drops what mkfs.f2fs wants or refuses beside the rest."""
    if "compression" in features:
        features.add("extra_attr")
    if "extra_attr" not in features:
        features -= NEED_EXTRA_ATTR
    if "quota" not in features:
        features.discard("project_quota")


def choose(seed, only=None):
    """The spec of a seed. only: features with commas that it must have, or 'dirty'."""
    rng = random.Random(f"f2fs features {seed}")
    must = set(only.split(",")) if only else set()
    features = {name for bit, name in enumerate(CROSSED) if seed >> bit & 1}
    features |= {name for name, chance in OTHERS.items() if rng.random() < chance} | must
    dirty = rng.random() < 0.4 or "dirty" in must
    features.discard("dirty")
    if features & NEED_EXTRA_ATTR & must:
        features.add("extra_attr")
    settle(features)
    spec = {"seed": seed, "kind": "f2fs", "block": BLOCK, "mib": rng.choice((48, 56, 64, 80)), "dirty": dirty,
            "features": sorted(features), "garbage": rng.random() < 0.7, "tune": [],
            "members_mib": [rng.choice((16, 24))] if rng.random() < 0.15 and not dirty else [],
            "rounds": [[rng.randint(60, 200), ",".join(mount_options(features, rng))] for _ in range(rng.randint(1, 4))]}
    spec["mkfs"] = mkfs(spec, features, rng)
    spec["mount_options"] = spec["rounds"][0][1]
    return spec


def mkfs(spec, features, rng):
    command = ["mkfs.f2fs", "-q", "-f", "-r", "-t", "0", "-U", str(uuid.UUID(int=rng.getrandbits(128), version=4)),
               "-l", rng.choice(("", "label", "größer"))]
    if features:
        command += ["-O", ",".join(sorted(features))]
    if "casefold" in features:
        command += ["-C", rng.choice(("utf8", "utf8", "utf8:strict"))]
    if rng.random() < 0.2:
        command.append("-i")
    if rng.random() < 0.2:
        command += ["-o", "30"]
    for number, _ in enumerate(spec["members_mib"], 1):
        command += ["-c", f"{{dev{number}}}"]
    return command


def mount_options(features, rng):
    options = ["noatime", "background_gc=off", "nodiscard", f"active_logs={rng.choice((2, 4, 6, 6, 6))}",
               "mode=" + rng.choice(("adaptive", "adaptive", "lfs")), "fsync_mode=" + rng.choice(("posix", "posix", "strict"))]
    for option, chance in (("noinline_data", 0.2), ("noinline_dentry", 0.2), ("noextent_cache", 0.2), ("data_flush", 0.1),
                           ("alloc_mode=reuse", 0.2)):
        if rng.random() < chance:
            options.append(option)
    if rng.random() < 0.2:
        options.append("noinline_xattr")
    elif "flexible_inline_xattr" in features and rng.random() < 0.6:
        options.append(f"inline_xattr_size={rng.choice((20, 60, 128, 200))}")
    if "compression" in features:
        options += [f"compress_algorithm={rng.choice(ALGORITHMS)}", f"compress_log_size={rng.choice((2, 2, 3, 4))}",
                    "compress_mode=" + rng.choice(("fs", "fs", "user"))]
        if rng.random() < 0.4:
            options.append("compress_extension=*")
        if rng.random() < 0.4:
            options.append("compress_chksum")
    return options


def describe(spec):
    more = f"{' over two devices' if spec['members_mib'] else ''}{' dirty' if spec['dirty'] else ''}"
    return f"f2fs {spec['mib']} MiB{more} [{' '.join(spec['features'])}] {'; '.join(how for _, how in spec['rounds'])}"
