#!/usr/bin/env python3
"""Mistakes that tools are known to make of f2fs without a word, one named case each, over the samples.

usage: test_known_mistakes_f2fs.py COLDREAD SET_DIR [-k PATTERN]
"""
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "differential"))

import f2fs_tools
import test_known_mistakes as mistakes
import truth as T
from test_known_mistakes import Extracted

BLOCK, SEGMENT = 4096, 512                # bytes; blocks
# The first word of a compressed cluster is the length of its data, which begins behind the header.
CLUSTER_LENGTH, CLUSTER_HEADER = 4, 24
OPENED = ("file", "dir", "symlink")


def unpacked(name, scratch):
    return T.unpack(mistakes.SAMPLES / name, pathlib.Path(scratch))


def runs(image, options=()):
    """The exit code, and {path: its entry} with its runs."""
    with tempfile.TemporaryDirectory(prefix="coldread-mistakes-") as scratch:
        report = pathlib.Path(scratch, "report.json")
        done = subprocess.run([mistakes.COLDREAD, "extract", image, "-o", pathlib.Path(scratch, "tree"), "--report",
                               report, "--runs", "-q", *options], capture_output=True, check=False)
        return done.returncode, {e["path"]: e for e in json.loads(report.read_text())["filesystems"][0]["entries"]}


