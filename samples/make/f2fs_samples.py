"""What the samples hold that are about f2fs."""
from recipe import MIB, Sample, f2fs

BLOCK = 4096
MOUNT = "noatime,background_gc=off,nodiscard"
# The first block of a file that each part of its tree of nodes maps, where the inode keeps 50 words for xattrs: two direct
# nodes, two indirect ones, and one that is doubly indirect. With extra_attr the inode itself holds nine words less.
DIRECT, OF_NODE = 923 - 50, 1018
ALGORITHMS = ("lzo", "lzo-rle", "lz4", "zstd")


def sample(name, description, mib, features, *options, mount=""):
    s = Sample(name, description, mib, BLOCK, f2fs(name, features, *options), fs="f2fs")
    s.spec["mount_options"] = MOUNT + ("," + mount if mount else "")
    return s


def inline_sizes(s, directory, sizes):
    """Contents about the edge of what an inode holds, cut, grown, and with holes."""
    s.mkdir(directory)
    for size in sizes:
        s.file(f"{directory}/size_{size}", size=size)
    s.file(f"{directory}/cut", segments=[[0, 3000]], truncate=70)
    s.file(f"{directory}/grown_with_zeros", segments=[[0, 10]], truncate=3000)
    s.file(f"{directory}/only_hole", truncate=1000)
    s.file(f"{directory}/last_bytes", segments=[[2000, 20]])
    s.file(f"{directory}/outgrown", segments=[[0, 50], [50, 9000]])
    s.file(f"{directory}/cut_once_outgrown", segments=[[0, 9000]], truncate=100)


def nodes(s, directory, direct):
    """Files whose blocks are mapped by the inode, by both direct nodes and by indirect ones, with holes at each edge."""
    second = direct + OF_NODE
    indirect = second + OF_NODE
    after = indirect + OF_NODE * OF_NODE
    s.mkdir(directory)
    for name, at in (("direct", direct), ("second", second), ("indirect", indirect), ("indirect_again", after)):
        s.file(f"{directory}/{name}", kind="text", segments=[[(at - 1) * BLOCK, 2 * BLOCK], [(at + 40) * BLOCK + 5, 3000]])
    s.file(f"{directory}/contiguous", kind="pattern", size=(direct + 30) * BLOCK)
    s.file(f"{directory}/within_indirect", kind="text", segments=[[0, 10], [(indirect + 5 * OF_NODE - 1) * BLOCK, 2 * BLOCK]])
    s.file(f"{directory}/every_other", kind="pattern", every_other=[BLOCK, 60])
    s.step("interleaved", paths=[f"{directory}/turn_{i}" for i in range(3)], count=20)


def link_crowds(s, directory, counts, pad):
    """Directories of many names that cost no inodes."""
    s.file(f"{directory}/target", size=10)
    for count in counts:
        s.mkdir(f"{directory}/of_{count}")
        s.step("link_many", directory=f"{directory}/of_{count}", source=f"{directory}/target", count=count,
               pattern="%04d" + "n" * pad)


def moved(s, directory, encrypted=False):
    """What moves blocks about in a file, and between two; not done to encrypted ones."""
    s.mkdir(directory)
    for name, mode in (("collapsed", 8), ("inserted", 32), ("zeroed", 16), ("zeroed_past_end", 17)):
        if encrypted and mode in (8, 32):
            continue
        s.file(f"{directory}/{name}", size=12 * BLOCK + 100, kind="text")
        s.step("change", path=f"{directory}/{name}", allocate=[3 * BLOCK, 4 * BLOCK if mode != 17 else 14 * BLOCK, mode])
    if not encrypted:
        for name in ("gives", "takes"):
            s.file(f"{directory}/{name}", size=10 * BLOCK, kind="text")
        s.step("move_range", path=f"{directory}/takes", source=f"{directory}/gives", offset=2 * BLOCK, length=3 * BLOCK,
               to=6 * BLOCK)
    s.file(f"{directory}/atomic", size=5 * BLOCK + 9, kind="text")
    s.step("atomic", path=f"{directory}/atomic", segments=[[BLOCK, 2 * BLOCK], [9 * BLOCK + 5, 100]])
    s.file(f"{directory}/given_up", size=5 * BLOCK + 9, kind="text")
    s.step("atomic", path=f"{directory}/given_up", segments=[[BLOCK, 2 * BLOCK]], commit=False)


