"""What Python's library lacks of Linux: the ioctls of fscrypt, fs-verity, inode flags and FIEMAP, and statx.

Little-endian Linux with the generic ioctl layout (x86, arm, riscv). Paths are bytes.
"""
import ctypes
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)
_WRITE, _READ = 1, 2


def _number(direction, group, number, size):
    return direction << 30 | size << 16 | ord(group) << 8 | number


GETFLAGS = _number(_READ, "f", 1, 8)
SETFLAGS = _number(_WRITE, "f", 2, 8)
FIEMAP = _number(_READ | _WRITE, "f", 11, 32)
SET_ENCRYPTION_POLICY = _number(_READ, "f", 19, 12)
GET_ENCRYPTION_PWSALT = _number(_WRITE, "f", 20, 16)
GET_ENCRYPTION_POLICY_EX = _number(_READ | _WRITE, "f", 22, 9)
ADD_ENCRYPTION_KEY = _number(_READ | _WRITE, "f", 23, 80)
GET_ENCRYPTION_NONCE = _number(_READ, "f", 27, 16)
ENABLE_VERITY = _number(_WRITE, "f", 133, 128)
MEASURE_VERITY = _number(_READ | _WRITE, "f", 134, 4)
READ_VERITY_METADATA = _number(_READ | _WRITE, "f", 135, 40)

INODE_FLAGS = {"compress": 0x4, "immutable": 0x10, "append": 0x20, "nodump": 0x40, "noatime": 0x80, "nocompress": 0x400,
               "journal_data": 0x4000, "extents": 0x80000, "project_inherit": 0x20000000, "casefold": 0x40000000}

MODES = {1: "AES-256-XTS", 4: "AES-256-CTS", 5: "AES-128-CBC-ESSIV", 6: "AES-128-CTS", 7: "SM4-XTS", 8: "SM4-CTS",
         9: "Adiantum", 10: "AES-256-HCTR2"}
MODE_NUMBERS = {name: number for number, name in MODES.items()}
PADDINGS = {4: 0, 8: 1, 16: 2, 32: 3}
POLICY_FLAGS = {"DIRECT_KEY": 4, "IV_INO_LBLK_64": 8, "IV_INO_LBLK_32": 16}
HASHES = {1: "sha256", 2: "sha512"}
HASH_NUMBERS = {name: number for number, name in HASHES.items()}

SHUTDOWN = _number(_READ, "X", 125, 4)     # ext4 and f2fs number it alike, and the ways of it
LOG_FLUSH, NO_LOG_FLUSH = 1, 2             # of f2fs: with a checkpoint, and without

MERKLE_TREE, DESCRIPTOR, SIGNATURE = 1, 2, 3
KEEP_SIZE, PUNCH_HOLE = 1, 2


class Opened:
    """A path's file descriptor for the length of a with statement."""

    def __init__(self, path, flags=os.O_RDONLY):
        self.path, self.flags = path, flags

    def __enter__(self):
        self.fd = os.open(self.path, self.flags, 0o644)
        return self.fd

    def __exit__(self, *_):
        os.close(self.fd)


def _error(what):
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), what)


def _ioctl(fd, request, buffer):
    """The ioctl's result, or OSError."""
    ctypes.set_errno(0)
    result = _libc.ioctl(fd, ctypes.c_ulong(request), ctypes.byref(buffer))
    if result < 0:
        raise _error(f"ioctl {request:#x}")
    return result


def _try_ioctl(fd, request, buffer):
    """Whether the ioctl succeeded."""
    return _libc.ioctl(fd, ctypes.c_ulong(request), ctypes.byref(buffer)) >= 0


def fallocate(fd, mode, offset, length):
    ctypes.set_errno(0)
    if _libc.fallocate(fd, mode, ctypes.c_long(offset), ctypes.c_long(length)) < 0:
        raise _error("fallocate")


def _statx(path):
    at_fdcwd, no_follow, all_and_birth = -100, 0x100, 0xFFF
    buffer = ctypes.create_string_buffer(256)
    return buffer if _libc.statx(at_fdcwd, path, no_follow, all_and_birth, buffer) >= 0 else None


def is_encrypted(path):
    """Whether statx says that the object itself is encrypted; it need not be opened."""
    buffer, encrypted = _statx(path), 0x800
    return buffer is not None and bool(struct.unpack_from("<Q", buffer, 8)[0] & encrypted)


def shut_down(mount_point, how=NO_LOG_FLUSH):
    """Stops a mounted ext4 or f2fs where it is, as a loss of power would: nothing more of it reaches the device."""
    with Opened(mount_point) as fd:
        _ioctl(fd, SHUTDOWN, ctypes.create_string_buffer(struct.pack("<I", how), 4))


def birth_time_ns(path):
    """statx's birth time in nanoseconds, or None."""
    buffer, has_birth = _statx(path), 0x800
    if buffer is None:
        return None
    mask = struct.unpack_from("<I", buffer, 0)[0]
    seconds, nanoseconds = struct.unpack_from("<qI", buffer, 0x50)
    return seconds * 10**9 + nanoseconds if mask & has_birth else None


def inode_flags(fd):
    buffer = ctypes.create_string_buffer(8)
    return struct.unpack_from("<I", buffer)[0] if _try_ioctl(fd, GETFLAGS, buffer) else None


