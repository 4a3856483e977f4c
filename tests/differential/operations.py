"""Random operations on a mounted filesystem. What the kernel refuses is simply not done: the truth is read back later."""
import ctypes
import os
import random
import stat
import struct

import linux

_libc = ctypes.CDLL(None, use_errno=True)
KEEP_SIZE, PUNCH_HOLE, COLLAPSE_RANGE, ZERO_RANGE, INSERT_RANGE = 1, 2, 8, 16, 32
RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT = 1, 2, 4
CASEFOLD_FLAG, PROJECT_INHERIT_FLAG, EXTENTS_FLAG = 0x40000000, 0x20000000, 0x80000
VERITY_FLAG = 0x100000
AT_FDCWD = -100
FAR = 70 << 20      # past 12 + 256 + 256 * 256 blocks of 1K, so that a block map needs its third level
ACL_TAGS = ((0x01, False), (0x02, True), (0x04, False), (0x08, True), (0x10, False), (0x20, False))


def rename_with(old, new, flags):
    ctypes.set_errno(0)
    if _libc.renameat2(AT_FDCWD, old, AT_FDCWD, new, flags) < 0:
        raise OSError(ctypes.get_errno(), "renameat2")


def set_flags(path, add=0, drop=0):
    with linux.Opened(path) as fd:
        flags = (linux.inode_flags(fd) | add) & ~drop
        linux._ioctl(fd, linux.SETFLAGS, ctypes.create_string_buffer(struct.pack("<Q", flags), 8))


