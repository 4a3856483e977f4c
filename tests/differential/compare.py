"""One filesystem that the guest made: extracts it and holds every entry, byte and extent against its truth."""
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import debugfs
import truth as T

UNWRITTEN, INLINE, ENCRYPTED, ENCODED = 0x800, 0x200, 0x80, 0x8      # FIEMAP's flags; ENCODED comes with ENCRYPTED too
NOT_READ_YET = "which this version does not"    # in every refusal by name
PAGE_SIZES = (4096, 16384, 65536)
LIMIT = 300


@dataclasses.dataclass
class Result:
    spec: dict
    entries: int = 0
    differences: list = dataclasses.field(default_factory=list)
    refused: set = dataclasses.field(default_factory=set)


class JournalPlaces:
    """Whether a place in the image is in the journal, where what is to be replayed lies until it is."""

    def __init__(self, image, block):
        stat = debugfs.stats(image, [8])[8]
        self.pieces = [(start, start + length) for _, length, _, start in debugfs.pieces(stat, block)]

    def holds(self, place):
        return any(start <= place < end for start, end in self.pieces)


def same_but_for_replay(have, want, journal, block):
    """Runs block by block: the same, but that what is replayed may lie in the journal instead of where it belongs."""
    have, want = blocks_of(have, block), blocks_of(want, block)
    return have.keys() == want.keys() and all(
        one == want[at] or one[0] == want[at][0] == "stored" and journal.holds(one[1]) for at, one in have.items())


def same_but_for_places(have, want, block):
    kinds = ({at: kind for at, (kind, _) in blocks_of(runs, block).items()} for runs in (have, want))
    return next(kinds) == next(kinds)


def joined(pieces):
    """Pieces (offset, length, kind, place) with those that follow each other in the file and on the device as one."""
    out = []
    for offset, length, kind, place in pieces:
        if out:
            before = out[-1]
            follows = place == (None if before[3] is None else before[3] + before[1])
            if before[2] == kind and before[0] + before[1] == offset and follows:
                out[-1] = (before[0], before[1] + length, kind, before[3])
                continue
        out.append((offset, length, kind, place))
    return out


def kernel_runs(extents, size, device=1 << 64):
    """FIEMAP's extents up to the end of the file, with the holes between them.

    device: how many bytes the image has: the kernel counts on to other devices, where places are not held.
    """
    runs, at = [], 0
    for logical, physical, length, flags in extents:
        end = min(logical + length, size)
        if logical >= size:
            break
        if logical > at:
            runs.append((at, logical - at, "hole", None))
        kind = "inline" if flags & INLINE else "unwritten" if flags & UNWRITTEN else \
            "compressed" if flags & (ENCODED | ENCRYPTED) == ENCODED else "stored"
        runs.append((logical, end - logical, kind,
                     physical if kind in ("stored", "compressed") and physical < device else None))
        at = end
    if at < size:
        runs.append((at, size - at, "hole", None))
    return joined(runs)


def reported_runs(entry):
    def place(run):
        return run["stored"][0][0] if run["kind"] == "compressed" else run["image_offset"] if run["kind"] == "stored" else None

    return joined((r["offset"], r["length"], r["kind"], place(r))
                  for r in entry["runs"])


def blocks_of(runs, block):
    return {offset + i: (kind, place if place is None else place + i)
            for offset, length, kind, place in runs for i in range(0, length, block)}


def first_difference_of_clusters(have, want, t, block):
    """As first_difference, of a compressed file: of a compressed cluster, the kernel says where its bytes begin, and not
    that it is compressed where it is encrypted too."""
    cluster = block << t["compression"]["log_cluster_size"]
    have, want = blocks_of(have, block), blocks_of(want, block)
    for start in range(0, t["size"], cluster):
        blocks = range(start, min(start + cluster, t["size"]), block)
        places = [have[at][1] for at in range(start, start + cluster, block) if have.get(at, (0,))[0] == "compressed"]
        kinds = {want[at][0] for at in blocks}
        same = all(have[at] == want[at] for at in blocks) if not places else \
            kinds == {"stored" if t["encrypted"] else "compressed"} and want[start][1] == places[0]
        if not same:
            return f"cluster at {start} is {[have[at] for at in blocks]}, not {[want[at] for at in blocks]}"
    return None


def first_difference(have, want):
    for i in range(max(len(have), len(want))):
        one, other = (a[i] if i < len(a) else None for a in (have, want))
        if one != other:
            return f"run {i} is {one}, not {other}"
    return None


