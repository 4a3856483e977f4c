"""Deterministic file content. It is only what populate writes: the truth is what walk reads back."""
import random

WORDS = ("the of and forensic extent inode journal block kernel verity crypt node segment "
         "checkpoint merkle nonce policy tail hole sparse tree leaf root index hash salt").split()
CELL = 512


def make(kind, seed, length, offset=0):
    return {"random": _random, "text": _text, "pattern": _pattern, "zero": _zero}[kind](seed, length, offset)


def _random(seed, length, offset):
    return random.Random(f"random|{seed}|{offset}").randbytes(length)


def _text(seed, length, offset):
    rng, out, have = random.Random(f"text|{seed}|{offset}"), [], 0
    while have < length:
        word = rng.choice(WORDS) + ("\n" if rng.random() < 0.1 else " ")
        out.append(word)
        have += len(word)
    return "".join(out).encode()[:length]


def _pattern(seed, length, offset):
    """Packs very well, and yet each 512-byte cell names its file and place."""
    out = bytearray()
    for at in range(offset, offset + length, CELL):
        label = f"{seed}@{at};".encode()
        out += (label * (CELL // len(label) + 1))[:CELL]
    return bytes(out[:length])


def _zero(_seed, length, _offset):
    return bytes(length)
