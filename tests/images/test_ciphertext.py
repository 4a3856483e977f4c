#!/usr/bin/env python3
"""Extracts each image twice, without its keys (--ciphertext) and with them: the two reports must tell the same but for
what a key is needed for, and `decrypt` must make of the first run's files, names and targets what the second one gave.

usage: test_ciphertext.py COLDREAD SET_DIR [--match REGEX]
"""
import argparse
import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import truth as T

try:
    import jsonschema
except ImportError:
    jsonschema = None

# What of an entry may differ without its key: names, what they stand for, and what was or was not done with its content.
KEYED = {"path", "path_bytes", "written_as", "written_as_bytes", "target", "target_bytes", "status", "sha256", "pages",
         "verity", "problems", "ciphertext"}


def run(*command):
    return subprocess.run([str(word) for word in command], capture_output=True, timeout=600)


def raw_keys(case, truth):
    """The options of `decrypt`, which has no image that could keep keys."""
    options = []
    for key in truth.get("keys", []):
        if key.get("supplied", True):
            path = str(case / key["file"])
            options += ["--key", path] if key.get("derived", True) else ["--v1-key", f"{key['id']}={path}"]
    return options


def written(entry):
    """Where an entry is in the output."""
    for field in ("written_as", "path"):
        if field in entry:
            encoded = entry.get(field + "_bytes")
            return os.fsdecode(base64.b64decode(encoded)) if encoded else entry[field]