def entry_differences(t, e, host, how):
    if e["status"] == "error":
        yield f"cannot be read: {e.get('problems')}"
        return
    yield from T.differences(t, e, host, how.preserve, True, how.host_lost_xattrs)
    if T.nanoseconds(e["atime"]) != t["atime_ns"]:
        yield f"atime is {e['atime']}, not {t['atime_ns']}"
    if t["type"] == "file":
        if "runs" not in e:
            yield "no runs"
            return
        have, want = reported_runs(e), kernel_runs(t["extents"], t["size"], how.device)
        wrong = first_difference_of_clusters(have, want, t, how.block) if "compression" in t else first_difference(have, want)
        if wrong and how.journal and same_but_for_replay(have, want, how.journal, how.block):
            return
        if wrong and not (how.may_move and "compression" not in t and same_but_for_places(have, want, how.block)):
            yield wrong


def refusals(entry):
    """By what names an entry is refused; None if anything else is said against it."""
    said = [b["reason"] for b in entry.get("pages", {}).get("bad", [])] + entry.get("problems", [])
    return {s.partition(": ")[2] or s for s in said} if said and all(NOT_READ_YET in s for s in said) else None


def compare(coldread, folder):
    """Result for the folder with image.img, truth.json and, where it has encrypted files, keys."""
    folder = pathlib.Path(folder)
    truth = json.loads((folder / "truth.json").read_text())
    result = Result(truth["spec"], len(truth["files"]), list(truth["mismatches"]))
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="coldread-differential-"))
    try:
        run_and_hold(coldread, folder, truth, scratch, result)
    finally:
        subprocess.run(["chmod", "-R", "u+rwx", scratch], stderr=subprocess.DEVNULL, check=False)
        shutil.rmtree(scratch)
    return result


@dataclasses.dataclass
class How:
    preserve: bool
    host_lost_xattrs: bool
    block: int
    device: int
    journal: JournalPlaces = None     # of a filesystem whose journal is to be replayed
    may_move: bool = False            # the kernel may have moved blocks before it told where they lie


def run_and_hold(coldread, folder, truth, scratch, result):
    tree, report = scratch / "tree", scratch / "report.json"
    preserve = os.geteuid() == 0
    seed = truth["spec"]["seed"]
    command = [coldread, "extract", folder / "image.img", "-o", tree, "--report", report, "-q", "--runs",
               "--page-size", str(PAGE_SIZES[seed % 3]), "-j", str(1 + seed % 2 * 3), *T.key_options(folder, truth)]
    command += ["--preserve", "owner,setid,special"] if preserve else []
    for member in sorted(folder.glob("image.img.member*")):
        command += ["--device", member]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        result.differences.append(f"not done after {LIMIT} s")
        return
    said = done.stderr.decode("utf-8", "replace")[-500:].strip()
    if not report.exists():
        if done.returncode == 3 and NOT_READ_YET in said:
            result.refused.add(said.partition(": the ")[2] or said)
        else:
            result.differences.append(f"exit code {done.returncode} and no report: {said}")
        return
    filesystem, = json.loads(report.read_text())["filesystems"]
    replay = filesystem.get("replay", {})
    if truth["spec"]["dirty"] and replay.get("needed") and not replay.get("applied"):
        result.refused.add(f"the journal is not replayed: {filesystem.get('problems')}")
        return
    how = How(preserve, T.reports_lost_xattrs(filesystem), truth["block_size"],
              (folder / "image.img").stat().st_size)
    if truth["spec"]["dirty"] and truth["fs"] != "f2fs":
        how.journal = JournalPlaces(folder / "image.img", truth["block_size"])
    # Recovery ends with a checkpoint, and where room is scarce f2fs cleans segments for it.
    how.may_move = truth["spec"]["dirty"] and truth["fs"] == "f2fs"
    hold(filesystem, truth, tree, how, result)
    expected = 1 if result.refused else 0
    if done.returncode != expected:
        result.differences.append(f"exit code {done.returncode}: {said} {filesystem.get('problems', '')}")


def hold(filesystem, truth, tree, how, result):
    want = T.wanted(truth)
    have = {T.reported_path(e): e for e in filesystem["entries"]}
    unread = []
    for path, e in have.items():
        names = refusals(e)
        if names:
            result.refused |= names
            unread.append(path)

    def below_unread(path):
        return any(path == u or not u or path.startswith(u + b"/") for u in unread)

    for path in sorted(have.keys() - want.keys()):
        result.differences.append(f"{path!r}: not shown by the kernel")
    for path, t in sorted(want.items()):
        e = have.get(path)
        if below_unread(path):
            continue
        if e is None:
            result.differences.append(f"{path!r}: missing in the report")
            continue
        written = os.fsencode(e.get("written_as", "")) or path
        for text in entry_differences(t, e, os.path.join(os.fsencode(tree), written), how):
            result.differences.append(f"{path!r} inode {t['ino']}: {text}")
