#!/usr/bin/env python3
"""Prints hw_wrapped.txt: what a kernel stores of one directory with one file under hardware-wrapped keys, computed by other
code than coldread's (python3-cryptography, hmac), after Linux's fscrypt.rst and Android's vts_kernel_encryption_test.
"""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

UUID, BLOCK, DIRECTORY, FILE = bytes(range(0x40, 0x50)), 512, 12, 13
NAME, CONTENT = b"wrapped.txt", b"The hardware knows the key, and its owner does not.\n"
LABEL, ZEROS = b"\0\0\x40\0\0\0\0\0\0\0\x20", bytes(32)
KDFS = {  # label, context of the software secret, context of the inline encryption key, blocks in reverse order
    "v1": (LABEL, b"raw secret" + bytes(9) + b"\x02\x17\0\x80\x50" + bytes(4),
           b"inline encryption key" + bytes(6) + b"\x02\x43\0\x82\x50" + bytes(4), False),
    "legacykdf": (LABEL, b"raw secret" + bytes(9) + b"\x02\x17\0\x80\x50" + bytes(4),
                  b"inline encryption key" + bytes(6) + b"\x01\x43\0\x82\x18" + bytes(4), False),
    "rearranged": (ZEROS, b"derive raw secret context abcdef",
                   b"inline encryption storagekey ctx" + bytes(5) + b"\x10\x70\x18\x72" + bytes(4), True),
}


def hw_kdf(key, label, context, size, reverse):
    out = b""
    for counter in range(1, size // 16 + 1):
        fixed = struct.pack(">I", counter) + label + b"\0" + context + struct.pack(">I", size * 8)
        if reverse:
            fixed = b"".join(fixed[max(0, end - 16):end] for end in range(len(fixed), 0, -16))
        mac = CMAC(algorithms.AES(key))
        mac.update(fixed)
        out += mac.finalize()
    return out


def hkdf(key, context, info, size):
    prk, out, block = hmac.digest(bytes(64), key, "sha512"), b"", b""
    while len(out) < size:
        block = hmac.digest(prk, block + b"fscrypt\0" + bytes([context]) + info + bytes([len(out) // 64 + 1]), "sha512")
        out += block
    return out[:size]


def siphash(key, message):
    """SipHash-2-4 of 8 bytes."""
    mask = 2**64 - 1
    k = struct.unpack("<2Q", key)
    v = [k[i % 2] ^ c for i, c in enumerate((0x736f6d6570736575, 0x646f72616e646f6d, 0x6c7967656e657261, 0x7465646279746573))]

    def turn(x, by):
        return (x << by | x >> (64 - by)) & mask

    def rounds(count):
        for _ in range(count):
            v[0], v[2] = (v[0] + v[1]) & mask, (v[2] + v[3]) & mask
            v[1], v[3] = turn(v[1], 13) ^ v[0], turn(v[3], 16) ^ v[2]
            v[0] = turn(v[0], 32)
            v[2], v[0] = (v[2] + v[1]) & mask, (v[0] + v[3]) & mask
            v[1], v[3] = turn(v[1], 17) ^ v[2], turn(v[3], 21) ^ v[0]
            v[2] = turn(v[2], 32)
    for word in (struct.unpack("<Q", message)[0], 8 << 56):
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xff
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def encrypt(key, mode, plain):
    encryptor = Cipher(algorithms.AES(key), mode).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def line(kdf, identifier_context, flags):
    raw = hashlib.sha256(kdf.encode()).digest()
    label, secret_context, inline_context, reverse = KDFS[kdf]
    secret = hw_kdf(raw, label, secret_context, 32, reverse)
    inline = hw_kdf(raw, label, inline_context, 64, reverse)
    names_key = hkdf(secret, 4 if flags & 8 else 6, b"\x04" + UUID, 32)

    def iv(inode):
        if flags & 8:
            return struct.pack("<IIQ", 0, inode, 0)
        return struct.pack("<QQ", siphash(hkdf(secret, 7, b"", 16), struct.pack("<Q", inode)) & 0xffffffff, 0)
    name = encrypt(names_key, modes.CBC(iv(DIRECTORY)), NAME.ljust(32, b"\0"))
    name = name[16:] + name[:16]  # ciphertext stealing: the last two blocks are swapped
    content = encrypt(inline, modes.XTS(iv(FILE)), CONTENT.ljust(BLOCK, b"\0"))
    context = bytes([2, 1, 4, flags, 0, 0, 0, 0]) + hkdf(secret, identifier_context, b"", 16)
    return " ".join([kdf, raw.hex(), secret.hex(), inline.hex(), (context + bytes(range(16))).hex(), name.hex(), content.hex()])


print("# By make_hw_wrapped.py: KDF, raw key, software secret, inline key, encryption context, an encrypted name, the only block\n"
      "# of a file. The filesystem's UUID is 40 41 .. 4f, its blocks have 512 bytes, the directory is inode 12, the file 13.")
for case in (("v1", 8, 0x0b), ("v1", 1, 0x13), ("legacykdf", 1, 0x0b), ("rearranged", 1, 0x0b), ("rearranged", 8, 0x13)):
    print(line(*case))
