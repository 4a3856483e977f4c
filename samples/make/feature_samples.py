"""What the samples hold that are about ext2, ext3 and ext4 themselves: old block maps, features, journals to replay."""
from recipe import MIB, Sample, ext4

BLOCK = 1024
JOURNAL_MAGIC = bytes.fromhex("c03b3998")     # jbd2 escapes a data block that begins with it
JOURNALED = ["journal_data"]
FIRST_DOUBLE = 12 + 256                       # blocks of 1K before each level of a block map
FIRST_TRIPLE = FIRST_DOUBLE + 256 * 256


def mke2fs(name, kind, block, *options):
    return [*ext4(name, block, "-t", kind, *options)]


def block_maps(s, directory):
    """Files mapped directly, and by one, two and three levels of indirect blocks, with holes in data and in maps."""
    s.mkdir(directory)
    for name, segments, size in (
            ("direct", [[0, 11 * BLOCK + 3]], None),
            ("indirect", [[0, 200 * BLOCK + 1]], None),
            ("double", [[0, 400 * BLOCK]], None),
            ("edges", [[11 * BLOCK, 2 * BLOCK], [(FIRST_DOUBLE - 1) * BLOCK, 2 * BLOCK],
                       [(FIRST_DOUBLE + 255) * BLOCK, 2 * BLOCK], [(FIRST_TRIPLE - 1) * BLOCK, 2 * BLOCK],
                       [(FIRST_TRIPLE + 256 * 256 - 1) * BLOCK, 2 * BLOCK]], None),
            ("hole_before_indirect", [[40 * BLOCK + 5, 1000]], None),
            ("hole_over_a_level", [[0, 100], [(FIRST_DOUBLE + 2 * 256 + 7) * BLOCK, 3000]], None),
            ("only_triple", [[(FIRST_TRIPLE + 5 * 256 * 256 + 3 * 256 + 1) * BLOCK, 5000]], None),
            ("hole_at_end", [[0, 20 * BLOCK]], (FIRST_DOUBLE + 1000) * BLOCK + 17)):
        s.file(f"{directory}/{name}", kind="pattern", segments=segments, truncate=size)
    s.file(f"{directory}/punched", kind="pattern", segments=[[0, 300 * BLOCK]],
           punch=[[5 * BLOCK, 6 * BLOCK], [100 * BLOCK + 10, 50 * BLOCK]])
    s.file(f"{directory}/truncated", kind="pattern", segments=[[0, 300 * BLOCK]], truncate=13 * BLOCK + 5)
    s.file(f"{directory}/every_other", kind="pattern", every_other=[BLOCK, 150])


def ext2_1k():
    s = Sample("ext2-1k", "ext2 as it always was: 128-byte inodes, block maps of three levels with holes at each, "
               "linear directories. 1K blocks", 12, BLOCK,
               mke2fs("ext2-1k", "ext2", BLOCK, "-O", "^dir_index,^resize_inode", "-I", "128", "-N", "512"))
    block_maps(s, "maps")
    s.links("maps", 1000)
    s.special_files("maps")
    s.crowd("crowd", 120, pad_to=200, pad_every=4, size_below=40)
    s.times("times", after_2038=False)
    s.attributes("attributes")
    return s.spec


def inline_data():
    s = Sample("inline-data", "inline_data: contents in the inode, in the inode and its xattr, and just too large; "
               "directories and symlinks in the inode; xattrs beside. 512-byte inodes, 1K blocks", 8, BLOCK,
               ext4("inline-data", BLOCK, "-O", "inline_data", "-I", "512", "-J", "size=1", "-N", "512"))
    s.mkdir("files")
    for size in (0, 1, 59, 60, 61, 100, 159, 160, 161, 250, 300, 340, 356, 357, 380, 400, 1024, 1025):
        s.file(f"files/size_{size}", size=size)
    s.file("files/text", size=150, kind="text")
    s.file("files/cut_to_70", segments=[[0, 200]], truncate=70)
    s.file("files/cut_to_30", segments=[[0, 200]], truncate=30)
    s.file("files/grown_with_zeros", segments=[[0, 10]], truncate=130)
    s.file("files/only_hole", truncate=100)
    s.file("files/outgrown", segments=[[0, 50], [50, 3000]])
    s.file("files/last_bytes", segments=[[150, 20]])
    s.mkdir("beside")
    for size in (20, 60, 61, 140, 200):
        path = f"beside/size_{size}_with_xattrs"
        s.file(path, size=size)
        s.xattr(path, "user.small", b"beside the content")
        s.xattr(path, "user.large", b"elsewhere " * 30)
    s.file("beside/acl", size=40)
    s.step("acl", path="beside/acl", entries="u:1001:rw,g:2042:r,m::rwx")
    s.mkdir("directories")
    for count in (0, 1, 3, 4, 12, 40):
        s.mkdir(f"directories/of_{count}")
        for i in range(count):
            s.file(f"directories/of_{count}/name_{i:02}", size=i)
    s.mkdir("directories/emptied", "directories/with_gaps", "directories/below", "directories/below/again")
    for i in range(12):
        s.file(f"directories/with_gaps/name_{i:02}", size=i)
    for i in (0, 3, 4, 11):
        s.step("unlink", path=f"directories/with_gaps/name_{i:02}")
    s.xattr("directories/with_gaps", "user.on_directory", b"xattr of a directory in its inode")
    s.links("files", 900)
    s.special_files("directories/below")
    return s.spec


