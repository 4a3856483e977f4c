#!/usr/bin/env python3
"""Checks finished samples with nothing of coldread and nothing of the guest: check.py FOLDER...

The image's hash, e2fsck or fsck.f2fs, keys against their identifiers, file contents as debugfs reads them, decrypted here
where Python's cryptography package is there, or as dump.f2fs does, and fs-verity trees and digests computed again from
those contents.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

import damage

try:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
except ImportError:
    Cipher = None

INLINE_FLAG = 0x10000000
LARGEST = 8 << 20       # larger files are left to the tests


class Wrong(Exception):
    pass


def hkdf_sha512(master, info, length):
    pseudo_random = hmac.digest(bytes(64), master, "sha512")
    out, block, counter = b"", b"", 1
    while len(out) < length:
        block = hmac.digest(pseudo_random, block + info + bytes([counter]), "sha512")
        out += block
        counter += 1
    return out[:length]


def key_identifier(master):
    return hkdf_sha512(master, b"fscrypt\0\1", 16).hex()


def key_descriptor(master):
    return hashlib.sha512(hashlib.sha512(master).digest()).digest()[:8].hex()


def file_key(master, nonce, key_id):
    if len(key_id) == 16:   # a descriptor: v1
        return Cipher(algorithms.AES(bytes.fromhex(nonce)), modes.ECB()).encryptor().update(master)
    return hkdf_sha512(master, b"fscrypt\0\2" + bytes.fromhex(nonce), 64)


def xts(key, unit, data):
    return Cipher(algorithms.AES(key), modes.XTS(struct.pack("<QQ", unit, 0))).decryptor().update(data)


def part_of(image, offset, size, scratch):
    """A file with the file system alone."""
    if (offset, size) == (0, image.stat().st_size):
        return image
    with open(image, "rb") as whole, open(scratch / "volume.img", "wb") as part:
        whole.seek(offset)
        part.write(whole.read(size))
    return scratch / "volume.img"


class Ext4:
    """One ext4 file system, read by e2fsprogs."""

    def __init__(self, path):
        self.path = path
        self.journal = []
        self.file = open(self.path, "rb", buffering=0)     # e2fsck may change the copy
        self.block = 1024 << struct.unpack("<I", self.at(1024 + 24, 4))[0]

    def at(self, offset, length):
        self.file.seek(offset)
        return self.file.read(length)

    def debugfs(self, request):
        done = subprocess.run(["debugfs", "-R", request, self.path], capture_output=True)
        return done.stdout.decode("utf-8", "replace")

    def replay(self, journal):
        """Replays the journal into the copy that is here, as e2fsck does it."""
        state, = struct.unpack("<I", self.at(1024 + 96, 4))
        needs_recovery = 4
        if not state & needs_recovery:
            raise Wrong("its journal is not to be replayed")
        self.journal = ["-j", journal] if journal else []
        subprocess.run(["e2fsck", "-fy", *self.journal, self.path], capture_output=True, check=False)

    def check_clean(self):
        done = subprocess.run(["e2fsck", "-fn", *self.journal, self.path], capture_output=True, text=True)
        if done.returncode:
            raise Wrong(f"e2fsck: {done.stdout}")
        state, = struct.unpack("<H", self.at(1024 + 58, 2))
        incompatible, = struct.unpack("<I", self.at(1024 + 96, 4))
        needs_recovery = 4
        if state != 1 or incompatible & needs_recovery:
            raise Wrong("was not unmounted cleanly")

    def check_crashed(self):
        incompatible, = struct.unpack("<I", self.at(1024 + 96, 4))
        needs_recovery = 4
        if not incompatible & needs_recovery:
            raise Wrong("needs no recovery")

    def content(self, entry, key=None):
        """The file's bytes by debugfs's list of its blocks, decrypted where a key is given; None if they are not listed."""
        if entry["flags"] & INLINE_FLAG:
            return None
        out = bytearray(entry["size"] + self.block)
        for logical, physical in self.blocks(entry):
            data = self.at(physical * self.block, self.block)
            if logical * self.block < entry["size"]:
                out[logical * self.block:(logical + 1) * self.block] = xts(key, logical, data) if key else data
        return bytes(out[:entry["size"]])

    def blocks(self, entry, unwritten=False):
        """(block of the file, block of the file system), those past its end too."""
        extents_flag = 0x80000
        if not entry["flags"] & extents_flag:
            text = self.debugfs(f"stat <{entry['ino']}>").partition("BLOCKS:")[2].partition("TOTAL:")[0]
            for first, last, physical, _ in re.findall(r"\((\d+)(?:-(\d+))?\):(\d+)(?:-(\d+))?", text):
                for i in range(int(last or first) - int(first) + 1):
                    yield int(first) + i, int(physical) + i
            return
        line = re.compile(r"^ *(\d+)/ *(\d+) +\d+/ *\d+ +(\d+) *- *(\d+) +(\d+) *- *\d+ +\d+ *(Uninit)?", re.M)
        text = self.debugfs(f"dump_extents <{entry['ino']}>")
        for level, depth, first, last, physical, not_written in line.findall(text):
            if level == depth and (unwritten or not not_written):
                for i in range(int(last) - int(first) + 1):
                    yield int(first) + i, int(physical) + i


class F2fs:
    """One f2fs file system, read by f2fs-tools."""

    def __init__(self, path, scratch):
        self.path, self.scratch = path, scratch

    def at_unmount(self):
        """Whether the later checkpoint is one that unmounting made."""
        with open(self.path, "rb") as f:
            f.seek(1024)
            superblock = f.read(1024)
            block, segment = (1 << log for log in struct.unpack_from("<II", superblock, 16))
            first, = struct.unpack_from("<I", superblock, 76)
            checkpoints = []
            for at in (first, first + segment):
                f.seek(at * block)
                checkpoint = f.read(block)
                checkpoints.append((*struct.unpack_from("<Q", checkpoint), *struct.unpack_from("<I", checkpoint, 132)))
        return bool(max(checkpoints)[1] & 1)

    def check_clean(self):
        if not self.at_unmount():
            raise Wrong("was not unmounted cleanly")
        done = subprocess.run(["fsck.f2fs", "--dry-run", self.path], capture_output=True, text=True)
        if done.returncode:
            raise Wrong(f"fsck.f2fs: {done.stdout}")

    def check_crashed(self):
        if self.at_unmount():
            raise Wrong("needs no recovery")

    def content(self, entry, key=None):
        """The file's bytes by dump.f2fs, or None if it cannot read them."""
        if key or "compression" in entry or entry["nlink"] != 1 or entry["flags"] & INLINE_FLAG:
            return None
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            subprocess.run(["dump.f2fs", "-i", f"{entry['ino']:#x}", self.path], input=b"y\n", cwd=folder, capture_output=True)
            for path in pathlib.Path(folder).glob("lost_found/*"):
                return path.read_bytes()
        return None


