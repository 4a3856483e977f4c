#!/usr/bin/env python3
"""Damaged fs-verity files, held against what a kernel did with them: which it refused to open, and which pages it gave.

What a kernel refuses is EIO in `pages`. What of it is `refused` there is proven all the same, by a tree computed again,
and is written whole; what failed is not. Every file suffers one damage, told in truth.json.

usage: test_kernel_refusal.py COLDREAD SET_DIR [--match REGEX]
"""
import argparse
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import truth as T

ROOT_HASH, ROOT_HASH_END, SALT, SALT_END = 16, 80, 80, 112     # in struct fsverity_descriptor


def undo(image, whole, truth):
    """A copy of the image as it was before."""
    data = bytearray(image.read_bytes())
    for t in truth["files"]:
        for one in t.get("damage", ()):
            data[one["image_offset"]] ^= 1 << one["bit"]
    whole.write_bytes(data)


def extract(coldread, image, scratch, options):
    """(exit code, the tree, entries of the report by path)"""
    out = pathlib.Path(tempfile.mkdtemp(dir=scratch))
    run = subprocess.run([coldread, "extract", image, "-o", out / "tree", "--report", out / "report.json", "-q", *options],
                         capture_output=True, check=False)
    report = json.loads((out / "report.json").read_text())
    return run.returncode, out / "tree", {e["path"]: e for fs in report["filesystems"] for e in fs["entries"]}


def bad_pages(table):
    """The pages with a block that failed, and those with one that a kernel refuses."""
    failed = {p["page"] for p in table["pages"] if any("failed" in b for b in p["blocks"])}
    return failed, {p["page"] for p in table["pages"] if any("refused" in b for b in p["blocks"])}


def numbers(runs):
    return {i for first, count in runs for i in range(first, first + count)}


