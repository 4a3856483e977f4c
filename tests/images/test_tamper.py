#!/usr/bin/env python3
"""Flips one bit of a verity file's data, Merkle tree or descriptor at a time: exactly that file must fail, by exactly the
right range and reason, and every other file must stay verified. Where the bytes lie is told by debugfs, and on f2fs by the
image itself: its plain files' blocks, and those of the trees computed from them, are looked for in it.

usage: test_tamper.py COLDREAD SET_DIR [--match REGEX] [--flips N] [--seed N]
"""
import argparse
import base64
import hashlib
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import truth as T

DESCRIPTOR_ROOT, DESCRIPTOR_VERSION = 16, 0  # offsets in struct fsverity_descriptor
VERITY_ALIGNMENT = 65536                     # of where the tree begins behind the file's end


def extents(image, inode):
    """[(first file byte, length, first image byte)] of an inode, by debugfs."""
    facts = subprocess.run(["debugfs", "-R", f"stat <{inode}>", image], capture_output=True, check=True, text=True).stdout
    block = int(re.search(r"Block size:\s+(\d+)", subprocess.run(
        ["dumpe2fs", "-h", image], capture_output=True, check=True, text=True).stdout).group(1))
    found = []
    text = facts[facts.index("EXTENTS:"):]
    for first, last, start, _ in re.findall(r"\((\d+)(?:-(\d+))?\):(\d+)(?:-(\d+))?", text):
        found.append((int(first) * block, (int(last or first) - int(first) + 1) * block, int(start) * block))
    return found


def merkle_tree(data, verity):
    """The tree's bytes, its uppermost level first, as fs-verity computes it from the file's content."""
    size, salt = verity["block_size"], bytes.fromhex(verity["salt"])
    start = salt.ljust(round_up(len(salt), 64 if verity["algorithm"] == "sha256" else 128), b"\0")
    tree, level = b"", data
    while len(level) > size:
        level = b"".join(hashlib.new(verity["algorithm"], start + level[i:i + size].ljust(size, b"\0")).digest()
                         for i in range(0, len(level), size))
        tree = level.ljust(round_up(len(level), size), b"\0") + tree
    return tree


def found_in(image, data, t, block):
    """As extents(), of a file whose content is known: each of its blocks that is in the image just once."""
    metadata = merkle_tree(data, t["verity"]) + base64.b64decode(t["verity"]["descriptor_b64"])
    found = []
    for start, content in ((0, data), (round_up(t["size"], VERITY_ALIGNMENT), metadata)):
        for at in range(0, len(content), block):
            piece = content[at:at + block].ljust(block, b"\0")
            where = image.find(piece) if any(piece) else -1
            if where >= 0 and where % block == 0 and image.find(piece, where + 1) < 0:
                found.append((start + at, block, where))
    return found


def content(coldread, image, t):
    data = subprocess.run([coldread, "cat", image, t["path"], "-q"], capture_output=True, check=True).stdout
    assert hashlib.sha256(data).hexdigest() == t["sha256"]
    return data


def place(found, offset):
    """Where a byte of the file lies in the image; None in a hole."""
    for first, length, start in found:
        if first <= offset < first + length:
            return start + offset - first
    return None


