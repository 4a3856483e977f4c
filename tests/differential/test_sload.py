#!/usr/bin/env python3
"""Fills f2fs images of unusual geometry with sload.f2fs, no kernel needed, and holds what coldread extracts against what
went in: large NAT bitmaps, sections of several segments, every checksum, read-only images.

usage: test_sload.py COLDREAD
Skipped, by exit code 77, where f2fs-tools is missing.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
MIB = 1 << 20
# name, MiB, options of mkfs.f2fs, what `info` must tell of it. Without flexible_inline_xattr, under which sload.f2fs 1.15
# puts block addresses where a kernel looks for attributes.
GEOMETRIES = [
    ("label in two scripts", 128, ["-l", "naïve Ωмега"], {"cp_payload": "0"}),
    ("large NAT bitmap", 128, ["-i"], {"ckpt_flags": "large_nat_bitmap"}),
    ("sections of 4 segments, zones of 2", 512, ["-s", "4", "-z", "2"], {"segs_per_sec": "4", "secs_per_zone": "2"}),
    ("every checksum", 128, ["-O", "extra_attr,inode_checksum,sb_checksum,inode_crtime"], {}),
    ("read-only", 128, ["-O", "ro"], {}),
    ("256 GiB", 256 << 10, [], {"cp_payload": "0"}),
]


def fill(folder):
    """Sizes about the edges of inline data, a block, and the inode's own addresses; a directory of several blocks."""
    (folder / "dir").mkdir(parents=True)
    for size in (0, 1, 3487, 3488, 3489, 4096, 923 * 4096, 923 * 4096 + 1, 5 * MIB):
        (folder / f"size-{size}").write_bytes(bytes((i * 7 + size) % 251 for i in range(min(size, 65536))) * (size // 65536 + 1))
        os.truncate(folder / f"size-{size}", size)
    for number in range(500):
        (folder / "dir" / f"name of number {number}").write_text(str(number))
    (folder / "link").symlink_to("dir/name of number 7")


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300)


def check(coldread, source, scratch, megabytes, options, facts):
    image, out, report = scratch / "i.img", scratch / "out", scratch / "r.json"
    with open(image, "wb") as f:
        f.truncate(megabytes * MIB)
    made = run("mkfs.f2fs", "-q", "-f", *options, image)
    if made.returncode:
        return f"mkfs.f2fs: {made.stdout[-300:]}{made.stderr[-300:]}"
    loaded = run("sload.f2fs", "-f", source, image)
    if "Can't" in loaded.stdout + loaded.stderr:
        return f"sload.f2fs: {loaded.stdout[-300:]}"
    told = json.loads(run(coldread, "info", "--json", image).stdout)["filesystems"][0]
    for name, value in facts.items():
        have = told["superblock"][name]
        if value != have and value not in have.split(","):
            return f"{name} is {have}, not {value}"
    if "-l" in options and told["label"] != options[options.index("-l") + 1]:
        return f"the label is {told['label']}"
    extracted = run(coldread, "extract", image, "-o", out, "--report", report, "--progress", "never")
    if extracted.returncode:
        return f"extract ended with {extracted.returncode}: {extracted.stdout}{extracted.stderr}"
    compared = run("diff", "-r", "--no-dereference", "-x", "lost+found", source, out)
    return compared.stdout[:500] if compared.returncode else None


def main():
    coldread = pathlib.Path(sys.argv[1]).resolve()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if not shutil.which("sload.f2fs") or not shutil.which("mkfs.f2fs"):
        print("skipped: f2fs-tools is not installed")
        return SKIPPED
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "source"
        fill(source)
        for name, megabytes, options, facts in GEOMETRIES:
            scratch = pathlib.Path(folder) / "case"
            scratch.mkdir()
            wrong = check(coldread, source, scratch, megabytes, options, facts)
            print(f"{'FAIL' if wrong else 'ok  '} {name}{': ' + wrong if wrong else ''}", flush=True)
            failed += bool(wrong)
            shutil.rmtree(scratch)
    print(f"{len(GEOMETRIES) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
