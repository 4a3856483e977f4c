"""Makes a file system from its spec and fills it. Runs in the guest as root.

Each step of the spec is a dictionary whose "op" names the method below that does it; the other entries are that
method's arguments. Paths are relative to the file system's root; odd bytes are in Python's surrogateescape form.
"""
import base64
import errno
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import time

import content
import cut_off
import f2fs
import fscrypt_tool
import linux

FILE_TYPES = {"chr": stat.S_IFCHR, "blk": stat.S_IFBLK, "fifo": stat.S_IFIFO, "sock": stat.S_IFSOCK}
HASH_LIMIT = 64 << 20
VERITY_KEYRING = "%keyring:.fs-verity"


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout.decode('utf-8', 'replace')}")
    return done.stdout


def unmount(mount_point):
    for _ in range(20):
        if subprocess.run(["umount", mount_point]).returncode == 0:
            return
        time.sleep(0.3)
    raise RuntimeError("cannot unmount")


def load_certificate(pem):
    der = run(["openssl", "x509", "-in", pem, "-outform", "der"])
    run(["keyctl", "padd", "asymmetric", "", VERITY_KEYRING], input=der)


class Populate(f2fs.Steps, fscrypt_tool.Steps):
    def __init__(self, spec, device, mount_point, folder, journal=None, members=()):
        """members: the devices that follow the first one of a file system that lies on several."""
        self.journal, self.members = journal, list(members)
        self.spec, self.device, self.mount_point, self.folder = spec, device, mount_point, folder
        self.key_ids, self.written, self.deleted, self.held, self.made_keys = {}, {}, [], [], []
        self.private = tempfile.mkdtemp()

    def run(self):
        """Does everything, leaves the file system unmounted, and returns what walk wants to know."""
        if self.spec.get("shutdown"):
            with cut_off.Stage(self) as stage:
                self.make_and_fill()
                stage.cut_off()
                self.let_go()
        else:
            self.make_and_fill()
            if self.spec.get("crash"):
                linux.shut_down(self.mount_point)
            self.let_go()
            unmount(self.mount_point)
        for device in filter(None, (self.device, self.journal, *self.members)):
            with linux.Opened(device, os.O_RDWR) as fd:
                os.fsync(fd)
        return {"mkfs": " ".join(self.spec["mkfs"]), "key_ids": self.key_ids, "written": self.written,
                "deleted": self.deleted, "made_keys": self.made_keys,
                "kernel": os.uname().release, "page_size": os.sysconf("SC_PAGE_SIZE")}

    def make_and_fill(self):
        if self.spec.get("garbage"):
            with open(self.device, "r+b") as f:
                size = f.seek(0, os.SEEK_END)
                f.seek(0)
                f.write((b"This was never written. " * (size // 24 + 1))[:size])
        for command in [self.spec.get("journal_mkfs"), self.spec["mkfs"], *self.spec.get("tune", [])]:
            if command:
                run([self.with_devices(word) for word in command])
        self.mount(self.spec["mount_options"])
        for step in self.spec["steps"]:
            arguments = dict(step)
            try:
                getattr(self, arguments.pop("op"))(**arguments)
            except OSError as error:
                raise RuntimeError(f"step {step}: {error}") from error

    def with_devices(self, word):
        for number, member in enumerate(self.members, 1):
            word = word.replace(f"{{dev{number}}}", member)
        return word.replace("{dev}", self.device).replace("{journal}", self.journal or "")

    def mount(self, options):
        run(["mount", "-t", self.spec["fs"], "-o", options, self.device, self.mount_point])
        if self.spec["fs"] == "f2fs":
            f2fs.no_checkpoints(self.device)
        self.add_keys()

    def let_go(self):
        for fd in self.held:
            os.close(fd)

    def add_keys(self):
        for key in self.spec["keys"]:
            raw = bytes.fromhex(key["hex"])
            self.key_ids[key["name"]] = linux.add_key(self.mount_point, raw, key.get("descriptor"))
            if key["supplied"]:
                os.makedirs(f"{self.folder}/keys", exist_ok=True)
                with open(f"{self.folder}/keys/{key['name']}.key", "wb") as f:
                    f.write(raw)

    def full(self, path):
        return os.path.join(os.fsencode(self.mount_point), os.fsencode(path))

    def seed(self, path):
        return f"{self.spec['seed']}/{path.encode('utf-8', 'replace').decode()}"

    # ---- steps: directories and files

    def mkdir(self, path):
        os.mkdir(self.full(path))

    def policy(self, path, key, contents, filenames, pad, **more):
        linux.set_policy(self.full(path), self.key_ids[key], contents, filenames, pad, **more)

    def file(self, path, size=0, kind="random", base64_data=None, add_flags=(), drop_flags=(), compress=None, allocate=None,
             segments=None, every_other=None, truncate=None, punch=(), allocate_after=None):
        """A regular file: [0, size), or the segments, or the given bytes are written; the rest changes its mapping.

        compress: [algorithm, log2 of the cluster's blocks].
        allocate, allocate_after: [offset, length, fallocate mode], before and after the writing.
        every_other: [block size, count]: writes one block, skips one. punch: list of [offset, length].
        """
        with linux.Opened(self.full(path), os.O_CREAT | os.O_RDWR) as fd:
            if add_flags or drop_flags:
                linux.change_inode_flags(fd, add_flags, drop_flags)
            if compress:
                f2fs.set_compression(fd, *compress)
            if allocate:
                linux.fallocate(fd, allocate[2], allocate[0], allocate[1])
            if base64_data is not None:
                self.write(fd, base64.b64decode(base64_data), 0)
            for offset, length in [[0, size]] if segments is None else segments:
                self.write(fd, content.make(kind, self.seed(path), length, offset), offset)
            if every_other:
                block, count = every_other
                for offset in range(0, 2 * block * count, 2 * block):
                    self.write(fd, content.make(kind, self.seed(path), block, offset), offset)
            if truncate is not None:
                os.ftruncate(fd, truncate)
            if punch or allocate_after:
                os.fsync(fd)
            for offset, length in punch:
                linux.fallocate(fd, linux.KEEP_SIZE | linux.PUNCH_HOLE, offset, length)
            if allocate_after:
                linux.fallocate(fd, allocate_after[2], allocate_after[0], allocate_after[1])
            self.remember(fd, path)

    def change(self, path, append=0, segments=(), kind="random", truncate=None, punch=(), allocate=None, fsync=True):
        """Changes a regular file that is there; arguments as in file(), done in the order in which they stand."""
        with linux.Opened(self.full(path), os.O_RDWR) as fd:
            if append:
                segments = [[os.fstat(fd).st_size, append], *segments]
            for offset, length in segments:
                self.write(fd, content.make(kind, self.seed(path) + "/changed", length, offset), offset)
            if truncate is not None:
                os.ftruncate(fd, truncate)
            for offset, length in punch:
                linux.fallocate(fd, linux.KEEP_SIZE | linux.PUNCH_HOLE, offset, length)
            if allocate:
                linux.fallocate(fd, allocate[2], allocate[0], allocate[1])
            if fsync:
                os.fsync(fd)
                self.remember(fd, path)
            else:
                self.written.pop(path, None)

    def hold(self, path):
        """Keeps a file open until the end, so that it lives on when its last name goes."""
        self.held.append(os.open(self.full(path), os.O_RDONLY))

    def scattered(self, path, block, count, kind="random"):
        """A file without holes whose blocks lie one here, one there: all other space is taken while it is written."""
        name = os.path.basename(self.device)
        with open(f"/sys/fs/ext4/{name}/reserved_clusters", "w") as f:
            f.write("0")
        filler = self.full(".filler")
        with linux.Opened(filler, os.O_CREAT | os.O_RDWR) as fd:
            at, step = 0, 1 << 20
            while step >= block:
                try:
                    linux.fallocate(fd, 0, at, step)
                    at += step
                except OSError:
                    step //= 2
            for offset in range(0, 2 * block * (count + 24), 2 * block):
                linux.fallocate(fd, linux.KEEP_SIZE | linux.PUNCH_HOLE, offset, block)
        os.sync()
        with linux.Opened(self.full(path), os.O_CREAT | os.O_RDWR) as fd:
            self.write(fd, content.make(kind, self.seed(path), block * count), 0)
            os.fsync(fd)
            if linux.extents(fd) < count * 3 // 4:
                raise RuntimeError(f"{path} has only {linux.extents(fd)} extents")
            self.remember(fd, path)
        os.unlink(filler)
        os.sync()

    def many(self, directory, count, pattern, pad_to=0, pad_every=1, size_below=0):
        """Many files in one directory; every pad_every-th has a name of pad_to bytes; sizes are below size_below."""
        for i in range(count):
            name = pattern % i
            if i % pad_every == 0:
                name = name.ljust(pad_to, "_")
            with open(os.path.join(self.full(directory), name.encode()), "wb") as f:
                f.write(content.make("pattern", f"{self.spec['seed']}/{i}", i * 7 % size_below if size_below else 0))

    @staticmethod
    def write(fd, data, offset):
        while data:
            done = os.pwrite(fd, data, offset)
            data, offset = data[done:], offset + done

    def remember(self, fd, path):
        if os.fstat(fd).st_size > HASH_LIMIT:
            return
        digest = hashlib.sha256()
        os.lseek(fd, 0, os.SEEK_SET)
        while data := os.read(fd, 1 << 20):
            digest.update(data)
        self.written[path] = digest.hexdigest()

    # ---- steps: changes to what is there

    def fill(self, path):
        """A file as large as there is room for, less the room that small things after it need."""
        with linux.Opened(self.full(path), os.O_CREAT | os.O_RDWR) as fd:
            at = 0
            try:
                while True:
                    at += os.pwrite(fd, content.make("pattern", self.seed(path), 4096, at), at)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            os.ftruncate(fd, at - (64 << 10))
            os.fsync(fd)

    def fsync(self, path):
        with linux.Opened(self.full(path)) as fd:
            os.fsync(fd)

    def remount(self, options):
        unmount(self.mount_point)
        self.mount(options)

    def remove(self, path):
        """A file, or a directory with all that is below it."""
        shutil.rmtree(self.full(path))

    # ---- steps: other objects and attributes

    def symlink(self, path, target):
        os.symlink(os.fsencode(target), self.full(path))

    def link(self, path, source):
        os.link(self.full(source), self.full(path))

    def unlink(self, path):
        os.unlink(self.full(path))

    def sync(self):
        """Ends the journal's transaction, so that a later deletion is in another one."""
        os.sync()

    def delete(self, path):
        """Removes a file for good; the truth keeps what it was."""
        full = self.full(path)
        status = os.lstat(full)
        if stat.S_ISREG(status.st_mode) and path not in self.written:
            with linux.Opened(full, os.O_RDONLY) as fd:
                self.remember(fd, path)
        gone = {"path": path, "ino": status.st_ino, "size": status.st_size, "mode": status.st_mode,
                "mtime_ns": status.st_mtime_ns, "sha256": self.written.pop(path, None)}
        if stat.S_ISLNK(status.st_mode):
            gone["target"] = os.fsdecode(os.readlink(full))
        os.unlink(full)
        self.deleted.append(gone)

    def rmdir(self, path):
        os.rmdir(self.full(path))

    def rename(self, path, source):
        os.rename(self.full(source), self.full(path))
        if source in self.written:
            self.written[path] = self.written.pop(source)

    def mknod(self, path, type, device=(0, 0), mode=0o644):
        os.mknod(self.full(path), FILE_TYPES[type] | mode, os.makedev(*device))

    def xattr(self, path, name, value):
        os.setxattr(self.full(path), name, base64.b64decode(value), follow_symlinks=False)

    def acl(self, path, entries):
        run(["setfacl", "-m", entries, self.full(path)])

    def chmod(self, path, mode):
        os.chmod(self.full(path), mode)

    def chown(self, path, uid, gid):
        os.chown(self.full(path), uid, gid, follow_symlinks=False)

    def utime(self, path, mtime_ns, atime_ns):
        os.utime(self.full(path), ns=(atime_ns, mtime_ns), follow_symlinks=False)

    def flags(self, path, add):
        with linux.Opened(self.full(path)) as fd:
            linux.change_inode_flags(fd, add=add)

    # ---- steps: fs-verity

    def certificate(self, name):
        """A new signing key, which stays in the guest's memory, and its certificate, which the kernel trusts."""
        pem = f"{self.folder}/certs/{name}.pem"
        os.makedirs(f"{self.folder}/certs", exist_ok=True)
        run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{self.private}/{name}.pem", "-x509",
             "-out", pem, "-days", "36500", "-subj", f"/CN={name}"])
        load_certificate(pem)

    def verity(self, path, algorithm, block_size, salt="", signer=None):
        signature = self.sign(path, algorithm, block_size, salt, signer) if signer else b""
        linux.enable_verity(self.full(path), algorithm, block_size, bytes.fromhex(salt), signature)

    def sign(self, path, algorithm, block_size, salt, signer):
        out = f"{self.private}/signature"
        run(["fsverity", "sign", self.full(path), out, f"--key={self.private}/{signer}.pem",
             f"--cert={self.folder}/certs/{signer}.pem", f"--hash-alg={algorithm}", f"--block-size={block_size}"]
            + ([f"--salt={salt}"] if salt else []))
        with open(out, "rb") as f:
            return f.read()