class File:
    """One file and all that must be true of it."""

    def __init__(self, t, original):
        self.t, self.original, self.wrong = t, original, []
        self.kinds, self.block = {one["what"] for one in t.get("damage", ())}, t["verity"]["block_size"]

    def held(self, name, have, want):
        if have != want:
            self.wrong.append(f"{name} is {have}, not {want}")

    def hold_pages(self, table, page_size, kernel_page):
        """Returns the pages that failed."""
        failed, refused = bad_pages(table)
        bad = failed | refused
        self.held(f"marked bad, pages of {page_size}", {p["page"] for p in table["pages"] if not p["up_to_date"]}, bad)
        self.held("counts of pages", (table["bad"], table["refused"]), (len(failed), len(refused - failed)))
        if self.t["kernel_open"] != "ok":
            return failed
        per_page = page_size // kernel_page
        eio = {i // per_page for i in numbers(self.t["kernel_refused_pages"] + self.t.get("kernel_other_pages", []))}
        self.held(f"EIO, pages of {page_size}", sorted(bad), sorted(eio))
        self.hold_blocks(table)
        return failed

    def hold_blocks(self, table):
        """A bad block that the kernel gave when asked for it alone is no stored one: those in a page with stored blocks it
        does not verify."""
        size, refused = table["block_size"], numbers(self.t["kernel_refused_blocks"])
        given = {b["kind"] for p in table["pages"] for b in p["blocks"] if "failed" in b or "refused" in b
                 for at in range(b["offset"], min(b["offset"] + b["length"], self.t["size"]), size) if at // size not in refused}
        self.held("kinds of bad blocks that the kernel gave", given - {"hole", "unwritten"}, set())

    def hold_written(self, path, failed, page_size):
        """What failed is zeros, all else is what the kernel read, or would have read from an undamaged tree."""
        want = bytearray(self.original)
        for page in failed:
            begin, end = page * page_size, min(len(want), (page + 1) * page_size)
            want[begin:end] = bytes(end - begin)
        have = path.read_bytes()
        differ = sorted({i // page_size for i, (a, b) in enumerate(zip(have, want)) if a != b}) if have != want else []
        self.held("pages written otherwise", differ, [])
        self.held("size written", len(have), len(want))

    def hold_verdict(self, e):
        verity, bad = e["verity"], [(b["offset"], b["length"]) for b in e["pages"]["bad"]]
        if self.t["kernel_open"] != "ok":
            self.held("verity status", (e["status"], verity["status"]), ("damaged", "malformed"))
            return
        self.held("digest", verity.get("digest"), self.t["kernel_digest"])
        if not self.t["size"]:      # nothing that a kernel could refuse; but its root hash is known
            wrong_root = any(ROOT_HASH <= at < ROOT_HASH_END for at in self.descriptor_bytes())
            self.held("verity status", verity["status"], "mismatch" if wrong_root else "verified")
        elif not self.t["kernel_refused_pages"] and "kernel_other_pages" not in self.t:
            self.held("verity status", verity["status"], "verified")
            self.held("bad", bad, [])
            self.held("content hash", e.get("sha256"), self.t["sha256"])
            self.held("status", e["status"], "ok")
            self.held("told of", bool(e.get("problems")), self.is_told_from_a_kernels())
        else:
            self.held("status", e["status"], "damaged")
            self.hold_refused(e, bad)

    def descriptor_bytes(self):
        return [one["at"][0] for one in self.t.get("damage", ()) if one["what"] == "descriptor"]

    def is_told_from_a_kernels(self):
        """Whether the descriptor has what no kernel writes though all take it; other salts are as good."""
        verity = self.t["verity"]
        unused = {*range(ROOT_HASH + len(verity["root_hash"]) // 2, ROOT_HASH_END),
                  *range(SALT + len(verity["salt"]) // 2, SALT_END)}
        return "length" in self.kinds or bool(unused & set(self.descriptor_bytes()))

    def hold_refused(self, e, bad):
        """Of what a kernel refuses: the trees that are named, and what of the data is bad."""
        verity, block = e["verity"], self.block
        self.held("trees named", sorted(b["offset"] for b in verity.get("tree", ())),
                  sorted({one["file_offset"] // block * block for one in self.t["damage"] if one["what"] == "tree"}))
        wrong_data = self.wrong_data()
        for b in verity.get("tree", ()):
            covered = range(b["covers"]["offset"], b["covers"]["offset"] + b["covers"]["length"], block)
            self.held(f"tree block at {b['offset']} recomputed", b["recomputed"], not wrong_data or not wrong_data >= set(covered))
        if self.kinds <= {"tree", "data"} and not wrong_data:
            self.held("verity status", verity["status"], "verified")
            self.held("bad", bad, [])
            self.held("content hash", e.get("sha256"), self.t["sha256"])
            return
        self.held("verity status", verity["status"], "mismatch")
        if self.kinds <= {"data", "mapping"}:
            self.held("reasons", {b["reason"] for b in e["pages"]["bad"]}, {
                "does not match the Merkle tree" if self.t["size"] > block else "does not match the descriptor's root hash"})
        if wrong_data:
            self.held("bad", sorted(at for begin, length in bad for at in range(begin, begin + length, block)), sorted(wrong_data))
        elif "descriptor" in self.kinds:
            self.held("bad bytes", sum(length for _, length in bad), -(-self.t["size"] // block) * block)

    def wrong_data(self):
        """The Merkle blocks of damaged data; where a leaf has lost the hash of just such a block, all that it covers.

        What lies past the end of the last is proven by no hash, though kernels want zeros there.
        """
        size, block, digest = self.t["size"], self.block, len(self.t["verity"]["digest"]) // 2
        bad = {one["file_offset"] // block * block for one in self.t["damage"] if one["what"] == "data"} & set(range(0, size, block))
        for level, index, byte in (one["at"] for one in self.t["damage"] if one["what"] == "tree"):
            begin = index * (block // digest) * block
            if level == 0 and begin + byte // digest * block in bad:
                bad |= set(range(begin, min(begin + block // digest * block, size), block))
        return bad


def hold_sample(coldread, case, scratch):
    image, truth = T.unpack(case, scratch), json.loads((case / "truth.json").read_text())
    options = T.key_options(case, truth)
    undo(image, scratch / "whole.img", truth)
    code, originals, _ = extract(coldread, scratch / "whole.img", scratch, options)
    files = []
    for t in (t for t in truth["files"] if "kernel_open" in t):
        original = (originals / t["path"]).read_bytes()
        assert hashlib.sha256(original).hexdigest() == t["sha256"], t["path"]
        files.append(File(t, original))
    assert code == 0 and files
    for page_size in (4096, 16384, 65536):
        code, tree, entries = extract(coldread, image, scratch,
                                      ["--damaged", "page", "--page-size", str(page_size), *options])
        assert code == 1
        for f in files:
            table = json.loads(subprocess.run(
                [coldread, "pages", "--json", image, f.t["path"], "--page-size", str(page_size), "-q", *options],
                capture_output=True, check=False).stdout)
            failed = f.hold_pages(table, page_size, truth["page_size"])
            f.hold_written(tree / f.t["path"], failed, page_size)
            f.hold_verdict(entries[f.t["path"]])
        shutil.rmtree(tree.parent)
    run = subprocess.run([coldread, "verify", image, *options], capture_output=True, check=False, text=True)
    told = dict(line.split(": ", 1) for line in run.stdout.splitlines())
    for f in files:
        f.held("verify's line", told[f.t["path"]].split(" ")[0], "OK" if entries[f.t["path"]]["status"] == "ok" else "FAILED")
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default="-damaged$")
    args = parser.parse_args()
    passed = failed = 0
    for case in sorted(c.parent for c in args.set.glob("*/truth.json") if re.search(args.match, c.parent.name)):
        with tempfile.TemporaryDirectory(prefix="coldread-refusal-") as scratch:
            for f in hold_sample(args.coldread, case, pathlib.Path(scratch)):
                wrong = list(dict.fromkeys(f.wrong))
                passed, failed = passed + (not wrong), failed + bool(wrong)
                if wrong:
                    print(f"FAIL {case.name} {f.t['path']}: {'; '.join(wrong)[:600]}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
