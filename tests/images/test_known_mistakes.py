#!/usr/bin/env python3
"""Mistakes that readers of ext4 and f2fs are known to make without a word, one named case each, over the samples.

usage: test_known_mistakes.py COLDREAD SET_DIR [-k PATTERN]
"""
import hashlib
import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import truth as T

COLDREAD = SAMPLES = None
NEVER_WRITTEN = b"This was never written."      # what the device of uninit-bg was full of before mke2fs


class Extracted:
    """One sample, extracted once: its truth and entries by path, and its files below tree."""

    made: dict = {}

    def __init__(self, name, keys):
        case = SAMPLES / name
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="coldread-mistakes-"))
        image = T.unpack(case, self.scratch)
        _, truth, options = next(T.views(case, self.scratch))
        self.truth = T.wanted(truth)
        self.tree, report = os.fsencode(self.scratch / "tree"), self.scratch / "report.json"
        if keys == "supplied":
            options += T.key_options(case, truth)
        elif keys == "wrong":
            wrong = self.scratch / "wrong.key"
            wrong.write_bytes(bytes(range(64)))
            options += ["--key", str(wrong)]
        run = subprocess.run([COLDREAD, "extract", image, "-o", self.tree, "--report", report, *options],
                             capture_output=True, check=False)
        self.exit_code, self.errors = run.returncode, run.stderr
        self.entries = {T.reported_path(e): e for fs in json.loads(report.read_text())["filesystems"]
                        for e in fs["entries"]}

    @classmethod
    def of(cls, name, keys="supplied"):
        if (name, keys) not in cls.made:
            cls.made[name, keys] = cls(name, keys)
        return cls.made[name, keys]

    @classmethod
    def remove_all(cls):
        for sample in cls.made.values():
            subprocess.run(["chmod", "-R", "u+rwx", sample.scratch], stderr=subprocess.DEVNULL, check=False)
            shutil.rmtree(sample.scratch)

    def content(self, path):
        return pathlib.Path(os.fsdecode(os.path.join(self.tree, path))).read_bytes()

    def files(self):
        return {path: t for path, t in self.truth.items() if t["type"] == "file"}


class HoldsContent(unittest.TestCase):
    def hold_content(self, sample, path):
        """The file written, and what the report says of it, are what the kernel read."""
        t = sample.truth[path]
        data = sample.content(path)
        self.assertEqual(len(data), t["size"], path)
        self.assertEqual(hashlib.sha256(data).hexdigest(), t["sha256"], path)
        self.assertEqual((sample.entries[path]["status"], sample.entries[path]["sha256"]), ("ok", t["sha256"]), path)
        return data


