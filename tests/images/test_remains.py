#!/usr/bin/env python3
"""Holds what remains of deleted files on the samples against what they were before: test_remains.py REMAINS SAMPLES

For each sample whose truth lists deleted files: every older inode that is given as a whole has the content that the
file had, and every deleted file is there. The names of other samples' older inodes may be no one's, and contents that
are given of files that are there still would be wrong.
"""
import json
import pathlib
import stat
import subprocess
import sys
import tempfile


def remains(tool, image, keys):
    done = subprocess.run([tool, image, *keys], capture_output=True, timeout=300, check=True)
    return [line.split("\t") for line in done.stdout.decode("utf-8", "surrogateescape").splitlines()]


def check(tool, folder, scratch):
    truth = json.loads((folder / "truth.json").read_text())
    image = pathlib.Path(scratch) / "image.img"
    subprocess.run(["zstd", "-qdf", folder / "image.img.zst", "-o", image], check=True)
    lines = remains(tool, image, sorted(folder.glob("keys/*.key")))
    wrong = []
    inodes = {int(line[1]): line for line in lines if line[0] == "inode"}
    for gone in truth["deleted"]:
        line = inodes.get(gone["ino"])
        if line is None:
            wrong.append(f"{gone['path']}: inode {gone['ino']} is not there")
            continue
        expected = gone.get("target") if stat.S_ISLNK(gone["mode"]) else gone["sha256"]
        if line[6] != "0" or line[7] != expected:
            wrong.append(f"{gone['path']}: expected {expected}, and it is {line[1:]}")
        if int(line[2]) == 0 or int(line[3]) == 0:
            wrong.append(f"{gone['path']}: neither transaction nor time: {line[1:]}")
    names = {(line[1], bytes.fromhex(line[2]).decode("utf-8", "replace"), int(line[3])) for line in lines
             if line[0] == "name"}
    plain = [gone for gone in truth["deleted"] if not gone["path"].startswith("vault/")]
    for gone in plain:
        directory, _, name = gone["path"].rpartition("/")
        if (directory, name, gone["ino"]) not in names:
            wrong.append(f"{gone['path']}: its name is not there")
    vault = {ino for directory, _, ino in names if directory == "vault"}
    wrong += [f"{gone['path']}: its encrypted name is not there" for gone in truth["deleted"]
              if gone["path"].startswith("vault/") and gone["ino"] not in vault]
    live = {(pathlib.PurePosixPath(entry["path"]).parent.as_posix().replace(".", ""),
             pathlib.PurePosixPath(entry["path"]).name, entry["ino"]) for entry in truth["files"]}
    wrong += [f"{name} is there, and given as deleted" for name in names & live]
    wrong += [f"inode {entry['ino']} ({entry['path']}) is there, and given as deleted" for entry in truth["files"]
              if entry["ino"] in inodes and inodes[entry["ino"]][6] == "0" and entry["type"] == "file" and entry["size"]
              and inodes[entry["ino"]][7] == entry["sha256"]]
    print(f"{folder.name}: {len(truth['deleted'])} deleted files, {len(inodes)} older inodes, {len(names)} names, "
          f"{len(wrong)} wrong", *wrong, sep="\n  ")
    return not wrong


def main():
    tool, samples = sys.argv[1], pathlib.Path(sys.argv[2])
    chosen = [path.parent for path in sorted(samples.glob("*/truth.json"))
              if json.loads(path.read_text()).get("deleted")]
    with tempfile.TemporaryDirectory() as scratch:
        good = [check(tool, folder, scratch) for folder in chosen]
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
