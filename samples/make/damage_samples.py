"""Samples whose fs-verity files are damaged once they are made: one kind of damage to a file."""
from recipe import Sample, ext4, f2fs

# Bytes of struct fsverity_descriptor.
VERSION, ALGORITHM, LOG_BLOCK, SALT_SIZE, SIGNATURE_SIZE, DATA_SIZE, ROOT, SALT, RESERVED = 0, 1, 2, 3, 4, 8, 16, 80, 112


class Damaged:
    """A sample of such files; a block is the file system's, and the Merkle tree's where options do not say otherwise.

    sparse: more holes, for what would not pack.
    """

    def __init__(self, sample, salt_size, sparse=False, **options):
        self.sample, self.block, self.salt_size, self.options = sample, sample.block, salt_size, options
        self.sparse = sparse
        self.merkle_block = options.get("block_size", sample.block)

    def enable(self, path, *places):
        self.sample.verity(path, salt=self.sample.salt(self.salt_size), **self.options)
        self.sample.damaged(path, *places)

    def two_levels(self, path, *places, tail=300):
        """91 blocks and their 3 leaf blocks: data, a hole within a page, unwritten blocks, fragments with holes between."""
        b = self.block
        fragments = [[at * b, b] for at in range(60, 91, 10 if self.sparse else 2)]
        fragments[-1][1] = tail
        runs = [[0, 6 * b], [38 * b, 4 * b]] if self.sparse else [[0, 42 * b]]
        self.sample.file(path, kind="pattern", segments=[*runs, [46 * b, 4 * b], *fragments], allocate=[50 * b, 6 * b, 0])
        self.enable(path, *places)

    def three_levels(self, path, *places):
        """1100 blocks, mostly holes; 35 leaf blocks and 2 above them."""
        b = self.block
        self.sample.file(path, kind="pattern", segments=[[0, 40 * b], [500 * b, 20 * b + 7], [1030 * b, 69 * b + 77]])
        self.enable(path, *places)

    def sized(self, path, size, *places):
        self.sample.file(path, size=size, kind="pattern")
        self.enable(path, *places)

    def data(self):
        b = self.block
        self.sample.mkdir("data")
        for name, byte in (("first_byte", 0), ("middle_of_page", 5 * b + 77), ("before_hole", 42 * b - 1), ("after_hole", 46 * b),
                           ("fragment", 70 * b + 500), ("last_byte", 90 * b + 299)):
            self.two_levels(f"data/{name}", ("data", byte, byte % 8))
        self.two_levels("data/past_end", ("data", 90 * b + 300, 0))
        self.two_levels("data/end_of_last_block", ("data", 91 * b - 1, 7))
        self.two_levels("data/unwritten", ("data", 51 * b, 3))     # what lies there is not read
        self.two_levels("data/two_pages", ("data", 9 * b, 1), ("data", 15 * b + 9, 2))
        self.three_levels("data/in_three_levels", ("data", 505 * b, 4))
        self.sized("data/one_block", b, ("data", 1000, 6))
        self.sized("data/less_than_a_block", 700, ("data", 3, 6))
        self.sized("data/past_end_of_less_than_a_block", 700, ("data", 700, 6))

    def tree(self):
        """Trees whose data is good, then those whose data is bad as well."""
        b = self.block
        self.sample.mkdir("tree", "tree_and_data")
        self.two_levels("tree/leaf", ("tree", 0, 1, 40, 0))             # covers the hole and the unwritten blocks
        self.two_levels("tree/leaf_first", ("tree", 0, 0, 31 * 32, 0))
        self.two_levels("tree/leaf_past_last_hash", ("tree", 0, 2, b - 1, 5))
        self.two_levels("tree/top", ("tree", 1, 0, 33, 2))
        self.two_levels("tree/top_past_last_hash", ("tree", 1, 0, 96, 2))
        self.two_levels("tree/two_leaves", ("tree", 0, 0, 5, 0), ("tree", 0, 2, 5, 0))
        self.two_levels("tree/leaf_and_top", ("tree", 0, 1, 5, 0), ("tree", 1, 0, 5, 0))
        self.three_levels("tree/leaf_of_three", ("tree", 0, 15, 100, 1))
        self.three_levels("tree/leaf_over_holes", ("tree", 0, 5, 100, 1))
        self.three_levels("tree/middle", ("tree", 1, 1, 7, 1))
        self.three_levels("tree/top_of_three", ("tree", 2, 0, 7, 1))
        self.two_levels("tree_and_data/leaf", ("tree", 0, 1, 40, 0), ("data", 40 * b, 0))
        self.two_levels("tree_and_data/leaf_same_hash", ("tree", 0, 1, 8 * 32, 0), ("data", 40 * b, 0))
        self.two_levels("tree_and_data/leaf_elsewhere", ("tree", 0, 1, 40, 0), ("data", 4 * b, 0))
        self.two_levels("tree_and_data/top", ("tree", 1, 0, 33, 2), ("data", 40 * b, 0))
        self.three_levels("tree_and_data/middle", ("tree", 1, 0, 7, 1), ("data", 505 * b, 4))

    def descriptor(self):
        self.sample.mkdir("descriptor", "length")
        for name, byte, bit in (("version", VERSION, 1), ("algorithm", ALGORITHM, 1), ("log_block", LOG_BLOCK, 0),
                                ("salt_size_too_large", SALT_SIZE, 6), ("salt_size", SALT_SIZE, 0),
                                ("signature_size", SIGNATURE_SIZE, 0), ("data_size", DATA_SIZE, 0), ("root_hash", ROOT + 8, 3),
                                ("past_root_hash", ROOT + 40, 3), ("salt", SALT + 2, 4), ("past_salt", SALT + 20, 4),
                                ("reserved", RESERVED, 0), ("sha512", ALGORITHM, 0)):
            places = [("descriptor", byte, bit)] + ([("descriptor", ALGORITHM, 1)] if name == "sha512" else [])
            self.two_levels(f"descriptor/{name}", *places)
        self.sized("descriptor/root_hash_of_one_block", self.block, ("descriptor", ROOT, 3))
        self.sized("descriptor/root_hash_of_nothing", 0, ("descriptor", ROOT, 3))
        self.sized("descriptor/salt_of_nothing", 0, ("descriptor", SALT, 3))
        for name, byte, bit in (("larger", 0, 0), ("none", 1, 0), ("block_before", 1, 2), ("past_metadata", 2, 3),
                                ("negative", 3, 7)):
            self.two_levels(f"length/{name}", ("length", byte, bit))

    def few(self, directory):
        """One of each kind, for other geometries."""
        b = self.block
        self.two_levels(f"{directory}/data", ("data", 70 * b + 500, 1))
        self.two_levels(f"{directory}/data_before_hole", ("data", 41 * b + 5, 1))
        self.two_levels(f"{directory}/past_end", ("data", 91 * b - 1, 1))
        self.two_levels(f"{directory}/unwritten", ("data", 52 * b, 1))
        self.two_levels(f"{directory}/leaf", ("tree", 0, 1, 40, 0))
        self.two_levels(f"{directory}/leaf_past_last_hash", ("tree", 0, 1, self.merkle_block - 1, 0))
        self.two_levels(f"{directory}/top", ("tree", 1, 0, 33, 2))
        self.two_levels(f"{directory}/leaf_and_data", ("tree", 0, 0, 5, 0), ("data", 3 * b, 0))
        self.two_levels(f"{directory}/leaf_and_other_data", ("tree", 0, 0, 5, 0), ("data", 80 * b, 0))
        self.two_levels(f"{directory}/root_hash", ("descriptor", ROOT, 0))
        self.two_levels(f"{directory}/salt", ("descriptor", SALT, 0))
        self.two_levels(f"{directory}/version", ("descriptor", VERSION, 1))
        self.two_levels(f"{directory}/untouched")

    def encrypted(self, directory):
        """One flipped bit changes 16 bytes of what is decrypted."""
        b = self.block
        for name, *places in (("data", ("data", b + 900, 1)), ("leaf", ("tree", 0, 1, 4, 0)), ("top", ("tree", 1, 0, 4, 0)),
                              ("leaf_and_data", ("tree", 0, 0, 4, 0), ("data", b + 900, 1)),
                              ("root_hash", ("descriptor", ROOT, 0)), ("version", ("descriptor", VERSION, 1)), ("untouched",)):
            self.sample.file(f"{directory}/{name}", segments=[[b, b], [8 * b, 100]])     # 2 leaf blocks of 1024 bytes
            self.enable(f"{directory}/{name}", *places)

    def compressed(self, directory):
        cluster = 8 * self.block
        for name, *places in (("leaf", ("tree", 0, 1, 40, 0)), ("top", ("tree", 1, 0, 33, 0)),
                              ("root_hash", ("descriptor", ROOT, 0)), ("length", ("cluster", cluster, 1, 7)),
                              ("literal", ("cluster", cluster, 40, 0)), ("token", ("cluster", cluster, 24, 6)), ("untouched",)):
            self.sample.file(f"{directory}/{name}", size=91 * self.block + 300, kind="pattern", compress=["lz4", 2])
            self.enable(f"{directory}/{name}", *places)

    def mapping(self):
        """An extent that is made unwritten, so that it reads as zeros: among stored blocks of a page, and all of one."""
        b = self.block
        for name, segments in (("part_of_page", [[0, b], [2 * b, 2 * b], [5 * b, 7 * b]]),
                               ("whole_page", [[0, 3 * b], [4 * b, 4 * b], [9 * b, 3 * b]])):
            self.sample.file(f"mapping/{name}", kind="pattern", segments=segments)
            self.enable(f"mapping/{name}", ("mapping", 1, 7))

    def untouched(self):
        self.sample.mkdir("untouched")
        self.two_levels("untouched/two_levels")
        self.three_levels("untouched/three_levels")
        self.sized("untouched/one_block", self.block)
        self.sized("untouched/empty", 0)


