#!/usr/bin/env python3
"""Makes the seeds in corpus/: small inputs from which fuzzing starts, and which the tests replay.

Needs mke2fs, debugfs and e2fsck (e2fsprogs), openssl and Python's cryptography package. The images are made without mounting anything.
"""
import hashlib
import hmac
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

CORPUS = Path(__file__).resolve().parent / "corpus"
KEY = bytes(range(64))  # fixed_key.hpp
NONCE = bytes(range(100, 116))
WHEN = 1700000000
ENVIRONMENT = dict(os.environ, E2FSPROGS_FAKE_TIME=str(WHEN), PATH=os.environ["PATH"] + ":/usr/sbin:/sbin")
IN_BOTH = "none,ext_attr,extent,dir_index,filetype,sparse_super,large_file,huge_file,extra_isize"
UUID = "01234567-89ab-cdef-0123-456789abcdef"


def run(*command, stdin=None) -> bytes:
    return subprocess.run(command, input=stdin, check=True, capture_output=True, env=ENVIRONMENT).stdout


def hkdf(context: int, info: bytes, length: int) -> bytes:
    """HKDF-SHA512 (RFC 5869) as fscrypt uses it."""
    extracted = hmac.digest(bytes(64), KEY, "sha512")
    output, block, count = b"", b"", 1
    while len(output) < length:
        block = hmac.digest(extracted, block + b"fscrypt\0" + bytes([context]) + info + bytes([count]), "sha512")
        output, count = output + block, count + 1
    return output[:length]


def encrypt_name(name: bytes) -> bytes:
    """A name of at most 16 bytes: of one block, ciphertext stealing leaves CBC as it is."""
    key = hkdf(2, NONCE, 32)
    return run("openssl", "enc", "-aes-256-cbc", "-nopad", "-K", key.hex(), "-iv", "00" * 16,
               stdin=name.ljust(16, b"\0"))


def context_v2(contents=1, names=4, flags=2, log_unit=0) -> bytes:
    return bytes([2, contents, names, flags, log_unit, 0, 0, 0]) + hkdf(1, b"", 16) + NONCE


def context_v1() -> bytes:
    return bytes([1, 1, 4, 3]) + b"KEYDESCR" + NONCE