class KnownMistakes(HoldsContent):
    def test_inline_data_over_60_bytes_is_truncated(self):
        sample = Extracted.of("inline-data")
        inline = [path for path, t in sample.files().items() if t["flags"] & 0x10000000 and t["size"] > 60]
        self.assertGreater(len(inline), 8)
        for path in inline:
            self.hold_content(sample, path)

    def test_inline_data_is_not_cut_at_the_size(self):
        sample = Extracted.of("inline-data")
        for path in (b"files/size_1", b"files/size_59", b"files/cut_to_30", b"files/cut_to_70"):
            self.hold_content(sample, path)

    def test_holes_are_collapsed(self):
        sample = Extracted.of("plain-1k")
        for name in (b"hole_at_start", b"hole_in_middle", b"hole_at_end", b"only_hole", b"punched"):
            data = self.hold_content(sample, b"files/" + name)
            end = 0
            for offset, length in sample.truth[b"files/" + name].get("segments", []) + [[len(data), 0]]:
                self.assertEqual(data[end:offset].strip(b"\0"), b"", name)
                end = offset + length

    def test_holes_in_indirect_blocks_are_collapsed(self):
        sample = Extracted.of("ext2-1k")
        for path in (b"maps/edges", b"maps/hole_over_a_level", b"maps/hole_before_indirect", b"maps/hole_at_end"):
            self.hold_content(sample, path)

    def test_unwritten_extents_are_returned_as_what_the_disk_holds(self):
        sample = Extracted.of("uninit-bg")
        for name in (b"unwritten_at_end", b"unwritten_around"):
            data = self.hold_content(sample, b"files/" + name)
            self.assertNotIn(NEVER_WRITTEN[:8], data)
        self.assertEqual(sample.content(b"files/unwritten_around")[:5 * 2048], bytes(5 * 2048))

    def test_unwritten_extents_of_encrypted_files_are_decrypted(self):
        sample = Extracted.of("v2-xts-1k")
        for name in (b"unwritten_at_end", b"unwritten_around", b"punched", b"hole_in_middle"):
            self.hold_content(sample, b"pad_16/" + name)

    def test_blocks_allocated_past_the_end_are_content(self):
        for name in ("plain-1k", "uninit-bg"):
            self.hold_content(Extracted.of(name), b"files/allocated_past_end")

    def test_encrypted_content_without_a_key_is_delivered_as_ciphertext(self):
        sample = Extracted.of("first-light", keys="none")
        locked = [e for e in sample.entries.values() if "encryption" in e]
        self.assertGreater(len(locked), 10)
        for e in locked:
            self.assertEqual(e["status"], "locked")
            self.assertNotIn("sha256", e)
            path = os.path.join(sample.tree, T.reported_path(e))
            self.assertFalse(os.path.isfile(path), e["path"])
        self.assertEqual(sample.exit_code, 1)

    def test_encrypted_content_is_decrypted_with_a_wrong_key(self):
        sample = Extracted.of("first-light", keys="wrong")
        locked = [e for e in sample.entries.values() if "encryption" in e]
        self.assertGreater(len(locked), 10)
        self.assertEqual({e["status"] for e in locked}, {"locked"})
        self.assertIn(b"wrong.key", sample.errors)

    def test_encrypted_names_are_cut_at_nul_and_collide(self):
        sample = Extracted.of("v2-xts-1k", keys="none")
        for text in T.locked_differences({"files": list(sample.truth.values())}, sample.entries):
            self.assertNotIn("missing in the report", text)
            self.assertNotIn("not shown by the kernel", text)
        self.assertEqual(len(sample.entries), len(sample.truth.keys() | {b""}))

    def test_the_digest_of_an_empty_verity_file_is_of_an_empty_block(self):
        def digest(algorithm, block_size, salt):
            hash_size = hashlib.new(algorithm).digest_size
            number = {"sha256": 1, "sha512": 2}[algorithm]
            descriptor = struct.pack("<BBBBIQ64sB31s", 1, number, block_size.bit_length() - 1, len(salt), 0, 0,
                                     bytes(hash_size), 0, b"")
            descriptor = descriptor[:80] + salt.ljust(32, b"\0") + bytes(144)
            return hashlib.new(algorithm, descriptor).hexdigest()

        self.assertEqual(digest("sha256", 4096, b""), "3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95")
        empty = 0
        for name in ("verity-1k", "verity-4k"):
            sample = Extracted.of(name)
            for path, t in sample.files().items():
                if t.get("verity") and t["size"] == 0:
                    v = sample.entries[path]["verity"]
                    self.assertEqual(v["status"], "verified", path)
                    self.assertEqual(v["digest"], digest(v["algorithm"], v["block_size"], bytes.fromhex(v["salt"])), path)
                    empty += 1
        self.assertGreater(empty, 8)

    def test_a_second_file_of_the_same_content_is_not_written(self):
        sample = Extracted.of("plain-1k")
        by_content: dict = {}
        for path, t in sample.files().items():
            by_content.setdefault(t["sha256"], []).append(path)
        same = [path for paths in by_content.values() if len(paths) > 1 for path in paths]
        self.assertGreater(len(same), 10)
        for path in same:
            self.assertTrue(os.path.isfile(os.path.join(sample.tree, path)), path)

    def test_large_xattrs_in_inodes_of_their_own_are_dropped(self):
        sample = Extracted.of("ea-inode")
        for path in (b"files/value_60000", b"files/shares", b"files/shares_too", b"files/mixed", b"directory"):
            self.assertEqual(sample.entries[path]["xattrs"], sample.truth[path]["xattrs"], path)

    def test_xattrs_beside_inline_data_are_dropped_or_shown_as_one(self):
        sample = Extracted.of("inline-data")
        for path, t in sample.truth.items():
            self.assertEqual(sample.entries[path].get("xattrs", {}), t["xattrs"], path)

    def test_extents_within_a_cluster_are_read_from_its_start(self):
        sample = Extracted.of("bigalloc")
        for path in sample.files():
            self.hold_content(sample, path)


