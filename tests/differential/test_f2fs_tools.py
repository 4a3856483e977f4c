#!/usr/bin/env python3
"""Holds coldread against f2fs-tools: of every file of the f2fs samples its content, and where in the image it lies.

usage: test_f2fs_tools.py COLDREAD SET_DIR [--match REGEX]
- fsck.f2fs has nothing to say against an image, and coldread finds nothing.
- Blocks are where dump.f2fs prints the addresses that the inode holds, and through all nodes where it gives the map.
- Each block is in use and belongs to the file by segment summaries, bitmaps and the node address table.
- Contents and attributes are what dump.f2fs writes.
Not held, since dump.f2fs is no witness there: the content of encrypted files, which it refuses, and of compressed ones,
which it writes as they are stored; the last bytes of inline files with extra attributes, since 1.15 begins before their
first; of files over LARGE bytes, which it would write out in full; what roll-forward adds, which it knows nothing of:
such a filesystem is held as it lies. Not at all: blocks other than 4096 bytes, and several devices, which it looks for
where the kernel had them. Exits 77 if nothing could be held, with the reason.
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

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "images"))

import f2fs_tools
import truth as T
from f2fs_tools import BLOCK

LARGE = 16 << 20
SKIPPED = 77
INLINE_DATA = 0x02           # of i_inline
ENCRYPTED = 0x04             # of i_advise
INLINE_AT = 360 + 4          # inline data begins at the inode's second address, after its extra attributes


def not_held(case, truth):
    if truth["block_size"] != BLOCK:
        return f"f2fs-tools 1.15 reads no blocks of {truth['block_size']} bytes"
    if len(list(case.glob("*.img.zst"))) > 1:
        return "f2fs-tools looks for the other devices where the kernel had them"
    return None


def volume_of(image, case, options, entries, scratch):
    """A copy of the filesystem within the image; entries' places become those within it."""
    start, size = 0, image.stat().st_size
    if options and options[0] == "--partition":
        table = json.loads((case / "truth.json").read_text())
        part = next(p for p in table["partitions"] if str(p["index"]) == options[1])
        start, size = part["start"] * table["sector_size"], part["sectors"] * table["sector_size"]
    copy = scratch / "copy.img"
    subprocess.run(["dd", f"if={image}", f"of={copy}", "bs=64K", f"skip={start}", f"count={size}", "conv=sparse",
                    "iflag=skip_bytes,count_bytes", "status=none"], check=True)
    for run in (r for e in entries for r in e.get("runs", [])):
        run["image_offset"] = run["image_offset"] and run["image_offset"] - start
        run["stored"] = [[place - start, length] for place, length in run.get("stored", [])]
    return copy