def sparse(image: bytes) -> bytes:
    """The form of sparse_image.hpp."""
    out = struct.pack("<H", len(image) // 1024)
    at = 0
    while at < len(image):
        if not any(image[at:at + 16]):
            at += 16
            continue
        end = at
        while end < len(image) and end - at < 256 and any(image[end:end + 16]):
            end += 16
        out += struct.pack("<HB", at // 16, end - at - 1) + image[at:end]
        at = end
    return out


def verity_metadata(blocks: list, block_size: int, data_size: int, signature=b"") -> tuple:
    """The Merkle tree over data blocks (top level first), and the descriptor."""
    def digest(block):
        return hashlib.sha256(block.ljust(block_size, b"\0")).digest()

    levels, level = [], [digest(b) for b in blocks]
    while len(level) > 1:
        joined = b"".join(level)
        nodes = [joined[i:i + block_size].ljust(block_size, b"\0") for i in range(0, len(joined), block_size)]
        levels.insert(0, b"".join(nodes))
        level = [digest(n) for n in nodes]
    root = level[0] if level else bytes(32)
    descriptor = struct.pack("<BBBBIQ64s32s144s", 1, 1, block_size.bit_length() - 1, 0, len(signature), data_size,
                             root, b"", b"")
    return b"".join(levels), descriptor + signature


def verity_file(path: Path, data: bytes, block_size: int):
    """A file as ext4 stores it: data, the tree from the next 64 KiB on, the descriptor, its size."""
    tree, descriptor = verity_metadata([data[i:i + block_size] for i in range(0, len(data), block_size)], block_size,
                                       len(data))
    with path.open("wb") as file:
        file.write(data)
        file.seek(65536)
        file.write(tree)
        file.seek(65536 + -(-len(tree) // block_size) * block_size)
        file.write(descriptor.ljust(block_size - 4, b"\0") + struct.pack("<I", len(descriptor)))


def populate(tree: Path, block_size: int):
    (tree / "many").mkdir(parents=True)
    for i in range(70 if block_size == 1024 else 4):
        os.link(tree / "many/name-0", tree / f"many/name-of-no-meaning-{i}") if i else (
            tree / "many/name-0").write_bytes(b"")
    (tree / "deep/deeper/deepest").mkdir(parents=True)
    (tree / "deep/deeper/deepest/leaf").write_bytes(b"leaf\n")
    (tree / "file").write_bytes(b"0123456789abcdef\n" * 8)
    (tree / "link").symlink_to("deep/deeper")
    (tree / "slow").symlink_to("x/" * 40 + "target")
    with (tree / "pieces").open("wb") as file:  # more extents than an inode holds
        for i in range(0, 12, 2):
            file.seek(i * block_size)
            file.write(b"piece %d" % i)
    (tree / "verity").write_bytes(b"")
    verity_file(tree / "verity", b"verity" * 400, block_size)
    (tree / "secret").mkdir()
    (tree / "secret/cipher-name-0001").write_bytes(bytes(range(48)))
    (tree / "secret/cipher-name-0002").symlink_to("y" * 70)
    for path in [tree, *tree.rglob("*")]:
        os.utime(path, (WHEN, WHEN), follow_symlinks=False)


def make_image(scratch: Path, kib: int, block_size: int, features: str, *options: str) -> Path:
    tree, image = scratch / "tree", scratch / "image"
    shutil.rmtree(tree, ignore_errors=True)
    image.unlink(missing_ok=True)
    populate(tree, block_size)
    run("mke2fs", "-q", "-F", "-b", str(block_size), "-I", "256", "-m", "0", "-O", f"{IN_BOTH},{features}", "-U", UUID,
        "-E", f"hash_seed={UUID},root_owner=0:0,nodiscard", "-d", tree, *options, image, f"{kib}k")
    value = scratch / "value"
    value.write_bytes(bytes(range(256)) * 2)
    context = scratch / "context"
    context.write_bytes(context_v2())
    run("debugfs", "-w", "-f", "-", image, stdin=f"""
ea_set /file user.small one
ea_set /file user.second two
ea_set -f {value} /file user.large
ea_set / security.label root
mknod fifo p
mknod disk b 8 1
sif /verity size 2400
sif /verity flags 0x180000
ea_set -f {context} /secret user.c
sif /secret flags 0x80800
ea_set -f {context} /secret/cipher-name-0001 user.c
sif /secret/cipher-name-0001 flags 0x80800
ea_set -f {context} /secret/cipher-name-0002 user.c
sif /secret/cipher-name-0002 flags 0x80800
""".encode())
    return image


def encrypted(image: bytes) -> bytes:
    """Attributes named user.c become encryption contexts, and names and a target become ciphertext."""
    pattern = rb"(\x01)\x01(..\0\0\0\0\x28\0\0\0....c)"
    image, count = re.subn(pattern, lambda m: m[1] + b"\x09" + m[2], image, flags=re.S)
    assert count == 3, count
    for name, plain in ((b"cipher-name-0001", b"plain"), (b"cipher-name-0002", b"plain-link")):
        assert image.count(name) == 1
        image = image.replace(name, encrypt_name(plain))
    target = struct.pack("<H", 16) + encrypt_name(b"target")
    return image.replace(b"y" * 70, target.ljust(70, b"y"))


def inode_of(image: Path, path: str) -> bytes:
    where = run("debugfs", "-R", f"imap {path}", image).decode()
    block, offset = (int(n, 0) for n in re.search(r"located at block (\d+), offset (\w+)", where).groups())
    with image.open("rb") as file:
        file.seek(block * 1024 + offset)
        return file.read(256)


def block_of(image: Path, number: int) -> bytes:
    with image.open("rb") as file:
        file.seek(number * 1024)
        return file.read(1024)


def put(target: str, name: str, content: bytes):
    (CORPUS / target).mkdir(parents=True, exist_ok=True)
    (CORPUS / target / name).write_bytes(content)


def ext4_and_xattr(scratch: Path):
    image = make_image(scratch, 256, 1024, "64bit,metadata_csum", "-N", "48")
    subprocess.run(["e2fsck", "-fyD", image], check=False, capture_output=True, env=ENVIRONMENT)
    put("ext4", "checksums-1k", sparse(image.read_bytes()))

    inode = inode_of(image, "/file")
    attributes = block_of(image, struct.unpack_from("<I", inode, 0x68)[0])
    assert attributes[:4] == b"\0\0\x02\xea"
    put("xattr", "inode-and-block", b"\0" + inode + attributes)
    put("xattr", "checksums", b"\1" + inode + attributes)
    pieces = inode_of(image, "/pieces")
    put("xattr", "extent-index", b"\2" + pieces)
    put("xattr", "extent-root", pieces[40:100])
    put("xattr", "extent-leaf", block_of(image, struct.unpack_from("<I", pieces, 40 + 16)[0])[:84])
    many = inode_of(image, "/many")
    put("xattr", "hash-tree", block_of(image, struct.unpack_from("<I", many, 40 + 20)[0]))
    acl = struct.pack("<IHHHHIHHHHHH", 1, 1, 6, 2, 4, 1000, 4, 4, 0x10, 6, 0x20, 4)
    put("xattr", "acl", acl)
    entry = struct.pack("<BBHIII", 0, 2, 1024 - len(acl), 0, len(acl), 0)
    put("xattr", "acl-in-block", b"\0" + inode + (attributes[:32] + entry).ljust(1024 - len(acl), b"\0") + acl)

    image = make_image(scratch, 256, 1024, "encrypt,verity", "-N", "48")
    put("ext4", "encrypted-1k", sparse(encrypted(image.read_bytes())))
    image = make_image(scratch, 512, 4096, "64bit,encrypt,verity,metadata_csum,metadata_csum_seed", "-N", "32")
    put("ext4", "verity-4k", sparse(image.read_bytes()))
    image = make_image(scratch, 1024, 1024, "meta_bg,^resize_inode", "-g", "256", "-N", "128")
    put("ext4", "groups-1k", sparse(image.read_bytes()))
    damaged = bytearray(image.read_bytes())
    damaged[1024 + 0x38:1024 + 0x3A] = b"\0\0"  # s_magic
    put("ext4", "backup-superblock", sparse(bytes(damaged)))


def deleted(scratch: Path):
    """A file and a directory's block that only the journal still has, in an inode that becomes the journal."""
    image, log = make_image(scratch, 256, 1024, "metadata_csum", "-N", "48"), scratch / "log"
    log.write_bytes(b"\1" * 24 * 1024)
    run("debugfs", "-w", "-R", f"write {log} log", image)
    def at(path):
        text = run("debugfs", "-R", f"imap {path}", image).decode()
        return int(re.search(r"at block (\d+)", text)[1])
    def first_block(path):
        return int(run("debugfs", "-R", f"blocks {path}", image).split()[0])
    journal_inode = int(run("debugfs", "-R", "stat log", image).split()[1])
    history = Journal(3, False)
    numbers = sorted({at("file"), at("pieces"), at("secret"), first_block("/"), first_block("many")})
    history.write(4, {number: block_of(image, number) for number in numbers})
    history.commit(4)
    start = first_block("log")
    run("debugfs", "-w", "-f", "-", image, stdin=f"""
rm /file
rm /pieces
ssv journal_inum {journal_inode}
feature has_journal
""".encode())
    raw = bytearray(image.read_bytes())
    raw[start * 1024:(start + 24) * 1024] = history.emptied(24)
    put("ext4", "deleted-1k", sparse(bytes(raw)))


def fscrypt():
    text = encrypt_name(b"name") + b"\x10\0" + encrypt_name(b"target")
    def seed(context, rest, log_block=0):
        return bytes([log_block, len(context)]) + context + rest
    put("fscrypt_context", "name", seed(context_v2(), b"\0\0" + text[:16]))
    put("fscrypt_context", "target", seed(context_v2(), b"\0\4" + text[16:]))
    put("fscrypt_context", "contents", seed(context_v2(log_unit=9), b"\0\2" + bytes(range(256)) * 8, 2))
    put("fscrypt_context", "version-1", seed(context_v1(), b"\0\0" + text))
    for name, context in {"adiantum": context_v2(9, 9, 4), "adiantum-files": context_v2(9, 9, 0),
                          "aes-128": context_v2(5, 6), "hctr2": context_v2(1, 10), "sm4": context_v2(7, 8),
                          "lblk-64": context_v2(flags=8), "lblk-32": context_v2(flags=16),
                          "v1-adiantum-direct": bytes([1, 9, 9, 4]) + b"KEYDESCR" + NONCE}.items():
        put("fscrypt_context", name, seed(context, b"\0\0" + text))
    put("fscrypt_context", "hex-key", seed(b"", b"\0\0" + KEY.hex().encode() + b"\n"))
    put("fscrypt_context", "raw-key", seed(context_v2(flags=3), b"\0\0" + KEY))


def vold_key():
    """Key directories that open, but for the blob of another."""
    sys.path.insert(0, str(CORPUS.parents[2] / "samples/make"))
    sys.dont_write_bytecode = True
    from android_samples import AESGCM, prefixed, software_blob
    nonce, wrapping, secret, secdiscardable = bytes(12), bytes(range(32)), b"a secret of 32 bytes, as it were", bytes(64)
    application_id = prefixed("Android secdiscardable SHA512", secdiscardable)

    def sealed(key):
        return nonce + AESGCM(key).encrypt(nonce, KEY, None)

    def by(application_id):
        return sealed(prefixed("Android key wrapping key generation SHA512", application_id)[:32])

    def seed(name, *files):
        """version, stretching, salt, secdiscardable, encrypted_key, keymaster_key_blob and that upgraded."""
        there = sum(1 << bit for bit, file in enumerate(files) if file is not None)
        put("vold_key", name, bytes([there]) + b"".join(struct.pack("<H", len(f)) + f for f in files if f is not None))

    blob = software_blob(wrapping, application_id)
    sets = bytes(24)
    encrypted = struct.pack("<I12sI4sI16s", 12, b"n", 4, b"c", 16, b"t")
    seed("software", b"1", b"nopassword", None, secdiscardable, sealed(wrapping), blob)
    seed("upgraded", b"1", None, None, secdiscardable, sealed(wrapping), b"\0", b"pKMblob\0" + blob)
    seed("encrypted", b"1", None, None, secdiscardable, sealed(wrapping), b"\1" + encrypted + sets)
    seed("encrypted-slot", b"1", None, None, secdiscardable, sealed(wrapping), b"\4" + encrypted + bytes(8) + sets + bytes(4))
    seed("secret", b"1", None, None, None, by(secret))
    seed("secret-unstretched", b"1", b"none", None, secdiscardable, by(application_id + secret))
    stretched = hashlib.scrypt(secret, salt=bytes(16), n=16, r=8, p=2, dklen=64)
    seed("secret-stretched", b"1", b"scrypt 4:3:1", bytes(16), secdiscardable, by(application_id + stretched))
    seed("zeros", b"1", None, None, None, sealed(bytes(32)))


def verity(scratch: Path):
    key, certificate = scratch / "key.pem", scratch / "certificate.pem"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=seed",
        "-keyout", key, "-out", certificate)
    signature = run("openssl", "cms", "-sign", "-binary", "-noattr", "-outform", "DER", "-signer", certificate, "-inkey",
                    key, stdin=b"FSVerity" + bytes(36))

    def seed(name, blocks, data_size, signed=b"", pad=b""):
        """Data in the first extent, the tree 64 KiB on, in a file of 1 KiB blocks whose other blocks are holes."""
        tree, descriptor = verity_metadata(blocks, 1024, data_size, signed)
        stored = blocks[0] if blocks else b""
        extents, held = [], b""
        if stored:
            extents.append(struct.pack("<HII", 0, 1023, 0))
            held = stored.ljust(1024, b"\0")
        if tree:
            tree_block = -(-data_size // 65536) * 64
            extents.append(struct.pack("<HII", tree_block - 1, len(tree) - 1, len(held)))
            held += tree
        put("verity_descriptor", name, b"\0" + struct.pack("<H", len(descriptor)) + descriptor + bytes([len(extents)]) +
            b"".join(extents) + held + pad)

    first = b"data" * 256
    seed("one-block", [first[:1000]], 1000)
    seed("one-level", [first] + [b""] * 4, 5000)
    seed("two-levels", [first] + [b""] * 69, 70 * 1024)
    seed("signed", [first] + [b""] * 4, 5000, signature)
    seed("empty", [], 0)
    sha = hashlib.sha256(b"").hexdigest()
    put("digest_list", "two", f"sha256:{sha} a/file\nsha512:{hashlib.sha512(b'').hexdigest()} ./other\n\n".encode())
    put("digest_list", "contradiction", f"sha256:{sha} /a\nsha256:{'0' * 64} a".encode())


def compressed():
    """A stream of each algorithm that gives 16384 bytes, in a file of a compressed, a plain and a compressed cluster."""
    text = b"".join(b"line %d of a text that compresses\n" % (i * i) for i in range(1000))[:16384]
    streams = {
        # A literal, 16371 bytes from distance 1, the 12 literals that a block ends with.
        "lz4": (1, b"\x1fa\x01\0" + b"\xff" * 64 + b"\x20" + b"\xc0" + b"last literal"),
        "zstd": (2, run("zstd", "-q", "-1", "-c", stdin=text)),
        # Four literals, 16380 bytes from distance 4, the end.
        "lzo": (0, b"\x15abcd" + b"\x20" + bytes(64) + b"\x1b\x0c\0" + b"\x11\0\0"),
        # Version 1, four literals, runs of zeros, the end.
        "lzo-rle": (3, b"\x11\x01\x15abcd" + b"\x1f\xfc\xff\xff" * 7 + b"\x1b\xfc\xff\xfc" + b"\x11\0\0"),
    }
    packed = bytes([0, 1, 5, 0])
    plain = bytes([2, 6, 10, 2])
    for name, (algorithm, stream) in streams.items():
        put("cluster", name, struct.pack("<BH", algorithm, 40000) + packed + plain + packed + stream)
        put("cluster", f"{name}-checksummed", struct.pack("<BH", algorithm | 4, 49152) + packed * 3 + stream)
        put("cluster", f"{name}-cut", struct.pack("<BH", algorithm, 40000) + packed * 3 + stream[:-1])
        put("cluster", f"{name}-misplaced", struct.pack("<BH", algorithm, 40000) + bytes([1, 5, 0, 0, 0, 0, 1, 5, 2, 1, 5, 3])
            + stream)


def crc(data: bytes, table: str, seed=0xFFFFFFFF) -> int:
    """The journal's checksums, not inverted at their end: "crc32c", or "crc32", the highest bit first."""
    value = seed
    for byte in data:
        if table == "crc32c":
            value ^= byte
            for _ in range(8):
                value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        else:
            value ^= byte << 24
            for _ in range(8):
                value = (value << 1 ^ (0x04C11DB7 if value & 1 << 31 else 0)) & 0xFFFFFFFF
    return value


class Journal:
    """A device with a journal for fuzz_journal.cpp: blocks of 1 KiB, the journal's superblock in block 2."""

    def __init__(self, version: int, wide: bool):
        self.version, self.wide, self.sum, self.first = version, wide, 0xFFFFFFFF, 3
        self.blocks = []
        self.seed = crc(bytes(16), "crc32c")

    def header(self, kind: int, sequence: int) -> bytes:
        return struct.pack(">III", 0xC03B3998, kind, sequence)

    def sealed(self, block: bytes) -> bytes:
        if self.version < 2:
            return block.ljust(1024, b"\0")
        block = block.ljust(1020, b"\0")
        return block + struct.pack(">I", crc(block + bytes(4), "crc32c", self.seed))

    def write(self, sequence: int, writes: dict):
        tags, copies = b"", []
        for number, (block, fill) in enumerate(writes.items()):
            copy, flags = fill if len(fill) == 1024 else fill * 1024, 2 if number else 0
            if fill == b"!":
                copy, flags = bytes(4) + copy[4:], flags | 1
            if number == len(writes) - 1:
                flags |= 8
            checksum = crc(struct.pack(">I", sequence) + copy, "crc32c", self.seed) if self.version > 1 else 0
            low, high = block & 0xFFFFFFFF, block >> 32
            if self.version == 3:
                tags += struct.pack(">IIII", low, flags, high, checksum)
            else:
                tags += struct.pack(">IHH", low, checksum & 0xFFFF, flags)
                tags += struct.pack(">I", high) * self.wide + bytes(2 * (self.version == 2))
            tags += b"" if flags & 2 else bytes(16)
            copies.append(copy)
        blocks = [self.sealed(self.header(1, sequence) + tags), *copies]
        self.blocks += blocks
        self.sum = crc(b"".join(blocks), "crc32", self.sum)

    def revoke(self, sequence: int, blocks: list):
        numbers = b"".join(struct.pack(">Q" if self.wide else ">I", block) for block in blocks)
        self.blocks.append(self.sealed(self.header(5, sequence) + struct.pack(">I", 16 + len(numbers)) + numbers))

    def commit(self, sequence: int):
        kind = struct.pack(">BBH", 1, 4, 0) if self.version == 1 else bytes(4)
        def block(checksum):
            header = self.header(2, sequence) + kind + struct.pack(">I", checksum)
            return (header + bytes(28) + struct.pack(">QI", WHEN, 0)).ljust(1024, b"\0")
        checksum = {0: 0, 1: self.sum}.get(self.version, crc(block(0), "crc32c", self.seed))
        self.blocks.append(block(checksum))
        self.sum = 0xFFFFFFFF

    def super_block(self, length: int, start: int, sequence=1) -> bytes:
        compat, incompat = int(self.version == 1), 1 | 2 * self.wide | {2: 8, 3: 16}.get(self.version, 0)
        fields = struct.pack(">9I", 0xC03B3998, 4, 0, 1024, length, self.first, sequence, start, 0)
        fields += struct.pack(">3I", compat, incompat, 0) + bytes(16) + struct.pack(">4I", 1, 0, 0, 0)
        fields = (fields + struct.pack(">B", 4 if self.version > 1 else 0)).ljust(0xFC, b"\0")
        checksum = crc(fields + bytes(772), "crc32c") if self.version > 1 else 0
        return (fields + struct.pack(">I", checksum)).ljust(1024, b"\0")

    def emptied(self, length: int) -> bytes:
        """The content of a journal's inode whose transactions were all written back."""
        self.first = 1
        return self.super_block(length, 0, 9) + b"".join(self.blocks).ljust((length - 1) * 1024, b"\0")

    def device(self, length: int, start=3) -> bytes:
        """`start` is where the log's blocks begin; they go round."""
        blocks = [bytes(1024)] * length
        ext4 = bytearray(1024)
        struct.pack_into("<I", ext4, 4, length)
        struct.pack_into("<H", ext4, 0x38, 0xEF53)
        struct.pack_into("<I", ext4, 0x60, 8)
        blocks[1] = bytes(ext4)
        blocks[2] = self.super_block(length, start)
        for number, block in enumerate(self.blocks):
            blocks[self.first + (start - self.first + number) % (length - self.first)] = block
        return b"".join(blocks)


def journal():
    """Two transactions with an escaped block, a revoke and a block out of range, and a third that was cut off."""
    for name, version, wide, start in (("plain", 0, False, 3), ("checksums-1", 1, True, 3), ("checksums-2", 2, True, 9),
                                       ("checksums-3", 3, False, 20)):
        log = Journal(version, wide)
        log.write(1, {40: b"a", 41: b"!", 7: b"i"})
        log.commit(1)
        log.revoke(2, [40])
        log.write(2, {42: b"b", 300: b"c"})
        log.commit(2)
        log.write(3, {43: b"d"})
        put("journal", name, bytes([version > 1]) + sparse(log.device(24, start)))


def crc32c(data: bytes, crc=0) -> int:
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc


def fast_commit():
    """An area of one commit; records as they are applied; a block of the orphan file."""
    def name(parent, inode, text):
        return struct.pack("<II", parent, inode) + text

    inode = struct.pack("<HHI", 0o100644, 0, 3000).ljust(26, b"\0") + struct.pack("<HII", 1, 0, 0x80000)
    records = [(6, struct.pack("<I", 16) + inode.ljust(160, b"\0")),
               (1, struct.pack("<IIHHI", 16, 0, 3, 0, 40)), (3, name(2, 16, b"made")), (4, name(2, 12, b"again")),
               (5, name(2, 12, b"file")), (2, struct.pack("<III", 12, 1, 2)),
               (1, struct.pack("<IIHHI", 12, 2, 0x8001, 0, 50)),
               (6, struct.pack("<I", 17) + inode.replace(struct.pack("<H", 0o100644), struct.pack("<H", 0o40755), 1)
                .ljust(160, b"\0")), (3, name(2, 17, b"dir")), (3, name(17, 16, b"below"))]
    tid = struct.pack("<I", 7)
    area = struct.pack("<HHI", 9, 8, 0) + tid
    area += b"".join(struct.pack("<HH", tag, len(value)) + value for tag, value in records)
    area += struct.pack("<HH", 8, 1024 - len(area) - 4) + tid
    put("fast_commit", "area", tid + (area + struct.pack("<I", crc32c(area))).ljust(1024, b"\0"))
    least = {6: 132, 3: 9, 4: 9, 5: 9}
    put("fast_commit", "records", bytes([12]) + b"".join(
        bytes([tag - 1]) + (bytes([len(value) - least[tag]]) if tag in least else b"") + value
        for tag, value in records))
    put("fast_commit", "orphans", struct.pack("<III", 12, 0, 14).ljust(1016, b"\0") + struct.pack("<II", 0x0b10ca04, 0))


def tea(name: bytes) -> int:
    """The hash by which f2fs finds a name (fs/f2fs/hash.c)."""
    state, mask = [0x67452301, 0xEFCDAB89], 0xFFFFFFFF
    for at in range(0, len(name), 16):
        rest = name[at:]
        pad = len(rest) * 0x01010101 & mask
        words = []
        for i in range(0, 16, 4):
            word = pad
            for byte in rest[i:i + 4]:
                word = (word << 8 | byte) & mask
            words.append(word)
        total, (y, z) = 0, state
        for _ in range(16):
            total = total + 0x9E3779B9 & mask
            y = y + ((z << 4) + words[0] ^ z + total ^ (z >> 5) + words[1]) & mask
            z = z + ((y << 4) + words[2] ^ y + total ^ (y >> 5) + words[3]) & mask
        state = [state[0] + y & mask, state[1] + z & mask]
    return state[0]


class F2fs:
    """Runs of bytes over the filesystem of tests/unit/fs/f2fs_image_builder.hpp, for fuzz_f2fs.cpp."""
    MAIN, NAT, VERSION, CHAIN = 5120, 2560, 10, 512

    def __init__(self):
        self.runs, self.chain, self.nat = b"", self.CHAIN, bytearray(4096)

    def put(self, block: int, data: bytes, at=0):
        """`at` is a multiple of 16."""
        for i in range(0, len(data), 256):
            run = data[i:i + 256].rstrip(b"\0")
            if run:
                self.runs += struct.pack("<IB", (block * 4096 + at + i) // 16, len(run) - 1) + run

    def node(self, nid: int, ino: int, index: int, data: bytes, offset=0, flags=0, version=1, after=0):
        self.put(self.MAIN + index, data.ljust(4072, b"\0") + struct.pack("<IIIQI", nid, ino, flags | offset << 3, version,
                                                                        self.MAIN + after if after else 0))
        if version < self.VERSION:
            struct.pack_into("<BII", self.nat, nid * 9, 0, ino, self.MAIN + index)

    def written(self, nid: int, ino: int, data: bytes, offset=0, flags=0):
        """The next node of the chain that roll-forward follows."""
        self.node(nid, ino, self.chain, data, offset, flags, self.VERSION, self.chain + 1)
        self.chain += 1

    @staticmethod
    def inode(mode: int, size: int, links=1, inline=0, advise=0, flags=0, xattr=0, name=b"", addrs=(), nids=(), area=b"",
              xattrs=b"", extra=b""):
        raw = struct.pack("<HBBIIIQQ3Q3IIIIIII", mode, advise, inline | 0x20 * bool(extra) | bool(xattrs), 0, 0, links, size,
                          8, WHEN, WHEN, WHEN, 0, 0, 0, 7, 1, xattr, flags, 3, len(name)) + name.ljust(255, b"\0") + bytes(13)
        body = extra + (bytes(4) + area if area else struct.pack(f"<{len(addrs)}I", *addrs))
        body = body.ljust(3692 - len(xattrs), b"\0") + xattrs
        return raw + body + struct.pack("<5I", *nids, *[0] * (5 - len(nids)))

    @staticmethod
    def dentries(size: int, names: dict) -> bytes:
        """An area of entries: a bitmap, what is spare, entries, names."""
        slots = size * 8 // 153
        bits, entries, texts, slot = 0, b"", b"", 0
        for name, (ino, kind) in names.items():
            taken = -(-len(name) // 8)
            bits |= (1 << taken) - 1 << slot
            slot += taken
            value = 0 if name in (b".", b"..") else tea(name)
            entries += struct.pack("<IIHB", value, ino, len(name), kind) + bytes(11 * (taken - 1))
            texts += name.ljust(8 * taken, b"\0")
        return (bits.to_bytes(-(-slots // 8), "little").ljust(size - slots * 19, b"\0") + entries.ljust(slots * 11, b"\0") +
                texts.ljust(slots * 8, b"\0"))

    @staticmethod
    def xattrs(size: int, *entries) -> bytes:
        area = struct.pack("<II16x", 0xF2F52011, 1)
        for index, name, value in entries:
            entry = struct.pack("<BBH", index, len(name), len(value)) + name + value
            area += entry.ljust(-(-len(entry) // 4) * 4, b"\0")
        return area.ljust(size, b"\0")

    def seed(self, choices=0) -> bytes:
        self.put(self.NAT, self.nat)
        return bytes([choices]) + self.runs


def f2fs():
    """Files of each kind, directories in their inode and in blocks, and what was fsync'd after the checkpoint."""
    def base(feature=0):
        fs = F2fs()
        root = {b"dir": (4, 2), b"file": (5, 1), b"inline": (6, 1), b"link": (7, 7), b"dev": (8, 3), b"node": (9, 1)}
        fs.node(3, 3, 0, fs.inode(0o40755, 3488, 3, 0xC, area=fs.dentries(3488, root)))
        fs.node(4, 4, 1, fs.inode(0o40755, 4096, 2, addrs=[fs.MAIN + 3072]))
        fs.put(fs.MAIN + 3072, fs.dentries(4096, {b".": (4, 2), b"..": (3, 2), b"name of more slots": (10, 1)}))
        attributes = fs.xattrs(200, (1, b"a", b"value"), (6, b"selinux", b"label"),
                               (2, b"", struct.pack("<IHHHHHH", 1, 1, 6, 4, 4, 32, 4)))
        fs.node(5, 5, 2, fs.inode(0o100644, 3 * 4096, addrs=[fs.MAIN + 3073, fs.MAIN + 3074, 0xFFFFFFFF], xattrs=attributes,
                                  xattr=20))
        fs.put(fs.MAIN + 3073, b"content" * 20)
        fs.node(20, 5, 3, fs.xattrs(0, (1, b"b", b"x" * 40))[24:], 0x1FFFFFFF)
        fs.node(6, 6, 4, fs.inode(0o100644, 9, inline=10, area=b"in place!"))
        fs.node(7, 7, 5, fs.inode(0o120777, 4, inline=10, area=b"file"))
        fs.node(8, 8, 6, fs.inode(0o20644, 0, addrs=[0, 0x501]))
        fs.node(9, 9, 7, fs.inode(0o100644, (923 + 2 * 1018 + 2) * 4096, nids=[21, 0, 22]))
        fs.node(21, 9, 8, struct.pack("<3I", fs.MAIN + 3075, 0, fs.MAIN + 3076), 1)
        fs.node(22, 9, 9, struct.pack("<I", 23), 3)
        fs.node(23, 9, 10, struct.pack("<2I", 0, fs.MAIN + 3077), 4)
        fs.node(10, 10, 11, fs.inode(0o100644, 0))
        if feature:
            for block in (0, 1):
                fs.put(block, bytes(4) + struct.pack("<I", feature), 1024 + 2176)
        return fs
    put("f2fs", "plain", base().seed())
    rolled = base()
    new = rolled.inode(0o100644, 4096, name=b"new", addrs=[rolled.MAIN + 3080])
    rolled.written(11, 11, new, flags=6)
    rolled.written(24, 11, struct.pack("<I", rolled.MAIN + 3081), 1, 2)
    rolled.written(5, 5, rolled.inode(0o100600, 4096, addrs=[rolled.MAIN + 3082]))
    rolled.written(20, 5, rolled.xattrs(0, (1, b"c", b"later"))[24:], 0x1FFFFFFF, 2)
    rolled.written(12, 12, rolled.inode(0o100644, 3, inline=10, name=b"file", area=b"new"), flags=6)
    put("f2fs", "rolled-forward", rolled.seed())
    features = base(0x2409)
    def extra(algorithm=0, log=0, words=50):
        return struct.pack("<HHIIQIQBBH", 36, words, 0, 0, WHEN, 0, 2, algorithm, log, 1)
    compressed = [0xFFFFFFFE, features.MAIN + 3083, 0, 0, features.MAIN + 3084, 0, 0, 0]
    features.put(features.MAIN + 3083, struct.pack("<II", 20, 0) + bytes(16) + b"\x1fa\1\0\xff\xff\x50aaaaa")
    features.node(10, 10, 11, features.inode(0o100644, 8 * 4096, flags=4, addrs=compressed, extra=extra(1, 2)))
    verity = features.xattrs(200, (11, b"v", struct.pack("<IIQ", 1, 256, 65536)))
    features.node(6, 6, 4, features.inode(0o100644, 100, advise=0x40, xattrs=verity, extra=extra()))
    context = features.xattrs(200, (9, b"c", context_v2()))
    cipher = features.dentries(4096, {encrypt_name(b"name"): (10, 1)})
    features.put(features.MAIN + 3085, cipher)
    features.node(4, 4, 1, features.inode(0o40755, 4096, 2, advise=4, xattrs=context, extra=extra(),
                                          addrs=[features.MAIN + 3085]))
    put("f2fs", "features", features.seed())
    put("f2fs", "older", base().seed(4))
    inode = F2fs.inode(0o100644, 4096, inline=1)
    put("f2fs_blocks", "superblock", b"\0\0" + struct.pack("<HI", 2180, 0x800) + struct.pack("<HI", 124, 0xD83D) +
        struct.pack("<HII", 2201, 0x61, 0))
    put("f2fs_blocks", "checkpoint", b"\1\0" + struct.pack("<BI", 132, 7) + b"\0\0\0\0\0" * 7 + b"\0" +
        struct.pack("<HI", 0, 1) + struct.pack("<IBII", 3, 0, 3, 5200).ljust(60, b"\0") +
        struct.pack("<HHI", 507, 1, 2).ljust(66, b"\xf0"))
    put("f2fs_blocks", "large-block", b"\1\4" + struct.pack("<BI", 132, 0x401) + struct.pack("<BI", 160, 192) +
        b"\0\0\0\0\0" * 6 + b"\1")
    for name, flags in {"file": 4, "directory": 1, "attributes": 2}.items():
        put("f2fs_blocks", name, b"\2\0" + struct.pack("<IB", 0x20E8, flags) + inode[:6].replace(b"\xa4\x81", bytes(
            [0xED, 0x41]) if flags == 1 else b"\xa4\x81") + struct.pack("<HQ", 16, 40960) + struct.pack("<HHHI", 360, 36, 50, 0) +
            struct.pack("<H", 3852) + struct.pack("<II", 0xF2F52011, 1) + struct.pack("<H", 3876) + b"\1\1\3\0abcd" +
            struct.pack("<HII", 396, 0xFFFFFFFE, 8200) + bytes(110) + struct.pack("<2I", 8201, 20))
    put("f2fs_blocks", "dentries", b"\3\0" + struct.pack("<HHB", 4096, 0, 0) + b"\x0f" + struct.pack("<HB", 30, 43) +
        b"".join(struct.pack("<IIHB", 1, 9, length, 1) for length in (1, 12, 8, 3)) + struct.pack("<HB", 2384, 31) +
        b"a".ljust(8, b"\0") + b"twelve bytes".ljust(24, b"."))


def report():
    put("report", "utf8", "name \u00e9\u20ac\U0001f600\n\t\\\"".encode())
    put("report", "ill-formed", b"a\xff\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82 \x1b[31m\x9b\0end")
    put("report", "json", b'{"a": [1, -2, 3.5e10, true, null], "b": {"c": "\\u00e9\\ud83d\\ude00"}}')
    put("report", "entry", bytes(24) + b"\3a\xffb\2to\6user.x\2\x80v\7problem\1\4else")


def fscrypt_metadata():
    vectors = CORPUS.parents[1] / "unit/core/fscrypt/protectors.txt"
    for line in vectors.read_text().splitlines():
        if not line.startswith("#"):
            name, message = line.split()
            seed("fscrypt_metadata", name, b"\0" + bytes.fromhex(message))
    seed("fscrypt_metadata", "link", f"\0UUID={UUID}\nPATH=/mnt/data\n".encode())
    seed("fscrypt_metadata", "salt-text", b"\1s:pepper")
    seed("fscrypt_metadata", "salt-hex", b"\x000x0011aa")
    seed("fscrypt_metadata", "salt-uuid", b"\0" + UUID.encode())


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        ext4_and_xattr(Path(scratch))
        deleted(Path(scratch))
        fscrypt()
        vold_key()
        fscrypt_metadata()
        verity(Path(scratch))
    compressed()
    journal()
    fast_commit()
    f2fs()
    report()
    total = sum(f.stat().st_size for f in CORPUS.rglob("*") if f.is_file())
    print(f"{total} bytes in {sum(f.is_file() for f in CORPUS.rglob('*'))} files")


if __name__ == "__main__":
    main()