def bigalloc():
    s = Sample("bigalloc", "clusters of 16 blocks of 1K: extents that begin and end within a cluster; the first "
               "meta block group of a device whose blocks count from 0", 16, BLOCK,
               ext4("bigalloc", BLOCK, "-O", "bigalloc,meta_bg,^resize_inode", "-C", "16384", "-J", "size=1", "-N", "256"))
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", "pattern")
    s.file("files/every_other", every_other=[BLOCK, 120], kind="pattern")
    for size in (16383, 16384, 16385, 40000):
        s.file(f"files/size_{size}", size=size, kind="pattern")
    s.links("files", 900)
    s.crowd("crowd", 100, pad_to=200, pad_every=4, size_below=40)
    s.attributes("attributes")
    return s.spec


def ea_inode():
    s = Sample("ea-inode", "xattr values in inodes of their own: over a block, shared between files, beside values in "
               "the inode and in a block. 1K blocks", 8, BLOCK,
               ext4("ea-inode", BLOCK, "-O", "ea_inode", "-J", "size=1", "-N", "256"))
    s.mkdir("files")
    s.attributes("attributes")
    for size in (900, 1024, 1025, 5000, 20000, 60000):
        path = f"files/value_{size}"
        s.file(path, size=100)
        s.xattr(path, "user.value", (b"%d large value " % size * size)[:size])
    for name in ("shares", "shares_too"):
        s.file(f"files/{name}", size=10)
        s.xattr(f"files/{name}", "user.shared", b"the same for both " * 400)
    s.file("files/mixed", size=10)
    for i, size in enumerate((3, 300, 3000, 30, 9000)):
        s.xattr("files/mixed", f"user.number_{i}", bytes((i + k) % 251 for k in range(size)))
    s.xattr("files/mixed", "trusted.large", b"only root " * 300)
    s.mkdir("directory")
    s.xattr("directory", "user.large", b"of a directory " * 300)
    return s.spec


def casefold():
    s = Sample("casefold", "directories whose names are compared without case, in clear and encrypted: awkward "
               "names, hash trees, one key lost", 12, 4096,
               ext4("casefold", 4096, "-O", "casefold,encrypt", "-J", "size=4", "-N", "1024"))
    s.spec["mkfs"][-1:] = ["-E", f"{s.spec['mkfs'][s.spec['mkfs'].index('-E') + 1]},encoding=utf8", "{dev}"]
    s.key("main")
    s.key("lost", supplied=False)
    s.mkdir("folded")
    s.encrypted_directory("encrypted", "main")
    s.encrypted_directory("lost", "lost")
    for directory in ("folded", "encrypted", "lost"):
        s.folded_directories(directory)
        s.step("many", directory=f"{directory}/crowd", count=70, pattern="File-%04d", pad_to=180)
    return s.spec


def large_dir():
    s = Sample("large-dir", "large_dir, and a hash tree of two index levels with full and freed leaves. 1K blocks", 16,
               BLOCK, ext4("large-dir", BLOCK, "-O", "large_dir", "-J", "size=1", "-N", "1024"))
    s.file("target", size=10)
    s.mkdir("deep")
    for i in range(480):
        s.step("link", path=f"deep/{i:04}{'n' * 246}", source="target")
    for i in range(100, 190):
        s.step("unlink", path=f"deep/{i:04}{'n' * 246}")
    s.crowd("one_level", 100, pad_to=150, pad_every=3)
    s.crowd("linear", 5)
    return s.spec


