#!/usr/bin/env python3
"""Holds coldread against what the kernel read from real images: every entry, at several page sizes and numbers of jobs.

usage: test_images.py COLDREAD SET_DIR [--match REGEX] [--quick]
Prints a line a filesystem and, last, "N passed, N failed".
"""
import argparse
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import truth as T

try:
    import jsonschema
except ImportError:  # the reports are then held against the truth alone, which is said
    jsonschema = None


class Case:
    def __init__(self, coldread, case, name, truth, options, image, scratch):
        self.coldread, self.case, self.name, self.truth = coldread, case, name, truth
        self.options, self.image, self.scratch = options, image, scratch
        self.failures = []

    def fail(self, where, text):
        self.failures.append(f"{where}: {text}")

    def run(self, command, *options):
        result = subprocess.run([self.coldread, command, self.image, *self.options, *options], capture_output=True,
                                timeout=300)
        if result.returncode < 0 or result.returncode > 4:
            self.fail(command, f"ended with {result.returncode}: {result.stderr[-500:]!r}")
        return result

    def extract(self, where, validator, *options, preserve=False, hash_content=False, keys=True):
        """One extraction; its report without `run`, and its entries by path."""
        out = pathlib.Path(tempfile.mkdtemp(prefix="out-", dir=self.scratch))
        tree, report = out / "tree", out / "report.json"
        try:
            extra = T.key_options(self.case, self.truth) if keys else []
            extra += ["--preserve", "owner,setid,special"] if preserve else []
            result = self.run("extract", "-o", tree, "--report", report, "-q", *options, *extra)
            if not report.exists():
                self.fail(where, f"no report: {result.stderr[-300:]!r}")
                return None, {}
            parsed = json.loads(report.read_text())
            if validator:
                for error in list(validator.iter_errors(parsed))[:3]:
                    self.fail(where, f"the report breaks its schema: {error.message[:200]} at {list(error.path)}")
            parsed.pop("run")
            entries = {T.reported_path(e): e for fs in parsed["filesystems"] for e in fs["entries"]}
            if keys:
                self.hold(where, parsed, entries, tree, result.returncode, preserve, hash_content)
            else:
                self.hold_without_keys(where, entries, tree)
            return parsed, entries
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", out], stderr=subprocess.DEVNULL, check=False)
            shutil.rmtree(out)

    def hold(self, where, report, entries, tree, code, preserve, hash_content):
        want = T.wanted(self.truth)
        lost = any(T.reports_lost_xattrs(fs) for fs in report["filesystems"])
        prefix, refusal = T.NOT_READ_YET.get(self.case.name, (None, None))
        for path in sorted((want.keys() | {b""}) ^ entries.keys()):
            self.fail(where, f"{path!r}: {'missing in the report' if path in want else 'not shown by the kernel'}")
        for path, t in want.items():
            e = entries.get(path)
            if not path or e is None:
                continue
            if prefix and path.startswith(prefix):
                bad = e["pages"]["bad"]
                if e["status"] != "damaged" or any(b["step"] != "map" or refusal not in b["reason"] for b in bad):
                    self.fail(where, f"{path!r}: is not read yet, and not refused by that name: {bad}")
                continue
            written = os.fsencode(e.get("written_as", "")) or path
            for text in T.differences(t, e, os.path.join(os.fsencode(tree), written), preserve, hash_content, lost):
                self.fail(where, f"{path!r}: {text}")
        locked = any(t.get("key_supplied") is False for t in want.values())
        if code != (1 if locked or prefix else 0) or report["exit_code"] != code:
            self.fail(where, f"exit code {code}, in the report {report['exit_code']}")
        paths = [T.reported_path(e).split(b"/") if e["path"] else [] for fs in report["filesystems"] for e in fs["entries"]]
        if paths != sorted(paths):
            self.fail(where, "the entries are not depth first in byte order")

    def hold_without_keys(self, where, entries, tree):
        for text in T.locked_differences(self.truth, entries):
            self.fail(where, text)
        for path, e in entries.items():
            if e["status"] == "locked" and os.path.lexists(os.path.join(os.fsencode(tree), path)):
                self.fail(where, f"{path!r}: something locked was written")

    def verify(self):
        result = self.run("verify", "--digest", *T.key_options(self.case, self.truth))
        want = set()
        for t in self.truth["files"]:
            if t.get("verity"):
                v = t["verity"]
                want.add(os.fsencode(f"{v['algorithm']}:{v['digest']} ") + T.raw_bytes(t, "path"))
        have = set(result.stdout.splitlines())
        if have != want:
            self.fail("verify", f"missing {sorted(want - have)[:3]}, too many {sorted(have - want)[:3]}")
        for t in [t for t in self.truth["files"] if (t.get("verity") or {}).get("tree_sha256")][::8]:
            self.dump(t["verity"], os.fsdecode(T.raw_bytes(t, "path")))
        if result.returncode != 0:
            self.fail("verify", f"exit code {result.returncode}: {result.stderr[-300:]!r}")

    def dump(self, v, path):
        """What FS_IOC_READ_VERITY_METADATA gave, byte by byte."""
        have = {what: self.run("verify", "-q", "--dump", what, path, *self.keys()).stdout
                for what in ("descriptor", "merkle-tree", "signature")}
        stored = base64.b64decode(v["descriptor_b64"])[:256]
        if have["descriptor"] != stored[:4] + bytes(4) + stored[8:]:
            self.fail("verify --dump", f"{path!r} has another descriptor")
        if T.hashlib.sha256(have["merkle-tree"]).hexdigest() != v["tree_sha256"]:
            self.fail("verify --dump", f"{path!r} has another tree")
        if have["signature"] != base64.b64decode(v.get("signature_b64") or ""):
            self.fail("verify --dump", f"{path!r} has another signature")

    def keys(self):
        options = T.key_options(self.case, self.truth)
        return [o for i in range(0, len(options), 2) if options[i] != "--cert" for o in options[i:i + 2]]

    def commands(self):
        """The commands that look at one file or at all agree with the report."""
        keys = self.keys()
        prefix = T.NOT_READ_YET.get(self.case.name, (b"\0",))[0]
        files = [t for t in self.truth["files"] if t["type"] == "file" and t.get("sha256") and t["size"] < 1 << 20 and
                 not T.raw_bytes(t, "path").startswith(prefix)]
        for t in files[:: max(1, len(files) // 6)]:
            path = os.fsdecode(T.raw_bytes(t, "path"))
            result = self.run("cat", path, *keys, "-q")
            if T.hashlib.sha256(result.stdout).hexdigest() != t["sha256"]:
                self.fail("cat", f"{path!r} differs")
            middle = self.run("cat", path, *keys, "-q", "--range", f"{t['size'] // 3}:1000").stdout
            if middle != result.stdout[t["size"] // 3:][:1000]:
                self.fail("cat --range", f"{path!r} differs")
            table = json.loads(self.run("pages", path, *keys, "-q", "--json").stdout)
            if table["bad"] != 0 or table["total"] != -(-t["size"] // table["page_size"]):
                self.fail("pages", f"{path!r}: {table['total']} pages, {table['bad']} bad")
            if json.loads(self.run("stat", path, *keys, "-q", "--json").stdout)["inode"] != t["ino"]:
                self.fail("stat", f"{path!r} has another inode")
        listed = {T.reported_path(json.loads(line)) for line in
                  self.run("ls", "-R", "--json", "-q", *keys).stdout.splitlines()}
        if listed != T.wanted(self.truth).keys() - {b""}:
            self.fail("ls", "the names differ")
        ids = {p["master_key"] for fs in json.loads(self.run("keys", "--json", "-q", *keys).stdout)["filesystems"]
               for p in fs["policies"]}
        if ids != {p["id"] for p in self.truth.get("policies", [])}:
            self.fail("keys", f"policies {ids}")
        if self.run("info", "-q", *keys).returncode not in (0, 1):
            self.fail("info", "failed")

    def hold_refused(self, words):
        """The image is not read yet as a whole: that must be said, by name, and nothing be written."""
        out = pathlib.Path(tempfile.mkdtemp(prefix="out-", dir=self.scratch)) / "tree"
        image_alone = [self.coldread, "extract", self.image, "-o", out, "-q"]
        result = subprocess.run(image_alone, capture_output=True, timeout=300, check=False)
        if result.returncode != 3 or words not in result.stderr.decode("utf-8", "replace") or out.exists():
            self.fail("extract", f"is not read yet, and not refused by name: {result.returncode}, {result.stderr[-300:]!r}")

    def hold_all(self, quick, validator):
        prefix, words = T.NOT_READ_YET.get(self.case.name, (None, None))
        if prefix == b"":
            self.hold_refused(words)
            return
        self.extract("default", validator, hash_content=True, preserve=os.geteuid() == 0)
        for page_size in (4096, 16384, 65536):
            one, _ = self.extract(f"page size {page_size}, -j 1", validator, "--page-size", str(page_size), "-j", "1")
            if quick:
                continue
            many, _ = self.extract(f"page size {page_size}, -j 4", None, "--page-size", str(page_size), "-j", "4")
            if one != many:
                self.fail(f"page size {page_size}", "the report depends on the number of jobs")
        if self.truth.get("policies") and not any(t.get("key_supplied") is False for t in self.truth["files"]):
            self.extract("without keys", validator, keys=False)
        self.verify()
        self.commands()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default=".")
    parser.add_argument("--quick", action="store_true", help="one number of jobs")
    args = parser.parse_args()
    if jsonschema is None:
        print("python3-jsonschema is not installed: reports are not held against their schema")
    schema = json.loads(subprocess.run([args.coldread, "--schema"], capture_output=True, check=True).stdout)
    validator = jsonschema.Draft202012Validator(schema) if jsonschema else None

    passed = failed = 0
    for case in sorted(c.parent for c in args.set.glob("*/truth.json")):
        if not re.search(args.match, case.name):
            continue
        with tempfile.TemporaryDirectory(prefix="coldread-images-") as scratch:
            image = T.unpack(case, pathlib.Path(scratch))
            before = T.file_sha256(image), os.stat(image).st_mtime_ns, os.stat(image).st_ctime_ns
            os.utime(image, ns=(10**18, before[1]))
            ctime = os.stat(image).st_ctime_ns
            for name, truth, options in T.views(case, pathlib.Path(scratch)):
                held = Case(args.coldread, case, name, truth, options, image, pathlib.Path(scratch))
                held.hold_all(args.quick, validator)
                if (os.stat(image).st_mtime_ns, os.stat(image).st_ctime_ns, os.stat(image).st_atime_ns) != \
                        (before[1], ctime, 10**18) or T.file_sha256(image) != before[0]:
                    held.fail("image", "its bytes or its times were changed")
                os.utime(image, ns=(10**18, before[1]))
                ctime = os.stat(image).st_ctime_ns
                passed, failed = passed + (not held.failures), failed + bool(held.failures)
                print(f"{'FAIL' if held.failures else 'ok  '} {name}: {len(truth['files'])} entries", flush=True)
                for text in held.failures[:12]:
                    print(f"       {text[:300]}")
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
