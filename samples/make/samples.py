"""What the samples about files, encryption and fs-verity hold; feature_samples has those about ext4's features,
f2fs_samples those of f2fs, android_samples Android's, damage_samples those that are damaged after."""
import math
import struct
import uuid
import zlib

import android_samples
import damage_samples
import f2fs_samples
import feature_samples
from recipe import AFTER_2038, BEFORE_1970, MIB, NANOSECONDS, SECOND, Sample, ext4


def picture(width, height, phase):
    """A PNG of coloured waves, stored without compression so that the image file as a whole packs well."""
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            wave = math.sin(x / 9 + phase) + math.cos(y / 7 - phase)
            rows += bytes((int(127 + 60 * wave), 255 * y // height, 255 * x // width))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 0))
            + chunk(b"IEND", b""))


def first_light():
    s = Sample("first-light", "the data partition of a small device: plain, encrypted, locked and verified files",
               24, 4096,
               ext4("first-light", 4096, "-O", "encrypt,verity", "-L", "lantern-data", "-J", "size=4", "-N", "512"))
    spring = 1775000000 * SECOND
    day = 86400 * SECOND

    s.mkdir("etc", "photos", "photos/2026", "firmware")
    s.data("etc/hostname", "lantern-07\n")
    s.data("etc/network.conf", "interface = wlan0\naddress   = 192.0.2.17/24\ngateway   = 192.0.2.1\n")
    s.data("etc/schedule.json", '{"wake": "05:40", "sleep": "22:15", "exposures": [1, 2, 4, 8, 15]}\n')
    s.data("etc/motd", "Lantern field camera\n")
    s.data("etc/start.sh", "#!/bin/sh\nexec /usr/bin/lantern --config /data/etc/schedule.json\n")
    s.step("chmod", path="etc/start.sh", mode=0o755)
    s.step("symlink", path="etc/current", target="schedule.json")
    s.xattr("etc/hostname", "user.comment", b"set at the factory")
    s.step("acl", path="etc/network.conf", entries="u:1000:rw")
    s.file("etc/camera.log", size=30000, kind="text")
    s.step("chown", path="etc/camera.log", uid=1000, gid=1000)

    for i, name in enumerate(("dawn", "noon", "dusk", "aurora")):
        path = f"photos/2026/{name}.png"
        s.data(path, picture(96, 64, i * 1.7))
        s.utime(path, spring + i * day + 123456789)
    s.step("link", path="photos/favourite.png", source="photos/2026/aurora.png")
    s.step("symlink", path="photos/latest", target="2026/aurora.png")
    s.file("photos/timelapse.raw", segments=[[0, 5000], [3 * MIB, 6000]], kind="text", truncate=8 * MIB)

    s.file("firmware/boot.bin", size=212 * 4096 + 1234, kind="pattern")
    s.verity("firmware/boot.bin", "sha256", salt=s.salt(32))
    s.file("firmware/kernel.bin", size=90 * 4096, kind="pattern")
    s.verity("firmware/kernel.bin", "sha512", salt=s.salt(16))
    s.file("firmware/devicetree.bin", size=3000)
    s.verity("firmware/devicetree.bin", "sha256")
    s.data("firmware/VERSION", "lantern 3.2.1\n")

    s.key("vault")
    s.encrypted_directory("vault", "vault")
    s.data("vault/passwords.txt", "wifi   correct horse battery staple\nshell  hunter2\n")
    s.data("vault/positions.csv", "time,latitude,longitude\n" + "".join(
        f"2026-04-{d:02}T06:00:00Z,{47 + d / 100:.2f},{8 + d / 50:.2f}\n" for d in range(1, 31)))
    s.data("vault/owl.png", picture(96, 64, 0.4))
    s.file("vault/night.raw", segments=[[0, 4096 * 3], [40 * 4096 + 100, 5000]], truncate=64 * 4096)
    s.step("symlink", path="vault/latest.csv", target="positions.csv")
    s.step("symlink", path="vault/picture of the year", target="../photos/2026/aurora.png")
    s.mkdir("vault/letters")
    s.data("vault/letters/2026-03-08 Ada to Grace.txt", "The camera saw it first. Tell nobody yet.\n")
    s.data("vault/letters/2026-03-09 Grace to Ada.txt", "I saw it too. We call it first light.\n")
    s.file("vault/letters/draft.txt", size=0)
    s.file("vault/calibration.bin", size=5 * 4096 + 17)
    s.verity("vault/calibration.bin", "sha256", salt=s.salt(8))

    s.key("lost", supplied=False)
    s.encrypted_directory("locked", "lost")
    s.data("locked/diary.txt", "Nobody has this key any more.\n")
    s.mkdir("locked/attic")
    s.file("locked/attic/box", size=9000)
    s.step("symlink", path="locked/way out", target="../etc/motd")
    return s.spec


def plain_1k():
    s = Sample("plain-1k", "nothing encrypted: every file type, name, time, xattr and kind of mapping, 1K blocks",
               24, 1024, ext4("plain-1k", 1024, "-J", "size=1", "-N", "1024"))
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files")
    s.links("files", 1023)
    s.special_files("files")
    s.step("scattered", path="files/scattered", block=1024, count=420, kind="pattern")
    s.file("files/many_extents", every_other=[1024, 400], kind="pattern")
    s.file("files/over_2_gib", segments=[[1000, 3000], [MIB + 7, 50], [2048 * MIB + 12345, 5000]], kind="text")
    s.names("names")
    s.times("times")
    s.attributes("attributes")
    s.crowd("hashed", 300, pad_to=200, pad_every=30, size_below=40)
    s.crowd("linear", 12, size_below=40)
    deep = "deep"
    for i in range(12):
        s.mkdir(deep)
        deep += f"/level_{i}"
    s.file(deep, size=12)
    return s.spec


def v2_xts_1k():
    s = Sample("v2-xts-1k", "v2 AES-256-XTS policies: every padding, a 32-byte key, a lost key, sparse and "
               "scattered files, 1K blocks", 24, 1024,
               ext4("v2-xts-1k", 1024, "-O", "encrypt", "-J", "size=1", "-N", "1024"))
    s.key("main")
    for pad in (4, 8, 16, 32):
        directory = f"pad_{pad}"
        s.encrypted_directory(directory, "main", pad)
        for length in (1, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32, 33, 130, 150, 255):
            s.file(f"{directory}/{'n' * length}", size=length)
        s.step("symlink", path=f"{directory}/link", target="n" * (pad + 1))
        s.mkdir(f"{directory}/below")
        s.file(f"{directory}/below/file", size=1025)
    s.sizes("pad_32")
    s.mappings("pad_16")
    s.links("pad_32", 1020)
    s.special_files("pad_8")
    s.names("pad_32/names")
    s.times("pad_4/times")
    s.attributes("pad_8/attributes")
    s.step("scattered", path="pad_16/scattered", block=1024, count=100)
    s.file("pad_16/many_extents", allocate=[0, 400 * 1024, 0], every_other=[1024, 190])
    s.crowd("pad_4/hashed", 250, pad_to=170, pad_every=40, size_below=20)

    s.key("short", size=32)
    s.encrypted_directory("short_key", "short", 16)
    s.sizes("short_key", large=3000)

    s.key("lost", supplied=False)
    s.encrypted_directory("lost", "lost")
    s.sizes("lost", large=3000)
    s.links("lost", 900)
    s.special_files("lost")
    s.mkdir("lost/nested", "lost/nested/deeper", "lost/" + "d" * 180)
    s.file("lost/nested/deeper/leaf", size=2000)
    s.file(f"lost/{'d' * 180}/leaf", size=100)
    for length in (100, 148, 149, 150, 160, 161, 200, 255):
        s.file("lost/" + "l" * length, size=length)
    s.crowd("lost/hashed", 60, pad_to=120, pad_every=3)

    s.mkdir("plain")
    s.file("plain/file", size=3000)
    return s.spec


def fscrypt_modes():
    """Every mode, flag and version, each with names, links and contents of all sizes."""
    s = Sample("fscrypt-modes", "one directory for each kind of policy: Adiantum, HCTR2, AES-128 and SM4, DIRECT_KEY, "
               "IV_INO_LBLK_64 and _32, data units of 512 bytes to a block, v1 with derived and other descriptors; some with lost keys", 24, 4096,
               ext4("fscrypt-modes", 4096, "-O", "encrypt,stable_inodes", "-J", "size=4", "-N", "1024"))
    adiantum = {"contents": "Adiantum", "filenames": "Adiantum"}
    aes_128 = {"contents": "AES-128-CBC-ESSIV", "filenames": "AES-128-CTS"}
    hctr2 = {"filenames": "AES-256-HCTR2"}
    s.key("main")
    s.key("small", size=16)
    s.key("v1", v1=True)
    s.key("v1-named", v1=True, descriptor="636f6c6472656164")
    s.key("lost", supplied=False)
    s.key("v1-lost", supplied=False, v1=True)
    policies = [("adiantum", "main", 32, adiantum), ("adiantum_direct", "main", 4, {**adiantum, "flags": ["DIRECT_KEY"]}),
                ("aes_128", "small", 16, aes_128), ("lblk_64", "main", 8, {"flags": ["IV_INO_LBLK_64"]}),
                ("lblk_32", "main", 32, {"flags": ["IV_INO_LBLK_32"]}), ("hctr2", "main", 16, hctr2),
                ("hctr2_lblk_64", "main", 4, {**hctr2, "flags": ["IV_INO_LBLK_64"]}),
                ("sm4", "main", 32, {"contents": "SM4-XTS", "filenames": "SM4-CTS"})]
    policies += [(f"unit_{1 << log2}", "main", 16, {"log2_unit": log2}) for log2 in (9, 10, 11, 12)]
    policies += [("adiantum_unit_512", "main", 16, {**adiantum, "log2_unit": 9})]
    policies += [("v1_xts", "v1", 4, {}), ("v1_aes_128", "v1", 8, aes_128), ("v1_adiantum", "v1", 16, adiantum),
                 ("v1_adiantum_direct", "v1", 32, {**adiantum, "flags": ["DIRECT_KEY"]}),
                 ("v1_named", "v1-named", 32, {}), ("lost_adiantum", "lost", 32, adiantum), ("v1_lost", "v1-lost", 4, {})]
    for directory, key, pad, policy in policies:
        s.encrypted_directory(directory, key, pad, **policy)
        for length in (1, 15, 16, 17, 33, 150, 255):
            s.file(f"{directory}/{'n' * length}", size=length)
        for size in (0, 511, 512, 4095, 4097):
            s.file(f"{directory}/size_{size}", size=size)
        for size in (1, 60, 200):
            s.step("symlink", path=f"{directory}/link_{size}", target="t" * size)
        s.mkdir(f"{directory}/below")
        s.file(f"{directory}/below/sparse", segments=[[5 * 4096 + 100, 5000], [40 * 4096, 3 * 4096]], truncate=50 * 4096 + 9)
        s.file(f"{directory}/below/unwritten", allocate=[0, 8 * 4096, 0], segments=[[2 * 4096 + 1, 600]])
    return s.spec


def verity_sizes(s, directory, block, hash_size, large_levels=2, **options):
    """fs-verity files about the edges of a block, of a hash block and of a level."""
    hashes = block // hash_size
    for size in (0, 1, block - 1, block, block + 1, hashes * block, hashes * block + 1):
        path = f"{directory}/size_{size}"
        s.file(path, size=size, kind="random" if size < 5000 else "pattern")
        s.verity(path, block_size=block, **options)
    if large_levels == 3:
        path = f"{directory}/three_levels"
        s.file(path, segments=[[0, 40 * block], [hashes * hashes * block - 5, 3 * block]], kind="pattern")
        s.verity(path, block_size=block, **options)


def verity_1k():
    s = Sample("verity-1k", "fs-verity with 1K Merkle blocks on 1K blocks: SHA-256 and SHA-512, salts of 0, 1, 8 and "
               "32 bytes, up to 3 levels", 16, 1024,
               ext4("verity-1k", 1024, "-O", "verity", "-J", "size=1", "-N", "256"))
    for directory, algorithm, hash_size, salt in (("sha256", "sha256", 32, 0), ("sha512", "sha512", 64, 8)):
        s.mkdir(directory)
        verity_sizes(s, directory, 1024, hash_size, large_levels=3, algorithm=algorithm, salt=s.salt(salt))
    s.mkdir("salts", "mappings")
    for length in (0, 1, 8, 32):
        for algorithm in ("sha256", "sha512"):
            path = f"salts/{algorithm}_{length}"
            s.file(path, size=2500)
            s.verity(path, algorithm, salt=s.salt(length))
    s.file("mappings/sparse", segments=[[5 * 1024, 100], [50 * 1024, 3000]], truncate=61 * 1024 + 9)
    s.file("mappings/only_hole", truncate=40 * 1024 + 1)
    s.file("mappings/unwritten", allocate=[0, 16 * 1024, 0], segments=[[5 * 1024 + 1, 1024]])
    s.file("mappings/many_extents", every_other=[1024, 60], kind="pattern")
    s.step("scattered", path="mappings/scattered", block=1024, count=60, kind="pattern")
    for name in ("sparse", "only_hole", "unwritten", "many_extents", "scattered"):
        s.verity(f"mappings/{name}")
    s.file("mappings/without_verity", size=9000, kind="text")
    return s.spec


def verity_4k():
    s = Sample("verity-4k", "fs-verity with 1K, 2K and 4K Merkle blocks on 4K blocks, with encryption, and with "
               "a built-in signature", 24, 4096,
               ext4("verity-4k", 4096, "-O", "verity,encrypt", "-J", "size=4", "-N", "256"))
    for block in (1024, 2048, 4096):
        s.mkdir(f"merkle_{block}")
        verity_sizes(s, f"merkle_{block}", block, 32, algorithm="sha256", salt=s.salt(block // 256))
    s.mkdir("sha512")
    verity_sizes(s, "sha512", 4096, 64, algorithm="sha512", salt=s.salt(32))
    s.mkdir("mappings")
    s.file("mappings/sparse", segments=[[5 * 4096, 100], [90 * 4096, 9000]], truncate=150 * 4096 + 9)
    s.verity("mappings/sparse", block_size=1024)
    s.step("scattered", path="mappings/scattered", block=4096, count=140, kind="pattern")
    s.verity("mappings/scattered", salt=s.salt(4))

    s.key("main")
    s.encrypted_directory("encrypted", "main")
    for block in (1024, 4096):
        for algorithm in ("sha256", "sha512"):
            for size in (0, 1, 4096, 20001):
                path = f"encrypted/{algorithm}_{block}_{size}"
                s.file(path, size=size)
                s.verity(path, algorithm, block, s.salt(8))
    s.file("encrypted/sparse", segments=[[3 * 4096, 6000], [30 * 4096, 10]], truncate=40 * 4096 + 1)
    s.verity("encrypted/sparse")
    s.file("encrypted/without_verity", size=9000)

    s.step("certificate", name="signer")
    s.mkdir("signed")
    for algorithm, size in (("sha256", 50000), ("sha512", 50000), ("sha256", 0)):
        path = f"signed/{algorithm}_{size}"
        s.file(path, size=size, kind="text")
        s.verity(path, algorithm, salt=s.salt(16), signer="signer")
    s.file("encrypted/signed", size=5000)
    s.verity("encrypted/signed", signer="signer")
    return s.spec


def small_tree(s, kind="random"):
    """A little of everything that is plain, for samples about the layout of the file system itself."""
    s.mkdir("files")
    s.sizes("files")
    s.mappings("files", kind)
    s.links("files", 900)
    s.special_files("files")
    s.crowd("hashed", 120, pad_to=200, pad_every=4, size_below=40)


def old_layout():
    s = Sample("old-layout", "an old layout: 32-bit, no checksums, no flexible groups, no journal, 128-byte inodes, "
               "block-mapped files", 16, 4096,
               ext4("old-layout", 4096, "-O", "^64bit,^flex_bg,^metadata_csum,^has_journal", "-I", "128", "-N", "512"))
    small_tree(s)
    s.times("times", after_2038=False)
    s.attributes("attributes")
    s.mkdir("block_mapped")
    no_extents = ["extents"]
    s.file("block_mapped/direct", drop_flags=no_extents, size=9 * 4096 + 1, kind="pattern")
    s.file("block_mapped/indirect", drop_flags=no_extents, size=20 * 4096 + 1, kind="pattern")
    s.file("block_mapped/double_indirect", drop_flags=no_extents, kind="pattern",
           segments=[[0, 100], [13 * 4096, 5000], [(12 + 1024 + 5 * 1024) * 4096, 9000]])
    s.file("block_mapped/only_hole", drop_flags=no_extents, truncate=70000)
    return s.spec


def metabg_1k():
    s = Sample("metabg-1k", "meta block groups of 1024 blocks, 64-bit, 1024-byte inodes, 1K blocks", 24, 1024,
               ext4("metabg-1k", 1024, "-O", "64bit,meta_bg,^resize_inode", "-g", "1024", "-I", "1024", "-N", "960",
                    "-J", "size=1"))
    small_tree(s)
    s.times("times")
    s.attributes("attributes")
    for i in range(20):         # the allocator spreads directories at the root over the groups
        s.mkdir(f"group_{i:02}")
        s.file(f"group_{i:02}/file", size=3000 + i, kind="text")
    return s.spec


def blocks_16k():
    block = 16384
    s = Sample("blocks-16k", "16K blocks with 64-bit groups, encryption and fs-verity, for page sizes of 16K and 64K",
               48, block, ext4("blocks-16k", block, "-O", "64bit,encrypt,verity", "-J", "size=16", "-N", "512"),
               arch="arm64")
    small_tree(s, "pattern")
    s.attributes("attributes")
    s.key("main")
    s.encrypted_directory("encrypted", "main")
    s.sizes("encrypted")
    s.mappings("encrypted")
    s.links("encrypted", 900)
    s.mkdir("verity")
    for merkle, algorithm in ((1024, "sha256"), (4096, "sha512"), (block, "sha256")):
        for directory in ("verity", "encrypted"):
            path = f"{directory}/merkle_{merkle}"
            s.file(path, size=3 * block + 1, kind="pattern")
            s.verity(path, algorithm, merkle, s.salt(16))
    s.file("verity/sparse", segments=[[2 * block, 100], [20 * block, 5000]], kind="text", truncate=30 * block + 5)
    s.verity("verity/sparse", block_size=4096)
    return s.spec


def fast_commit():
    """All after sync ends in fast commits. The kernel commits in full for symlinks, special files, xattrs and names in
    encrypted directories, and where a truncation puts a file on the orphan list."""
    block = 1024
    s = Sample("fast-commit", "a crash after fast commits of every kind: names, ranges, inodes, orphans; 1K blocks", 8, block,
               ext4("fast-commit", block, "-O", "fast_commit,encrypt", "-J", "size=1,fast_commit_size=512", "-N", "256"))
    s.spec.update(crash=True, mount_options="noatime,commit=300", walk_options="rw,noatime",
                  options_as_it_lies="ro,noload")
    s.key("main")
    s.encrypted_directory("encrypted", "main")
    s.mkdir("plain", "names", "emptied")
    for directory in ("plain", "encrypted"):
        for file in ("appended", "punched", "cut", "grown", "allocated", "kept_size", "zeroed", "remapped",
                     "overwritten", "many", "untouched"):
            s.file(f"{directory}/{file}", size=9 * block + 100)
    for file in ("linked", "unlinked", "renamed", "replaced", "replacing", "reused", "chmodded", "orphan", "two_names"):
        s.file(f"names/{file}", size=700, kind="text")
    s.step("link", path="names/second_name", source="names/two_names")
    s.file("emptied/file", size=10)
    s.xattr("names/renamed", "user.kept", b"through the rename")
    for directory in ("plain", "encrypted"):
        s.step("change", path=f"{directory}/cut", truncate=3 * block + 21)
    s.step("hold", path="names/orphan")
    s.step("unlink", path="names/orphan")
    s.step("sync")

    for directory in ("plain", "encrypted"):
        s.step("change", path=f"{directory}/appended", append=5000)
        s.step("change", path=f"{directory}/appended", append=300)
        s.step("change", path=f"{directory}/punched", punch=[[2 * block, 3 * block], [7 * block + 10, 50]])
        s.step("change", path=f"{directory}/grown", truncate=40 * block + 5)
        s.step("change", path=f"{directory}/allocated", allocate=[8 * block, 8 * block, 0])
        s.step("change", path=f"{directory}/allocated", segments=[[12 * block, 2 * block]])
        s.step("change", path=f"{directory}/kept_size", allocate=[8 * block, 8 * block, 1])
        s.step("change", path=f"{directory}/zeroed", allocate=[block, 3 * block, 16])
        s.step("change", path=f"{directory}/remapped", punch=[[0, 10 * block]])
        s.step("change", path=f"{directory}/remapped", segments=[[block, 4 * block]])
        s.step("change", path=f"{directory}/overwritten", segments=[[3 * block + 7, 2000]])
        for at in range(20):
            s.step("change", path=f"{directory}/many", segments=[[(12 + 2 * at) * block, block]], fsync=at % 5 == 4)
    s.file("names/created", size=5000)
    s.step("fsync", path="names/created")
    s.step("link", path="names/linked_again", source="names/linked")
    s.step("fsync", path="names/linked")
    s.step("unlink", path="names/unlinked")
    s.step("unlink", path="names/second_name")
    s.step("fsync", path="names/two_names")
    s.step("rename", path="names/renamed_to", source="names/renamed")
    s.step("fsync", path="names/renamed_to")
    s.step("rename", path="names/replaced", source="names/replacing")
    s.step("fsync", path="names/replaced")
    s.step("unlink", path="names/reused")
    s.file("names/reused", size=1500, kind="text")
    s.step("fsync", path="names/reused")
    s.step("chmod", path="names/chmodded", mode=0o4711)
    s.step("chown", path="names/chmodded", uid=70000, gid=80000)
    s.utime("names/chmodded", BEFORE_1970, AFTER_2038)
    s.step("fsync", path="names/chmodded")
    s.mkdir("names/new", "names/new/nested")
    s.file("names/new/nested/file", size=2500)
    s.file("names/new/empty", size=0)
    s.step("fsync", path="names/new/nested/file")
    s.step("unlink", path="emptied/file")
    s.step("rmdir", path="emptied")
    s.file("names/last", size=100)
    s.step("fsync", path="names/last")
    s.step("many", directory="names", count=4, pattern="never_synced_%d", size_below=30)
    return s.spec


def disk(name, description, mib, table, sector, sfdisk, partitions):
    """partitions: {index: spec, or None for an empty partition}."""
    return {"name": name, "description": description, "mib": mib, "arch": "amd64", "table": table, "sector": sector,
            "sfdisk": sfdisk, "partitions": partitions}


def plain_partition(name, block):
    s = Sample(name, "", 0, block, ext4(name, block, "-J", f"size={block // 1024}", "-N", "128"))
    s.mkdir("files")
    s.sizes("files")
    s.links("files", 300)
    return s.spec


def encrypted_partition(name, block):
    s = Sample(name, "", 0, block,
               ext4(name, block, "-O", "encrypt,verity", "-J", f"size={block // 1024}", "-N", "128"))
    s.key("main")
    s.encrypted_directory("encrypted", "main")
    s.sizes("encrypted", large=9000)
    s.links("encrypted", 300)
    s.file("checked", size=30000, kind="text")
    s.verity("checked", salt=s.salt(8))
    return s.spec


def fat_partition(name):
    s = Sample(name, "", 0, 0, ["mkfs.vfat", "-n", "FAT", "-i", "c01d4ead", "{dev}"], fs="vfat")
    s.spec["walk_options"] = "ro,utf8"
    s.mkdir("docs")
    s.file("readme.txt", size=77, kind="text")
    s.file("docs/a.txt", size=3000, kind="text")
    return s.spec


def disk_gpt():
    identity = uuid.uuid5(uuid.NAMESPACE_URL, "disk-gpt")
    lines = ["label: gpt", f"label-id: {identity}"]
    for number, (size, kind, name) in enumerate((("12MiB", "linux", "system"), ("12MiB", "linux", "data"),
                                                 ("8MiB", "uefi", "boot")), 1):
        part = uuid.uuid5(identity, str(number))
        lines.append(f'size={size}, type={kind}, name="{name}", uuid={part}')
    return disk("disk-gpt", "a GPT disk with 4096-byte sectors: ext4, encrypted ext4 and FAT", 36, "gpt", 4096,
                "\n".join(lines) + "\n",
                {"1": plain_partition("disk-gpt-1", 4096), "2": encrypted_partition("disk-gpt-2", 4096),
                 "3": fat_partition("disk-gpt-3")})


def disk_mbr():
    lines = ["label: dos", "label-id: 0xc01d4ead", "size=8MiB, type=83", "size=4MiB, type=c", "size=2MiB, type=83",
             "type=5", "size=12MiB, type=83"]
    return disk("disk-mbr", "an MBR disk with 512-byte sectors: ext4, FAT, an empty partition, and encrypted ext4 on a "
                "logical one", 32, "mbr", 512, "\n".join(lines) + "\n",
                {"1": plain_partition("disk-mbr-1", 1024), "2": fat_partition("disk-mbr-2"), "3": None,
                 "5": encrypted_partition("disk-mbr-5", 4096)})


def tool_partition(name):
    s = Sample(name, "", 0, 1024, ext4(name, 1024, "-O", "encrypt", "-J", "size=1", "-N", "128"))
    s.data("readme.txt", "fscrypt(8) keeps its keys in .fscrypt.\n")
    return s


def fscrypt_tool():
    first = tool_partition("fscrypt-tool-1")
    first.step("fscrypt_encrypt", path="home", name="first", passphrase="Correct horse, battery staple.")
    first.data("home/diary.txt", "Dear diary, nobody guesses passphrases of four words.\n")
    first.sizes("home")
    first.step("fscrypt_encrypt", path="stick", name="stick", raw_key=bytes(range(7, 39)).hex())
    first.data("stick/note.txt", "This one takes the stick.\n")
    second = tool_partition("fscrypt-tool-2")
    second.step("fscrypt_encrypt", path="linked", name="linked", passphrase="pässwörd with  spaces ", partition="1")
    second.data("linked/far.txt", "The protector lies on the first partition.\n")
    second.links("linked", 300)
    return disk("fscrypt-tool", "fscrypt(8): a passphrase, a raw key, and a protector on another partition", 12, "mbr", 512,
                "label: dos\nlabel-id: 0xc01d4ec0\nsize=5MiB, type=83\nsize=5MiB, type=83\n",
                {"1": first.spec, "2": second.spec})


def e4crypt():
    s = Sample("e4crypt", "e4crypt(8): v1 policies of passphrases, with the filesystem's salt and with one that was given", 5,
               1024, ext4("e4crypt", 1024, "-O", "encrypt", "-J", "size=1", "-N", "128"))
    for path, salt in (("own_salt", None), ("given_salt", "s:pepper")):
        s.step("e4crypt", path=path, name=path, passphrase=f"a passphrase for {path}", salt=salt)
        s.data(f"{path}/note.txt", "PBKDF2 this is not.\n")
        s.sizes(path)
        s.links(path, 300)
    return s.spec


def deleted_1k():
    s = Sample("deleted-1k", "files that were deleted: the journal still has their inodes, plain and encrypted, with "
               "extents in the inode and in a tree, symlinks, and names that a directory's growth left behind",
               16, 1024, ext4("deleted-1k", 1024, "-O", "encrypt", "-J", "size=4", "-N", "512"))
    s.mkdir("plain")
    s.data("plain/note.txt", "Burn after reading.\n")
    s.file("plain/report.txt", size=5000, kind="text")
    s.file("plain/large.bin", size=300 * 1024 + 77, kind="pattern")
    s.file("plain/sparse.bin", every_other=[1024, 30], kind="text")
    s.file("plain/hole.bin", kind="text", segments=[[0, 2000], [40 * 1024, 3000]])
    s.file("plain/unwritten.bin", kind="text", allocate=[0, 16 * 1024, 0], segments=[[5 * 1024, 1024]])
    s.file("plain/empty", size=0)
    s.file("plain/kept.txt", size=3000, kind="text")
    s.step("symlink", path="plain/fast", target="note.txt")
    s.step("symlink", path="plain/slow", target="far/away/" * 12)
    s.xattr("plain/report.txt", "user.origin", b"scanner")
    s.key("vault")
    s.encrypted_directory("vault", "vault")
    s.data("vault/diary.txt", "Nobody will ever read this.\n")
    s.file("vault/ledger.bin", size=9000)
    s.file("vault/sparse.bin", segments=[[3 * 1024, 2000], [20 * 1024, 1000]])
    s.file("vault/kept.bin", size=2000)
    s.step("symlink", path="vault/pointer", target="diary.txt")
    s.crowd("crowd", 60, size_below=40)
    for path in ("plain/note.txt", "vault/diary.txt"):
        s.utime(path, NANOSECONDS)
    s.step("sync")
    for name in ("note.txt", "report.txt", "large.bin", "sparse.bin", "hole.bin", "unwritten.bin", "empty", "fast",
                 "slow"):
        s.step("delete", path=f"plain/{name}")
    for name in ("diary.txt", "ledger.bin", "sparse.bin", "pointer"):
        s.step("delete", path=f"vault/{name}")
    for i in range(3, 60, 7):
        s.step("delete", path=f"crowd/f{i:04d}")
    s.step("sync")
    s.file("plain/after.txt", size=6000, kind="text")
    return s.spec


def all_samples():
    specs = [first_light(), plain_1k(), v2_xts_1k(), fscrypt_modes(), verity_4k(), verity_1k(), old_layout(), metabg_1k(),
             blocks_16k(), deleted_1k(), fast_commit(), disk_gpt(), disk_mbr(), fscrypt_tool(), e4crypt(),
             *damage_samples.all_samples(), *feature_samples.all_samples(), *f2fs_samples.all_samples(), *android_samples.all_samples()]
    return {spec["name"]: spec for spec in specs}
