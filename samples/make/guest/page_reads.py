"""Reads files page by page, to see what the kernel gives of damaged ones and what it refuses. Runs in the guest as root."""
import errno
import hashlib
import os

import linux
from populate import run, unmount
from walk import drop_caches


def read(path, unit):
    """Each unit of the file, asked for by itself: its SHA-256 or the name of the error. That name alone if it cannot be opened."""
    drop_caches()
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        return errno.errorcode[error.errno]
    try:
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)    # no readahead
        return [piece(fd, offset, unit) for offset in range(0, os.fstat(fd).st_size, unit)]
    finally:
        os.close(fd)


def piece(fd, offset, length):
    try:
        return hashlib.sha256(os.pread(fd, length, offset)).hexdigest()
    except OSError as error:
        return errno.errorcode[error.errno]


class PageReads:
    """All that is asked about in the damaged sample, of the file system mounted read-only."""

    def __init__(self, spec, device, mount_point, truth):
        self.spec, self.device, self.mount_point = spec, device, mount_point
        self.units = {"pages": os.sysconf("SC_PAGE_SIZE"), "blocks": truth["block_size"]}

    def all(self):
        """{path: {"pages": ..., "blocks": ..., "digest": fs-verity's or null, "extents": ...}}"""
        run(["mount", "-t", self.spec["fs"], "-o", self.spec["walk_options"], self.device, self.mount_point])
        for key in self.spec["keys"]:
            linux.add_key(self.mount_point, bytes.fromhex(key["hex"]))
        found = {}
        for path in self.spec["damage"]:
            full = os.path.join(self.mount_point, path)
            found[path] = {name: read(full, unit) for name, unit in self.units.items()}
            found[path] |= self.facts(full)
        unmount(self.mount_point)
        return found

    @staticmethod
    def facts(full):
        try:
            with linux.Opened(full) as fd:
                return {"digest": linux.measure_verity(fd)[1], "extents": linux.extent_list(fd)}
        except OSError:
            return {}


def add_to(truth, before, after):
    """Tells of each file what the kernel made of the damage."""
    for entry in truth["files"]:
        if entry["path"] not in after:
            continue
        now, then = after[entry["path"]], before[entry["path"]]
        opened = isinstance(now["pages"], list)
        entry["kernel_open"] = "ok" if opened else now["pages"]
        if not opened:
            continue
        entry["kernel_digest"] = now["digest"]
        for name in ("pages", "blocks"):
            read = list(enumerate(zip(now[name], then[name], strict=True)))
            entry[f"kernel_refused_{name}"] = runs(i for i, (have, _) in read if have == "EIO")
            if other := runs(i for i, (have, want) in read if have not in (want, "EIO")):
                entry[f"kernel_other_{name}"] = other


def runs(numbers):
    """[first, count] of each run of numbers that follow each other."""
    found = []
    for number in numbers:
        if found and sum(found[-1]) == number:
            found[-1][1] += 1
        else:
            found.append([number, 1])
    return found