class KnownMistakesOfF2fs(HoldsContent):
    def test_the_version_bitmap_of_the_node_table_is_read_from_the_wrong_end(self):
        sample = Extracted.of("f2fs-worn")
        self.assertEqual(sample.entries.keys() | {b""}, sample.truth.keys())
        for path in sample.files():
            self.hold_content(sample, path)

    def test_contents_in_the_inode_are_not_cut_at_the_size_or_filled_up_to_it(self):
        sample = Extracted.of("f2fs-plain")
        inline = [path for path, t in sample.files().items() if t["flags"] & 0x10000000]
        self.assertGreater(len(inline), 40)
        for path in inline:
            self.hold_content(sample, path)

    def test_the_inode_holds_as_many_addresses_whatever_else_is_in_it(self):
        for name in ("f2fs-plain", "f2fs-old-layout"):
            for path in (b"contiguous", b"direct", b"second", b"indirect", b"indirect_again", b"within_indirect"):
                self.hold_content(Extracted.of(name), b"nodes/" + path)

    def test_blocks_that_were_given_back_are_compressed_no_more(self):
        sample = Extracted.of("f2fs-compress")
        for directory in (b"lzo", b"lzo-rle", b"lz4", b"zstd", b"zstd_checked"):
            for name in (b"released", b"reserved_again"):
                self.hold_content(sample, directory + b"/" + name)

    def test_a_file_marked_for_compression_is_compressed_throughout(self):
        sample = Extracted.of("f2fs-compress")
        for path in (b"on_demand/never", b"on_demand/decompressed", b"on_demand/appended", b"lz4/mixed", b"zstd/random",
                     b"lzo/holes", b"lzo-rle/size_1"):
            self.hold_content(sample, path)

    def test_what_was_synced_after_the_checkpoint_is_lost(self):
        sample = Extracted.of("f2fs-dirty")
        for directory in (b"plain/", b"encrypted/"):
            for name in (b"created", b"created_small", b"created_empty", b"created_large", b"created_sparse", b"appended",
                         b"cut", b"cut_to_nothing", b"punched", b"overwritten", b"far", b"long", b"many"):
                self.hold_content(sample, directory + name)
        self.assertEqual(sample.entries[b"names/xattr"]["xattrs"], sample.truth[b"names/xattr"]["xattrs"])

    def test_what_was_never_synced_is_shown(self):
        sample = Extracted.of("f2fs-dirty")
        for directory in (b"plain/", b"encrypted/"):
            for name in (b"never_synced", b"synced_then_changed"):
                self.hold_content(sample, directory + name)
        self.assertFalse({b"never_synced", b"names/never_synced", b"names/orphan", b"encrypted/orphan"} & sample.entries.keys())

    def test_all_is_looked_for_on_the_first_device(self):
        sample = Extracted.of("f2fs-two-devices")
        for path in sample.files():
            self.hold_content(sample, path)


class KnownMistakesOfReplay(unittest.TestCase):
    def setUp(self):
        for name in ("ext3-dirty", "ext4-dirty"):
            if name in T.NOT_READ_YET:
                self.skipTest("journals are not replayed yet")

    def test_revoked_blocks_overwrite_what_came_after(self):
        for name in ("ext3-dirty", "ext4-dirty"):
            sample = Extracted.of(name)
            self.assertEqual(sample.entries[b"filler"]["sha256"], sample.truth[b"filler"]["sha256"], name)

    def test_blocks_that_begin_with_the_journals_magic_lose_it(self):
        data = Extracted.of("ext3-dirty").content(b"escaped")
        self.assertEqual([data[i:i + 4] for i in range(0, 5120, 1024)], [bytes.fromhex("c03b3998")] * 5)

    def test_what_was_never_committed_is_shown(self):
        for name in ("ext3-dirty", "ext4-dirty"):
            self.assertNotIn(b"never_committed", Extracted.of(name).entries)


def main():
    global COLDREAD, SAMPLES
    COLDREAD, SAMPLES = sys.argv[1], pathlib.Path(sys.argv[2])
    try:
        unittest.main(argv=[sys.argv[0], *sys.argv[3:]], exit=False, verbosity=2).result.wasSuccessful() or sys.exit(1)
    finally:
        Extracted.remove_all()


if __name__ == "__main__":
    main()