def volume_of(fs, path):
    """The file system that is all of an image."""
    return Ext4(path) if fs == "ext4" else F2fs(path, path.parent)


def check_verity(entry, data):
    """The Merkle tree, its root and the file's digest, computed from the content."""
    facts = entry["verity"]
    size, salt = facts["block_size"], bytes.fromhex(facts["salt"])
    block_of_hash = 64 if facts["algorithm"] == "sha256" else 128

    def digest(block):
        start = salt.ljust(-(-len(salt) // block_of_hash) * block_of_hash, b"\0")
        return hashlib.new(facts["algorithm"], start + block.ljust(size, b"\0")).digest()

    def split(level):
        return [level[i:i + size] for i in range(0, len(level), size)]

    level, tree = data, b""
    while len(level) > size:
        level = b"".join(digest(block) for block in split(level))
        tree = level.ljust(-(-len(level) // size) * size, b"\0") + tree
    root = digest(level) if data else bytes(len(digest(b"")))
    descriptor = bytearray(base64.b64decode(facts["descriptor_b64"])[:256])
    descriptor[4:8] = bytes(4)      # the signature's size is no part of what is hashed
    if (root.hex(), hashlib.sha256(tree).hexdigest()) != (facts["root_hash"], facts["tree_sha256"]):
        raise Wrong(f"{entry['path']}: Merkle tree")
    if hashlib.new(facts["algorithm"], descriptor).hexdigest() != facts["digest"]:
        raise Wrong(f"{entry['path']}: fs-verity digest")


def check_volume(folder, volume, truth, crashed=False):
    if truth["mismatches"]:
        raise Wrong(f"mismatches: {truth['mismatches']}")
    keys = {}
    for key in truth["keys"]:
        raw = (folder / key["file"]).read_bytes()
        if key.get("derived", True) and key["id"] not in (key_identifier(raw), key_descriptor(raw)):
            raise Wrong(f"{key['file']}: identifier")
        keys[key["id"]] = raw
    other_modes = {p["id"] for p in truth["policies"] if
                   (p["contents"], p["flags"] & ~3, p["log2_data_unit_size"]) != ("AES-256-XTS", 0, 0)}
    if crashed:
        volume.check_crashed()
    else:
        volume.check_clean()
    read = trees = 0
    for entry in truth["files"]:
        if entry["type"] != "file" or not entry["sha256"] or entry["size"] > LARGEST:
            continue
        if entry["encrypted"] and (not Cipher or entry["policy_id"] in other_modes):
            continue
        name = entry.get("policy_id")
        key = file_key(keys[name], entry["nonce"], name) if entry["encrypted"] else None
        data = volume.content(entry, key)
        if data is None:
            continue
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise Wrong(f"{entry['path']}: content")
        read += 1
        if "verity" in entry:
            check_verity(entry, data)
            trees += 1
    return f"{len(truth['files'])} entries, {read} contents and {trees} fs-verity files checked"


def check_f2fs(folder, truth, image, scratch):
    volume = F2fs(image, scratch)
    as_it_lies = folder / "truth_noload.json"
    if "members" in truth:      # f2fs-tools look for the other devices where the guest had them
        volume.check_clean = volume.at_unmount
        volume.content = lambda *_: None
    if not as_it_lies.exists():
        return check_volume(folder, volume, truth)
    if truth["mismatches"]:
        raise Wrong(f"mismatches: {truth['mismatches']}")
    return check_volume(folder, volume, json.loads(as_it_lies.read_text()), crashed=True)


def check(folder):
    """Raises Wrong, or tells what was checked."""
    if not (folder / "truth.json").exists():
        raise Wrong("has no truth.json")
    truth = json.loads((folder / "truth.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        image = scratch / truth["image"]
        subprocess.run(["zstd", "-qd", folder / "image.img.zst", "-o", image], check=True)
        with open(image, "rb") as f:
            if hashlib.file_digest(f, "sha256").hexdigest() != truth["image_sha256"]:
                raise Wrong("image_sha256")
        damage.undo(image, truth)       # what was damaged once was whole
        journal = None
        if "journal" in truth:
            journal = scratch / truth["journal"]
            subprocess.run(["zstd", "-qd", folder / f"{truth['journal']}.zst", "-o", journal], check=True)
        if truth.get("fs") == "f2fs":
            return check_f2fs(folder, truth, image, scratch)
        if "partitions" not in truth:
            volume = Ext4(image)
            if truth.get("needs_replay"):
                volume.replay(journal)
            as_it_lies = folder / "truth_noload.json"
            if not as_it_lies.exists():
                return check_volume(folder, volume, truth)
            # e2fsprogs read no journal; what the kernel read after replay is held against what was written.
            if truth["mismatches"]:
                raise Wrong(f"mismatches: {truth['mismatches']}")
            return check_volume(folder, volume, json.loads(as_it_lies.read_text()), crashed=True)
        told = []
        for part in truth["partitions"]:
            if part["fs"] == "ext4":
                sector = truth["sector_size"]
                volume = Ext4(part_of(image, part["start"] * sector, part["sectors"] * sector, scratch))
                told.append(check_volume(folder, volume, json.loads((folder / part["truth"]).read_text())))
        return "; ".join(told)


def main():
    bad = 0
    for folder in map(pathlib.Path, sys.argv[1:]):
        try:
            print(f"{folder.name}: {check(folder)}", flush=True)
        except Wrong as error:
            bad += 1
            print(f"{folder.name}: {error}", file=sys.stderr, flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