def change_inode_flags(fd, add=(), drop=()):
    flags = inode_flags(fd)
    for name in add:
        flags |= INODE_FLAGS[name]
    for name in drop:
        flags &= ~INODE_FLAGS[name]
    _ioctl(fd, SETFLAGS, ctypes.create_string_buffer(struct.pack("<Q", flags), 8))


def extents(fd):
    """How many extents FIEMAP counts."""
    sync_first = 1
    buffer = ctypes.create_string_buffer(struct.pack("<QQIIII", 0, 2**64 - 1, sync_first, 0, 0, 0), 32)
    _ioctl(fd, FIEMAP, buffer)
    return struct.unpack_from("<I", buffer, 20)[0]


def extent_list(fd):
    """[byte of the file, byte of the device, length] of each extent, those past the file's end too."""
    header, one, room = 32, 56, 512
    buffer = ctypes.create_string_buffer(struct.pack("<QQIIII", 0, 2**63 - 1, 0, 0, room, 0), header + one * room)
    _ioctl(fd, FIEMAP, buffer)
    count, = struct.unpack_from("<I", buffer, 20)
    return [struct.unpack_from("<QQQ", buffer, header + one * i) for i in range(count)]


def add_key(mount_point, raw, descriptor=None):
    """Gives the mounted file system a master key: of v2 policies, or of v1 policies with that descriptor in hex.

    Returns its identifier, or its descriptor, in hex.
    """
    by_descriptor, by_identifier = 1, 2
    kind, name = (by_descriptor, bytes.fromhex(descriptor)) if descriptor else (by_identifier, b"")
    buffer = ctypes.create_string_buffer(struct.pack("<II32sI36x", kind, 0, name, len(raw)) + raw, 80 + len(raw))
    with Opened(mount_point) as fd:
        _ioctl(fd, ADD_ENCRYPTION_KEY, buffer)
    return descriptor or buffer.raw[8:24].hex()


def password_salt(path):
    """The salt that the file system keeps for e4crypt."""
    buffer = ctypes.create_string_buffer(16)
    with Opened(path) as fd:
        _ioctl(fd, GET_ENCRYPTION_PWSALT, buffer)
    return buffer.raw


def set_policy(path, key_id, contents, filenames, pad, flags=(), log2_unit=0):
    """`key_id` of 8 bytes makes it a v1 policy."""
    modes = MODE_NUMBERS[contents], MODE_NUMBERS[filenames], PADDINGS[pad] | sum(POLICY_FLAGS[flag] for flag in flags)
    name = bytes.fromhex(key_id)
    if len(name) == 8:
        policy = struct.pack("<BBBB8s", 0, *modes, name)
    else:
        policy = struct.pack("<BBBBB3x16s", 2, *modes, log2_unit, name)
    with Opened(path) as fd:
        _ioctl(fd, SET_ENCRYPTION_POLICY, ctypes.create_string_buffer(policy, 32))


def get_policy(fd):
    """The inode's policy, or None where it has none. What the kernel calls version 0 is 1, as on disk."""
    buffer = ctypes.create_string_buffer(struct.pack("<Q", 24), 32)
    if not _try_ioctl(fd, GET_ENCRYPTION_POLICY_EX, buffer):
        return None
    version, contents, filenames, flags = struct.unpack_from("<BBBB", buffer, 8)
    log2_unit, name = (0, buffer.raw[12:20]) if version == 0 else (buffer.raw[12], buffer.raw[16:32])
    return {"version": version or 1, "contents": MODES[contents], "filenames": MODES[filenames], "flags": flags,
            "log2_data_unit_size": log2_unit, "id": name.hex()}


def get_nonce(fd):
    buffer = ctypes.create_string_buffer(16)
    return buffer.raw.hex() if _try_ioctl(fd, GET_ENCRYPTION_NONCE, buffer) else None


def enable_verity(path, algorithm, block_size, salt=b"", signature=b""):
    salt_buffer = ctypes.create_string_buffer(salt, len(salt) + 1)
    signature_buffer = ctypes.create_string_buffer(signature, len(signature) + 1)
    arguments = struct.pack("<IIIIQIIQ", 1, HASH_NUMBERS[algorithm], block_size,
                            len(salt), ctypes.addressof(salt_buffer) if salt else 0,
                            len(signature), 0, ctypes.addressof(signature_buffer) if signature else 0)
    with Opened(path) as fd:
        _ioctl(fd, ENABLE_VERITY, ctypes.create_string_buffer(arguments, 128))


def measure_verity(fd):
    """(algorithm, digest in hex), or None where the file has no fs-verity."""
    buffer = ctypes.create_string_buffer(struct.pack("<HH", 0, 64), 68)
    if not _try_ioctl(fd, MEASURE_VERITY, buffer):
        return None
    algorithm, size = struct.unpack_from("<HH", buffer)
    return HASHES[algorithm], buffer.raw[4:4 + size].hex()


def verity_metadata(fd, kind):
    """The file's Merkle tree, descriptor or signature as bytes, or None where it has none."""
    out, step = b"", 1 << 16
    data = ctypes.create_string_buffer(step)
    while True:
        arguments = ctypes.create_string_buffer(
            struct.pack("<QQQQQ", kind, len(out), step, ctypes.addressof(data), 0), 40)
        try:
            got = _ioctl(fd, READ_VERITY_METADATA, arguments)
        except OSError:
            return None
        if got == 0:
            return out
        out += data.raw[:got]