def verity_damaged():
    s = Sample("verity-damaged", "fs-verity files with damaged data, Merkle trees and descriptors; 1K blocks and Merkle blocks",
               12, 1024, ext4("verity-damaged", 1024, "-O", "verity,^metadata_csum", "-J", "size=1", "-N", "128"))
    files = Damaged(s, salt_size=16)
    files.data()
    files.tree()
    files.descriptor()
    s.mkdir("mapping")
    files.mapping()
    files.untouched()
    return s.spec


def geometries(s):
    """4K blocks, with Merkle blocks of 1K and 4K, and encrypted."""
    for directory, options in (("merkle_1024", {"block_size": 1024}), ("merkle_4096_sha512", {"algorithm": "sha512"})):
        s.mkdir(directory)
        Damaged(s, salt_size=8, sparse=True, **options).few(directory)
    s.key("main")
    s.encrypted_directory("encrypted", "main")
    Damaged(s, salt_size=8, block_size=1024).encrypted("encrypted")
    return s.spec


def verity_4k_damaged():
    return geometries(Sample(
        "verity-4k-damaged", "the same with 4K blocks, 1K and 4K Merkle blocks, SHA-512, and encrypted files", 24, 4096,
        ext4("verity-4k-damaged", 4096, "-O", "verity,encrypt", "-J", "size=4", "-N", "128")))


def f2fs_verity_damaged():
    s = Sample("f2fs-verity-damaged", "the same on f2fs, and compressed files", 48, 4096, fs="f2fs", mkfs=f2fs(
        "f2fs-verity-damaged", "extra_attr,inode_checksum,sb_checksum,encrypt,verity,compression"))
    s.mkdir("compressed")
    Damaged(s, salt_size=8, block_size=1024).compressed("compressed")
    return geometries(s)


def all_samples():
    return [verity_damaged(), verity_4k_damaged(), f2fs_verity_damaged()]
