"""Makes the filesystems of the seeds in job.json, fills them, and writes down what the kernel reads from a copy of each.

Runs as root where loop devices can be mounted: in the guest as its job, or on the host, given the folder with job.json.
It imports what the samples are made with (linux, populate, walk) from its own folder.
"""
import ctypes
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import traceback

import f2fs
import f2fs_features
import f2fs_operations
import features
import linux
import operations
from populate import run, unmount
from walk import Walk

CHOOSERS = {"ext4": features, "f2fs": f2fs_features}      # ext2 and ext3 among the first
OPERATIONS = {"ext4": operations.Operations, "f2fs": f2fs_operations.F2fsOperations}
MODULES = ("loop", "ext4", "f2fs", "quota_v2", "xts", "cts", "aes_generic", "sha256", "sha512")
FIEMAP_LAST, FIEMAP_BATCH = 1, 200
KEY_SIZE = 64
TICK = 0.05      # seconds: longer than the times of inodes are behind the clock


def extents(fd):
    """[logical, physical, length, flags] of each extent by FIEMAP."""
    found, start = [], 0
    while True:
        buffer = ctypes.create_string_buffer(
            struct.pack("<QQIIII", start, 2**64 - 1 - start, 0, 0, FIEMAP_BATCH, 0), 32 + 56 * FIEMAP_BATCH)
        linux._ioctl(fd, linux.FIEMAP, buffer)
        count = struct.unpack_from("<I", buffer, 20)[0]
        for i in range(count):
            logical, physical, length = struct.unpack_from("<QQQ", buffer, 32 + 56 * i)
            found.append([logical, physical, length, struct.unpack_from("<I", buffer, 32 + 56 * i + 40)[0]])
        if not count or found[-1][3] & FIEMAP_LAST:
            return found
        start = found[-1][0] + found[-1][2]


class WalkWithExtents(Walk):
    def read_file(self, fd, path, size, entry):
        entry["extents"] = extents(fd)
        super().read_file(fd, path, size, entry)


class Loop:
    """A loop device over a file for the length of a with statement."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.device = run(["losetup", "-f", "--show", self.path]).decode().strip()
        return self.device

    def __exit__(self, *_):
        run(["losetup", "-d", self.device])


class Members:
    """The devices that an f2fs notes in its superblock, under names that do not change, for the length of a with statement."""

    def __init__(self, images):
        self.loops = [Loop(image) for image in images]
        self.names = [f"/dev/differential-{number}" for number in range(1, len(images) + 1)]

    def __enter__(self):
        for loop, name in zip(self.loops, self.names):
            os.symlink(loop.__enter__(), name)
        return self.names

    def __exit__(self, *_):
        for loop, name in zip(self.loops, self.names):
            os.unlink(name)
            loop.__exit__()


def filesystem_of(spec):
    return "f2fs" if spec["kind"] == "f2fs" else "ext4"


def member_images(spec, image):
    return [f"{image}.member{number}" for number, _ in enumerate(spec.get("members_mib", []), 1)]


def member_names(word, members):
    for number, name in enumerate(members, 1):
        word = word.replace(f"{{dev{number}}}", name)
    return word


def blank(path, spec, mib):
    """An empty device: garbage where a hole or an unwritten block must not show it, or zeros."""
    size = mib << 20
    with open(path, "wb") as f:
        if spec["garbage"]:
            cell = b"This was never written. " * 43
            f.write((cell * (size // len(cell) + 1))[:size])
        f.truncate(size)


def new_key(spec, mount_point, folder, populated):
    """Gives the mounted filesystem its key, if it is to be encrypted; returns the key's identifier."""
    if "encrypt" not in spec["features"]:
        return None
    with open(f"{folder}/keys/main.key", "rb") as f:
        populated["key_ids"]["main"] = linux.add_key(mount_point, f.read())
    return populated["key_ids"]["main"]


