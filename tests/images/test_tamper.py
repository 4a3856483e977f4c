#!/usr/bin/env python3
"""Flips one bit of a verity file's data, Merkle tree, descriptor or signature at a time: exactly that file must be reported,
under all its names, with exactly the right range and reason, and nothing else of the report may change.

usage: test_tamper.py COLDREAD SET_DIR [--match REGEX] [--flips N] [--seed N] [--only N] [-j N]
Where the bytes lie is told by debugfs and by f2fs_blocks.py; what must be said of them by verity_expected.py. For one flip in
ten the file is written too, by a random --damaged and --page-size, and held against the content. No image has hard links to
verity files, so debugfs makes some. --only N repeats flip N.
"""
import argparse
import collections
import concurrent.futures
import copy
import hashlib
import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

import truth as T
import verity_expected
import verity_places as P

# How often each kind of place is aimed at; each level of a tree and each field of a descriptor is a place of its own.
WEIGHTS = {"data": 40, "tail": 6, "past": 2, "tree": 20, "between": 2, "signature": 15, "behind": 3, "length": 3}
FIELD_WEIGHT = 3
PAGE_SIZES = (4096, 8192, 16384, 32768, 65536)


def filesystems(set_dir, match):
    """(name, case, truth, options, first byte) of each filesystem with verity files, but where some were damaged when it was
    made. An unclean one is read as it lies."""
    for case in sorted(c.parent for c in set_dir.glob("*/truth.json") if re.search(match, c.parent.name)):
        found = list(T.views(case, pathlib.Path("/none")))
        whole = json.loads((case / "truth.json").read_text())
        starts = {p["index"]: p["start"] * whole.get("sector_size", 512) for p in whole.get("partitions", [])}
        for name, truth, options in found:
            if len(found) > 1 and "partitions" not in whole and "--no-replay" not in options:
                continue
            start = starts[int(options[1])] if "--partition" in options else 0
            damaged = any("damage" in t for t in truth["files"])
            if "--device" not in options and not damaged and any(t.get("verity") for t in truth["files"]):
                yield name, case, truth, [o for o in options if o == "--no-replay" or "--partition" in options], start


