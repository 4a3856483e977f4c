"""Where f2fs keeps the blocks of an inode: a reader of its own, of what linux/f2fs_fs.h declares and nothing more.

It knows clean images on one device: checkpoint, NAT and the NAT's journal, inodes and their nodes. Offsets are in bytes.
"""
import mmap
import struct

SUPER, SEGMENT = 1024, 512                      # byte; blocks
NEW, COMPRESSED = 0xFFFFFFFF, 0xFFFFFFFE        # block addresses that are none
UMOUNT, COMPACT, FASTBOOT, LARGE_NAT = 0x1, 0x4, 0x20, 0x400     # ckpt_flags
FLEXIBLE_INLINE_XATTR = 0x40                    # feature
INLINE_XATTR, INLINE_DATA, INLINE_DENTRY, EXTRA_ATTR = 1, 2, 4, 0x20  # i_inline
COMPRESSED_FILE = 4                             # i_flags
ADDRESSES, NODE_IDS, FOOTER = 360, 20, 24       # where i_addr begins; the sizes of i_nid and of the footer


class Image:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.block = 1 << self.u32(SUPER + 16)
        self.features = self.u32(SUPER + 2180)
        self.nat_at, payload = self.u32(SUPER + 84), self.u32(SUPER + 1664)
        first, head = max(self.packs(self.u32(SUPER + 76)), key=lambda pack: struct.unpack_from("<Q", self.data, pack[1])[0])
        self.flags, total, summaries = self.u32(head + 132), self.u32(head + 136), self.u32(head + 140)
        sit_bytes, nat_bytes = self.u32(head + 156), self.u32(head + 160)
        bitmap_at = head + 192 + (4 if self.flags & LARGE_NAT else 0 if payload else sit_bytes)
        self.bitmap = self.data[bitmap_at:bitmap_at + nat_bytes]
        if self.flags & COMPACT:
            journal = (first + summaries) * self.block
        else:
            journal = (first + total - (7 if self.flags & (UMOUNT | FASTBOOT) else 4)) * self.block + self.block // 8 * 7
        self.journal = {}
        for i in range(self.u16(journal)):
            self.journal.setdefault(self.u32(journal + 2 + 13 * i), self.u32(journal + 2 + 13 * i + 9))

    def u16(self, at):
        return struct.unpack_from("<H", self.data, at)[0]

    def u32(self, at):
        return struct.unpack_from("<I", self.data, at)[0]

    def packs(self, first):
        """The checkpoints written to their ends: (first block, its byte)."""
        for block in (first, first + SEGMENT):
            head = block * self.block
            total = self.u32(head + 136)
            if 2 < total <= SEGMENT and self.data[head:head + 8] == self.data[head + (total - 1) * self.block:][:8]:
                yield block, head

    def node(self, nid):
        """Where a node's block begins."""
        if nid in self.journal:
            return self.journal[nid] * self.block
        index, entry = divmod(nid, self.block // 9)
        second = self.bitmap[index // 8] >> (7 - index % 8) & 1
        block = self.nat_at + index // SEGMENT * 2 * SEGMENT + index % SEGMENT + second * SEGMENT
        return self.u32(block * self.block + entry * 9 + 5) * self.block

    def addresses(self, inode):
        """The (file block, block address) of an inode that are set, and how many blocks its clusters have (1: none)."""
        at = self.node(inode)
        inline = self.data[at + 3]
        begin = ADDRESSES + (self.u16(at + ADDRESSES) if inline & EXTRA_ATTR else 0)
        xattr_words = 0
        if self.features & FLEXIBLE_INLINE_XATTR:
            xattr_words = self.u16(at + ADDRESSES + 2) if inline & EXTRA_ATTR else 0
        elif inline & (INLINE_XATTR | INLINE_DENTRY):
            xattr_words = 50
        cluster = 1 << self.data[at + 393] if self.u32(at + 80) & COMPRESSED_FILE else 1
        ids = at + self.block - FOOTER - NODE_IDS
        per_block = (self.block - FOOTER) // 4
        direct = per_block // cluster * cluster
        found = []

        def take(where, count, file_block):
            for i, (address,) in enumerate(struct.iter_unpack("<I", self.data[where:where + 4 * count])):
                if address:
                    found.append((file_block + i, address))
            return file_block + count

        def walk(nid, depth, file_block):
            if depth == 0:
                return take(self.node(nid), direct, file_block) if nid else file_block + direct
            if nid == 0:
                return file_block + direct * per_block**depth
            for (child,) in struct.iter_unpack("<I", self.data[self.node(nid):][:4 * per_block]):
                file_block = walk(child, depth - 1, file_block)
            return file_block

        in_inode = ((ids - at - begin) // 4 - xattr_words) // cluster * cluster
        assert not inline & INLINE_DATA
        position = take(at + begin, in_inode, 0)
        for i, depth in enumerate((0, 0, 1, 1, 2)):
            position = walk(self.u32(ids + 4 * i), depth, position)
        return found, cluster

    def layout(self, inode):
        """([(file byte, length, image byte)] of the blocks that are stored as they are,
        [(file byte, the image bytes where its blocks are)] of the compressed clusters)."""
        found, size = self.addresses(inode)
        clusters = {block: [] for block, address in found if address == COMPRESSED}
        plain = []
        for block, address in found:
            if address in (NEW, COMPRESSED):
                continue
            if block // size * size in clusters:
                clusters[block // size * size].append(address * self.block)
            else:
                plain.append((block * self.block, self.block, address * self.block))
        return plain, [(block * self.block, stored) for block, stored in clusters.items()], size * self.block