def fill(spec, image, mount_point, folder):
    """Makes the filesystem and fills it, mounted once or more often; returns what Walk wants to know, and what was done."""
    filesystem = filesystem_of(spec)
    images = [image, *member_images(spec, image)]
    for path, mib in zip(images, [spec["mib"], *spec.get("members_mib", [])]):
        blank(path, spec, mib)
    populated = {"key_ids": {}, "written": {}, "kernel": os.uname().release, "page_size": os.sysconf("SC_PAGE_SIZE"),
                 "mkfs": " ".join(spec["mkfs"])}
    done, rounds = None, spec.get("rounds") or [[spec["operations"], spec["mount_options"]]]
    with Loop(image) as device, Members(images[1:]) as members:
        run([member_names(word, members) for word in spec["mkfs"]] + [device])
        if spec["tune"]:
            run(["tune2fs", *spec["tune"], device])
        for number, (count, options) in enumerate(rounds, 1):
            run(["mount", "-t", filesystem, "-o", options or "defaults", device, mount_point])
            try:
                if filesystem == "f2fs":
                    f2fs.no_checkpoints(device)
                key_id = new_key(spec, mount_point, folder, populated)
                done = done or OPERATIONS[filesystem](spec, os.fsencode(mount_point), key_id)
                done.run(count, last=number == len(rounds))
                if spec["dirty"] and number == len(rounds):
                    cut_off(spec, mount_point, image)
            finally:
                if done:
                    done.let_go()
                unmount(mount_point)
    if spec["dirty"]:
        os.rename(image + ".dirty", image)
    return populated, done


def cut_off(spec, mount_point, image):
    """Leaves image.dirty as a loss of power would, before unmounting writes what is in the journal or the log already."""
    flush = spec["seed"] % 3 == 0 and filesystem_of(spec) == "ext4"      # on f2fs it would be a checkpoint
    linux.shut_down(mount_point, linux.LOG_FLUSH if flush else linux.NO_LOG_FLUSH)
    time.sleep(0.2)
    shutil.copyfile(image, image + ".dirty")


def truth_of(spec, image, mount_point, folder, populated):
    """What the kernel reads from a copy, whose journal it replays and whose orphans it clears away where it must."""
    keys = [{"name": "main", "supplied": True}] if "encrypt" in spec["features"] else []
    copy = image + ".copy"
    for path, copied in zip([image, *member_images(spec, image)], [copy, *member_images(spec, copy)]):
        shutil.copyfile(path, copied)
    how = "rw,noatime" if spec["dirty"] else "ro"
    walk_spec = {"fs": filesystem_of(spec), "keys": keys, "mount_options": spec["mount_options"], "walk_options": how}
    if spec["dirty"]:     # what replay and clearing orphans away date by the clock of the mount is no truth
        walk_spec["recovered_after_ns"] = time.time_ns()
        time.sleep(TICK)
    with Loop(copy) as device, Members(member_images(spec, copy)):
        truth = WalkWithExtents(walk_spec, populated, device, mount_point, folder).run()
    for path in [copy, *member_images(spec, copy)]:
        os.unlink(path)
    return truth


def one(spec, scratch, out):
    folder = f"{out}/{spec['seed']}"
    os.makedirs(folder, exist_ok=True)
    image, mount_point = f"{scratch}/image.img", f"{scratch}/mnt"
    os.makedirs(mount_point, exist_ok=True)
    if "encrypt" in spec["features"]:
        os.makedirs(f"{folder}/keys", exist_ok=True)
        with open(f"{folder}/keys/main.key", "wb") as f:
            f.write(bytes((spec["seed"] + i) % 256 for i in range(KEY_SIZE)))
    populated, done = fill(spec, image, mount_point, folder)
    for path in [image, *member_images(spec, image)]:     # they are there then, if the kernel dies over them
        run(["cp", "--sparse=always", path, f"{folder}/image.img{path.removeprefix(image)}"])
    truth = truth_of(spec, image, mount_point, folder, populated)
    for path in [image, *member_images(spec, image)]:
        os.unlink(path)
    truth = {"case": str(spec["seed"]), "spec": spec, "done": done.done, "refused": done.refused, **truth}
    with open(f"{folder}/truth.json", "w") as f:
        json.dump(truth, f)


def main():
    out = sys.argv[1] if len(sys.argv) > 1 else "/host"
    in_guest = out == "/host"
    for module in MODULES:
        subprocess.run(["modprobe", "-q", module], check=False)
    if in_guest:   # only commits and fsync write, so that the journal's blocks are not also at home when it is cut off
        with open("/proc/sys/vm/dirty_writeback_centisecs", "w") as f:
            f.write("0")
    os.umask(0o022)
    with open(f"{out}/job.json") as f:
        job = json.load(f)
    with tempfile.TemporaryDirectory(prefix="differential-") as scratch:
        for seed in job["seeds"]:
            started = time.monotonic()
            try:
                one(CHOOSERS[job["filesystem"]].choose(seed, job.get("only")), scratch, out)
                print(f"seed {seed}: made in {time.monotonic() - started:.1f} s", flush=True)
            except Exception:
                os.makedirs(f"{out}/{seed}", exist_ok=True)
                with open(f"{out}/{seed}/error.txt", "w") as f:
                    traceback.print_exc(file=f)
                print(f"seed {seed}: failed", flush=True)


if __name__ == "__main__":
    main()