def f2fs_plain():
    s = sample("f2fs-plain", "every file type, name, time, xattr and kind of mapping; inline contents and directories, "
               "hashed directories of several levels, projects, inode checksums", 48,
               "extra_attr,project_quota,quota,flexible_inline_xattr,inode_checksum,sb_checksum,inode_crtime,compression,"
               "lost_found", "-l", "plain ünï", mount="inline_xattr_size=60")
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", "pattern")
    s.links("files", 4000)
    s.step("symlink", path="files/links/target_3400", target=("near/by/" * 500)[:3400])
    s.special_files("files")
    inline_sizes(s, "inline", (0, 1, 3000, 3360, 3400, 3410, 3411, 3412, 3413, 3414, 3415, 3416, 3417, 3488, 3600))
    nodes(s, "nodes", 923 - 9 - 60)
    s.file("nodes/double_indirect", kind="text",
           segments=[[0, 100], [(923 - 9 - 60 + 2 * OF_NODE + 2 * OF_NODE * OF_NODE) * BLOCK - 100, 5000],
                     [2079000 * BLOCK + 17, 5000]])
    moved(s, "moved")
    s.names("names")
    s.times("times")
    s.attributes("attributes")
    s.file("attributes/xattrs_full", size=10)
    s.xattr("attributes/xattrs_full", "user.full", bytes(range(1, 250)) * 14)
    s.mkdir("directories")
    link_crowds(s, "directories", (0, 1, 5, 60, 120, 182, 183, 230), 0)
    link_crowds(s, "names", (300,), 200)
    s.step("unlink_many", directory="names/of_300", pattern="%04d" + "n" * 200, numbers=[40, 290, 3])
    s.crowd("hashed", 60, pad_to=120, pad_every=3, size_below=40)
    s.mkdir("projects", "projects/inherits")
    s.step("project", path="projects/inherits", number=4242)
    s.step("flags", path="projects/inherits", add=["project_inherit"])
    s.file("projects/inherits/file", size=5000)
    s.file("projects/of_its_own", size=10)
    s.step("project", path="projects/of_its_own", number=77)
    s.mkdir("compressed")
    s.file("compressed/text", add_flags=["compress"], size=50000, kind="text")
    s.file("compressed/small", add_flags=["compress"], size=100, kind="text")
    return s.spec


def f2fs_old_layout():
    s = sample("f2fs-old-layout", "an old layout: no feature at all, nothing inline, no room for xattrs in the inode", 48,
               "", mount="noinline_data,noinline_dentry,noinline_xattr,noextent_cache,active_logs=4")
    at = s.spec["mkfs"].index("-O")
    del s.spec["mkfs"][at:at + 2]
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", "pattern")
    s.links("files", 4000)
    s.special_files("files")
    nodes(s, "nodes", 923)
    moved(s, "moved")
    s.times("times")
    s.attributes("attributes")
    s.mkdir("names")
    link_crowds(s, "names", (300,), 200)
    s.crowd("crowd", 60, size_below=40)
    return s.spec


