"""Mounts a file system read-only and writes down all that the kernel reads. Runs in the guest as root.

The file system is mounted twice: without any key, to see the names that a directory then shows, and with the
supplied keys, to read everything.
"""
import base64
import errno
import glob
import hashlib
import os
import stat
import struct

import f2fs
import linux
from populate import load_certificate, run, unmount

TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "dir", stat.S_IFLNK: "symlink", stat.S_IFCHR: "chr",
         stat.S_IFBLK: "blk", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "sock"}
MOST_SEGMENTS = 64
LARGE = 64 << 20


def text_of(key, raw):
    """{key: text}, and {key_b64: exact bytes} with it where they are not UTF-8."""
    try:
        return {key: raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {key: raw.decode("utf-8", "replace"), key + "_b64": base64.b64encode(raw).decode()}


def join(directory, name):
    return os.path.join(directory, name) if directory else name


def drop_caches():
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as f:
        f.write("3")


class Listing:
    """Names and inode numbers of all directories in the kernel's order, and the targets of symlinks."""

    def __init__(self, root):
        self.root, self.directories, self.links = root, {}, {}
        self.read(b"")

    def read(self, path):
        entries = [(e.name, e.inode()) for e in os.scandir(os.path.join(self.root, path))]
        self.directories[path] = entries
        for name, _ in entries:
            below = join(path, name)
            status = os.lstat(os.path.join(self.root, below))
            if stat.S_ISDIR(status.st_mode):
                self.read(below)
            elif stat.S_ISLNK(status.st_mode):
                self.links[below] = (os.readlink(os.path.join(self.root, below)), status.st_size)


def pair(listing, without_keys):
    """{path: (name without keys, path without keys)}: the n-th entry of a directory is the same in both listings."""
    pairs = {}

    def visit(path, keyless_path):
        entries, keyless = listing.directories[path], without_keys.directories[keyless_path]
        if [inode for _, inode in entries] != [inode for _, inode in keyless]:
            raise RuntimeError(f"listings of {path!r} differ in order")
        for (name, _), (keyless_name, _) in zip(entries, keyless):
            below, keyless_below = join(path, name), join(keyless_path, keyless_name)
            pairs[below] = (keyless_name, keyless_below)
            if below in listing.directories:
                visit(below, keyless_below)

    visit(b"", b"")
    return pairs


def data_segments(fd, size):
    """[offset, length] of each run of data by SEEK_DATA and SEEK_HOLE, or None where there are too many."""
    out, at = [], 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                break
            raise
        if start >= size:      # verity metadata past the end of the file
            break
        at = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        out.append([start, at - start])
        if len(out) > MOST_SEGMENTS:
            return None
    return out


def hash_file(fd):
    digest, length, buffer = hashlib.sha256(), 0, bytearray(1 << 20)
    os.lseek(fd, 0, os.SEEK_SET)
    while got := os.readv(fd, [buffer]):
        digest.update(memoryview(buffer)[:got])
        length += got
    return digest.hexdigest(), length


def verity_facts(fd):
    measured = linux.measure_verity(fd)
    if not measured:
        return None
    algorithm, digest = measured
    descriptor = linux.verity_metadata(fd, linux.DESCRIPTOR)
    signature = linux.verity_metadata(fd, linux.SIGNATURE)
    tree = linux.verity_metadata(fd, linux.MERKLE_TREE)
    _, _, log2_block, salt_size, _, data_size = struct.unpack_from("<BBBBIQ", descriptor)
    facts = {"algorithm": algorithm, "block_size": 1 << log2_block, "salt": descriptor[80:80 + salt_size].hex(),
             "digest": digest, "root_hash": descriptor[16:16 + len(digest) // 2].hex(),
             "signature": signature is not None, "descriptor_b64": base64.b64encode(descriptor).decode(),
             "data_size": data_size, "tree_size": len(tree), "tree_sha256": hashlib.sha256(tree).hexdigest()}
    if signature is not None:
        facts["signature_b64"] = base64.b64encode(signature).decode()
    return facts


class Walk:
    def __init__(self, spec, populated, device, mount_point, folder):
        self.spec, self.populated, self.device, self.folder = spec, populated, device, folder
        self.mount_point, self.root = mount_point, os.fsencode(mount_point)
        self.policies, self.files, self.mismatches = [], [], []
        self.policy_of_directory, self.pairs = {}, {}
        self.keys = []

    def run(self):
        """Returns the truth; the host adds the image's name and hash."""
        for pem in sorted(glob.glob(f"{self.folder}/certs/*.pem")):
            load_certificate(pem)
        without_keys = None
        if self.spec["keys"] or self.populated["made_keys"]:
            self.mount()
            without_keys = Listing(self.root)
            unmount(self.mount_point)
        drop_caches()
        self.mount()
        self.add_keys()
        drop_caches()
        self.listing = Listing(self.root)
        self.links_without_keys = without_keys.links if without_keys else {}
        if without_keys:
            self.pairs = pair(self.listing, without_keys)
        self.visit(b"")
        truth = self.truth()
        unmount(self.mount_point)
        return truth

    def mount(self):
        run(["mount", "-t", self.spec["fs"], "-o", self.spec["walk_options"], self.device, self.mount_point])

    def add_keys(self):
        for key in self.populated["made_keys"]:
            with open(f"{self.folder}/{key['file']}", "rb") as f:
                raw = f.read()
            if key["policy"] == "v1":
                linux.add_key(self.mount_point, raw, key["id"])
            else:
                assert linux.add_key(self.mount_point, raw) == key["id"]
            self.keys.append(key)
        for key in self.spec["keys"]:
            if key["supplied"]:
                name = f"keys/{key['name']}.key"
                with open(f"{self.folder}/{name}", "rb") as f:
                    identifier = linux.add_key(self.mount_point, f.read(), key.get("descriptor"))
                self.keys.append({"file": name, "policy": "v1" if "descriptor" in key else "v2", "id": identifier,
                                  **({"derived": key["derived"]} if "derived" in key else {})})

    def truth(self):
        with open("/proc/mounts") as f:
            mounted = next(line.strip() for line in f if f" {self.mount_point} " in line)
        ids = self.populated["key_ids"]
        deleted = self.populated.get("deleted")
        return {"fs": self.spec["fs"], "block_size": os.statvfs(self.root).f_bsize,
                "page_size": os.sysconf("SC_PAGE_SIZE"), "kernel": f"{os.uname().release} {os.uname().machine}",
                "made_on_kernel": self.populated["kernel"], "made_on_page_size": self.populated["page_size"],
                "mkfs": self.populated["mkfs"], "mount_options": self.spec["walk_options"],
                "populate_mount_options": self.spec["mount_options"], "mounted_as": mounted, "keys": self.keys,
                "unsupplied_keys": [ids[k["name"]] for k in self.spec["keys"] if not k["supplied"]],
                "mismatches": self.mismatches, "policies": self.policies, "files": self.files,
                **({"deleted": deleted} if deleted else {})}

    def supplied(self, policy):
        return any(key["id"] == policy["id"] for key in self.keys)

    def visit(self, path):
        full = os.path.join(self.root, path) if path else self.root
        status = os.lstat(full)
        kind = TYPES[stat.S_IFMT(status.st_mode)]
        entry = {**text_of("path", path), **self.status_facts(full, status, kind)}
        parent_policy = self.policy_of_directory.get(os.path.dirname(path)) if path else None
        policy = None
        if kind in ("file", "dir"):
            policy = self.look_inside(full, path, kind, status, entry, parent_policy)
        elif kind == "symlink":
            entry.update(text_of("target", os.readlink(full)))
            # Encrypted as the directory is that it was made in, which need not be the one that it was moved to.
            policy = parent_policy if linux.is_encrypted(full) else None
            if policy:
                entry["policy_id"] = policy["id"]
        entry["encrypted"] = policy is not None or kind == "symlink" and linux.is_encrypted(full)
        if policy and not self.supplied(policy):
            entry["key_supplied"] = False
        if parent_policy:
            entry["name_encrypted"] = True
        self.add_keyless_view(path, kind, entry)
        self.files.append(entry)
        if kind == "dir":
            for name, _ in sorted(self.listing.directories[path]):
                self.visit(join(path, name))

    def status_facts(self, full, status, kind):
        facts = {"type": kind, "mode": f"{stat.S_IMODE(status.st_mode):04o}", "uid": status.st_uid,
                 "gid": status.st_gid, "nlink": status.st_nlink, "ino": status.st_ino, "size": status.st_size,
                 "blocks": status.st_blocks, "mtime_ns": status.st_mtime_ns, "ctime_ns": status.st_ctime_ns,
                 "atime_ns": status.st_atime_ns}
        if recovered := self.spec.get("recovered_after_ns"):
            facts |= {name: None for name in ("mtime_ns", "ctime_ns") if facts[name] >= recovered}
        born = linux.birth_time_ns(full)
        if born is not None:
            facts["btime_ns"] = born
        if kind in ("chr", "blk"):
            facts["rdev"] = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
        if self.spec["fs"] != "vfat":
            facts["xattrs"] = {name: base64.b64encode(os.getxattr(full, name, follow_symlinks=False)).decode()
                               for name in sorted(os.listxattr(full, follow_symlinks=False))}
        return facts

    def look_inside(self, full, path, kind, status, entry, parent_policy):
        """Reads a file or directory; returns its policy."""
        try:
            fd = os.open(full, os.O_RDONLY)
        except OSError as error:
            if error.errno != errno.ENOKEY or not parent_policy:
                raise
            entry["sha256"] = None
            return parent_policy
        try:
            flags = linux.inode_flags(fd)
            if flags is not None:
                entry["flags"] = flags
            policy = linux.get_policy(fd)
            if policy:
                entry["policy_id"] = policy["id"]
                entry["nonce"] = linux.get_nonce(fd)
                if policy != parent_policy:
                    self.policies.append({**text_of("path", path), **policy})
            if kind == "dir":
                self.policy_of_directory[path] = policy
            else:
                self.read_file(fd, path, status.st_size, entry)
        finally:
            os.close(fd)
        return policy

    def read_file(self, fd, path, size, entry):
        verity = verity_facts(fd)
        if verity:
            entry["verity"] = verity
        compression = f2fs.compression_facts(fd) if self.spec["fs"] == "f2fs" else None
        if compression:
            entry["compression"] = compression
        entry["sha256"], length = hash_file(fd)
        if length != size:
            self.mismatches.append(f"{entry['path']}: read {length} of {size} bytes")
        written = self.populated["written"].get(os.fsdecode(path))
        if written and written != entry["sha256"]:
            self.mismatches.append(f"{entry['path']}: written {written}, read {entry['sha256']}")
        segments = data_segments(fd, size)
        if segments is not None and size and segments != [[0, size]]:
            entry["segments"] = segments
        if segments is not None and size > LARGE:
            entry["segment_sha256"] = [hashlib.sha256(os.pread(fd, length, offset)).hexdigest()
                                       for offset, length in segments if length < LARGE]

    def add_keyless_view(self, path, kind, entry):
        if path not in self.pairs or not (entry["encrypted"] or entry.get("name_encrypted")):
            return
        name, keyless_path = self.pairs[path]
        entry.update(text_of("nokey_name", name))
        if kind == "symlink":
            target, size = self.links_without_keys[keyless_path]
            entry.update(text_of("nokey_target", target))
            entry["nokey_size"] = size