class Case:
    def __init__(self, coldread, name, image, options, keys, raw_keys, scratch, validator):
        self.coldread, self.name, self.image, self.options, self.keys = coldread, name, image, options, keys
        self.raw_keys, self.scratch, self.validator = raw_keys, scratch, validator
        self.failures, self.files, self.names = [], 0, 0

    def hold(self, holds, text):
        if not holds:
            self.failures.append(text)

    def extract(self, where, *options):
        tree, report = self.scratch / where, self.scratch / f"{where}.json"
        done = run(self.coldread, "extract", self.image, "-o", tree, "--report", report, "-q", *self.options, *options)
        self.hold(done.returncode in (0, 1), f"{where}: ended with {done.returncode}: {done.stderr[-300:]!r}")
        parsed = json.loads(report.read_text())
        for error in list(self.validator.iter_errors(parsed))[:3] if self.validator else []:
            self.failures.append(f"{where}: {error.message[:200]} at {list(error.path)}")
        parsed.pop("run")
        return tree, report, parsed

    def decrypt(self, report, *arguments):
        return run(self.coldread, "decrypt", "--sidecar", report, "-q", *self.raw_keys, *arguments)

    def go(self):
        keyed, _, with_keys = self.extract("keyed", *self.keys)
        locked, report, without = self.extract("locked", "--ciphertext", "-j", "3")
        one, _, alone = self.extract("alone", "--ciphertext", "-j", "1")
        self.hold(alone == without, "the report depends on the number of jobs")
        again = self.decrypt(report, "--names", "--json")
        named = {(n["inode"], n["path"]): n for n in map(json.loads, again.stdout.splitlines())}
        for with_key, without_key in zip(with_keys["filesystems"], without["filesystems"]):
            self.hold_policies(with_key, without_key)
            whole = {}
            for e in with_key["entries"]:
                whole.setdefault(e["inode"], []).append(e)
            self.hold(len(with_key["entries"]) == len(without_key["entries"]), "the runs have not the same entries")
            for e in without_key["entries"]:
                twins = whole.get(e["inode"], [])
                twin = next((t for t in twins if t["path"] == named.get((e["inode"], e["path"]), e).get("name", e["path"])), None)
                if twin is None:
                    self.failures.append(f"{e['path']}: no entry of the keyed run is what its name decrypts to: {named.get((e['inode'], e['path']))}")
                    continue
                self.hold_entry(e, twin, named.get((e["inode"], e["path"])))
                if "size" in e.get("ciphertext", {}):
                    self.hold_file(e, twin, locked, keyed, one, report)
        self.hold(self.files or not any(e["status"] == "locked" and e.get("type") == "file" and e.get("size")
                                        for fs in without["filesystems"] for e in fs["entries"]), "nothing was held")

    def hold_policies(self, with_key, without_key):
        strip = lambda policies: [{k: v for k, v in p.items() if k not in ("key", "key_proven", "key_proof")} for p in policies]
        order = lambda policies: sorted(map(json.dumps, strip(policies)))
        self.hold(order(with_key["policies"]) == order(without_key["policies"]), "the policies differ")

    def hold_entry(self, e, twin, name):
        ignored = KEYED | ({"size"} if e.get("type") == "symlink" else set())
        of = lambda entry: {k: v for k, v in entry.items() if k not in ignored and k != "encryption"}
        self.hold(of(e) == of(twin), f"{e['path']}: {of(e)} without its key, {of(twin)} with it")
        self.hold(e.get("encryption", {}).get("nonce") == twin.get("encryption", {}).get("nonce"), f"{e['path']}: nonce")
        if e["status"] != "locked":
            differing = sorted(k for k in e.keys() | twin.keys() if e.get(k) != twin.get(k) and k != "encryption")
            self.hold(not differing, f"{e['path']}: is not locked, and {differing} differ")
        elif twin["status"] != "locked":
            self.names += 1
            self.hold("sha256" not in e and "pages" not in e, f"{e['path']}: is locked, and its content is told of")
            self.hold(e.get("type") != "symlink" or name["target"] == twin["target"], f"{e['path']}: target {name}")

    def hold_file(self, e, twin, locked, keyed, one, report):
        stored = locked / written(e)
        facts, content = e["ciphertext"], stored.read_bytes()
        self.hold(hashlib.sha256(content).hexdigest() == facts["sha256"], f"{e['path']}: its ciphertext is not the reported")
        self.hold((one / written(e)).read_bytes() == content, f"{e['path']}: what is written depends on the jobs")
        self.hold(stored.stat().st_mtime_ns == T.nanoseconds(e["mtime"]), f"{e['path']}: the time of its ciphertext")
        self.hold(len(content) == facts["size"] == sum(r["length"] for r in facts["runs"]), f"{e['path']}: size")
        out = self.scratch / "plain"
        out.unlink(missing_ok=True)
        done = self.decrypt(report, stored, "--path", os.fsdecode(T.reported_path(e)), "-o", out)
        if twin["status"] == "locked":
            self.hold(done.returncode == 1 and not out.exists(), f"{e['path']}: has no key, and was decrypted")
            return
        self.files += 1
        self.hold(done.returncode == (0 if twin["status"] == "ok" else 1), f"{e['path']}: ended with {done.returncode}: {done.stderr!r}")
        if not out.exists():
            self.failures.append(f"{e['path']}: was not decrypted: {done.stderr!r}")
            return
        self.hold(T.file_sha256(out) == T.file_sha256(keyed / written(twin)), f"{e['path']}: other bytes")
        if "sha256" in twin:
            self.hold(T.file_sha256(out) == twin["sha256"], f"{e['path']}: not the keyed run's hash")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default="")
    args = parser.parse_args()
    coldread = str(pathlib.Path(args.coldread).resolve())
    validator = None
    if jsonschema:
        validator = jsonschema.Draft202012Validator(json.loads(run(coldread, "--schema").stdout))
    failed = files = names = cases = 0
    for path in sorted(args.set.glob("*/truth.json")):
        case = path.parent
        if not re.search(args.match, case.name) or not (case / "keys").is_dir():
            continue
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            image = T.unpack(case, scratch)
            for name, truth, options in T.views(case, scratch):
                (work := scratch / name.replace("/", "_").replace(" ", "_")).mkdir()
                keys = T.key_options(case, truth)
                keys = [word for i, word in enumerate(keys) if word != "--cert" and (i == 0 or keys[i - 1] != "--cert")]
                held = Case(coldread, name, image, options, keys, raw_keys(case, truth), work, validator)
                held.go()
                cases, files, names = cases + 1, files + held.files, names + held.names
                failed += bool(held.failures)
                print(f"{'FAIL' if held.failures else 'ok  '} {name}: {held.files} files, {held.names} locked entries")
                for failure in held.failures[:5]:
                    print(f"       {failure[:400]}")
            run("chmod", "-R", "u+rwx", scratch)
    print(f"{cases} filesystems, {failed} failed; {files} files decrypted, {names} locked entries held")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
