"""How a sample is told: the spec of one file system, built step by step, as populate does it in the guest."""
import base64
import hashlib
import random
import uuid

SECOND = 10**9
MIB = 1 << 20

BEFORE_1970 = -1234567890 * SECOND + 123456789
JUST_BEFORE_1970 = -1
NANOSECONDS = 1600000000 * SECOND + 123456789
AFTER_2038 = 4102444800 * SECOND + 987654321
FAR_AFTER_2038 = 9999999999 * SECOND + 1


class Sample:
    """The spec of one file system, built step by step."""

    def __init__(self, name, description, mib, block, mkfs=(), fs="ext4", arch="amd64"):
        self.block, self.random, self.steps = block, random.Random(name), []
        self.spec = {"name": name, "description": description, "mib": mib, "arch": arch, "fs": fs, "seed": name,
                     "mkfs": list(mkfs), "mount_options": "noatime", "walk_options": "ro", "keys": [],
                     "steps": self.steps}

    def step(self, op, **arguments):
        self.steps.append({"op": op, **arguments})

    def key(self, name, size=64, supplied=True, v1=False, descriptor=None):
        """A master key; of v1 policies, by the descriptor that is derived from it or by a given one."""
        raw = random.Random(f"{self.spec['name']}/{name}").randbytes(size)
        key = {"name": name, "hex": raw.hex(), "supplied": supplied}
        if v1:
            key["derived"] = descriptor is None
            key["descriptor"] = descriptor or hashlib.sha512(hashlib.sha512(raw).digest()).digest()[:8].hex()
        self.spec["keys"].append(key)

    def mkdir(self, *paths):
        for path in paths:
            self.step("mkdir", path=path)

    def encrypted_directory(self, path, key, pad=32, contents="AES-256-XTS", filenames="AES-256-CTS", **more):
        """`more`: flags, a list of their names; log2_unit, the base-2 logarithm of the data unit's size."""
        self.mkdir(path)
        self.step("policy", path=path, key=key, contents=contents, filenames=filenames, pad=pad, **more)

    def file(self, path, **arguments):
        self.step("file", path=path, **arguments)

    def data(self, path, data, **arguments):
        raw = data if isinstance(data, bytes) else data.encode()
        self.file(path, base64_data=base64.b64encode(raw).decode(), **arguments)

    def verity(self, path, algorithm="sha256", block_size=None, salt=b"", signer=None):
        self.step("verity", path=path, algorithm=algorithm, block_size=block_size or self.block, salt=salt.hex(),
                  **({"signer": signer} if signer else {}))

    def damaged(self, path, *places):
        """A file whose bits are flipped later: places as damage.py has them, and last the bit. Without any it is a control."""
        self.spec.setdefault("damage", {})[path] = places

    def xattr(self, path, name, value):
        self.step("xattr", path=path, name=name, value=base64.b64encode(value).decode())

    def utime(self, path, mtime_ns, atime_ns=None):
        self.step("utime", path=path, mtime_ns=mtime_ns, atime_ns=mtime_ns if atime_ns is None else atime_ns)

    def salt(self, length):
        return self.random.randbytes(length)

    # ---- groups of files

    def sizes(self, directory, large=20000):
        """Sizes about the edges of a block and of an encrypted name or symlink."""
        block = self.block
        for size in (0, 1, 16, 17, block - 1, block, block + 1):
            self.file(f"{directory}/size_{size}", size=size)
        self.file(f"{directory}/large", size=large, kind="text")

    def mappings(self, directory, kind="random"):
        """Holes, unwritten extents, preallocation and what truncation leaves."""
        block = self.block
        keep_size = 1
        self.file(f"{directory}/hole_at_start", kind=kind, segments=[[5 * block, block + 77]])
        self.file(f"{directory}/hole_in_middle", kind=kind, segments=[[0, 2 * block], [24 * block + 5, 3 * block]])
        self.file(f"{directory}/hole_at_end", kind=kind, segments=[[0, block + 100]], truncate=44 * block + 11)
        self.file(f"{directory}/only_hole", truncate=14 * block + 3)
        self.file(f"{directory}/unwritten_at_end", kind=kind, segments=[[0, 2 * block + 9]],
                  allocate_after=[2 * block, 9 * block, 0])
        self.file(f"{directory}/unwritten_around", kind=kind, allocate=[0, 16 * block, 0],
                  segments=[[5 * block + 1, block]])
        self.file(f"{directory}/allocated_past_end", kind=kind, segments=[[0, block + 9]],
                  allocate_after=[block, 9 * block, keep_size])
        self.file(f"{directory}/punched", kind=kind, segments=[[0, 12 * block]],
                  punch=[[3 * block, 4 * block], [9 * block + 10, 100]])
        self.file(f"{directory}/truncated", kind=kind, segments=[[0, 8 * block]], truncate=3 * block + 21)

    def links(self, directory, longest):
        """Hard links; fast symlinks (under 60 bytes in clear) and slow ones up to the longest."""
        self.file(f"{directory}/linked", size=777, kind="text")
        self.mkdir(f"{directory}/links")
        self.step("link", path=f"{directory}/linked_again", source=f"{directory}/linked")
        self.step("link", path=f"{directory}/links/linked_from_below", source=f"{directory}/linked")
        self.step("symlink", path=f"{directory}/links/to_linked", target="../linked")
        self.step("symlink", path=f"{directory}/links/absolute", target="/etc/passwd")
        self.step("symlink", path=f"{directory}/links/dangling_unicode", target="süd/日本/🜛")
        self.step("symlink", path=f"{directory}/links/not_utf8", target="a\udcff\udc80/b")
        for length in (1, 31, 32, 33, 59, 60, 61, 200, longest):
            self.step("symlink", path=f"{directory}/links/target_{length}", target=("far/away/" * 500)[:length])

    def folded_directories(self, directory):
        """Two directories without case: awkward names, and room for a crowd."""
        folded = f"{directory}/names"
        self.mkdir(folded)
        self.step("flags", path=folded, add=["casefold"])
        for name in ("Plain", "STRASSE", "Straße-2", "ÜBER", "e\u0301-decomposed", "ﬁ-ligature", "ΑΣ", "İ", "日本語",
                     "not_utf8\udcff\udcfe", "x" * 255, "Ünï" * 40):
            self.file(f"{folded}/{name}", size=len(name))
        self.mkdir(f"{folded}/Below")
        self.file(f"{folded}/Below/Inherits", size=5)
        self.step("symlink", path=f"{folded}/Link", target="plain")
        self.mkdir(f"{directory}/crowd")
        self.step("flags", path=f"{directory}/crowd", add=["casefold"])

    def special_files(self, directory):
        self.step("mknod", path=f"{directory}/null", type="chr", device=[1, 3], mode=0o666)
        self.step("mknod", path=f"{directory}/chr_large_numbers", type="chr", device=[4001, 1000000], mode=0o600)
        self.step("mknod", path=f"{directory}/loop255", type="blk", device=[7, 255], mode=0o660)
        self.step("mknod", path=f"{directory}/blk_minor_256", type="blk", device=[259, 256])
        self.step("mknod", path=f"{directory}/fifo", type="fifo")
        self.step("mknod", path=f"{directory}/socket", type="sock", mode=0o755)

    def names(self, directory):
        """Names that are valid in Linux and awkward elsewhere."""
        self.mkdir(directory)
        awkward = ["ünïcode", "u\u0308-decomposed", "日本語のファイル名", "🜛🦊", " leading space", "trailing ", "-rf",
                   "--", "quote\"'`$", "back\\slash", "new\nline", "tab\t", "escape\x1b[31m", "control\x01\x7f",
                   ".hidden", "...",
                   "colon:semi;%41", "~", "*?[x]", "not_utf8\udcff\udcfe", "\udc80", "latin\udce9", "\u202ereversed"]
        by_length = [letter * length for letter, length in
                     zip("abcdefgh", (15, 16, 17, 32, 33, 160, 254, 255))] + ["é" * 127]
        for size, name in enumerate(awkward + by_length):
            self.file(f"{directory}/{name}", size=size, kind="text")
        self.mkdir(f"{directory}/{'z' * 100} dir")
        self.file(f"{directory}/{'z' * 100} dir/inside", size=4)

    def times(self, directory, after_2038=True):
        self.mkdir(directory)
        chosen = {"before_1970": BEFORE_1970, "just_before_1970": JUST_BEFORE_1970, "nanoseconds": NANOSECONDS}
        if after_2038:
            chosen |= {"after_2038": AFTER_2038, "far_after_2038": FAR_AFTER_2038}
        for name, when in chosen.items():
            self.file(f"{directory}/{name}", size=9)
            self.utime(f"{directory}/{name}", when, when + 1)

    def attributes(self, directory):
        """Owners, set-id bits, xattrs in the inode and in a block of their own, ACLs, inode flags."""
        self.mkdir(directory)
        for name, mode in (("setuid", 0o4755), ("setgid", 0o2711), ("no_rights", 0), ("all_rights", 0o777)):
            self.file(f"{directory}/{name}", size=30)
            self.step("chmod", path=f"{directory}/{name}", mode=mode)
        self.mkdir(f"{directory}/sticky")
        self.step("chmod", path=f"{directory}/sticky", mode=0o1777)
        self.step("chown", path=f"{directory}/sticky", uid=4294967290, gid=65536)
        self.file(f"{directory}/owned", size=35)
        self.step("chown", path=f"{directory}/owned", uid=12345, gid=654321)

        self.file(f"{directory}/xattrs_in_inode", size=100)
        for name, value in (("user.short", b"short"), ("user.empty", b""), ("user.binary", bytes(range(0, 256, 51))),
                            ("trusted.known", b"only root"), ("security.label", b"unconfined")):
            self.xattr(f"{directory}/xattrs_in_inode", name, value)
        for name in ("xattrs_in_block", "xattrs_in_shared_block"):
            self.file(f"{directory}/{name}", size=102)
            self.xattr(f"{directory}/{name}", "user.large", b"large value " * (self.block // 20))
        self.file(f"{directory}/xattrs_many", size=101)
        for i in range(12):
            self.xattr(f"{directory}/xattrs_many", f"user.key{i:03}", b"value " * (3 + i % 4))
        self.file(f"{directory}/xattr_long_name", size=10)
        self.xattr(f"{directory}/xattr_long_name", "user." + "n" * 250, b"yes")
        self.xattr(f"{directory}/sticky", "user.on_directory", b"also here")

        self.file(f"{directory}/acl", size=55)
        self.step("acl", path=f"{directory}/acl", entries="u:1001:rw,g:2042:r,m::rwx")
        self.mkdir(f"{directory}/acl_default")
        self.step("acl", path=f"{directory}/acl_default", entries="u:1002:rwx,d:u:1003:rx,d:g::r")
        self.file(f"{directory}/acl_default/inherits", size=3)
        self.file(f"{directory}/flagged", size=5)
        self.step("flags", path=f"{directory}/flagged", add=["immutable", "nodump"])

    def crowd(self, directory, count, **arguments):
        """A directory of many files, large enough for a hash tree."""
        self.mkdir(directory)
        self.step("many", directory=directory, count=count, pattern="f%04d", **arguments)


def f2fs(name, features, *options):
    """The mkfs command; UUID, time and checkpoint version are fixed."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, name)
    return ["mkfs.f2fs", "-q", "-f", "-r", "-t", "0", "-T", str(NANOSECONDS // SECOND), "-U", str(identity), "-O", features,
            *options, "{dev}"]


def ext4(name, block, *options, seed=""):
    """The mkfs command; UUID and hash seed are fixed, so that hash-ordered directories come out the same."""
    identity = uuid.uuid5(uuid.NAMESPACE_URL, name + seed)
    return ["mkfs.ext4", "-q", "-F", "-b", str(block), "-U", str(identity),
            "-E", f"lazy_itable_init=0,lazy_journal_init=0,nodiscard,hash_seed={identity}", *options, "{dev}"]
