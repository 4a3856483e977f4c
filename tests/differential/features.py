"""What kind of filesystem a seed stands for: its size, its features, how it is mounted and how it is left."""
import random
import uuid

ALWAYS = ("ext_attr", "filetype")
# With how likely each is, by kind. What depends on another feature is sorted out in settle().
EXT2 = {"dir_index": 0.7, "resize_inode": 0.5, "sparse_super": 0.7, "large_file": 0.8}
EXT3 = EXT2 | {"has_journal": 1.0}
EXT4 = EXT3 | {
    "has_journal": 0.85, "dir_index": 0.9, "extent": 0.85, "64bit": 0.5, "bigalloc": 0.2, "inline_data": 0.35, "ea_inode": 0.25,
    "casefold": 0.2, "large_dir": 0.2, "metadata_csum": 0.6, "uninit_bg": 0.5, "flex_bg": 0.6, "meta_bg": 0.2,
    "sparse_super2": 0.15, "metadata_csum_seed": 0.5, "orphan_file": 0.3, "fast_commit": 0.3, "quota": 0.25,
    "project": 0.25, "mmp": 0.06, "huge_file": 0.7, "dir_nlink": 0.7, "extra_isize": 0.8, "encrypt": 0.25,
    "verity": 0.25, "stable_inodes": 0.1,
}
KINDS = {"ext2": EXT2, "ext3": EXT3, "ext4": EXT4}


def settle(features, rng, inode_size):
    """Drops what mke2fs or the kernel would refuse beside the rest."""
    def drop(*names):
        features.difference_update(names)

    if "extent" not in features:
        drop("64bit", "bigalloc", "verity")
    if "has_journal" not in features:
        drop("orphan_file", "fast_commit")
    if "metadata_csum" in features:
        drop("uninit_bg")
    else:
        drop("metadata_csum_seed")
    if inode_size < 256:
        drop("inline_data", "project", "extra_isize")
    if "quota" not in features:
        drop("project")
    if "meta_bg" in features or "sparse_super2" in features or "bigalloc" in features:
        drop("resize_inode")
    if "sparse_super2" in features:
        features.add("sparse_super")
    if {"meta_bg", "sparse_super2"} <= features:
        drop(rng.choice(("meta_bg", "sparse_super2")))
    if "resize_inode" in features:
        features.add("sparse_super")


def choose(seed, only=None):
    """The spec of a seed. only: a kind, or features with commas that it must have."""
    rng = random.Random(f"features {seed}")
    must = set(only.split(",")) if only else set()
    kind = next(iter(must & KINDS.keys()), None) or rng.choices(list(KINDS), (1, 1, 6))[0]
    must -= KINDS.keys()
    block = rng.choice((1024, 1024, 2048, 4096, 4096))
    inode_size = rng.choice((128, 256, 256, 256, 512, 1024)) if kind == "ext4" else rng.choice((128, 128, 256))
    if must & {"inline_data", "project"}:
        inode_size = max(256, inode_size)
    features = {name for name, chance in KINDS[kind].items() if rng.random() < chance} | must
    if must & {"orphan_file", "fast_commit", "dirty"}:
        features.add("has_journal")
    if must & {"bigalloc", "64bit", "verity"}:
        features.add("extent")
    if "project" in must:
        features.add("quota")
    dirty = "has_journal" in features and (rng.random() < 0.35 or "dirty" in must)
    features.discard("dirty")
    settle(features, rng, inode_size)
    mib = rng.randint(4, 12) if block < 4096 else rng.randint(9, 18)
    spec = {"seed": seed, "kind": kind, "block": block, "inode_size": inode_size, "mib": mib, "dirty": dirty,
            "features": sorted(features), "garbage": rng.random() < 0.7, "operations": rng.randint(100, 300)}
    journal = max(1, block // 1024) * (2 if "fast_commit" in features else 1) + rng.choice((0, 0, 1))    # in MiB
    if "has_journal" in features:
        spec["mib"] = max(mib, 3 * journal)      # mke2fs wants a journal to be less than half of it all
    spec["mkfs"] = mkfs(spec, features, journal, rng)
    spec["tune"] = tune(features, rng)
    spec["mount_options"] = ",".join(mount_options(features, rng))
    return spec


def mkfs(spec, features, journal, rng):
    block = spec["block"]
    identity = uuid.UUID(int=rng.getrandbits(128), version=4)
    lazy = int(bool(features & {"uninit_bg", "metadata_csum"}) and rng.random() < 0.5)
    extended = [f"lazy_itable_init={lazy}", "lazy_journal_init=0", "nodiscard", f"hash_seed={identity}"]
    if "casefold" in features:
        extended += ["encoding=utf8"] + (["encoding_flags=strict"] if rng.random() < 0.5 else [])
    if "mmp" in features:
        extended.append("mmp_update_interval=1")
    if "sparse_super2" in features:
        extended.append(f"num_backup_sb={rng.randint(0, 2)}")
    if "quota" in features:
        extended.append("quotatype=" + ("usrquota:grpquota:prjquota" if "project" in features else "usrquota:grpquota"))
    command = ["mke2fs", "-q", "-F", "-b", str(block), "-I", str(spec["inode_size"]), "-U", str(identity), "-m", "0",
               "-N", str(rng.choice((256, 512, 1024))), "-O", ",".join(["none", *ALWAYS, *sorted(features)]),
               "-E", ",".join(extended)]
    if "bigalloc" in features:
        command += ["-C", str(block * rng.choice((2, 4, 8, 16)))]
    elif rng.random() < 0.6:
        command += ["-g", str(8 * rng.choice((32, 64, 128, 200, 512)))]
    if "flex_bg" in features and rng.random() < 0.5:
        command += ["-G", str(rng.choice((2, 4, 16)))]
    if "has_journal" in features:
        command += ["-J", f"size={journal}"]
    return command


def tune(features, rng):
    """Options of tune2fs after mke2fs, or none."""
    if "metadata_csum_seed" in features and "stable_inodes" not in features and rng.random() < 0.5:
        return ["-U", str(uuid.UUID(int=rng.getrandbits(128), version=4))]
    if rng.random() < 0.2:
        return ["-E", "hash_alg=" + rng.choice(("legacy", "half_md4", "tea"))]
    return []


def mount_options(features, rng):
    options = ["noatime"] if rng.random() < 0.3 else []
    if "has_journal" in features:
        options.append("data=" + rng.choice(("ordered", "ordered", "writeback", "journal")))
        if rng.random() < 0.2:
            options.append("journal_checksum")
        if rng.random() < 0.1 and "data=ordered" not in options:
            options.append("journal_async_commit")
    if rng.random() < 0.3:
        options.append("nodelalloc")
    if rng.random() < 0.3 and "data=journal" not in options:
        options.append(rng.choice(("dioread_lock", "dioread_nolock")))
    return options


def describe(spec):
    size = f"{spec['block'] // 1024}K inode {spec['inode_size']} {spec['mib']} MiB"
    return f"{spec['kind']} {size}{' dirty' if spec['dirty'] else ''} [{' '.join(spec['features'])}] {spec['mount_options']}"
