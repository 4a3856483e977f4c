#!/usr/bin/env python3
"""Holds the maps that `coldread pages --svg` draws against the table that it prints: a cell a block, each of its kind;
and, where a bit of the file was flipped, the blocks that failed and no others.

usage: test_block_map.py COLDREAD SET_DIR [--match REGEX]
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import truth as T

SVG = "{http://www.w3.org/2000/svg}"
MOST_CELLS = 16384
PAGE_SIZES = ("4096", "16384", "65536")


def drawn(svg):
    """The cells of each look, and the blocks that tooltips say failed."""
    cells, failed = collections.Counter(), []
    for group in ET.fromstring(svg).iter(SVG + "g"):
        if not group.get("class", "").startswith("cells-"):
            continue
        look = group.get("class").removeprefix("cells-")
        for path in group.iter(SVG + "path"):
            cells[look] += path.get("d").count("M")
            title = path.find(SVG + "title").text
            if look == "failed":
                failed.append(int(re.match(r"blocks? (\d+)", title)[1]))
    return cells, sorted(failed)


def blocks(table):
    """The same, of the JSON table, up to EOF."""
    cells, failed, size, block = collections.Counter(), [], table["size"], table["block_size"]
    look = {}
    for page in table["pages"]:
        for run in page["blocks"]:
            for at in range(run["offset"] // block, -(-min(run["offset"] + run["length"], size) // block)):
                order = ["hole", "unwritten", "inline", "stored", "compressed", "refused", "failed"]
                new = next((how for how in ("failed", "refused") if how in run), run["kind"])
                look[at] = max(look.get(at, new), new, key=order.index)
    return collections.Counter(look.values()), sorted(b for b, kind in look.items() if kind == "failed")


class Case:
    def __init__(self, coldread, image, options):
        self.coldread, self.image, self.options, self.failures, self.maps = coldread, image, options, [], 0

    def pages(self, path, *options):
        return subprocess.run([self.coldread, "pages", self.image, path, "-q", *self.options, *options],
                              capture_output=True, timeout=300, check=False)

    def hold(self, path, page_size):
        options = ["--page-size", page_size] if page_size else []
        listed, map_ = self.pages(path, "--json", *options), self.pages(path, "--svg", "-", *options)
        table = json.loads(listed.stdout)
        try:
            cells, failed = drawn(map_.stdout)
        except ET.ParseError as error:
            self.failures.append(f"{path!r}: {error}")
            return table
        self.maps += 1
        have = (map_.returncode, sum(cells.values()) <= MOST_CELLS)
        if have != (listed.returncode, True):
            self.failures.append(f"{path!r}: exit code and bound {have}")
        if -(-table["size"] // table["block_size"]) <= MOST_CELLS and (cells, failed) != blocks(table):
            self.failures.append(f"{path!r}: {cells}, failed {failed}; the table has {blocks(table)}")
        return table

    def flip(self, path, table):
        """Flips a bit in the middle of what is stored of the file: what then fails is drawn as failed."""
        stored = [run["image_offset"] for page in table["pages"] for run in page["blocks"] if run["image_offset"]]
        if not stored:
            return
        at = stored[len(stored) // 2] + 5
        with open(self.image, "r+b") as file:
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 16]))
            file.flush()
            if not self.hold(path, None)["bad"]:
                self.failures.append(f"{path!r}: is verity, and a flipped bit is no fault")
            file.seek(at)
            file.write(byte)


def choose(files, count=8):
    """The first few files of each number of blocks, the largest among them."""
    files = sorted(files, key=lambda t: t["size"])
    return files[::max(1, len(files) // count)] + files[-1:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default=".")
    args = parser.parse_args()
    failed = maps = flips = 0
    for case in sorted(c.parent for c in args.set.glob("*/truth.json") if re.search(args.match, c.parent.name)):
        with tempfile.TemporaryDirectory(prefix="coldread-maps-") as scratch:
            image = T.unpack(case, pathlib.Path(scratch))
            for name, truth, options in T.views(case, pathlib.Path(scratch)):
                keys = T.key_options(case, truth)
                keys = [o for i in range(0, len(keys), 2) if keys[i] != "--cert" for o in keys[i:i + 2]]
                held = Case(args.coldread, image, options + keys)
                files = [t for t in truth["files"] if t["type"] == "file" and t.get("key_supplied") is not False and
                         t["size"] < 64 << 20]
                for t in choose(files) if files else []:
                    path = os.fsdecode(T.raw_bytes(t, "path"))
                    for page_size in PAGE_SIZES[held.maps % 3:][:1]:
                        table = held.hold(path, page_size)
                    if t.get("verity"):
                        held.flip(path, table)
                        flips += 1
                failed, maps = failed + bool(held.failures), maps + held.maps
                print(f"{'FAIL' if held.failures else 'ok  '} {name}: {held.maps} maps", flush=True)
                for text in held.failures[:5]:
                    print(f"       {text[:400]}")
    print(f"{maps} maps, {flips} of flipped bits; {failed} filesystems failed")
    return 1 if failed or not maps else 0


if __name__ == "__main__":
    sys.exit(main())