def our_blocks(entry):
    """[(index in the file, kind, block)] of all but holes. A compressed cluster's blocks come behind its first index."""
    for run in entry["runs"]:
        first, packed = run["offset"] // BLOCK, run["kind"] == "compressed"
        for place, length in run["stored"] if packed else [[run["image_offset"], run["length"]]]:
            count = 0 if run["kind"] == "hole" else -(-length // BLOCK)
            for i in range(count):
                yield first + packed + i, run["kind"], None if place is None else place // BLOCK + i
            first += count


def address_blocks(inode, size):
    """The same by the addresses in the inode."""
    addresses = inode.addresses()
    cluster = 1 << inode.fields.get("i_log_cluster_size", 0)
    for index, address in sorted(addresses.items()):
        head = index - index % cluster
        packed = addresses.get(head) == f2fs_tools.COMPRESSED
        if (head if packed else index) * BLOCK >= size or packed and address in (f2fs_tools.COMPRESSED, f2fs_tools.NEW):
            continue
        if address == f2fs_tools.NEW:
            yield index, "unwritten", None
        else:
            yield index, "compressed" if packed else "stored", address


def runs_difference(e, inode):
    end = 0
    for run in e["runs"]:
        if run["offset"] != end:
            yield f"a run is at {run['offset']}, not at {end}"
        end = run["offset"] + run["length"]
    if end != e["size"]:
        yield f"the runs end at {end}"
    if inode.fields["i_inline"] & INLINE_DATA:
        want = [(0, e["size"], "inline", inode.place() + INLINE_AT + inode.extra())] if e["size"] else []
        have = [(r["offset"], r["length"], r["kind"], r["image_offset"]) for r in e["runs"]]
        if have != want:
            yield f"inline runs are {have}, not {want}"
        return
    want = list(address_blocks(inode, e["size"]))
    have = list(our_blocks(e))
    if inode.has_nodes():
        have = [block for block in have if block[0] < inode.room()]
    if have != want:
        yield f"blocks are {sorted(set(have) - set(want))[:4]}, not {sorted(set(want) - set(have))[:4]}"


def node_difference(e, image, inode, encrypted):
    """Of a file with nodes of its own: the order of all blocks, and where in the file each run of them is."""
    order = None if encrypted else f2fs_tools.block_order(image, e["inode"])
    have = [(index, block) for index, _, block in our_blocks(e) if block is not None]
    if order is not None and [block for _, block in have] != order[:len(have)]:
        yield f"the map's blocks are {have[:8]}, not {order[:8]}"
    before = None
    for index, block in have:
        if before != (index - 1, block - 1):
            want = f2fs_tools.whose(image, block)
            if want != (e["inode"], index if index < inode.room() else index + inode.reserved()):
                yield f"block {block} is of {want}, not at {index}"
        before = index, block


def owner_difference(e, owners, nodes):
    for index, _, block in our_blocks(e):
        if block is None:
            continue
        if block not in owners:
            yield f"block {block} is not in use"
            return
        if nodes.get(owners[block], (None,))[0] != e["inode"]:
            yield f"block {block} at {index} belongs to node {owners[block]} of inode {nodes.get(owners[block])}"
            return


def content_difference(e, inode, written):
    if inode.content is None:
        yield f"dump.f2fs does not write it: {inode.refused}"
    elif hashlib.sha256(inode.content).hexdigest() != e["sha256"]:
        # dump.f2fs 1.15 begins inline data at the second address, before the extra attributes that come first.
        early = inode.extra() if inode.fields["i_inline"] & INLINE_DATA else 0
        if not early or inode.content[early:] != written.read_bytes()[:-early]:
            yield f"its content differs ({len(inode.content)} bytes by dump.f2fs)"
    for name, value in inode.xattrs.items():
        if e.get("xattrs", {}).get(name) != base64.b64encode(value).decode():
            yield f"{name} is {e.get('xattrs', {}).get(name)}, not {value!r}"


def findings(filesystem):
    for e in filesystem["entries"]:
        for text in e.get("problems", []) + e.get("pages", {}).get("bad", []):
            yield f"{e['path']!r}: {text}"
    yield from filesystem.get("problems", [])


def hold_file(t, e, image, scratch, tree, owners, nodes):
    encrypted = bool(t.get("encrypted"))
    inode = f2fs_tools.inode(image, e["inode"], t["size"] <= LARGE and not encrypted, scratch)
    if nodes.get(e["inode"]) != (e["inode"], inode.place() // BLOCK):
        yield f"its node is {nodes.get(e['inode'])} by the address table, and at {inode.place()}"
    if encrypted != bool(inode.fields["i_advise"] & ENCRYPTED):
        yield "is encrypted by one and not by the other"
    yield from runs_difference(e, inode)
    if inode.has_nodes():
        yield from node_difference(e, image, inode, encrypted)
    yield from owner_difference(e, owners, nodes)
    compressed = any(r["kind"] == "compressed" for r in e["runs"])
    if t["size"] <= LARGE and not encrypted and not compressed:
        yield from content_difference(e, inode, pathlib.Path(tree, e.get("written_as", os.fsdecode(T.reported_path(e)))))


def hold(coldread, case, truth, options, image, scratch):
    """Each difference of one filesystem, and how many files were held."""
    report, tree = scratch / "report.json", tempfile.mkdtemp(dir=scratch)
    done = subprocess.run([coldread, "extract", image, "-o", tree, "--report", report, "-q",
                           "--runs", *options, *T.key_options(case, truth)], capture_output=True, check=False)
    if not report.exists():
        return [f"exit code {done.returncode}: {done.stderr[-300:]!r}"], 0
    filesystem, = json.loads(report.read_text())["filesystems"]
    entries = {T.reported_path(e): e for e in filesystem["entries"]}
    copy = volume_of(image, case, options, entries.values(), scratch)
    differences = [f"fsck.f2fs: {text}" for text in f2fs_tools.complaints(copy)]
    differences += [f"finding: {text}" for text in findings(filesystem)]
    nodes, owners = f2fs_tools.node_addresses(copy, scratch), f2fs_tools.owners(copy, scratch)
    files = {}
    for t in truth["files"]:
        if t["type"] == "file" and t.get("sha256") and t.get("key_supplied") is not False:
            files.setdefault(t["ino"], t)
    for t in files.values():
        e = entries.get(T.raw_bytes(t, "path"))
        if e is None or "runs" not in e:
            differences.append(f"{t['path']!r}: is not read")
            continue
        differences += [f"{t['path']!r} inode {t['ino']}: {text}"
                        for text in hold_file(t, e, copy, scratch, tree, owners, nodes)]
    return differences, len(files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default=".")
    args = parser.parse_args()
    if not f2fs_tools.there():
        print("f2fs-tools is not there: ./dev deps installs it")
        return 1 if os.environ.get("CI") else SKIPPED
    passed = failed = skipped = 0
    for case in sorted(c.parent for c in args.set.glob("*/truth.json") if re.search(args.match, c.parent.name)):
        with tempfile.TemporaryDirectory(prefix="coldread-f2fs-tools-") as scratch:
            scratch = pathlib.Path(scratch)
            image = T.unpack(case, scratch)
            for name, truth, options in T.views(case, scratch):
                if truth.get("fs") != "f2fs":
                    continue
                why = not_held(case, truth)
                if not why and (case / "truth_noload.json").exists() and "--no-replay" not in options:
                    why = "dump.f2fs does not roll forward"
                if why:
                    print(f"skip {name}: {why}")
                    skipped += 1
                    continue
                differences, count = hold(args.coldread, case, truth, options, image, scratch)
                passed, failed = passed + (not differences), failed + bool(differences)
                print(f"{'FAIL' if differences else 'ok  '} {name}: {count} files", flush=True)
                for text in differences[:8]:
                    print(f"       {text[:300]}")
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0 if passed else SKIPPED if skipped else 1


if __name__ == "__main__":
    sys.exit(main())
