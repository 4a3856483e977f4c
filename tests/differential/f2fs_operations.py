"""Random operations on a mounted f2fs: those of operations.py, and what f2fs alone can do."""
import ctypes
import os
import struct

import f2fs
import linux
import operations

WORDS = b"the of and node segment checkpoint cluster log summary bitmap valid block inode hot warm cold section zone ".split()


class F2fsOperations(operations.Operations):
    OPERATIONS = {
        **operations.Operations.OPERATIONS, "swap_mapping": 0, "verity": 6, "fsync": 12, "checkpoint": 6, "collect": 2, "churn": 0.4,
        "atomic": 3, "move_range": 3, "pin": 0.5, "compressed": 10, "compress": 3, "decompress": 2, "release": 3, "reserve": 2,
        "interleave": 2, "project": 2, "create_and_fsync": 8, "orphan": 1,
    }
    DIRTY = {"checkpoint": 2, "fsync": 30, "create_and_fsync": 25, "churn": 0.2}      # what is only in fsyncs' nodes

    def special_directories(self):
        super().special_directories()
        if self.spec["members_mib"]:      # so that the second device is needed
            with linux.Opened(os.path.join(self.root, b"large"), os.O_CREAT | os.O_RDWR) as fd:
                for at in range(self.spec["mib"] // 2):
                    os.pwrite(fd, self.data(1 << 20), at << 20)
        if "compression" in self.spec["features"]:
            for parent in [self.root] + [d for d in self.directories if d.startswith(self.root + b"/in_")][::3]:
                path = os.path.join(parent, b"compressed")
                os.mkdir(path)
                operations.set_flags(path, linux.INODE_FLAGS["compress"])
                self.directories += [path] * 2

    def weights(self, last):
        return {**self.OPERATIONS, **(self.DIRTY if last and self.spec["dirty"] else {})}

    def data(self, length):
        """Words, which can be compressed, more often than bytes that cannot."""
        if self.rng.random() < 0.4:
            return super().data(length)
        words = b" ".join(self.rng.choices(WORDS, k=40)) + b" "
        out = bytearray((words * (length // len(words) + 1))[:length])
        for at in range(0, length, 97):
            out[at] = self.rng.randrange(33, 127)
        return bytes(out)

    # ---- checkpoints

    def checkpoint(self):
        if self.rng.random() < 0.5:
            os.sync()
        else:
            f2fs.ioctl(self.root, f2fs.WRITE_CHECKPOINT, flags=os.O_RDONLY)

    def collect(self):
        for _ in range(self.rng.randint(1, 4)):
            f2fs.ioctl(self.root, f2fs.GARBAGE_COLLECT, struct.pack("<I", 1), os.O_RDONLY)

    def create_and_fsync(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            if self.rng.random() < 0.8:
                os.pwrite(fd, self.data(self.length()), self.rng.choice((0, 0, self.rng.randint(0, 1100) * self.block)))
            if self.rng.random() < 0.3:
                os.setxattr(path, b"user.new", self.data(self.rng.choice((5, 900))))
            os.fsync(fd)

    def orphan(self):
        """A file that is deleted while it is open, and so lives on as long as this does."""
        path = self.any_file()
        self.held.append(os.open(path, os.O_RDONLY))
        os.unlink(path)
        self.files.remove(path)

    def churn(self):
        """Hundreds of files made, changed here and there between checkpoints, and most of them deleted again."""
        directory = os.path.join(self.root, b"churn%d" % self.rng.randrange(10000))
        os.mkdir(directory)
        paths = [os.path.join(directory, b"%d" % i) for i in range(self.rng.randint(300, 900))]
        for path in paths:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        for _ in range(self.rng.randint(1, 4)):
            start = self.rng.randrange(len(paths))
            for path in paths[start:start + self.rng.choice((20, 100))]:
                os.chmod(path, self.rng.randrange(0o1000))
            os.sync()
        kept = set(self.rng.sample(paths, 12))
        for path in paths:
            if path not in kept:
                os.unlink(path)
        self.files += sorted(kept)
        self.directories.append(directory)

    # ---- contents

    def interleave(self):
        """Two files that grow in turns."""
        paths = [self.new_path() for _ in range(2)]
        for path in paths:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644))
            self.files.append(path)
        for i in range(self.rng.randint(3, 25)):
            for path in paths:
                with linux.Opened(path, os.O_RDWR) as fd:
                    os.pwrite(fd, self.data(self.block), i * self.block)
                    os.fsync(fd)

    def atomic(self):
        with self.opened() as fd:
            nothing = ctypes.create_string_buffer(8)
            linux._ioctl(fd, f2fs.START_ATOMIC_WRITE, nothing)
            try:
                for _ in range(self.rng.randint(1, 3)):
                    os.pwrite(fd, self.data(self.length(4)), self.offset(fd))
            finally:
                linux._ioctl(fd, self.rng.choice((f2fs.COMMIT_ATOMIC_WRITE, f2fs.ABORT_ATOMIC_WRITE)), nothing)

    def move_range(self):
        with self.opened() as fd, self.opened() as into:
            offset, length = self.blocks(fd)
            to = self.blocks(into)[0]
            linux._ioctl(fd, f2fs.MOVE_RANGE,
                         ctypes.create_string_buffer(struct.pack("<IxxxxQQQ", into, offset, to, length), 32))
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)      # what the kernel still has cached of it is not there

    def pin(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            linux._ioctl(fd, f2fs.SET_PIN_FILE, ctypes.create_string_buffer(struct.pack("<I", 1), 4))
            linux.fallocate(fd, 0, 0, 2 << 20)
            os.pwrite(fd, self.data(self.length()), self.rng.randrange(100) * self.block)

    def project(self):
        f2fs.set_project(self.rng.choice(self.directories + self.files), self.rng.randrange(10000))

    # ---- compression

    def compressed(self):
        """A new file with an algorithm and a cluster size of its own."""
        if "compression" not in self.spec["features"]:
            return
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            log_size = self.rng.choice((2, 2, 2, 3, 4, 6))
            f2fs.set_compression(fd, self.rng.choice(list(f2fs.ALGORITHMS)), log_size)
            cluster = self.block << log_size
            for _ in range(self.rng.randint(1, 4)):
                os.pwrite(fd, self.data(self.rng.choice((cluster, 2 * cluster, self.length()))),
                          self.rng.choice((0, self.rng.randint(0, 6) * cluster, os.fstat(fd).st_size)))
            if self.rng.random() < 0.5:
                os.fsync(fd)

    def on_compressed(self, request):
        """On a file that is one, if one is soon found."""
        for _ in range(10):
            path = self.any_file()
            with linux.Opened(path, os.O_RDWR) as fd:
                if f2fs.compression_facts(fd):
                    linux._ioctl(fd, request, ctypes.create_string_buffer(8))
                    return

    def compress(self):
        self.on_compressed(f2fs.COMPRESS_FILE)

    def decompress(self):
        self.on_compressed(f2fs.DECOMPRESS_FILE)

    def release(self):
        self.on_compressed(f2fs.RELEASE_COMPRESS_BLOCKS)

    def reserve(self):
        self.on_compressed(f2fs.RESERVE_COMPRESS_BLOCKS)
