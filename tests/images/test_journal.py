#!/usr/bin/env python3
"""Holds replay in memory against e2fsck's: test_journal.py COLDREAD [SEED]

Journals inside a filesystem are written by debugfs, journals on a device by make_corpus.py. A file's blocks are written
anew by random transactions with revokes, escaped blocks, and a last one that may lack its commit. What coldread reads
must be what debugfs reads after e2fsck has replayed a copy, and where it says that bytes lie they must lie. Ends with
0 where mke2fs, debugfs and e2fsck (e2fsprogs) are not there.
"""
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "fuzz"))
from make_corpus import Journal  # noqa: E402

ENVIRONMENT = dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
UUID = "11111111-2222-3333-4444-555555555555"
BLOCKS = 60
MAGIC = struct.pack(">I", 0xC03B3998)


def run(*command, stdin=b"") -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], input=stdin, capture_output=True, env=ENVIRONMENT,
                          check=False)


def make(scratch: Path, block_size: int, *options) -> list:
    """A filesystem with a file of random bytes; the file's blocks."""
    image, content = scratch / "image", scratch / "content"
    image.unlink(missing_ok=True)
    content.write_bytes(random.randbytes(BLOCKS * block_size))
    run("mke2fs", "-q", "-F", "-t", "ext4", "-b", block_size, *options, image, 12 << 10)
    run("debugfs", "-w", "-R", f"write {content} file", image)
    return [int(word) for word in run("debugfs", "-R", "blocks file", image).stdout.split()][:BLOCKS]


def inside(scratch: Path, block_size: int, features: str, checksums: str):
    """A journal in an inode, written by debugfs."""
    blocks = make(scratch, block_size, "-O", f"^resize_inode,{features}", "-J", f"size={4 * block_size >> 10}")
    if "^extent" in features:  # what follows the first twelve is the indirect block
        blocks = blocks[:12]
    lines = ["jo" + checksums]
    count = random.randint(2, 7)
    for number in range(count):
        if random.random() < 0.4:
            lines.append("jw -r " + ",".join(map(str, random.sample(blocks, 8))))
        targets = random.sample(blocks, random.randint(1, min(40, len(blocks))))
        data = scratch / f"data-{number}"
        data.write_bytes(b"".join(MAGIC + random.randbytes(block_size - 4) if random.random() < 0.2 else
                                  random.randbytes(block_size) for _ in targets))
        uncommitted = "-c " if number == count - 1 and random.random() < 0.5 else ""
        lines.append(f"jw {uncommitted}-b {','.join(map(str, targets))} {data}")
    run("debugfs", "-w", "-f", "-", scratch / "image", stdin="\n".join([*lines, "jc", ""]).encode())
    return []


def outside(scratch: Path, version: int, wide: bool):
    """A journal on a device, written block by block. Its blocks go round."""
    device = scratch / "device"
    blocks = make(scratch, 1024, "-O", "^has_journal," + ("" if wide else "^") + "64bit")
    run("mke2fs", "-q", "-F", "-b", 1024, "-O", "journal_dev", "-U", UUID, device, 2048)
    run("debugfs", "-w", "-f", "-", scratch / "image",
        stdin=f"ssv journal_uuid {UUID}\nssv journal_dev 0x701\nfeature has_journal needs_recovery\n".encode())
    journal = Journal(version, wide)
    count = random.randint(3, 8)
    for sequence in range(1, count + 1):
        if random.random() < 0.4:
            journal.revoke(sequence, random.sample(blocks, 5))
        journal.write(sequence, {block: b"!" if random.random() < 0.2 else bytes([random.randrange(34, 256)])
                                 for block in random.sample(blocks, random.randint(1, 20))})
        if sequence < count or random.random() < 0.5:
            journal.commit(sequence)
    written = bytearray(journal.device(2048, random.randint(3, 2000)))
    written[1024:2048] = device.read_bytes()[1024:2048]
    device.write_bytes(written)
    return [device]


def as_placed(scratch: Path, report: Path, devices: list) -> bytes:
    """The file, put together from where the report says that its bytes lie."""
    entries = json.loads(report.read_text())["filesystems"][0]["entries"]
    runs = next(entry["runs"] for entry in entries if entry["path"] == "file")
    image, content = (scratch / "image").read_bytes(), b""
    for part in runs:
        begin, length = part["image_offset"], part["length"]
        if begin is not None:
            content += image[begin:begin + length]
        elif "journal_offset" in part:
            content += devices[0].read_bytes()[part["journal_offset"]:][:length]
        else:
            content += MAGIC if length == 4 else b"?"
    return content


def check(coldread: str, scratch: Path, devices: list) -> str:
    image, copy, out = scratch / "image", scratch / "copy", scratch / "out"
    given = ["--journal", devices[0]] if devices else []
    mine = run(coldread, "cat", image, "file", *given)
    shutil.rmtree(out, ignore_errors=True)
    run(coldread, "extract", image, "file", "-o", out, "-q", "--runs", *given)
    placed = as_placed(scratch, scratch / "out.report.json", devices)
    lying = run(coldread, "cat", image, "file", "--no-replay")

    shutil.copyfile(image, copy)
    checked = [shutil.copyfile(device, scratch / "device-copy") for device in devices]
    replayed = run("e2fsck", "-E", "journal_only", "-y", *(["-j", checked[0]] if checked else []), copy)
    run("debugfs", "-c", "-R", f"dump file {scratch / 'theirs'}", copy)
    theirs = (scratch / "theirs").read_bytes()
    if b"recovering journal" not in replayed.stdout:
        return f"e2fsck did not replay: {replayed.stdout!r} {replayed.stderr!r}"
    if mine.stdout != theirs:
        return f"not what e2fsck makes of it: {mine.stderr[:500]!r}"
    # debugfs writes commits whose checksum is wrong where it turns checksums on by itself.
    if mine.returncode != (1 if b"was corrupt" in replayed.stdout else 0):
        return f"exit code {mine.returncode}: {mine.stderr[:500]!r}"
    if placed != theirs:
        return "its bytes do not lie where the report says"
    if lying.stdout != (scratch / "content").read_bytes():
        return "it does not lie as it was written"
    return ""


def main() -> int:
    coldread, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    if not all(shutil.which(tool, path=ENVIRONMENT["PATH"]) for tool in ("mke2fs", "debugfs", "e2fsck")):
        print("skipped: e2fsprogs is not there")
        return 0
    cases = [(inside, (block_size, features, checksums)) for block_size in (1024, 4096)
             for features in ("64bit,metadata_csum", "^64bit,metadata_csum", "64bit,^metadata_csum", "^extent,^64bit")
             for checksums in ("", " -c -v 2", " -c -v 3")]
    cases += [(outside, (version, wide)) for version in range(4) for wide in (False, True)]
    faults = 0
    random.seed(seed)
    with tempfile.TemporaryDirectory() as scratch:
        for maker, arguments in cases:
            devices = maker(Path(scratch), *arguments)
            fault = check(coldread, Path(scratch), devices)
            if fault:
                faults += 1
                print(f"{maker.__name__}{arguments}: {fault}")
    print(f"{len(cases)} journals, {faults} replayed in another way")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