class Tamper:
    """One copy of an image, whose bits are flipped one at a time."""

    def __init__(self, args, name, case, truth, options, start, scratch):
        self.args, self.name, self.case, self.truth, self.scratch = args, name, case, truth, scratch
        self.image = P.Image(T.unpack(case, scratch), truth, start)
        self.inodes = self.image.verity_inodes()
        if truth["fs"] == "ext4" and not options:
            for kind in self.inodes:    # a hard link to one file of each kind
                self.image.link(kind[0])
        keys = T.key_options(case, truth)
        self.options = [*options, *keys, "-q", "-j", "1"]
        self.reading = [*options, *(o for i in range(0, len(keys), 2) if keys[i] != "--cert" for o in keys[i:i + 2]), "-q"]
        self.certificates = sorted((case / "certs").glob("*.pem"))
        code, self.pristine, self.entries = self.verify()
        assert code == 0, f"{name}: ends with {code} before anything was flipped"
        missing = {path for kind in self.inodes for inode in kind for path in self.image.names[inode]} - self.entries.keys()
        assert not missing, f"{name}: {sorted(missing)[:3]} are not reported"

    def run(self, command, *options):
        return subprocess.run([self.args.coldread, command, self.image.path, *options], capture_output=True, check=False)

    def verify(self):
        report = self.scratch / "report.json"
        run = self.run("verify", "--report", report, "--hash", "sha256", *self.options)
        found = json.loads(report.read_text())
        del found["run"]
        report.unlink()
        entries = {e["path"]: e for e in found["filesystems"][0].pop("entries")}
        return run.returncode, found, entries

    def aim(self, rnd):
        """A file, the kind of a place in it, its byte of the file, its byte of the image. In a compressed cluster the file's
        byte is the first of the cluster, plus how many stored bytes of it lie before this one."""
        while True:
            file = self.image.verity_file(rnd.choice(rnd.choice(self.inodes)))
            weights = [WEIGHTS.get(kind, FIELD_WEIGHT) if begin < end else 0 for kind, begin, end in file.parts]
            kind, begin, end = rnd.choices(file.parts, weights)[0]
            offset = rnd.randrange(begin, end)
            cluster = file.cluster(offset) if kind in ("data", "tail", "past") else None
            if cluster is not None:
                block, byte = rnd.randrange(len(cluster[1])), rnd.randrange(self.image.block)
                return file, "compressed data", cluster[0] + block * self.image.block + byte, cluster[1][block] + byte
            place = file.place(offset)
            if place is not None:
                file.prove(offset)
                return file, kind, offset, place

    def flip(self, number):
        """Flips a bit, looks, flips it back: the kind of place, what was flipped, all that is wrong in what was said of it."""
        rnd = random.Random(f"{self.args.seed} {self.name} {number}")
        file, kind, offset, place = self.aim(rnd)
        bit = 1 << rnd.randrange(8)
        expected = verity_expected.expect(file, offset, bit, self.certificates)
        extract = rnd.randrange(10) == 0 or self.args.only is not None
        content = self.content(file) if extract else None
        byte = self.image.read(place, 1)[0]
        self.image.write(place, bytes([byte ^ bit]))
        try:
            code, report, entries = self.verify()
            verity_expected.settle(expected, entries[file.names[0]])
            wrong = list(self.differences(file, expected, code, report, entries))
            if extract:
                bad = entries[file.names[0]]["pages"]["bad"]
                if kind == "data" and file.in_clear:
                    content[offset] ^= bit
                known = file.in_clear and kind != "compressed data" or "data" not in kind and kind != "tail"
                wrong += self.written_differences(rnd, file, content, bad, known)
        finally:
            self.image.write(place, bytes([byte]))
        return kind, f"{kind} of {file.names[0]}, file byte {offset}, image byte {place}, bit {bit:#x}", wrong

    def differences(self, file, expected, code, report, entries):
        """Every way in which a report is not the pristine one but for what is expected of one file."""
        for path in sorted(self.entries.keys() ^ entries.keys()):
            yield f"{path}: {'missing' if path in self.entries else 'new'}"
        want = copy.deepcopy(self.pristine)
        summary, page_size = want["filesystems"][0]["summary"], want["filesystems"][0]["page_size"]
        for path in self.entries.keys() & entries.keys():
            e, was = entries[path], self.entries[path]
            if path not in file.names:
                if e != was:
                    yield f"{path} changed too: {json.dumps(e)[:300]}"
                continue
            yield from (f"{path}: {text}" for text in verity_expected.differences(file, expected, e, was))
            for counts, before, after in ((summary, was["status"], e["status"]),
                                          (summary["verity"], "verified", e["verity"]["status"])):
                counts[before] -= 1
                counts[after] += 1
            bad = [(b["offset"], min(e["size"], b["offset"] + b["length"])) for b in e["pages"]["bad"]]
            pages = {page for begin, end in bad for page in range(begin // page_size, -(-end // page_size))}
            summary["pages"]["bad"] += len(pages)
        if not expected.unseen:
            want["exit_code"], want["result"] = 1, "findings"
        if report != want:
            yield f"of the whole: {[(report[k], want[k]) for k in want if report.get(k) != want[k]]}"
        if code != want["exit_code"]:
            yield f"exit code {code}"

    def content(self, file):
        run = self.run("cat", file.names[0], *self.reading)
        assert hashlib.sha256(run.stdout).hexdigest() == file.t["sha256"], file.names
        return bytearray(run.stdout)

    def written_differences(self, rnd, file, content, bad, known):
        """Every way in which the file is not written as a random --damaged wants it. `known`: whether `content` also has
        what was read of the bad blocks."""
        how = rnd.choice(["keep", "zero", "page", "omit"])
        page = rnd.choice([size for size in PAGE_SIZES if size >= self.image.block])
        out, report = self.scratch / "out", self.scratch / "extract.json"
        run = self.run("extract", file.names[0], "-o", out, "--report", report, "--damaged", how, "--page-size", str(page),
                       "--hash", "none", *self.options)
        host = out / file.names[0]
        written = host.read_bytes() if host.exists() else None
        shutil.rmtree(out, ignore_errors=True)
        if run.returncode not in (0, 1):
            yield f"extract ends with {run.returncode}: {run.stderr[-300:]!r}"
        if how == "omit" and bad:
            if written is not None:
                yield "written despite --damaged omit"
            return
        if written is None or len(written) != file.size:
            yield f"--damaged {how} wrote {written and len(written)} bytes"
            return
        written = bytearray(written)
        block = file.tree.block
        for b in bad:
            begin, end, step = b["offset"], min(file.size, b["offset"] + b["length"]), b["step"]
            if how == "page":
                begin, end = begin // page * page, min(file.size, P.round_up(end, page))
            if how in ("zero", "page"):
                content[begin:end] = bytes(end - begin)
            elif not known:
                whole = range(begin, end - block + 1, block)
                if step == "verity" and any(written[at:at + block] == content[at:at + block] for at in whole):
                    yield f"a block in {begin} to {end} is right, and reported"
                written[begin:end] = content[begin:end]
        if written != content:
            first = next(i for i, (a, b) in enumerate(zip(written, content)) if a != b)
            yield f"--damaged {how} --page-size {page} wrote other content from byte {first} on; bad is {bad}"


def share(args, filesystem, numbers):
    """Some of the flips of one filesystem: [(their number, kind, what, all that is wrong)]."""
    with tempfile.TemporaryDirectory(prefix="coldread-tamper-") as scratch:
        tamper = Tamper(args, *filesystem, pathlib.Path(scratch))
        return [(number, *tamper.flip(number)) for number in numbers]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default=".")
    parser.add_argument("--flips", type=int, default=140, help="in all, evenly over the filesystems")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, help="this flip of each filesystem alone, and what is written then")
    parser.add_argument("-j", "--jobs", type=int, default=2)
    args = parser.parse_args()
    found = list(filesystems(args.set, args.match))
    kinds, failed = collections.Counter(), 0
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        pending = []
        for i, filesystem in enumerate(found):
            flips = range(args.flips * i // len(found), args.flips * (i + 1) // len(found))
            numbers = range(len(flips)) if args.only is None else [args.only]
            pending += [(filesystem[0], filesystem[1].name, pool.submit(share, args, filesystem, part))
                        for part in (numbers[k::args.jobs] for k in range(args.jobs)) if part]
        for name, case, future in pending:
            for number, kind, what, wrong in future.result():
                kinds[kind] += 1
                failed += bool(wrong)
                if wrong:
                    print(f"FAIL {name} (--match '^{case}$' --seed {args.seed} --only {number}): {what}: "
                          f"{'; '.join(wrong)[:1000]}")
    print(f"seed {args.seed}: {dict(sorted(kinds.items()))}")
    print(f"{kinds.total() - failed} passed, {failed} failed")
    return 0 if kinds and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