class Operations:
    """One seed's operations below root (bytes)."""

    def __init__(self, spec, root, key_id=None):
        self.spec, self.root, self.key_id = spec, root, key_id
        self.rng = random.Random(f"operations {spec['seed']}")
        self.block = spec["block"]
        self.directories, self.files, self.others = [root], [], []
        self.done, self.refused = None, {}
        self.held = []

    OPERATIONS = {
        "create": 16, "write": 16, "append": 8, "truncate": 8, "punch": 5, "collapse": 4, "insert": 4, "zero_range": 4,
        "allocate": 5, "sparse": 4, "every_other": 2, "far": 1, "small": 8, "mkdir": 5, "rmdir": 1, "crowd": 1, "thin_out": 1,
        "rename": 7, "exchange": 2, "link": 4, "unlink": 5, "symlink": 6, "mknod": 2, "xattr": 10, "remove_xattr": 3,
        "acl": 3, "chmod": 3, "chown": 3, "utime": 3, "flags": 2, "swap_mapping": 1, "fsync": 5, "verity": 2,
    }

    def run(self, count, last=True):
        """Operations of one time that the filesystem is mounted; after the last it may be cut off."""
        if self.done is None:
            self.done = {}
            self.special_directories()
        weighted = self.weights(last)
        names, weights = list(weighted), list(weighted.values())
        for _ in range(count):
            name = self.rng.choices(names, weights)[0]
            try:
                getattr(self, name)()
                self.done[name] = self.done.get(name, 0) + 1
            except OSError as error:
                key = f"{name}: {error.strerror}"
                self.refused[key] = self.refused.get(key, 0) + 1

    def weights(self, _last):
        return self.OPERATIONS

    def let_go(self):
        """Closes what was kept open, so that it can be unmounted."""
        while self.held:
            os.close(self.held.pop())

    def special_directories(self):
        features = self.spec["features"]
        for name, wanted in (("casefold", ["casefold"]), ("encrypt", ["encrypt"]), ("both", ["casefold", "encrypt"])):
            if not set(wanted) <= set(features):
                continue
            path = os.path.join(self.root, b"in_" + name.encode())
            os.mkdir(path)
            if "encrypt" in wanted:
                linux.set_policy(path, self.key_id, "AES-256-XTS", "AES-256-CTS", self.rng.choice((4, 8, 16, 32)))
            if "casefold" in wanted:
                set_flags(path, CASEFOLD_FLAG)
            self.directories += [path] * 3

    # ---- choices

    def name(self):
        rng = self.rng
        kind = rng.random()
        number = rng.randrange(10000)
        if kind < 0.75:
            return b"%s%d" % (rng.choice((b"f", b"File", b"NAME_", b"a.b.", b"x" * 20)), number)
        if kind < 0.9:
            return (rng.choice(("ü", "Straße", "日本", "é", "🜛", "ΑΣ")) * rng.randint(1, 20) + str(number)).encode()
        if kind < 0.95:
            return (b"%d_" % number).ljust(rng.choice((200, 254, 255)), b"l")
        return b"raw\xff\xfe%d" % number

    def new_path(self):
        return os.path.join(self.rng.choice(self.directories), self.name())

    def any_file(self):
        if not self.files:
            self.create()
        return self.rng.choice(self.files)

    def anything(self):
        return self.rng.choice(self.files + self.others + self.directories[1:] or [self.any_file()])

    def opened(self, flags=os.O_RDWR):
        return linux.Opened(self.any_file(), flags)

    def data(self, length):
        """Content never holds a zero byte at a cell's start, so that what lies elsewhere is told from holes."""
        return b"\xa7" + self.rng.randbytes(length - 1) if length else b""

    def length(self, most_blocks=24):
        rng, block = self.rng, self.block
        return rng.choice((rng.randint(1, 60), rng.randint(1, block), rng.randint(1, most_blocks) * block,
                           rng.randint(1, most_blocks * block), rng.randint(1, 4) * block + rng.choice((-1, 1))))

    def offset(self, fd):
        size = os.fstat(fd).st_size
        return self.rng.choice((0, size, self.rng.randint(0, size + 4 * self.block),
                                self.rng.randint(0, 40) * self.block))

    def blocks(self, fd):
        """A range of whole clusters or blocks within the file."""
        unit = self.block * self.rng.choice((1, 1, 1, 16))
        count = max(1, min(os.fstat(fd).st_size, 200 * self.block) // unit)
        start = self.rng.randrange(count)
        return start * unit, self.rng.randint(1, min(8, count - start)) * unit

    # ---- contents

    def create(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            if self.rng.random() < 0.9:
                os.pwrite(fd, self.data(self.length()), 0)

    def small(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            os.pwrite(fd, self.data(self.rng.randint(1, 400)), 0)

    def write(self):
        with self.opened() as fd:
            os.pwrite(fd, self.data(self.length()), self.offset(fd))

    def append(self):
        with self.opened() as fd:
            os.pwrite(fd, self.data(self.length(8)), os.fstat(fd).st_size)

    def truncate(self):
        with self.opened() as fd:
            size = os.fstat(fd).st_size
            os.ftruncate(fd, self.rng.choice((0, self.rng.randint(0, size), size // 2, size + self.length(), size // self.block * self.block)))

    def punch(self):
        with self.opened() as fd:
            offset, length = self.blocks(fd)
            if self.rng.random() < 0.4:
                offset, length = offset + self.rng.randrange(self.block), self.length(4)
            linux.fallocate(fd, KEEP_SIZE | PUNCH_HOLE, offset, length)

    def collapse(self):
        with self.opened() as fd:
            linux.fallocate(fd, COLLAPSE_RANGE, *self.blocks(fd))

    def insert(self):
        with self.opened() as fd:
            linux.fallocate(fd, INSERT_RANGE, *self.blocks(fd))

    def zero_range(self):
        with self.opened() as fd:
            offset, length = self.blocks(fd)
            linux.fallocate(fd, ZERO_RANGE | self.rng.choice((0, KEEP_SIZE)), offset + self.rng.choice((0, 7)), length)

    def allocate(self):
        with self.opened() as fd:
            linux.fallocate(fd, self.rng.choice((0, KEEP_SIZE)), self.offset(fd), self.length(40))

    def sparse(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            for _ in range(self.rng.randint(1, 6)):
                os.pwrite(fd, self.data(self.length(4)), self.rng.randint(0, 600) * self.block)

    def every_other(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            for i in range(self.rng.randint(8, 150)):
                os.pwrite(fd, self.data(self.block), 2 * i * self.block)
            os.fsync(fd)

    def far(self):
        path = self.new_path()
        with linux.Opened(path, os.O_CREAT | os.O_EXCL | os.O_RDWR) as fd:
            self.files.append(path)
            os.pwrite(fd, self.data(self.length(2)), 0)
            os.pwrite(fd, self.data(self.length(4)), self.rng.randint(FAR // 2, FAR) // (1024 if self.block > 1024 else 1))
            if self.block == 1024:
                os.pwrite(fd, self.data(300), FAR)

    def swap_mapping(self):
        """From a block map to extents and back, which the kernel does where nothing else is in the way."""
        path = self.any_file()
        with linux.Opened(path) as fd:
            flags = linux.inode_flags(fd)
        if flags & VERITY_FLAG:     # the kernel would do it, and not open the file again
            return
        set_flags(path, EXTENTS_FLAG & ~flags, EXTENTS_FLAG & flags)

    def verity(self):
        path = self.any_file()
        linux.enable_verity(path, self.rng.choice(("sha256", "sha512")), self.rng.choice((1024, self.block)),
                            self.rng.randbytes(self.rng.choice((0, 8, 32))))

    def fsync(self):
        with self.opened() as fd:
            os.fsync(fd)

    # ---- names

    def mkdir(self):
        path = self.new_path()
        os.mkdir(path)
        self.directories.append(path)

    def rmdir(self):
        path = self.rng.choice(self.directories[1:] or [b"/nothing"])
        os.rmdir(path)
        self.directories = [d for d in self.directories if d != path]

    def crowd(self):
        directory = self.rng.choice(self.directories)
        number = self.rng.randrange(1000)
        for i in range(self.rng.randint(20, 120)):
            path = os.path.join(directory, b"crowd%d_%d" % (number, i) + b"_" * self.rng.choice((0, 3, 150)))
            source = self.rng.random() < 0.5 and self.files and self.rng.choice(self.files)
            if source:
                os.link(source, path)
            else:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            self.files.append(path)

    def thin_out(self):
        for path in self.rng.sample(self.files, len(self.files) // 3):
            os.unlink(path)
            self.files.remove(path)

    def moved(self, old, new):
        def follow(path):
            return new + path[len(old):] if path == old or path.startswith(old + b"/") else path

        self.directories, self.files, self.others = (
            [follow(p) for p in paths if p != new or p == old] for paths in (self.directories, self.files, self.others))

    def rename(self):
        old = self.anything()
        new = self.rng.choice((self.new_path(), self.anything()))
        if old != new and old != self.root:
            os.rename(old, new)
            self.moved(old, new)

    def exchange(self):
        one, other = self.any_file(), self.any_file()
        if self.rng.random() < 0.7:
            rename_with(one, other, RENAME_EXCHANGE)
        else:
            new = self.new_path()
            rename_with(one, new, RENAME_WHITEOUT)
            self.files = [new if p == one else p for p in self.files]
            self.others.append(one)

    def link(self):
        path = self.new_path()
        os.link(self.any_file(), path)
        self.files.append(path)

    def unlink(self):
        paths = self.others if self.others and self.rng.random() < 0.2 else self.files
        path = self.rng.choice(paths or [b"/nothing"])
        os.unlink(path)
        paths.remove(path)

    def symlink(self):
        path = self.new_path()
        length = self.rng.choice((1, 20, 30, 31, 58, 59, 60, 61, 100, 160, 300, 900))
        os.symlink((b"target/" * 200)[:length], path)
        self.others.append(path)

    def mknod(self):
        path = self.new_path()
        kind = self.rng.choice((stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK))
        os.mknod(path, kind | 0o640, os.makedev(self.rng.randrange(4096), self.rng.randrange(1 << 20)))
        self.others.append(path)

    # ---- attributes

    def xattr(self):
        rng = self.rng
        path = self.anything()
        prefix = rng.choice((b"user.", b"user.", b"trusted.", b"security."))
        name = prefix + rng.choice((b"a", b"key%d" % rng.randrange(30), b"n" * rng.choice((40, 200, 245))))
        length = rng.choice((0, 1, rng.randint(2, 40), rng.randint(40, 300), rng.randint(300, self.block),
                             rng.randint(self.block, 60000) if "ea_inode" in self.spec["features"] else 17))
        value = rng.choice((self.data(length), b"same" * (length // 4)))
        os.setxattr(path, name, value, follow_symlinks=False)

    def remove_xattr(self):
        path = self.anything()
        names = os.listxattr(path, follow_symlinks=False)
        if names:
            os.removexattr(path, self.rng.choice(names), follow_symlinks=False)

    def acl(self):
        entries = [struct.pack("<HHI", tag, self.rng.randrange(8), self.rng.randrange(1, 70000) if named else 0xFFFFFFFF)
                   for tag, named in ACL_TAGS]
        value = struct.pack("<I", 2) + b"".join(entries)
        directories = self.directories[1:]
        if directories and self.rng.random() < 0.5:
            os.setxattr(self.rng.choice(directories), "system.posix_acl_default", value)
        else:
            os.setxattr(self.any_file(), "system.posix_acl_access", value)

    def chmod(self):
        os.chmod(self.rng.choice(self.files or self.directories), self.rng.randrange(0o10000))

    def chown(self):
        large = self.rng.choice((100, 65536, 4294967290))
        os.chown(self.anything(), self.rng.randrange(large), self.rng.randrange(large), follow_symlinks=False)

    def utime(self):
        when = self.rng.choice((self.rng.randint(-2**31, 2**31 - 1), self.rng.randint(2**31, 2**33), -1, 0))
        nanoseconds = when * 10**9 + self.rng.randrange(10**9)
        os.utime(self.anything(), ns=(nanoseconds, nanoseconds + 1), follow_symlinks=False)

    def flags(self):
        path = self.rng.choice(self.directories + self.files)
        casefold = CASEFOLD_FLAG if path in self.directories and "casefold" in self.spec["features"] else 0
        set_flags(path, self.rng.choice((0x40, 0x80, 0x1000, casefold)))
