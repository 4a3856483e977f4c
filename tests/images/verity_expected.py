"""What must be reported of a verity file one stored bit of which was flipped, worked out from what the kernel told alone."""
import copy
import dataclasses
import re
import struct

import verity_places as P
import verity_signature

# Fields that a kernel refuses a file for, and the words by which that is reported.
REFUSED = {
    "version": r"version \d+ is unknown", "hash_algorithm": r"hash algorithm \d+ is unknown",
    "log_blocksize": "a block size of", "salt_size": r"a salt of \d+ bytes is longer",
    "sig_size": r"a signature of \d+ bytes does not fit", "data_size": r"its file size of \d+ bytes is not the inode's",
    "reserved": "its reserved bytes are in use", "length": "verity descriptor"}
# Those that it takes, as no tool stores them.
ODD = {"rest of root_hash": "root hash past the digest", "rest of salt": "salt past the salt size",
       "sig_size": "its signature size"}
NOT_COVERED = {"past": "between the file and its Merkle tree", "between": "between the Merkle tree and the descriptor",
               "behind": "behind the descriptor"}
ROOT_IN_TREE, ROOT_IN_BLOCK = "root hash does not match the Merkle tree", "does not match the descriptor's root hash"
CLUSTER_HEADER = 24
LAST_PAGE = "a kernel refuses the last page"
SIGNATURE = "its signature is not valid"


@dataclasses.dataclass
class Expected:
    verity: str = "verified"
    bad: list = dataclasses.field(default_factory=list)      # [(offset, length)]
    reason: str = ""                                         # what each of them is put down to
    cluster: tuple = None                                    # or any blocks of these [begin, end), or none
    tree: list = dataclasses.field(default_factory=list)     # tree blocks that are bad, [(level, index)]
    problems: list = dataclasses.field(default_factory=list)  # words that the problems must have
    signature: set = None                                    # what may be said of it, where that may change
    descriptor: bytes = None                                 # the new one, where it is known; b"": unknown
    resigned: bool = False                                   # the signature itself changed, and who made it
    unseen: bool = False                                     # nothing can show it but the file's digest

    @property
    def status(self):
        """What a kernel takes, and touches neither the content nor what it is verified by, is a finding and no damage."""
        return "damaged" if self.verity != "verified" or self.tree or LAST_PAGE in self.problems else "ok"


def refused_fields(file, new, length):
    """The fields of a descriptor of `length` bytes with its signature for which a kernel refuses the file."""
    version, algorithm, log_block, salt_size, sig_size, data_size = struct.unpack_from("<BBBBIQ", new)
    return [name for name, wrong in (
        ("version", version != 1), ("hash_algorithm", algorithm not in (1, 2)),
        ("log_blocksize", not 10 <= log_block <= 16 or 1 << log_block > file.image.block), ("salt_size", salt_size > 32),
        ("sig_size", sig_size > length - P.DESCRIPTOR), ("data_size", data_size != file.size),
        ("reserved", any(new[P.SALT + 32:P.DESCRIPTOR]))) if wrong]


def odd_fields(new, length):
    digest = {1: 32, 2: 64}[new[1]]
    return [name for name, odd in (
        ("rest of root_hash", any(new[16 + digest:P.SALT])), ("rest of salt", any(new[P.SALT + new[3]:P.SALT + 32])),
        ("sig_size", struct.unpack_from("<I", new, 4)[0] < length - P.DESCRIPTOR)) if odd]


def whole(file, unit):
    return [(0, P.round_up(file.size, unit))] if file.size else []


def malformed(file, words):
    # A compressed file's last cluster is read whole, as far as the file has blocks.
    return Expected("malformed", whole(file, file.image.block), "verity", problems=words, signature={"unchecked"})


def after_descriptor(file, new, signature, length, certificates):
    """Of a file whose descriptor is now `new`, with its signature `length` bytes long."""
    refused = refused_fields(file, new, length)
    if refused:
        return malformed(file, [REFUSED[name] for name in refused])
    expected = Expected(problems=[ODD[name] for name in odd_fields(new, length)], descriptor=new)
    hashing = P.Hashing(new)
    end = P.Tree(file.size, hashing).end        # of the tree that there would be
    if end > file.descriptor_at:
        return malformed(file, ["Merkle tree of .* does not fit"])
    if P.round_up(end, file.image.block if file.image.fs == "ext4" else 1) != file.descriptor_at:
        expected.problems.append("the descriptor is misplaced")
    if any(file.read(end, file.descriptor_at)):
        expected.problems.append(NOT_COVERED["between"])
    if not hashing.same(file.hashing) and (file.size or hashing.root != file.hashing.root):
        expected.verity = "mismatch"
        expected.bad = whole(file, hashing.block)
        if hashing.root != file.hashing.root:
            expected.reason = ROOT_IN_TREE if file.tree.levels else ROOT_IN_BLOCK
            expected.problems += [] if file.size else ["root hash does not match an empty file"]
        else:
            expected.reason = "salt" if hashing.block == file.hashing.block else "log_blocksize"
    signature = signature[:struct.unpack_from("<I", new, 4)[0]]
    expected.signature = verity_signature.may_be(file, new, signature, certificates)
    expected.resigned = signature != file.signature
    if expected.signature == {"invalid"}:
        expected.problems.append(SIGNATURE)
    expected.unseen = expected.verity == "verified" and not expected.problems
    return expected