def f2fs_worn():
    """The node address table is written now here, now there: a bit for each of its blocks tells where it is valid."""
    s = sample("f2fs-worn", "much used: blocks of the node address table written again and again in no order, thousands of "
               "deletions, segments collected, journals in the summaries", 64, "extra_attr,inode_checksum",
               mount="inline_xattr")
    files, of_block = 2800, 455
    s.crowd("crowd", files, size_below=40)
    s.file("rewritten", size=40 * BLOCK, kind="pattern")
    s.file("cold.jpg", size=300 * BLOCK, kind="pattern")
    s.step("sync")
    for turn in range(11):
        for block in s.random.sample(range(files // of_block), 3):
            s.step("chmod_many", directory="crowd", pattern="f%04d", mode=0o600 + turn,
                   numbers=[1 + block * of_block, (block + 1) * of_block, 1 + 8 * (turn % 2)])
        s.step("change", path="rewritten", segments=[[turn * 3 * BLOCK, 5 * BLOCK]], kind="pattern")
        s.step("sync")
    s.step("interleaved", paths=[f"turn_{i}" for i in range(4)], count=25)
    s.step("unlink_many", directory="crowd", pattern="f%04d", numbers=[1, 49])
    for first in range(51, files, 50):
        s.step("unlink_many", directory="crowd", pattern="f%04d", numbers=[first, min(first + 49, files)])
        if first % 400 == 1:
            s.step("sync")
    s.step("collect", times=6)
    s.step("many", directory="crowd", count=150, pattern="again%04d", size_below=2000)
    s.step("pinned", path="pinned", size=2 * MIB)
    for i in range(6):
        s.file(f"sparse_{i}", kind="text", segments=[[(i * 300 + k * 511) * BLOCK + k, 900] for k in range(5)])
    s.step("checkpoint")
    s.step("remount", options=s.spec["mount_options"])
    s.step("unlink", path="turn_2")
    s.step("unlink_many", directory="crowd", pattern="again%04d", numbers=[20, 120, 7])
    for name, blocks in (("hot.db", 250), ("cold_too.jpg", 150), ("warm", 440)):      # too many for a compact summary
        s.file(name, size=blocks * BLOCK, kind="pattern")
    return s.spec


def compressed_files(s, directory, algorithm, log_size, suffix=""):
    """Clusters that shrink and that do not, whole and cut ones, with holes, written over, and given back."""
    how = {"compress": [algorithm, log_size]} if algorithm else {}
    cluster = BLOCK << log_size

    def file(name, **arguments):
        s.file(f"{directory}/{name}{suffix}", **{"kind": "text", **how, **arguments})

    def step(op, name, **arguments):
        s.step(op, path=f"{directory}/{name}{suffix}", **arguments)

    s.mkdir(directory)
    for size in (0, 1, BLOCK, cluster - 1, cluster, cluster + 1, 3 * cluster + BLOCK + 7):
        file(f"size_{size}", size=size)
    file("random", size=cluster + 100, kind="random")
    file("zeros", size=4 * cluster, kind="zero")
    file("pattern", size=3 * cluster, kind="pattern")
    file("mixed", segments=[[0, cluster]], kind="text")
    step("change", "mixed", segments=[[cluster, cluster]], kind="random")
    step("change", "mixed", segments=[[2 * cluster, 2 * cluster]], kind="text")
    file("half_random", segments=[[0, cluster]], kind="random")
    step("change", "half_random", segments=[[cluster // 2, cluster]], kind="text")
    file("holes", segments=[[cluster, cluster], [3 * cluster + BLOCK, BLOCK + 5], [6 * cluster, 2 * cluster]],
         truncate=10 * cluster + 100)
    file("written_over", segments=[[0, 3 * cluster]])
    step("change", "written_over", segments=[[cluster + 5000, 3000]])
    file("cut", segments=[[0, 3 * cluster]])
    step("change", "cut", truncate=cluster + BLOCK + 900)
    file("cut_and_grown", segments=[[0, 3 * cluster]])
    step("change", "cut_and_grown", truncate=2 * cluster - 900)
    step("change", "cut_and_grown", truncate=4 * cluster + 10)
    file("appended", size=cluster - 100)
    step("change", "appended", append=cluster)
    file("released", size=3 * cluster)
    step("release", "released")
    file("reserved_again", size=3 * cluster)
    step("release", "reserved_again")
    step("reserve", "reserved_again")
    step("change", "reserved_again", append=cluster)


def f2fs_compress():
    s = sample("f2fs-compress", "compressed files of every algorithm and clusters of 4 to 256 blocks: with and without "
               "checksums, partly compressed, with holes, released, compressed on demand", 64,
               "extra_attr,compression,inode_checksum,flexible_inline_xattr", mount="compress_algorithm=lz4")
    for algorithm, log_size in (("lzo", 2), ("lzo-rle", 2), ("lz4", 2), ("zstd", 2)):
        compressed_files(s, algorithm, algorithm, log_size)
    for algorithm, log_size in (("lzo", 5), ("lzo-rle", 4), ("lz4", 6), ("zstd", 8)):
        s.file(f"{algorithm}/clusters_of_{1 << log_size}", compress=[algorithm, log_size], 
               size=(BLOCK << log_size) + 9000, kind="pattern")
    s.step("remount", options=f"{MOUNT},compress_algorithm=lz4:12,compress_log_size=3,compress_extension=txt,compress_chksum")
    compressed_files(s, "lz4hc_checked", None, 3, ".txt")
    s.file("lz4hc_checked/not_compressed.bin", size=30000, kind="text")
    s.step("remount", options=f"{MOUNT},compress_algorithm=zstd:15,compress_log_size=2,compress_extension=*,"
           "nocompress_extension=raw,compress_chksum")
    compressed_files(s, "zstd_checked", None, 2)
    s.file("zstd_checked/not_compressed.raw", size=30000, kind="text")
    s.step("remount", options=f"{MOUNT},compress_algorithm=lzo-rle,compress_mode=user")
    s.mkdir("on_demand", "inherits")
    s.step("flags", path="inherits", add=["compress"])
    for name in ("never", "compressed", "decompressed", "appended"):
        s.file(f"on_demand/{name}", add_flags=["compress"], size=70000, kind="text")
        if name != "never":
            s.step("fsync", path=f"on_demand/{name}")
            s.step("compress", path=f"on_demand/{name}")
    s.step("decompress", path="on_demand/decompressed")
    s.step("change", path="on_demand/appended", append=40000, kind="text")
    s.step("remount", options=s.spec["mount_options"])
    s.file("inherits/file", size=70000, kind="text")
    s.file("inherits/small", size=100, kind="text")
    s.file("inherits/large.txt", size=300000, kind="pattern")
    return s.spec


def f2fs_fscrypt():
    s = sample("f2fs-fscrypt", "v2 AES-256-XTS policies: every padding, names in inline and in hashed directories, "
               "symlinks, xattrs, a lost key, compressed files", 48, "extra_attr,encrypt,compression,flexible_inline_xattr")
    s.key("main")
    for pad in (4, 8, 16, 32):
        directory = f"pad_{pad}"
        s.encrypted_directory(directory, "main", pad)
        for length in (1, 4, 15, 16, 17, 31, 32, 33, 150, 255):
            s.file(f"{directory}/{'n' * length}", size=length)
        s.step("symlink", path=f"{directory}/link", target="n" * (pad + 1))
        s.mkdir(f"{directory}/below")
        s.file(f"{directory}/below/file", size=5000)
    s.sizes("pad_32")
    s.mappings("pad_16")
    s.links("pad_32", 4000)
    s.special_files("pad_8")
    s.names("pad_32/names")
    s.attributes("pad_8/attributes")
    moved(s, "pad_16/moved", encrypted=True)
    s.crowd("pad_4/inline", 12, size_below=20)
    link_crowds(s, "pad_16", (150,), 160)
    s.encrypted_directory("compressed", "main")
    compressed_files(s, "compressed/zstd", "zstd", 2)
    s.file("compressed/lz4", compress=["lz4", 3], size=100000, kind="text")

    s.key("lost", supplied=False)
    s.encrypted_directory("lost", "lost")
    s.sizes("lost", large=3000)
    s.links("lost", 900)
    s.special_files("lost")
    s.mkdir("lost/nested", "lost/nested/deeper", "lost/" + "d" * 180)
    s.file("lost/nested/deeper/leaf", size=2000)
    for length in (100, 148, 149, 150, 160, 161, 200, 255):
        s.file("lost/" + "l" * length, size=length)
    link_crowds(s, "lost/nested", (110,), 100)
    s.mkdir("plain")
    s.file("plain/file", size=3000)
    return s.spec


def f2fs_casefold():
    s = sample("f2fs-casefold", "directories whose names are compared without case, in clear and encrypted: awkward names, "
               "hashed directories, one key lost", 48, "casefold,encrypt", "-C", "utf8")
    s.key("main")
    s.key("lost", supplied=False)
    s.mkdir("folded")
    s.encrypted_directory("encrypted", "main", 16)
    s.encrypted_directory("lost", "lost")
    for directory in ("folded", "encrypted", "lost"):
        s.folded_directories(directory)
        s.file(f"{directory}/source", size=5)
        s.step("link_many", directory=f"{directory}/crowd", source=f"{directory}/source", count=110,
               pattern="File-%04d" + "_" * 150)
    return s.spec


def f2fs_verity():
    s = sample("f2fs-verity", "fs-verity with SHA-256 and SHA-512 and Merkle blocks of 1K to 4K: on plain, encrypted and "
               "compressed files, on both at once, and with built-in signatures", 48,
               "extra_attr,verity,encrypt,compression,flexible_inline_xattr")
    s.key("main")
    s.mkdir("plain", "compressed", "signed")
    s.encrypted_directory("encrypted", "main")
    s.mkdir("encrypted/compressed")
    for directory in ("compressed", "encrypted/compressed"):
        s.step("flags", path=directory, add=["compress"])
    for directory in ("plain", "compressed", "encrypted", "encrypted/compressed"):
        for algorithm, block, sizes in (("sha256", 4096, (0, 1, 4095, 4096, 4097, 16384, 128 * 4096, 128 * 4096 + 1)),
                                        ("sha512", 4096, (5000, 70000)), ("sha256", 1024, (1024, 40000)),
                                        ("sha512", 2048, (33000,))):
            for size in sizes:
                if directory == "encrypted" and size >= 128 * 4096:     # it would not pack
                    continue
                path = f"{directory}/{algorithm}_{block}_{size}"
                s.file(path, size=size, kind="pattern" if size > 100000 else "text")
                s.verity(path, algorithm, block, s.salt(size % 33))
        s.file(f"{directory}/sparse", segments=[[5 * 4096, 100], [90 * 4096, 9000]], truncate=150 * 4096 + 9, kind="text")
        s.verity(f"{directory}/sparse", block_size=1024)
        s.file(f"{directory}/random", size=50000)
        s.verity(f"{directory}/random")
        s.file(f"{directory}/without_verity", size=30000, kind="text")
    s.file("plain/three_levels", segments=[[0, 40000], [128 * 128 * 4096 - 5, 9000]], kind="pattern")
    s.verity("plain/three_levels")
    s.step("certificate", name="signer")
    for algorithm, size in (("sha256", 50000), ("sha512", 50000), ("sha256", 0)):
        path = f"signed/{algorithm}_{size}"
        s.file(path, size=size, kind="text")
        s.verity(path, algorithm, salt=s.salt(16), signer="signer")
    return s.spec


def f2fs_dirty():
    """All after the last sync is found by rolling forward from the checkpoint."""
    s = sample("f2fs-dirty", "f2fs cut off after fsyncs: contents, sizes, names, xattrs and inodes that only rolling forward "
               "finds, in plain and encrypted directories; orphans", 64, "extra_attr,encrypt,inode_checksum,inode_crtime",
               mount="mode=lfs,fsync_mode=posix")
    s.spec.update(shutdown=True, options_as_it_lies="ro,norecovery")
    s.key("main")
    s.encrypted_directory("encrypted", "main")
    s.mkdir("plain", "names", "crowd", "emptied")
    for directory in ("plain", "encrypted"):
        for file in ("appended", "punched", "cut", "cut_to_nothing", "grown", "allocated", "kept_size", "zeroed",
                     "overwritten", "never_synced", "synced_then_changed", "removed", "many"):
            s.file(f"{directory}/{file}", size=9 * BLOCK + 100, kind="text")
        s.file(f"{directory}/long", segments=[[0, 3 * BLOCK], [(DIRECT - 5) * BLOCK, 16 * BLOCK]], kind="pattern")
        s.file(f"{directory}/far", segments=[[0, 100], [(DIRECT + 2 * OF_NODE + 30) * BLOCK, 100]], kind="text")
    for file in ("inline", "outgrows", "shrinks", "chmodded", "xattr", "xattr_large", "acl", "removed", "recreated",
                 "two_names", "renamed", "replaced", "replacing", "orphan", "moved"):
        s.file(f"names/{file}", size=700, kind="text")
    s.xattr("names/xattr", "user.before", b"before the checkpoint")
    s.xattr("names/shrinks", "user.large", b"in a node of its own " * 100)
    s.step("link", path="names/second_name", source="names/two_names")
    link_crowds(s, "crowd", (200,), 180)
    s.file("emptied/file", size=10)
    s.file("encrypted/orphan", size=30000)
    for orphan in ("names/orphan", "encrypted/orphan"):
        s.step("hold", path=orphan)
        s.step("unlink", path=orphan)
    s.step("sync")
    s.step("rename", path="names/renamed_to", source="names/renamed")
    s.step("rename", path="names/replaced", source="names/replacing")
    s.step("sync")

    for directory in ("plain", "encrypted"):
        s.step("change", path=f"{directory}/appended", append=5000)
        s.step("change", path=f"{directory}/appended", append=300)
        s.step("change", path=f"{directory}/punched", punch=[[2 * BLOCK, 3 * BLOCK], [7 * BLOCK + 10, 50]])
        s.step("change", path=f"{directory}/cut", truncate=3 * BLOCK + 21)
        s.step("change", path=f"{directory}/cut_to_nothing", truncate=0)
        s.step("change", path=f"{directory}/grown", truncate=40 * BLOCK + 5)
        s.step("change", path=f"{directory}/allocated", allocate=[8 * BLOCK, 8 * BLOCK, 0])
        s.step("change", path=f"{directory}/allocated", segments=[[12 * BLOCK, 2 * BLOCK]])
        s.step("change", path=f"{directory}/kept_size", allocate=[8 * BLOCK, 8 * BLOCK, 1])
        s.step("change", path=f"{directory}/zeroed", allocate=[BLOCK, 3 * BLOCK, 16])
        s.step("change", path=f"{directory}/overwritten", segments=[[3 * BLOCK + 7, 9000]])
        s.step("change", path=f"{directory}/long", segments=[[5 * BLOCK, 2 * BLOCK], [(DIRECT + 20) * BLOCK, 100]])
        s.step("change", path=f"{directory}/long", append=5 * BLOCK, kind="pattern")
        s.step("change", path=f"{directory}/far",
               segments=[[(DIRECT + at) * BLOCK, 5000] for at in (100, OF_NODE + 7, 2 * OF_NODE + 31)])
        for at in range(12):
            s.step("change", path=f"{directory}/many", segments=[[(12 + 2 * at) * BLOCK, BLOCK]], fsync=at % 3 == 2)
        s.step("change", path=f"{directory}/synced_then_changed", segments=[[0, 6000]])
        s.step("change", path=f"{directory}/synced_then_changed", segments=[[BLOCK, 6000]], fsync=False)
        s.step("change", path=f"{directory}/never_synced", segments=[[0, 6000]], fsync=False)
        for name, size in (("created", 5000), ("created_small", 90), ("created_empty", 0), ("c" * 255, 3 * BLOCK)):
            s.file(f"{directory}/{name}", size=size, kind="text")
            s.step("fsync", path=f"{directory}/{name}")
        s.file(f"{directory}/created_large", kind="pattern",
               segments=[[0, 3 * BLOCK], [(DIRECT - 5) * BLOCK, 12 * BLOCK]])
        s.step("fsync", path=f"{directory}/created_large")
        s.file(f"{directory}/created_sparse", segments=[[9 * BLOCK, 10], [(DIRECT + 500) * BLOCK, 5000]], kind="text")
        s.step("fsync", path=f"{directory}/created_sparse")
        s.step("unlink", path=f"{directory}/removed")
    s.step("change", path="names/inline", segments=[[100, 50]])
    s.step("change", path="names/outgrows", append=9000)
    s.step("change", path="names/shrinks", truncate=20)
    s.step("chmod", path="names/chmodded", mode=0o4711)
    s.step("chown", path="names/chmodded", uid=70000, gid=80000)
    s.step("fsync", path="names/chmodded")
    s.utime("names/moved", -10**18 + 7, 4 * 10**18)
    s.step("fsync", path="names/moved")
    s.xattr("names/xattr", "user.before", b"after it")
    s.xattr("names/xattr", "user.added", b"too")
    s.step("fsync", path="names/xattr")
    s.xattr("names/xattr_large", "user.large", b"a node of its own " * 100)
    s.step("fsync", path="names/xattr_large")
    s.step("acl", path="names/acl", entries="u:1001:rw,g:2042:r,m::rwx")
    s.step("fsync", path="names/acl")
    s.step("unlink", path="names/recreated")
    s.file("names/recreated", size=1500, kind="text")
    s.step("fsync", path="names/recreated")
    s.step("unlink", path="names/removed")
    s.file("names/with_xattr", size=100)
    s.xattr("names/with_xattr", "user.at_once", b"of a new file")
    s.step("fsync", path="names/with_xattr")
    for i in range(6):
        s.file(f"crowd/of_200/created_{i}", size=i * 2000, kind="text")
        s.step("fsync", path=f"crowd/of_200/created_{i}")
    s.step("unlink", path="emptied/file")
    s.file("emptied/other", size=10)
    s.step("fsync", path="emptied/other")
    s.mkdir("never_synced")
    s.file("names/never_synced", size=100)
    return s.spec


def f2fs_two_devices():
    s = sample("f2fs-two-devices", "one filesystem over two devices: files on each and over the edge, encrypted ones too", 48,
               "extra_attr,encrypt", "-c", "{dev1}")
    s.spec["members_mib"] = [24]
    s.key("main")
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", "pattern")
    s.step("symlink", path="files/link", target="x" * 100)
    s.file("large", size=24 * MIB, kind="pattern")
    s.encrypted_directory("encrypted", "main")
    s.sizes("encrypted")
    s.crowd("crowd", 80, size_below=40)
    s.step("interleaved", paths=["turn_0", "turn_1"], count=30)
    s.file("text", size=100000, kind="text")
    return s.spec


def all_samples():
    return [f2fs_plain(), f2fs_old_layout(), f2fs_worn(), f2fs_compress(), f2fs_fscrypt(), f2fs_casefold(), f2fs_verity(),
            f2fs_dirty(), f2fs_two_devices()]
