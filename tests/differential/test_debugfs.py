#!/usr/bin/env python3
"""Holds coldread against debugfs: of every file of the samples its content, and where in the image it lies.

usage: test_debugfs.py COLDREAD SET_DIR [--match REGEX]
Not held, since debugfs is no witness there: the content of encrypted files, which it reads as ciphertext; of inline files
past what is in the inode, and their ends (debugfs 1.47 gives the first 60 bytes, or all of the space there is); of files
over LARGE bytes, which it would write out in full. A journal is replayed by e2fsck first, into a copy; but not one with fast
commits, of which e2fsck 1.47 loses contents and rounds sizes up: such a filesystem is held as it lies.
"""
import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "images"))

import compare
import debugfs
import truth as T

LARGE = 16 << 20
INLINE_FLAG, ENCRYPT_FLAG = 0x10000000, 0x800
IN_INODE = 60      # i_block's bytes, the first that inline data takes


def volume_of(image, case, truth, options, scratch):
    """debugfs's name for the filesystem within the image, and its offset."""
    start = 0
    if options and options[0] == "--partition":
        table = json.loads((case / "truth.json").read_text())
        part = next(p for p in table["partitions"] if str(p["index"]) == options[1])
        start = part["start"] * table["sector_size"]
    if truth.get("needs_replay"):
        copy = scratch / "replayed.img"
        subprocess.run(["cp", "--sparse=always", image, copy], check=True)
        journal = ["-j", options[options.index("--journal") + 1]] if "--journal" in options else []
        subprocess.run(["e2fsck", "-fy", *journal, copy], capture_output=True, check=False)
        image = copy
    return f"{image}?offset={start}" if start else str(image), start


def dumps(volume, inodes, scratch):
    """{inode: its bytes by debugfs}."""
    debugfs.run(volume, *(f"dump <{inode}> {scratch}/dump-{inode}" for inode in inodes))
    found = {}
    for inode in inodes:
        path = scratch / f"dump-{inode}"
        found[inode] = path.read_bytes()
        path.unlink()
    return found


def wanted_runs(stat, block, size):
    """debugfs's blocks as runs up to the end of the file, with the holes between them; places within the volume."""
    extents = [[offset, start, length, compare.UNWRITTEN if kind == "unwritten" else 0]
               for offset, length, kind, start in debugfs.pieces(stat, block)]
    return compare.kernel_runs(extents, size)


def content_difference(t, e, dump):
    if t["flags"] & INLINE_FLAG:
        if t["size"] <= IN_INODE and hashlib.sha256(dump[:t["size"]]).hexdigest() != e["sha256"]:
            yield "its inline content differs"
    elif hashlib.sha256(dump).hexdigest() != e["sha256"]:
        yield f"its content differs ({len(dump)} bytes by debugfs)"


def runs_difference(t, e, stat, block, start, replayed):
    if t["flags"] & INLINE_FLAG:
        if t["size"] and {r["kind"] for r in e["runs"]} != {"inline"}:
            yield f"is inline, and its runs are {e['runs'][:3]}"
        return
    have = [(o, length, kind, None if place is None else place - start)
            for o, length, kind, place in compare.reported_runs(e)]
    want = wanted_runs(stat, block, t["size"])
    if replayed:     # what is replayed lies in the journal still
        have, want = ([(o, length, kind) for o, length, kind, _ in compare.joined((*run[:3], None) for run in runs)]
                      for runs in (have, want))
    wrong = compare.first_difference(have, want)
    if wrong:
        yield wrong


def hold(coldread, case, truth, options, image, scratch):
    """Each difference of one filesystem, and how many files were held."""
    report = scratch / "report.json"
    tree = tempfile.mkdtemp(dir=scratch)
    done = subprocess.run([coldread, "extract", image, "-o", tree, "--report", report, "-q", "--runs", *options,
                           *T.key_options(case, truth)], capture_output=True, check=False)
    if not report.exists():
        return [f"exit code {done.returncode}: {done.stderr[-300:]!r}"], 0
    entries = {T.reported_path(e): e for fs in json.loads(report.read_text())["filesystems"] for e in fs["entries"]}
    volume, start = volume_of(image, case, truth, options, scratch)
    files = {}
    for t in truth["files"]:
        if t["type"] == "file" and t.get("sha256") and t.get("key_supplied") is not False:
            files.setdefault(t["ino"], t)
    stats = debugfs.stats(volume, list(files))
    readable = [ino for ino, t in files.items() if t["size"] <= LARGE and not t["flags"] & ENCRYPT_FLAG]
    contents = dumps(volume, readable, scratch)
    differences = []
    for ino, t in files.items():
        e = entries.get(T.raw_bytes(t, "path"))
        if e is None or "runs" not in e:
            differences.append(f"{t['path']!r}: is not read")
            continue
        found = list(runs_difference(t, e, stats[ino], truth["block_size"], start, truth.get("needs_replay")))
        if ino in contents:
            found += content_difference(t, e, contents[ino])
        differences += [f"{t['path']!r} inode {ino}: {text}" for text in found]
    return differences, len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default=".")
    args = parser.parse_args()
    passed = failed = 0
    for case in sorted(c.parent for c in args.set.glob("*/truth.json") if re.search(args.match, c.parent.name)):
        with tempfile.TemporaryDirectory(prefix="coldread-debugfs-") as scratch:
            scratch = pathlib.Path(scratch)
            image = T.unpack(case, scratch)
            if json.loads((case / "truth.json").read_text()).get("fs") == "f2fs":      # which debugfs does not read
                continue
            if T.NOT_READ_YET.get(case.name, (None,))[0] == b"":
                print(f"skip {case.name}: it is not read yet, and test_images holds how it is refused")
                passed += 1
                continue
            for name, truth, options in T.views(case, scratch):
                if (case / "truth_noload.json").exists() and "--no-replay" not in options:
                    continue
                differences, count = hold(args.coldread, case, truth, options, image, scratch)
                passed, failed = passed + (not differences), failed + bool(differences)
                print(f"{'FAIL' if differences else 'ok  '} {name}: {count} files", flush=True)
                for text in differences[:8]:
                    print(f"       {text[:300]}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
