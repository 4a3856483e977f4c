"""What f2fs has and no other: its ioctls, and the steps that use them. Runs in the guest as root."""
import ctypes
import os
import struct

import content
import linux

ALGORITHMS = {"lzo": 0, "lz4": 1, "zstd": 2, "lzo-rle": 3}
_GROUP = chr(0xF5)
START_ATOMIC_WRITE = linux._number(0, _GROUP, 1, 0)
COMMIT_ATOMIC_WRITE = linux._number(0, _GROUP, 2, 0)
ABORT_ATOMIC_WRITE = linux._number(0, _GROUP, 5, 0)
GARBAGE_COLLECT = linux._number(linux._WRITE, _GROUP, 6, 4)
WRITE_CHECKPOINT = linux._number(0, _GROUP, 7, 0)
MOVE_RANGE = linux._number(linux._READ | linux._WRITE, _GROUP, 9, 32)
SET_PIN_FILE = linux._number(linux._WRITE, _GROUP, 13, 4)
GET_COMPRESS_BLOCKS = linux._number(linux._READ, _GROUP, 17, 8)
RELEASE_COMPRESS_BLOCKS = linux._number(linux._READ, _GROUP, 18, 8)
RESERVE_COMPRESS_BLOCKS = linux._number(linux._READ, _GROUP, 19, 8)
GET_COMPRESS_OPTION = linux._number(linux._READ, _GROUP, 21, 2)
SET_COMPRESS_OPTION = linux._number(linux._WRITE, _GROUP, 22, 2)
DECOMPRESS_FILE = linux._number(0, _GROUP, 23, 0)
COMPRESS_FILE = linux._number(0, _GROUP, 24, 0)
GET_PROJECT = linux._number(linux._READ, "X", 31, 28)       # FS_IOC_FSGETXATTR and its SET
SET_PROJECT = linux._number(linux._WRITE, "X", 32, 28)


def ioctl(path, request, argument=b"", flags=os.O_RDWR):
    """Does the ioctl on the file at the path and returns what its argument is then."""
    buffer = ctypes.create_string_buffer(argument, max(8, len(argument)))
    with linux.Opened(path, flags) as fd:
        linux._ioctl(fd, request, buffer)
    return buffer.raw


def set_compression(fd, algorithm, log_cluster_size):
    """Of an empty file; the cluster's size in blocks is 1 << log_cluster_size."""
    linux.change_inode_flags(fd, add=["compress"])
    linux._ioctl(fd, SET_COMPRESS_OPTION, ctypes.create_string_buffer(bytes((ALGORITHMS[algorithm], log_cluster_size)), 2))


def compression_facts(fd):
    """Algorithm and cluster size of a file marked for compression, and the blocks that it saves; None of another."""
    option, saved = ctypes.create_string_buffer(2), ctypes.create_string_buffer(8)
    if not linux._try_ioctl(fd, GET_COMPRESS_OPTION, option):
        return None
    names = {number: name for name, number in ALGORITHMS.items()}
    linux._try_ioctl(fd, GET_COMPRESS_BLOCKS, saved)
    return {"algorithm": names[option.raw[0]], "log_cluster_size": option.raw[1],
            "saved_blocks": struct.unpack("<Q", saved.raw)[0]}


def set_project(path, number):
    buffer = bytearray(ioctl(path, GET_PROJECT, bytes(28), os.O_RDONLY))
    struct.pack_into("<I", buffer, 12, number)
    ioctl(path, SET_PROJECT, bytes(buffer[:28]), os.O_RDONLY)


def no_checkpoints(device):
    """None comes by itself from now on."""
    with open(f"/sys/fs/f2fs/{os.path.basename(device)}/cp_interval", "w") as f:
        f.write("100000")


class Steps:
    """The part of Populate that is about f2fs."""

    def interleaved(self, paths, count, block=4096, kind="pattern"):
        """Files that grow in turns, a block at a time, so that no two blocks of one lie together."""
        for i in range(count):
            for path in paths:
                with linux.Opened(self.full(path), os.O_CREAT | os.O_RDWR) as fd:
                    self.write(fd, content.make(kind, self.seed(path), block, i * block), i * block)
                    os.fsync(fd)
        for path in paths:
            with linux.Opened(self.full(path)) as fd:
                self.remember(fd, path)

    def link_many(self, directory, source, count, pattern):
        for i in range(count):
            os.link(self.full(source), os.path.join(self.full(directory), (pattern % i).encode()))

    def chmod_many(self, directory, pattern, numbers, mode):
        for i in range(*numbers):
            os.chmod(os.path.join(self.full(directory), (pattern % i).encode()), mode)

    def unlink_many(self, directory, pattern, numbers):
        for i in range(*numbers):
            os.unlink(os.path.join(self.full(directory), (pattern % i).encode()))

    def project(self, path, number):
        set_project(self.full(path), number)

    def collect(self, times=1):
        """Garbage collection, of a segment each time, until there is nothing to collect."""
        for _ in range(times):
            try:
                ioctl(self.mount_point, GARBAGE_COLLECT, struct.pack("<I", 1), os.O_RDONLY)
            except OSError:
                return

    def checkpoint(self):
        ioctl(self.mount_point, WRITE_CHECKPOINT, flags=os.O_RDONLY)

    def pinned(self, path, size, kind="pattern"):
        """A file whose blocks are never moved: it is given whole sections."""
        with linux.Opened(self.full(path), os.O_CREAT | os.O_RDWR) as fd:
            linux._ioctl(fd, SET_PIN_FILE, ctypes.create_string_buffer(struct.pack("<I", 1), 4))
            linux.fallocate(fd, 0, 0, size)
            self.write(fd, content.make(kind, self.seed(path), size), 0)
            os.fsync(fd)
            self.remember(fd, path)

    def move_range(self, path, source, offset, length, to):
        """Moves blocks of one file into another without copying them."""
        with linux.Opened(self.full(source), os.O_RDWR) as fd, linux.Opened(self.full(path), os.O_RDWR) as into:
            linux._ioctl(fd, MOVE_RANGE, ctypes.create_string_buffer(struct.pack("<IxxxxQQQ", into, offset, to, length), 32))
            self.written.pop(source, None)     # what the kernel still has cached of it is not what is there
            self.remember(into, path)

    def atomic(self, path, segments, commit=True, kind="random"):
        """Writes that become the file's all at once, or are given up."""
        with linux.Opened(self.full(path), os.O_RDWR) as fd:
            nothing = ctypes.create_string_buffer(8)
            linux._ioctl(fd, START_ATOMIC_WRITE, nothing)
            for offset, length in segments:
                self.write(fd, content.make(kind, self.seed(path) + "/atomic", length, offset), offset)
            linux._ioctl(fd, COMMIT_ATOMIC_WRITE if commit else ABORT_ATOMIC_WRITE, nothing)
            self.remember(fd, path)

    # ---- compression

    def compress(self, path):
        """What the user asks for where compress_mode=user."""
        ioctl(self.full(path), COMPRESS_FILE)

    def decompress(self, path):
        ioctl(self.full(path), DECOMPRESS_FILE)

    def release(self, path):
        """Gives the saved blocks back; the file is not to be written from then on."""
        self.fsync(path)
        ioctl(self.full(path), RELEASE_COMPRESS_BLOCKS)

    def reserve(self, path):
        ioctl(self.full(path), RESERVE_COMPRESS_BLOCKS)
