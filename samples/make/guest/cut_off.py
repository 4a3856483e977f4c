"""Leaves a file system as a loss of power would: its journal full, and most of what is in it nowhere else.

It is filled on loop devices over files in memory. What the device holds once ext4 or f2fs is shut down is a state that a crash
could have left, and it is copied then: unmounting would still write home the blocks that the journal has already.
"""
import os
import subprocess
import tempfile
import time

import linux

SETTLED = 0.3     # seconds until the journal's thread has given up


class Stage:
    """For the length of a with statement the populating is done on loop devices instead."""

    def __init__(self, populate):
        self.populate = populate
        self.real = (populate.device, populate.journal)
        self.files = []

    def __enter__(self):
        subprocess.run(["modprobe", "-q", "loop"], check=False)
        with open("/proc/sys/vm/dirty_writeback_centisecs", "w") as f:
            f.write("0")      # nothing goes home by itself
        self.populate.device, self.populate.journal = (self.loop(device) for device in self.real)
        return self

    def loop(self, device):
        if device is None:
            return None
        with open(device, "rb") as f, tempfile.NamedTemporaryFile(delete=False) as copy:
            copy.truncate(f.seek(0, os.SEEK_END))
        self.files.append(copy.name)
        return subprocess.run(["losetup", "-f", "--show", copy.name], check=True, capture_output=True).stdout.decode().strip()

    def cut_off(self):
        linux.shut_down(self.populate.mount_point)
        time.sleep(SETTLED)
        for path, device in zip(self.files, filter(None, self.real)):
            with open(path, "rb") as source, open(device, "r+b") as target:
                while data := source.read(1 << 20):
                    target.write(data)

    def __exit__(self, *_):
        subprocess.run(["umount", self.populate.mount_point], check=False)
        for device in filter(None, (self.populate.device, self.populate.journal)):
            subprocess.run(["losetup", "-d", device], check=False)
        self.populate.device, self.populate.journal = self.real
        for path in self.files:
            os.unlink(path)