def after_ciphertext(file, fields):
    """Of a file whose descriptor or signature changed in these fields, nobody knows to what."""
    refused = [REFUSED[name] for name in REFUSED if name in fields]
    if refused:
        return malformed(file, ["|".join(refused)])
    expected = Expected(problems=[ODD[name] for name in ODD if name in fields],
                        descriptor=b"" if fields - {"signature", "behind"} else None,
                        signature={"invalid"} if file.signature else {"absent"}, resigned="signature" in fields)
    if "root_hash" in fields or "salt" in fields and file.size:
        expected.verity, expected.bad = "mismatch", whole(file, file.tree.block)
        if "root_hash" in fields:
            expected.reason = ROOT_IN_TREE if file.tree.levels else ROOT_IN_BLOCK
            expected.problems += [] if file.size else ["root hash does not match an empty file"]
        else:
            expected.reason = "root hash"       # of 16 changed bytes nobody tells which they are
    expected.problems += [SIGNATURE] if file.signature else []
    expected.unseen = expected.verity == "verified" and not expected.problems
    return expected


def expect(file, offset, bit, certificates):
    """After `bit` (a mask) of the byte that is stored at a file offset was flipped, and before it is written so."""
    if offset < file.tree.data_end and file.cluster(offset) is not None:
        return after_cluster(file, offset)
    ranges = P.spread(file.encryption, offset, bit)
    touched = file.touched(ranges)
    kinds = {kind for kind, _, _ in touched}
    tree, block = file.tree, file.tree.block
    loose = [NOT_COVERED[kind] for kind in sorted(kinds & set(NOT_COVERED))]
    loose += [LAST_PAGE] if "past" in kinds else []
    if kinds & {"data", "tail"}:
        bad = sorted({at // block for kind, begin, end in touched if kind in ("data", "tail") for at in (begin, end - 1)})
        bad = range(bad[0], bad[-1] + 1)
        words = "^does not match the Merkle tree$" if tree.levels else f"^{ROOT_IN_BLOCK}$"
        return Expected("mismatch", [(bad[0] * block, len(bad) * block)], words, problems=loose)
    if "tree" in kinds:
        bad = sorted({tree.at(at) for kind, begin, end in touched if kind == "tree" for at in range(begin, end, 16)})
        return Expected(tree=bad, problems=loose + [f"Merkle tree block {i} of level {level} .* does not match "
                                            + ("its parent" if level + 1 < len(tree.levels) else "the descriptor's root hash")
                                            for level, i in bad])
    if kinds <= set(NOT_COVERED):
        return Expected(problems=loose)
    if not file.in_clear:
        expected = after_ciphertext(file, kinds)
        expected.problems += loose if expected.verity != "malformed" else []
        return expected
    begin, end = file.descriptor_at, file.stored_end
    stored = bytearray(file.read(begin, end))
    stored[offset - begin] ^= bit
    new, signature = bytes(stored[:P.DESCRIPTOR]), bytes(stored[P.DESCRIPTOR:P.DESCRIPTOR + len(file.signature)])
    if kinds == {"length"}:
        return after_length(file, new, struct.unpack_from("<I", stored, len(stored) - 4)[0], certificates)
    return after_descriptor(file, new, signature, P.DESCRIPTOR + len(signature), certificates)


def after_cluster(file, offset):
    """Of a compressed cluster: its header is the length of its data, a checksum that few have, and four words in reserve."""
    first, stored = file.cluster(offset)
    length, = struct.unpack("<I", file.image.read(stored[0], 4))
    if file.in_clear and (8 <= offset - first < CLUSTER_HEADER or offset - first >= CLUSTER_HEADER + length):
        return Expected(unseen=True)
    return Expected(cluster=(first, min(first + file.cluster_size, file.tree.data_end)))


def after_length(file, descriptor, length, certificates):
    """Of an ext4 file whose descriptor's length is now another: it begins where a block begins, so far before its length."""
    at = (file.length_at - length) // file.image.block * file.image.block
    if not P.DESCRIPTOR <= length <= 16384 or at < file.tree.start:
        return malformed(file, [REFUSED["length"]])
    if at != file.descriptor_at:
        found = file.read(at, at + length)
        refused = refused_fields(file, found, length)
        assert refused, "a descriptor where none was written"
        return malformed(file, [REFUSED[name] for name in refused])
    return after_descriptor(file, descriptor, file.signature, length, certificates)


def settle(expected, entry):
    """Chooses, by what was reported, among what may be: whether a compressed cluster shows the flip, and where; whether a
    signature that openssl still takes, whose form a kernel is stricter about, is valid."""
    bad = [(b["offset"], b["length"]) for b in entry["pages"]["bad"]]
    if expected.cluster is not None:
        expected.verity, expected.bad, expected.unseen = "mismatch" if bad else "verified", bad, not bad
    if expected.signature == {"valid", "invalid"}:
        expected.signature = {entry["verity"]["signature"]} & expected.signature or {"valid"}
        if expected.signature == {"invalid"}:
            expected.problems.append(SIGNATURE)
            expected.unseen = False


def differences(file, expected, entry, pristine):
    """Every way in which the entry of a tampered file is not what is expected; `pristine` is what it was before."""
    e, was = copy.deepcopy(entry), copy.deepcopy(pristine)
    bad = [(b["offset"], b["length"]) for b in e["pages"]["bad"]]
    reasons = {(b["step"], b["reason"]) for b in e["pages"]["bad"]}
    problems = [p for p in e.pop("problems", []) if p not in was.pop("problems", [])]
    verity, verity_was = e.pop("verity"), was.pop("verity")
    e["pages"].pop("bad"), was["pages"].pop("bad")
    status, tree = e.pop("status"), verity.pop("tree", [])
    was.pop("status")
    if expected.cluster is not None:
        yield from cluster_differences(file, *expected.cluster, bad, reasons)
    if bad != expected.bad:
        yield f"ranges {bad}, not {expected.bad}"
    for step, reason in reasons:
        if expected.cluster is None and (step != "verity" or not re.search(expected.reason, reason)):
            yield f"reason '{step}: {reason}', without '{expected.reason}'"
    if status != expected.status:
        yield f"status {status}"
    if verity.pop("status") != expected.verity:
        yield f"verity status {entry['verity']['status']}, not {expected.verity}"
    verity_was.pop("status")
    if bad or expected.verity != "verified":
        if e.pop("sha256", None) is not None and bad:
            yield "a hash of damaged content"
        was.pop("sha256", None)
    if e != was:
        yield f"other facts: {[(k, e.get(k), was.get(k)) for k in {**e, **was} if e.get(k) != was.get(k)]}"
    yield from tree_differences(file, expected, tree)
    for words in expected.problems:
        if not any(re.search(words, p) for p in problems):
            yield f"no problem has '{words}': {problems}"
    for problem in problems:
        if not any(re.search(words, problem) for words in expected.problems):
            yield f"an unexpected problem: {problem}"
    signature, signature_was = verity.pop("signature"), verity_was.pop("signature")
    if signature not in (expected.signature or {signature_was}):
        yield f"signature {signature}, not {expected.signature or signature_was}"
    signer, signer_was = verity.pop("signer", None), verity_was.pop("signer", None)
    if signature == "valid" or signature == signature_was:
        if expected.verity != "malformed" and signer != signer_was:
            yield f"signer {signer}, not {signer_was}"
    elif "subject" in (signer or {}):
        yield f"signature {signature}, by the signer {signer}"
    elif signature == "invalid" and not expected.resigned:
        claimed = {k: signer_was[k] for k in ("issuer", "serial", "digest_algorithm")}
        if signer != claimed:
            yield f"signer {signer}, not {claimed}"
    yield from descriptor_differences(expected, verity, verity_was)


def cluster_differences(file, begin, end, bad, reasons):
    for offset, length in bad:
        if offset < begin or offset + length > end or offset % file.tree.block or length % file.tree.block:
            yield f"range {offset}, {length} outside of the cluster {begin} to {end}"
    for step, reason in reasons:
        if step == "decompress":
            if len(bad) != 1 or bad[0][0] != begin:
                yield f"ranges {bad}, not the cluster's from {begin}"
        elif step != "verity" or not re.search("does not match the (Merkle tree|descriptor's root hash)", reason):
            yield f"reason '{step}: {reason}'"


def tree_differences(file, expected, found):
    tree = file.tree
    want = []
    for level, index in expected.tree:
        begin, end = tree.covers(level, index)
        want.append((tree.offset(level, index), tree.block, level, index, begin, end - begin, True))
    have = [(b["offset"], b["length"], b["level"], b["index"], b["covers"]["offset"], b["covers"]["length"], b["recomputed"])
            for b in found]
    if sorted(have) != sorted(want):
        yield f"verity.tree {have}, not {want}"
    for b in found:
        parent = "its parent" if b["level"] + 1 < len(tree.levels) else "the descriptor's root hash"
        if parent not in b["reason"]:
            yield f"verity.tree reason '{b['reason']}', without '{parent}'"


def descriptor_differences(expected, verity, was):
    """Of what the report tells of the descriptor's fields."""
    if expected.verity == "malformed":
        if verity:
            yield f"fields of a malformed descriptor: {verity}"
        return
    if expected.descriptor == b"":      # unknown
        if verity["digest"] == was["digest"]:
            yield "the digest did not change"
        return
    if expected.descriptor is not None:
        new, hashing = expected.descriptor, P.Hashing(expected.descriptor)
        was = {"algorithm": hashing.algorithm, "block_size": hashing.block, "salt": new[P.SALT:P.SALT + new[3]].hex(),
               "digest": verity_signature.file_digest(new).hex()}
    if verity != was:
        yield f"verity {verity}, not {was}"
