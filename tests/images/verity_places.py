"""Verity files of an image, and where their bytes lie in it: data, Merkle tree, descriptor, signature, what lies between.

Told by debugfs on ext4 and by f2fs_blocks.py on f2fs, never by coldread. Of a file that is neither encrypted nor compressed,
every place is proven before it is used: what lies there must hash to the root that the kernel told (truth.json).
"""
import base64
import hashlib
import re
import struct
import subprocess

import f2fs_blocks

ALIGNMENT = 65536        # of where the tree begins behind the file's end
DESCRIPTOR = 256         # bytes of struct fsverity_descriptor, which the signature follows
COMPRESSED_FLAG = 4      # of FS_IOC_GETFLAGS
SALT = 80                # offset in it


def round_up(value, unit):
    return -(-value // unit) * unit


class Hashing:
    """What a descriptor says of how blocks are hashed."""

    def __init__(self, descriptor):
        self.algorithm = {1: "sha256", 2: "sha512"}[descriptor[1]]
        self.block = 1 << descriptor[2]
        salt = descriptor[SALT:SALT + descriptor[3]]
        self.prefix = salt.ljust(round_up(len(salt), 64 if self.algorithm == "sha256" else 128), b"\0")
        self.size = hashlib.new(self.algorithm).digest_size
        self.root = descriptor[16:16 + self.size]

    def of(self, block):
        return hashlib.new(self.algorithm, self.prefix + block).digest()

    def same(self, other):
        return (self.algorithm, self.block, self.prefix, self.root) == (other.algorithm, other.block, other.prefix, other.root)


class Tree:
    """The shape of a Merkle tree and where its blocks are in the file. Level 0 has the hashes of the data."""

    def __init__(self, size, hashing):
        self.block, self.fan = hashing.block, hashing.block // hashing.size
        self.data_blocks = -(-size // self.block)
        self.data_end = self.data_blocks * self.block
        self.levels, count = [], self.data_blocks
        while count > 1:
            count = -(-count // self.fan)
            self.levels.append(count)
        self.start = round_up(size, ALIGNMENT)
        self.end = self.start + self.block * sum(self.levels)

    def offset(self, level, index):
        return self.start + self.block * (sum(self.levels[level + 1:]) + index)

    def at(self, offset):
        """The (level, index) of the block with this byte."""
        for level in reversed(range(len(self.levels))):
            begin = self.offset(level, 0)
            if begin <= offset < begin + self.levels[level] * self.block:
                return level, (offset - begin) // self.block
        raise ValueError(offset)

    def covers(self, level, index):
        """The bytes [begin, end) of data blocks."""
        bytes_covered = self.block * self.fan**(level + 1)
        return index * bytes_covered, min(self.data_end, (index + 1) * bytes_covered)


class VerityFile:
    def __init__(self, image, t):
        self.image, self.t, self.size = image, t, t["size"]
        self.names = image.names[t["ino"]]
        self.signature = base64.b64decode(t["verity"].get("signature_b64", ""))
        told = bytearray(base64.b64decode(t["verity"]["descriptor_b64"]))
        told[4:8] = struct.pack("<I", len(self.signature))   # which the ioctl that told it clears
        self.descriptor = bytes(told)
        self.hashing = Hashing(self.descriptor)
        self.tree = Tree(self.size, self.hashing)
        self.encryption = image.encryption(t)
        self.blocks, self.clusters, self.cluster_size = image.layout(t["ino"])
        ext4 = image.fs == "ext4"
        self.descriptor_at = round_up(self.tree.end, image.block) if ext4 else self.tree.end
        self.stored_end = max(first + length for first, length, _ in self.blocks)
        self.length_at = self.stored_end - 4 if ext4 else self.stored_end
        self.parts = list(self.list_parts())
        if self.in_clear:
            assert self.read(self.descriptor_at, self.descriptor_at + DESCRIPTOR + len(self.signature)) == \
                self.descriptor + self.signature, f"{self.names}: its descriptor is not where it should be"

    @property
    def in_clear(self):
        return self.encryption is None

    def list_parts(self):
        """Every (kind, begin, end) of the file's stored bytes."""
        tree, at, salt = self.tree, self.descriptor_at, SALT + self.descriptor[3]
        yield "data", 0, self.size
        yield "tail", self.size, tree.data_end
        yield "past", tree.data_end, round_up(self.size, self.image.block)
        for level, count in enumerate(tree.levels):
            yield "tree", tree.offset(level, 0), tree.offset(level, count)
        yield "between", tree.end, at
        for name, begin, end in (
                ("version", 0, 1), ("hash_algorithm", 1, 2), ("log_blocksize", 2, 3), ("salt_size", 3, 4),
                ("sig_size", 4, 8), ("data_size", 8, 16), ("root_hash", 16, 16 + self.hashing.size),
                ("rest of root_hash", 16 + self.hashing.size, SALT), ("salt", SALT, salt),
                ("rest of salt", salt, SALT + 32), ("reserved", SALT + 32, DESCRIPTOR)):
            yield name, at + begin, at + end
        yield "signature", at + DESCRIPTOR, at + DESCRIPTOR + len(self.signature)
        yield "behind", at + DESCRIPTOR + len(self.signature), self.length_at
        yield "length", self.length_at, self.stored_end

    def touched(self, ranges):
        """What of the parts these ranges touch: [(kind, begin, end)]."""
        return [(kind, max(begin, first), min(end, last)) for kind, begin, end in self.parts for first, last in ranges
                if max(begin, first) < min(end, last)]

    def place(self, offset):
        """Where a byte lies in the image; None in a hole."""
        for first, length, start in self.blocks:
            if first <= offset < first + length:
                return start + offset - first
        return None

    def cluster(self, offset):
        """The compressed cluster that has this byte: (its first byte, where its stored blocks begin in the image)."""
        first = offset // self.cluster_size * self.cluster_size
        return next((c for c in self.clusters if c[0] == first), None)

    def read(self, begin, end):
        """Bytes as they are stored; zeros in holes."""
        found = bytearray(end - begin)
        for first, length, start in self.blocks:
            low, high = max(begin, first), min(end, first + length)
            if low < high:
                found[low - begin:high - begin] = self.image.read(start + low - first, high - low)
        return bytes(found)

    def prove(self, offset):
        """Holds what is stored at a byte of data or tree against the root hash, up all the levels."""
        if not self.in_clear or offset < self.tree.data_end and self.cluster(offset) is not None:
            return
        block, hashing, tree = self.tree.block, self.hashing, self.tree
        if offset < tree.data_end:
            level, index = -1, offset // block
            stored = self.read(index * block, (index + 1) * block)
        elif tree.start <= offset < tree.end:
            level, index = tree.at(offset)
            stored = self.read(tree.offset(level, index), tree.offset(level, index) + block)
        else:
            return
        while level + 1 < len(tree.levels):
            level, slot, index = level + 1, index % tree.fan, index // tree.fan
            parent = self.read(tree.offset(level, index), tree.offset(level, index) + block)
            assert hashing.of(stored) == parent[slot * hashing.size:(slot + 1) * hashing.size], (self.names, offset, level)
            stored = parent
        assert hashing.of(stored) == hashing.root, (self.names, offset)


class Image:
    """An unpacked image, one filesystem of it, and the truth about that. `start` is the filesystem's first byte."""

    def __init__(self, path, truth, start):
        self.path, self.truth, self.start = path, truth, start
        self.fs, self.block = truth["fs"], truth["block_size"]
        self.f2fs = f2fs_blocks.Image(path) if self.fs == "f2fs" else None
        self.names = {}
        for t in truth["files"]:
            self.names.setdefault(t["ino"], []).append(t["path"])
        self.file = open(path, "r+b", buffering=0)
        self.known = {}

    def read(self, at, length):
        self.file.seek(at)
        return self.file.read(length)

    def write(self, at, data):
        self.file.seek(at)
        self.file.write(data)

    def layout(self, inode):
        if self.f2fs:
            return self.f2fs.layout(inode)
        where = f"{self.path}?offset={self.start}" if self.start else self.path
        facts = subprocess.run(["debugfs", "-R", f"stat <{inode}>", where], capture_output=True, check=True, text=True).stdout
        found = []
        # Unwritten extents have [u] behind their numbers, and are holes to a reader.
        for first, last, start in re.findall(r"\((\d+)(?:-(\d+))?\):(\d+)", facts[facts.index("EXTENTS:"):]):
            found.append((int(first) * self.block, (int(last or first) - int(first) + 1) * self.block,
                          self.start + int(start) * self.block))
        return found, [], self.block

    def encryption(self, t):
        """(mode, bytes of a data unit) of the policy that an encrypted file is under."""
        if not t.get("encrypted"):
            return None
        above = [p for p in self.truth["policies"] if t["path"].startswith(p["path"].rstrip("/") + "/")]
        policy = max(above, key=lambda p: len(p["path"]))
        return policy["contents"], 1 << policy["log2_data_unit_size"] if policy["log2_data_unit_size"] else self.block

    def link(self, inode):
        """Gives an inode of ext4 one more name, in the root."""
        name = f"linked-{inode}"
        where = f"{self.path}?offset={self.start}" if self.start else self.path
        links = len(self.names[inode]) + 1
        for request in (f"ln <{inode}> {name}", f"set_inode_field <{inode}> links_count {links}"):
            subprocess.run(["debugfs", "-w", "-R", request, where], capture_output=True, check=True)
        self.names[inode].append(name)

    def verity_file(self, inode):
        if inode not in self.known:
            self.known[inode] = VerityFile(self, next(t for t in self.truth["files"] if t["ino"] == inode))
        return self.known[inode]

    def verity_inodes(self):
        """The inodes of verity files, a list for each kind of them."""
        kinds = {}
        for t in sorted(self.truth["files"], key=lambda t: t["ino"]):
            if t.get("verity") and t.get("key_supplied") is not False:
                levels = len(Tree(t["size"], Hashing(base64.b64decode(t["verity"]["descriptor_b64"]))).levels)
                kind = (bool(t.get("encrypted")), bool(t["flags"] & COMPRESSED_FLAG), bool(t["verity"].get("signature")),
                        t["size"] == 0, levels)
                kinds.setdefault(kind, {})[t["ino"]] = None
        return [list(inodes) for inodes in kinds.values()]


def spread(encryption, offset, bit):
    """The ranges of plaintext that one flipped bit of what is stored at `offset` changes."""
    if encryption is None:
        return [(offset, offset + 1)]
    mode, unit = encryption
    if "XTS" in mode:
        return [(offset // 16 * 16, offset // 16 * 16 + 16)]
    if "CBC" in mode:
        block = offset // 16 * 16
        return [(block, block + 16)] + ([(offset + 16, offset + 17)] if (block + 16) % unit else [])
    return [(offset // unit * unit, offset // unit * unit + unit)]     # wide-block modes
