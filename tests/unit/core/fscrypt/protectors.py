#!/usr/bin/env python3
"""Prints protectors.txt: metadata as fscrypt(8) would write it, made with Python's cryptography package alone."""
import hashlib

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PASSPHRASE, SALT = b"correct horse", bytes(range(16, 32))
PROTECTOR, RAW, LOGIN, POLICY = (bytes([n] * size) for n, size in ((1, 32), (2, 32), (3, 32), (4, 64)))


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def field(tag, value):
    if isinstance(value, int):
        return varint(tag << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(tag << 3 | 2) + varint(len(value)) + value


def wrap(wrapping, key):
    both = HKDF(hashes.SHA256(), 64, None, b"").derive(wrapping)
    iv = hashlib.md5(key).digest()
    encryptor = Cipher(algorithms.AES(both[:32]), modes.CTR(iv)).encryptor()
    encrypted = encryptor.update(key) + encryptor.finalize()
    mac = hmac.HMAC(both[32:], hashes.SHA256())
    mac.update(iv + encrypted)
    return field(1, iv) + field(2, encrypted) + field(3, mac.finalize())


def descriptor(key):
    return hashlib.sha512(hashlib.sha512(key).digest()).hexdigest()[:16]


def identifier(key):
    return HKDF(hashes.SHA512(), 16, None, b"fscrypt\0\1").derive(key).hex()


def passphrase_protector(key, source, parallelism=2, truncation_fixed=True, **more):
    costs = field(2, 3) + field(3, 64) + field(4, parallelism) + (field(5, 1) if truncation_fixed else b"")
    wrapping = Argon2id(salt=SALT, length=32, iterations=3, lanes=parallelism & 255, memory_cost=64).derive(PASSPHRASE)
    return field(1, descriptor(key)) + field(2, source) + (field(3, more["name"]) if "name" in more else b"") + \
        field(4, costs) + field(5, SALT) + (field(6, more["uid"]) if "uid" in more else b"") + field(7, wrap(wrapping, key))


def raw_protector(key, raw):
    return field(1, descriptor(key)) + field(2, 3) + field(3, "stick") + field(7, wrap(raw, key))


def policy(name, version, *protectors, key=POLICY):
    options = field(1, 32) + field(2, 1) + field(3, 4) + (field(4, version) if version else b"")
    return field(1, name) + field(2, options) + b"".join(
        field(3, field(1, descriptor(p)) + field(2, wrap(p, key))) for p in protectors)


print("# Made by protectors.py: passphrase 'correct horse', raw key 32 times 05, policy key 64 times 04.")
for name, value in {
    "passphrase": passphrase_protector(PROTECTOR, 2, name="home"),
    "truncated": passphrase_protector(PROTECTOR, 2, 258, False, name="home"),
    "login": passphrase_protector(LOGIN, 1, uid=1000),
    "raw": raw_protector(RAW, bytes([5] * 32)),
    "misnamed": passphrase_protector(PROTECTOR, 2, name="home").replace(descriptor(PROTECTOR).encode(), b"00" * 8),
    "policy-v2": policy(identifier(POLICY), 2, PROTECTOR, RAW),
    "policy-v1": policy(descriptor(POLICY), 0, LOGIN),
    "policy-other-key": policy(identifier(POLICY), 2, PROTECTOR, key=bytes(64)),
}.items():
    print(name, value.hex())