def uninit_bg():
    s = Sample("uninit-bg", "uninit_bg on a device full of rubbish: group checksums, inode tables and bitmaps that "
               "were never written. 2K blocks", 16, 2048,
               ext4("uninit-bg", 2048, "-O", "uninit_bg,^metadata_csum,^64bit", "-g", "1024", "-J", "size=2", "-N", "1024"))
    mkfs = s.spec["mkfs"]
    at = mkfs.index("-E") + 1
    mkfs[at] = mkfs[at].replace("lazy_itable_init=0", "lazy_itable_init=1")
    s.spec["garbage"], s.spec["mount_options"] = True, "noatime,noinit_itable"
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", "pattern")
    s.links("files", 900)
    s.attributes("attributes")
    for i in range(8):
        s.mkdir(f"group_{i}")
        s.file(f"group_{i}/file", size=3000 + i, kind="text")
    return s.spec


def checksum_seed():
    s = Sample("checksum-seed", "metadata checksums whose seed is kept apart from a UUID that was changed, and an "
               "orphan file. 1K blocks", 8, BLOCK,
               ext4("checksum-seed", BLOCK, "-O", "metadata_csum,metadata_csum_seed,orphan_file", "-J", "size=1", "-N", "256"))
    s.spec["tune"] = [["tune2fs", "-U", "5eed5eed-0000-4000-8000-00000c01d0ad", "{dev}"]]
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", "pattern")
    s.links("files", 900)
    s.crowd("crowd", 100, pad_to=200, pad_every=4, size_below=40)
    s.attributes("attributes")
    return s.spec


def history(s, many=60, flags=()):
    """Transactions whose replay matters: blocks written again and again, revoked, used for something else."""
    s.mkdir("kept", "gone", "renamed")
    s.sizes("kept")
    s.crowd("kept/crowd", 40, size_below=3000)
    s.crowd("gone/crowd", many, pad_to=200, pad_every=2)
    s.file("gone/mapped", kind="pattern", every_other=[s.block, 120], add_flags=flags)
    s.step("fsync", path="kept/size_1")
    s.step("remove", path="gone")                      # its blocks of names and maps are revoked
    s.step("fsync", path="kept/size_1")
    s.step("fill", path="filler")                      # and hold contents now
    s.step("rename", path="renamed/from", source="kept/size_17")
    s.step("rename", path="kept/crowd_again", source="kept/crowd")
    s.file("kept/truncated", kind="pattern", segments=[], truncate=5 * s.block + 3)
    s.xattr("kept/size_0", "user.late", b"added late")
    s.step("chmod", path="kept/size_0", mode=0o640)
    s.step("unlink", path="kept/crowd_again/f0003")
    s.step("symlink", path="kept/link", target="t" * 100)
    s.step("fsync", path="kept/size_0")
    s.step("chmod", path="kept/size_1", mode=0o4755)   # the last things are in no transaction that was committed
    s.file("never_committed", size=100)


def dirty(s):
    s.spec["shutdown"] = True
    s.spec["mount_options"] = "noatime,commit=300"
    return s.spec


def ext3_dirty():
    s = Sample("ext3-dirty", "ext3 cut off: revoked blocks that hold other contents, files whose contents are in the "
               "journal, blocks that begin with its magic. 1K blocks", 5, BLOCK,
               mke2fs("ext3-dirty", "ext3", BLOCK, "-I", "128", "-J", "size=2", "-N", "256"))
    s.data("escaped", (JOURNAL_MAGIC + bytes(range(256)) * 3).ljust(BLOCK, b"!") * 5, add_flags=JOURNALED)
    s.step("fsync", path="escaped")
    history(s, 30, JOURNALED)
    return dirty(s)


def ext4_dirty():
    s = Sample("ext4-dirty", "ext4 cut off: 64-bit, journal checksums of version 3, revoked blocks that hold other "
               "contents. 1K blocks", 8, BLOCK, ext4("ext4-dirty", BLOCK, "-O", "64bit,metadata_csum", "-J", "size=2", "-N", "256"))
    history(s)
    return dirty(s)


def external_journal():
    s = Sample("external-journal", "ext4 cut off with its journal on another device. 1K blocks", 8, BLOCK,
               ext4("external-journal", BLOCK, "-O", "64bit,metadata_csum", "-J", "device={journal}", "-N", "256"))
    s.spec["journal_mib"] = 2
    s.spec["journal_mkfs"] = ["mke2fs", "-q", "-F", "-b", str(BLOCK), "-O", "journal_dev", "-U",
                              "c01d0ead-0000-4000-8000-00000000aaaa", "{journal}"]
    history(s)
    return dirty(s)


def all_samples():
    return [ext2_1k(), inline_data(), bigalloc(), ea_inode(), casefold(), large_dir(), uninit_bg(), checksum_seed(),
            ext3_dirty(), ext4_dirty(), external_journal()]
