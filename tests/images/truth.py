"""What a kernel read back from an image (truth.json), and how a report and an extracted tree are held against it.

Standard library only, but for the zstd command.
"""
import base64
import calendar
import hashlib
import json
import os
import pathlib
import re
import stat
import subprocess

LARGE = 64 << 20  # files above this are hashed once, in the first run over an image
# What of an image is not read yet: the prefix of its paths, and the words by which it is refused. Without a prefix the
# image is refused as a whole.
NOT_READ_YET: dict = {}
VISIBLE_XATTRS = ("user.", "security.", "trusted.", "system.posix_acl")


def unpack(case: pathlib.Path, scratch: pathlib.Path) -> pathlib.Path:
    """The case's image, decompressed, sparse; beside it its journal or its other devices, where it has them."""
    for packed in sorted(case.glob("*.img.zst")):
        subprocess.run(["zstd", "-qdf", "--long=31", "--sparse", packed, "-o", scratch / unpacked(case, packed)], check=True)
    return scratch / f"{case.name}.img"


def unpacked(case: pathlib.Path, packed: pathlib.Path) -> str:
    part = packed.name.removesuffix(".zst")
    return f"{case.name}.img" if part == "image.img" else f"{case.name}.{part}"


def file_sha256(path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def raw_bytes(entry: dict, field: str) -> bytes:
    encoded = entry.get(field + "_b64")
    return base64.b64decode(encoded) if encoded else os.fsencode(entry[field])


def reported_path(entry: dict) -> bytes:
    return base64.b64decode(entry["path_bytes"]) if "path_bytes" in entry else os.fsencode(entry["path"])


def nanoseconds(text: str) -> int:
    match = re.fullmatch(r"(\d+)-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{9})Z", text)
    return calendar.timegm(tuple(int(g) for g in match.groups()[:6])) * 10**9 + int(match.group(7))


def views(case: pathlib.Path, scratch: pathlib.Path):
    """Each filesystem of a case: its name, its truth, and the options that choose it and its devices unpacked in scratch."""
    truth = json.loads((case / "truth.json").read_text())
    if "partitions" not in truth:
        devices = ["--journal", str(scratch / f"{case.name}.{truth['journal']}")] if "journal" in truth else []
        for packed in sorted(case.glob("*.img.zst")):
            if packed.name not in ("image.img.zst", "journal.img.zst"):
                devices += ["--device", str(scratch / unpacked(case, packed))]
        yield case.name, mark_locked(truth), devices
        if (case / "truth_noload.json").exists():
            yield f"{case.name} as it lies", mark_locked(json.loads((case / "truth_noload.json").read_text())), \
                ["--no-replay"]
        return
    for part in truth["partitions"]:
        if part.get("fs") in ("ext4", "f2fs"):
            yield f"{case.name}/p{part['index']}", mark_locked(json.loads((case / part["truth"]).read_text())), \
                ["--partition", str(part["index"])]


def key_options(case: pathlib.Path, truth: dict) -> list:
    options = [word for secret in sorted((case / "secrets").glob("*.secret")) for word in ("--vold-secret", str(secret))]
    for key in truth.get("keys", []):
        if "opener" in key:     # what the image itself keeps of the key is opened by this
            options += ["--passphrase-file" if key["opener"].endswith(".passphrase") else "--key", str(case / key["opener"])]
            options += ["--passphrase-salt", key["salt"]] if "salt" in key else []
        elif key.get("supplied", True) and "--vold-secret" not in options:    # then the image holds its keys itself
            path = str(case / key["file"])
            options += ["--key", path] if key.get("derived", True) else ["--v1-key", f"{key['id']}={path}"]
    for cert in sorted((case / "certs").glob("*.pem")):
        options += ["--cert", str(cert)]
    return options


def wanted(truth: dict) -> dict:
    return {raw_bytes(t, "path").strip(b"/"): t for t in truth["files"]}


def mark_locked(truth: dict) -> dict:
    """Marks the nodes in directories whose key was not supplied: only their names are encrypted, but that locks them."""
    locked = {raw_bytes(t, "path") for t in truth["files"] if t.get("key_supplied") is False}
    for t in truth["files"]:
        if raw_bytes(t, "path").rpartition(b"/")[0] in locked:
            t["key_supplied"] = False
    return truth


def reports_lost_xattrs(filesystem: dict) -> bool:
    """Whether the report says of a filesystem that the host had no room for some xattr."""
    return any("attribute" in p or "xattr could not be kept" in p for p in filesystem.get("problems", []))


def differences(t: dict, e: dict, host: bytes, preserve: bool, hash_content: bool, host_lost_xattrs: bool):
    """Every way in which entry `e`, written at `host`, is not what the kernel read."""
    def held(name, have, want):
        if have != want:
            yield f"{name} is {have!r}, not {want!r}"

    locked = t.get("key_supplied") is False
    mode = int(t["mode"], 8) & 0o7777
    yield from held("type", e["type"], t["type"])
    yield from held("mode", int(e["mode"], 8), mode)
    yield from held("owner", (e["uid"], e["gid"]), (t["uid"], t["gid"]))
    yield from held("inode", e["inode"], t["ino"])
    yield from held("links", e["links"], t["nlink"])
    yield from held("encrypted", "encryption" in e, bool(t.get("encrypted")))
    if t.get("nonce") and "encryption" in e:
        yield from held("nonce", e["encryption"]["nonce"], t["nonce"])
    for name, field in (("mtime", "mtime_ns"), ("ctime", "ctime_ns"), ("crtime", "btime_ns")):
        if t.get(field) is not None:
            yield from held(name, nanoseconds(e[name]) if name in e else None, t[field])
    have = {k: v for k, v in e.get("xattrs", {}).items() if k.startswith(VISIBLE_XATTRS)}
    want = {k: v for k, v in t.get("xattrs", {}).items() if k.startswith(VISIBLE_XATTRS)}
    yield from held("xattrs", have, want)
    if t["type"] in ("chr", "blk"):
        yield from held("rdev", e.get("rdev"), t["rdev"] if isinstance(t["rdev"], str) else
                        f"{os.major(t['rdev'])}:{os.minor(t['rdev'])}")
    if t["type"] in ("file", "symlink", "dir"):
        yield from held("size", e["size"], t["size"])

    if locked:
        yield from held("status", e["status"], "locked")
        if os.path.lexists(host):
            yield "something locked was written"
        return
    special = t["type"] in ("chr", "blk", "fifo", "sock")
    yield from held("status", e["status"], "skipped" if special and not preserve else "ok")
    verity, want_verity = e.get("verity"), t.get("verity")
    yield from held("verity", verity is not None, want_verity is not None)
    if verity and want_verity:
        yield from held("verity status", verity["status"], "verified")
        for name in ("algorithm", "block_size", "salt", "digest"):
            yield from held("verity " + name, verity[name], want_verity[name])
        yield from held("signature", verity["signature"], "valid" if want_verity.get("signature") else "absent")
    if special and not preserve:
        if os.path.lexists(host):
            yield "a special file was written without being asked for"
        return
    if not os.path.lexists(host):
        yield "not written"
        return

    found = os.lstat(host)
    yield from held("written type", stat.S_IFMT(found.st_mode), {
        "file": stat.S_IFREG, "dir": stat.S_IFDIR, "symlink": stat.S_IFLNK, "chr": stat.S_IFCHR, "blk": stat.S_IFBLK,
        "fifo": stat.S_IFIFO, "sock": stat.S_IFSOCK}[t["type"]])
    if t["type"] == "symlink":
        yield from held("target", os.readlink(host), raw_bytes(t, "target"))
    else:
        yield from held("written mode", stat.S_IMODE(found.st_mode), mode if preserve else mode & 0o777)
    if t["mtime_ns"] is not None:
        yield from held("written mtime", found.st_mtime_ns, t["mtime_ns"])
    if preserve:
        yield from held("written owner", (found.st_uid, found.st_gid), (t["uid"], t["gid"]))
    if t["type"] != "file":
        return
    yield from held("written size", found.st_size, t["size"])
    # A filesystem without SEEK_HOLE's finer points still must not hold what the file does not: its holes stay holes.
    if t["size"] > LARGE and found.st_blocks * 512 > LARGE:
        yield "holes were written as zeros"
    if t.get("sha256"):
        yield from held("sha256", e.get("sha256"), t["sha256"])
        if hash_content or t["size"] <= LARGE:
            yield from held("content written", file_sha256(host), t["sha256"])
    users = {n: base64.b64encode(os.getxattr(host, n)).decode() for n in os.listxattr(host) if n.startswith("user.")}
    want = {k: v for k, v in t.get("xattrs", {}).items() if k.startswith("user.")}
    if host_lost_xattrs:  # the host has less room for them, and the report said so
        want = {k: v for k, v in want.items() if k in users}
    yield from held("written xattrs", users, want)


def locked_differences(truth: dict, entries: dict):
    """Every way in which a report made without any key is not what the kernel showed without any key."""
    names = {b"": b""}
    want = {}
    for t in truth["files"]:
        path = raw_bytes(t, "path").strip(b"/")
        if not path:
            continue
        parent, _, name = path.rpartition(b"/")
        shown = os.fsencode(t["nokey_name"]) if t.get("name_encrypted") else name
        names[path] = (names[parent] + b"/" if names[parent] else b"") + shown
        want[names[path]] = t
    for path in sorted(want.keys() ^ (entries.keys() - {b""})):
        yield f"{path!r}: {'missing in the report' if path in want else 'not shown by the kernel'}"
    for path, t in want.items():
        e = entries.get(path)
        if e is None:
            continue
        if (t.get("encrypted") or t.get("name_encrypted")) and e["status"] != "locked":
            yield f"{path!r}: status is {e['status']} without a key"
        if t["type"] == "symlink" and t.get("nokey_target"):
            if (e.get("target"), e["size"]) != (t["nokey_target"], t["nokey_size"]):
                yield f"{path!r}: target without a key differs"
