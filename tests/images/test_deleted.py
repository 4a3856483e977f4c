#!/usr/bin/env python3
"""Holds `--deleted` against what deleted files were: test_deleted.py COLDREAD SAMPLES

For each sample whose truth lists deleted files, each of them is extracted below .deleted, byte by byte, with the status
`recovered`; and everything else is as it is without the option.
"""
import json
import os
import pathlib
import stat
import subprocess
import sys
import tempfile

import truth as T


def extract(exe, image, keys, folder, *options):
    report = folder / "report.json"
    run = subprocess.run([exe, "extract", image, "-o", folder / "tree", "--report", report, "--progress", "never",
                          *keys, *options], capture_output=True, timeout=300)
    return run.returncode, json.loads(report.read_text())["filesystems"][0]


def faults_of(gone, entry, host):
    if entry is None:
        return "it is not in the report"
    if entry["status"] != "recovered":
        return f"its status is {entry['status']}"
    if entry["inode"] != gone["ino"] or "transaction" not in entry["recovered"] or "committed" not in entry["recovered"]:
        return f"inode {entry['inode']}, recovered {entry['recovered']}"
    if stat.S_ISLNK(gone["mode"]):
        return None if os.path.islink(host) and os.readlink(host) == gone["target"] else "its target differs"
    if entry["size"] != gone["size"] or entry["pages"]["bad"]:
        return f"size {entry['size']}, bad {entry['pages']['bad']}"
    if entry["sha256"] != gone["sha256"] or T.file_sha256(host) != gone["sha256"]:
        return "its content differs"
    return None


def check(exe, case, scratch):
    truth = json.loads((case / "truth.json").read_text())
    image = T.unpack(case, scratch)
    keys = T.key_options(case, truth)
    (scratch / "with").mkdir()
    (scratch / "without").mkdir()
    code, found = extract(exe, image, keys, scratch / "with", "--deleted", "--orphans")
    plain_code, plain = extract(exe, image, keys, scratch / "without")
    entries = {entry["path"]: entry for entry in found["entries"]}
    wrong = []
    for gone in truth["deleted"]:
        path = ".deleted/" + gone["path"]
        fault = faults_of(gone, entries.get(path), scratch / "with/tree" / path)
        if fault:
            wrong.append(f"{path}: {fault}")
    live = [entry for entry in found["entries"] if not entry["path"].startswith(".deleted/")]
    if live != plain["entries"]:
        wrong.append("what is there is told differently")
    recovered = [entry for entry in found["entries"] if entry["path"].startswith(".deleted/")]
    if any(entry["status"] not in ("recovered", "locked") or "recovered" not in entry for entry in recovered):
        wrong.append("something below .deleted is not marked as recovered")
    summary = dict(found["summary"])
    if summary.pop("recovered") != len(recovered) or summary != plain["summary"]:
        wrong.append(f"the summary is {found['summary']}")
    if (code, plain_code) != (0, 0):
        wrong.append(f"exit codes {code}, {plain_code}")
    listed = subprocess.run([exe, "ls", "-R", "--deleted", "--json", image, *keys], capture_output=True, timeout=300)
    paths = {json.loads(line)["path"] for line in listed.stdout.splitlines()}
    wrong += [f"{entry['path']} is not listed" for entry in recovered if entry["path"] not in paths]
    print(f"{case.name}: {len(truth['deleted'])} deleted files, {len(recovered)} entries, {len(wrong)} wrong", *wrong,
          sep="\n  ")
    return not wrong


def main():
    exe, samples = sys.argv[1], pathlib.Path(sys.argv[2])
    cases = [path.parent for path in sorted(samples.glob("*/truth.json"))
             if json.loads(path.read_text()).get("deleted")]
    good = bool(cases)
    for case in cases:
        with tempfile.TemporaryDirectory() as scratch:
            good = check(exe, case, pathlib.Path(scratch)) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