class NodeTable:
    """Where the node address table of an image has its nodes, with the bits of its version bitmap in one order or the other.

    Summaries' journals, which come before it, are not read: what they move is not looked up here.
    """

    def __init__(self, image):
        self.data = image.read_bytes()
        self.checkpoint_at, self.nat_at = struct.unpack_from("<I4xI", self.data, 1024 + 76)
        packs = [self.data[at * BLOCK:(at + 1) * BLOCK] for at in (self.checkpoint_at, self.checkpoint_at + SEGMENT)]
        pack = max(packs, key=lambda p: struct.unpack_from("<Q", p)[0])
        flags, = struct.unpack_from("<I", pack, 132)
        sit_bytes, nat_bytes = struct.unpack_from("<II", pack, 156)
        assert not flags & 0x400       # CP_LARGE_NAT_BITMAP_FLAG
        self.bitmap = pack[192 + sit_bytes:192 + sit_bytes + nat_bytes]

    def place(self, node, most_significant_first):
        """The node's block."""
        index, entry = divmod(node, BLOCK // 9)
        shift = 7 - index % 8 if most_significant_first else index % 8
        second = self.bitmap[index // 8] >> shift & 1
        block = self.nat_at + index // SEGMENT * 2 * SEGMENT + index % SEGMENT + second * SEGMENT
        return struct.unpack_from("<I", self.data, block * BLOCK + entry * 9 + 5)[0]


class KnownMistakesOfF2fsTools(unittest.TestCase):
    def test_compressed_files_are_written_as_zeros_and_what_is_stored(self):
        if not f2fs_tools.there():
            self.assertFalse(os.environ.get("CI"), "f2fs-tools is not there")
            self.skipTest("f2fs-tools is not there: what dump.f2fs writes is not shown")
        sample = Extracted.of("f2fs-compress")
        with tempfile.TemporaryDirectory(prefix="coldread-mistakes-") as scratch:
            image = unpacked("f2fs-compress", scratch)
            data = image.read_bytes()
            _, entries = runs(image)
            compressed = [e for e in entries.values() if any(r["kind"] == "compressed" for r in e.get("runs", []))]
            self.assertGreater(len(compressed), 50)
            for e in compressed:
                path = os.fsencode(e["path"])
                self.assertEqual(sample.entries[path]["sha256"], sample.truth[path]["sha256"], path)
                content = sample.content(path)
                dumped = f2fs_tools.inode(image, e["inode"], True, scratch)
                self.assertEqual((dumped.exit_code, dumped.refused), (0, ""), path)
                self.assertNotEqual(dumped.content, content, path)
                for r in e["runs"]:
                    if r["kind"] == "compressed" and r["length"] > BLOCK:
                        first, (place, length) = r["offset"], r["stored"][0]
                        length = min(length, r["length"] - BLOCK)
                        self.assertEqual(dumped.content[first:first + BLOCK], bytes(BLOCK), path)
                        self.assertEqual(dumped.content[first + BLOCK:first + BLOCK + length], data[place:place + length])

    def test_clusters_that_cannot_be_unpacked_are_zeros(self):
        damages = {"its length": lambda header, data: struct.pack("<I", 1 << 31) + header[CLUSTER_LENGTH:] + data,
                   "its data": lambda header, data: header + b"\xff" * len(data),
                   "all of it": lambda header, data: bytes(len(header + data))}
        with tempfile.TemporaryDirectory(prefix="coldread-mistakes-") as scratch:
            image = unpacked("f2fs-compress", scratch)
            whole = image.read_bytes()
            _, entries = runs(image)
            for name in ("lzo/pattern", "lzo-rle/pattern", "lz4/pattern", "zstd/pattern", "zstd_checked/pattern",
                         "lz4hc_checked/pattern.txt", "zstd/clusters_of_256"):
                packed = [r for r in entries[name]["runs"] if r["kind"] == "compressed"]
                r = packed[1 % len(packed)]
                (place, length), = r["stored"]
                for what, damage in damages.items():
                    with self.subTest(file=name, damaged=what):
                        changed = damage(whole[place:place + CLUSTER_HEADER], whole[place + CLUSTER_HEADER:place + length])
                        with open(image, "r+b") as file:
                            file.seek(place)
                            file.write(changed)
                        self.hold_damaged(image, name, r, entries)
                with open(image, "r+b") as file:
                    file.seek(place)
                    file.write(whole[place:place + length])

    def hold_damaged(self, image, name, cluster, entries):
        code, found = runs(image)
        e = found[name]
        self.assertEqual((code, e["status"]), (1, "damaged"))
        self.assertNotIn("sha256", e)
        bad, = e["pages"]["bad"]
        whole_blocks = -(-cluster["length"] // BLOCK) * BLOCK
        self.assertEqual((bad["offset"], bad["length"], bad["step"]), (cluster["offset"], whole_blocks, "decompress"))
        for path, other in found.items():
            if path != name:
                self.assertEqual((other["status"], other.get("sha256")), ("ok", entries[path].get("sha256")), path)

    def test_blocks_that_are_free_are_content(self):
        for name, path, kind in (("f2fs-old-layout", "nodes/contiguous", "stored"),
                                 ("f2fs-fscrypt", "compressed/zstd/pattern", "compressed")):
            with tempfile.TemporaryDirectory(prefix="coldread-mistakes-") as scratch:
                image = unpacked(name, scratch)
                case = mistakes.SAMPLES / name
                options = T.key_options(case, json.loads((case / "truth.json").read_text()))
                _, entries = runs(image, options)
                e = entries[path]
                self.assertEqual(e["status"], "ok", path)
                run = next(r for r in e["runs"] if r["kind"] == kind)
                place = run["stored"][0][0] if kind == "compressed" else run["image_offset"]
                inode_at = NodeTable(image).place(e["inode"], True) * BLOCK
                with open(image, "r+b") as file:        # the last block of the last segment is never in use in a sample
                    file.seek(inode_at)
                    at = file.read(BLOCK).index(struct.pack("<I", place // BLOCK), 360)
                    file.seek(inode_at + at)
                    file.write(struct.pack("<I", image.stat().st_size // BLOCK - 1))
                code, found = runs(image, options)
                self.assertEqual((code, found[path]["status"]), (1, "damaged"), path)
                bad, = found[path]["pages"]["bad"]
                self.assertEqual((bad["offset"], bad["length"], bad["step"]),
                                 (run["offset"], BLOCK if kind == "stored" else run["length"], "map"))
                self.assertNotIn("sha256", found[path])

    def test_the_version_bitmap_is_read_from_the_least_significant_bit(self):
        moved = 0
        for name in ("f2fs-worn", "f2fs-plain", "f2fs-old-layout"):
            sample = Extracted.of(name)
            with tempfile.TemporaryDirectory(prefix="coldread-mistakes-") as scratch:
                image = unpacked(name, scratch)
                table = NodeTable(image)
                _, entries = runs(image)
            elsewhere = {path: t for path, t in sample.truth.items()
                         if table.place(t["ino"], True) != table.place(t["ino"], False)}
            self.assertGreater(len(elsewhere), 0, name)      # else this image could be read in either order
            moved += len(elsewhere)
            for path, t in elsewhere.items():
                self.assertEqual(sample.entries[path]["status"], "ok" if t["type"] in OPENED else "skipped", path)
                if t["type"] == "file":
                    self.assertEqual(sample.entries[path]["sha256"], t["sha256"], path)
                for r in entries.get(os.fsdecode(path), {}).get("runs", []):
                    if r["kind"] == "inline":
                        self.assertEqual(r["image_offset"] // BLOCK, table.place(t["ino"], True), path)
        self.assertGreater(moved, 400)

    def test_encrypted_content_without_a_key_is_delivered_as_ciphertext(self):
        for name in ("f2fs-fscrypt", "f2fs-casefold", "f2fs-verity"):
            sample = Extracted.of(name, keys="none")
            locked = [e for e in sample.entries.values() if "encryption" in e]
            self.assertGreater(len([e for e in locked if e["type"] == "file"]), 5, name)
            for e in locked:
                self.assertEqual(e["status"], "locked", e["path"])
                self.assertNotIn("sha256", e)
                self.assertFalse(os.path.isfile(os.path.join(sample.tree, T.reported_path(e))), e["path"])
            self.assertEqual(sample.exit_code, 1)


def main():
    mistakes.COLDREAD, mistakes.SAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
    try:
        unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False, verbosity=2).result.wasSuccessful() or sys.exit(1)
    finally:
        Extracted.remove_all()


if __name__ == "__main__":
    main()
