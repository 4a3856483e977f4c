#!/usr/bin/env python3
"""Looks into the memory of a running coldread: the master key that it was given lies in locked memory that no core dump
holds, and nowhere else. Needs leave to read another process's memory; without it, it is skipped (77)."""
import argparse
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

PIPE = 1 << 16  # what a pipe holds, and more than which the program cannot write unread


def mappings(pid):
    """(begin, end, flags) of each mapping that can be read."""
    found = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if head := re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line):
            begin, end, rights = int(head[1], 16), int(head[2], 16), head[3]
        elif line.startswith("VmFlags:") and "r" in rights:
            found.append((begin, end, line.split()[1:]))
    return found


def places(pid, needle):
    """The flags of each mapping that holds the bytes."""
    held = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for begin, end, flags in mappings(pid):
            try:
                memory.seek(begin)
                content = memory.read(end - begin)
            except (OSError, ValueError, OverflowError):  # [vvar], [vsyscall]
                continue
            held += [flags] * content.count(needle)
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coldread")
    parser.add_argument("samples", type=pathlib.Path)
    args = parser.parse_args()
    sample = args.samples / "v2-xts-1k"
    key = min((sample / "keys").glob("*.key"))
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
    with tempfile.TemporaryDirectory() as scratch:
        image = pathlib.Path(scratch) / "image"
        subprocess.run(["zstd", "-qd", sample / "image.img.zst", "-o", image], check=True)
        # Everything that is read fills the pipe, so that it stands still with its keys in use.
        program = subprocess.Popen([args.coldread, "ls", "-lR", "--json", "--key", "-", image], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            program.stdin.write(key.read_bytes())
            program.stdin.close()
            begun = program.stdout.read(1)
            time.sleep(1)
            if not begun or program.poll() is not None:
                sys.exit("the listing is too short for this test")
            limits = pathlib.Path(f"/proc/{program.pid}/limits").read_text()
            try:
                held = places(program.pid, key.read_bytes())
            except PermissionError:
                print("no leave to read the memory of another process: skipped")
                return 77
        finally:
            program.kill()
            program.wait()
    wrong = []
    if not re.search(r"Max core file size +0 +0 ", limits):
        wrong.append("it may dump core")
    if not held:
        wrong.append("the key was not found at all: this test sees nothing")
    for flags in held:
        if "dd" not in flags:
            wrong.append(f"the key lies in memory that a core dump would hold ({' '.join(flags)})")
        if "lo" not in flags and resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] >= PIPE:
            wrong.append(f"the key lies in memory that is not locked ({' '.join(flags)})")
    print(f"{len(held)} places hold the key", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
