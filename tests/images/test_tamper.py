#!/usr/bin/env python3
"""Flips one bit of a verity file's data, Merkle tree or descriptor at a time: exactly that file must fail, by exactly the
right range and reason, and every other file must stay verified.

usage: test_tamper.py COLDREAD SET_DIR [--match REGEX] [--flips N] [--seed N]
"""
import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import truth as T

DESCRIPTOR_ROOT, DESCRIPTOR_VERSION = 16, 0  # offsets in struct fsverity_descriptor


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
        self.start = -(-size // 65536) * 65536
        self.end = self.start + self.block * sum(count for count, _ in self.levels)

    def offset(self, level, index):
        return self.start + self.block * (sum(count for count, _ in self.levels[level + 1:]) + index)


def round_up(value, unit):
    return -(-value // unit) * unit


def aim(rnd, t, block):
    """A place to tamper with: what it is, the byte of the file, and what must be reported: (ranges, words)."""
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
    # The descriptor follows the tree at the next block of the filesystem.
    if kind == "root":
        return kind, round_up(tree.end, block) + DESCRIPTOR_ROOT + rnd.randrange(32), everything if t["size"] else [], "root hash"
    return "version", round_up(tree.end, block) + DESCRIPTOR_VERSION, [(0, round_up(t["size"], block))] if t["size"] else [], "version"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default="^verity-|^first-light")
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
            maps = {t["ino"]: extents(image, t["ino"]) for t in files}
            block = truth["block_size"]
            options = T.key_options(case, truth)
            for number in range(args.flips):
                t = rnd.choice(files)
                target = aim(rnd, t, block)
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