class Tree:
    """The shape of a file's Merkle tree, from its truth."""

    def __init__(self, size, verity):
        self.block = verity["block_size"]
        per_block = self.block // (32 if verity["algorithm"] == "sha256" else 64)
        self.data_blocks = -(-size // self.block)
        self.size = size
        self.levels, covered, count = [], 1, self.data_blocks
        while count > 1:
            covered *= per_block
            count = -(-count // per_block)
            self.levels.append((count, covered))  # blocks of the level, data blocks that each covers
        self.start = round_up(size, VERITY_ALIGNMENT)
        self.end = self.start + self.block * sum(count for count, _ in self.levels)

    def offset(self, level, index):
        return self.start + self.block * (sum(count for count, _ in self.levels[level + 1:]) + index)


def round_up(value, unit):
    return -(-value // unit) * unit


def aim(rnd, t, block, descriptor_unit):
    """A place to tamper with: what it is, the byte of the file, and what must be reported: (ranges, words).

    descriptor_unit: what the tree's end is rounded up to for the descriptor: ext4's block, nothing on f2fs.
    """
    tree = Tree(t["size"], t["verity"])
    data_end = tree.data_blocks * tree.block
    everything = [(0, data_end)]
    kind = rnd.choice(["data", "data", "tree", "tree", "root", "version"])
    if kind == "data" and t["size"]:
        offset = rnd.randrange(t["size"])
        begin = offset // tree.block * tree.block
        words = "does not match the Merkle tree" if tree.levels else "does not match the descriptor's root hash"
        return kind, offset, [(begin, tree.block)], words
    if kind == "tree" and tree.levels:
        level = rnd.randrange(len(tree.levels))
        count, covered = tree.levels[level]
        index = rnd.randrange(count)
        begin = index * covered * tree.block
        parent = "its parent" if level + 1 < len(tree.levels) else "the descriptor's root hash"
        # Beyond its last hash a block is zeros that are hashed with it, so every bit of it counts.
        return kind, tree.offset(level, index) + rnd.randrange(tree.block), \
            [(begin, min(data_end, begin + covered * tree.block) - begin)], f"does not match {parent}"
    if t.get("encrypted"):
        return None  # one flipped bit of a descriptor's ciphertext changes 16 bytes of it: no one field
    if kind == "root":
        return kind, round_up(tree.end, descriptor_unit) + DESCRIPTOR_ROOT + rnd.randrange(32), everything if t["size"] else [], "root hash"
    return "version", round_up(tree.end, descriptor_unit) + DESCRIPTOR_VERSION, [(0, round_up(t["size"], block))] if t["size"] else [], "version"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default="^verity-.k$|^first-light|^f2fs-verity$")
    parser.add_argument("--flips", type=int, default=40, help="for each image")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    passed = failed = 0
    for case in sorted(c.parent for c in args.set.glob("*/truth.json") if re.search(args.match, c.parent.name)):
        rnd = random.Random(f"{case.name} {args.seed}")
        with tempfile.TemporaryDirectory(prefix="coldread-tamper-") as scratch:
            image = T.unpack(case, pathlib.Path(scratch))
            truth = json.loads((case / "truth.json").read_text())
            files = [t for t in truth["files"] if t.get("verity") and t["nlink"] == 1]
            block = truth["block_size"]
            options = T.key_options(case, truth)
            if truth["fs"] == "f2fs":
                raw = image.read_bytes()
                files = [t for t in files if not t["encrypted"] and "compression" not in t]
                maps = {t["ino"]: found_in(raw, content(args.coldread, image, t), t, block) for t in files}
            else:
                maps = {t["ino"]: extents(image, t["ino"]) for t in files}
            descriptor_unit = 1 if truth["fs"] == "f2fs" else block
            for number in range(args.flips):
                t = rnd.choice(files)
                target = aim(rnd, t, block, descriptor_unit)
                if target is None:
                    continue
                kind, offset, ranges, words = target
                at = place(maps[t["ino"]], offset)
                if at is None:
                    continue
                bit = 1 << rnd.randrange(8)
                with open(image, "r+b") as file:
                    file.seek(at)
                    byte = file.read(1)[0]
                    file.seek(at)
                    file.write(bytes([byte ^ bit]))
                report = pathlib.Path(scratch) / "report.json"
                run = subprocess.run([args.coldread, "verify", image, "-q", "--report", report, *options],
                                     capture_output=True, check=False)
                with open(image, "r+b") as file:
                    file.seek(at)
                    file.write(bytes([byte]))
                entries = {e["path"]: e for fs in json.loads(report.read_text())["filesystems"] for e in fs["entries"]}
                wrong = []
                if run.returncode != 1:
                    wrong.append(f"exit code {run.returncode}")
                for other in files:
                    e = entries[other["path"]]
                    if other is not t and (e["status"], e["verity"]["status"]) != ("ok", "verified"):
                        wrong.append(f"{other['path']} is {e['status']}, {e['verity']['status']}")
                e = entries[t["path"]]
                if e["status"] != "damaged":
                    wrong.append(f"status {e['status']}")
                if e["verity"]["status"] != ("malformed" if kind == "version" else "mismatch"):
                    wrong.append(f"verity status {e['verity']['status']}")
                bad = e["pages"]["bad"]
                have = [(b["offset"], b["length"]) for b in bad]
                if have != ranges:
                    wrong.append(f"ranges {have}, not {ranges}")
                if any(b["step"] != "verity" or words not in b["reason"] for b in bad):
                    wrong.append(f"reasons {bad}, none of '{words}'")
                passed, failed = passed + (not wrong), failed + bool(wrong)
                if wrong:
                    print(f"FAIL {case.name} flip {number} (seed {args.seed}): {kind} of {t['path']} at file byte {offset}: "
                          f"{'; '.join(wrong)[:400]}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
