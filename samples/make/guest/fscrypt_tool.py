"""Steps that fscrypt(8) and e4crypt(8) do, and the keys that they make, had here by openssl and the standard library."""
import hashlib
import hmac
import json
import os
import subprocess

import linux

CONFIG = {"source": "custom_passphrase",
          "hash_costs": {"time": "2", "memory": "256", "parallelism": "2", "truncation_fixed": True},
          "options": {"padding": "32", "contents": "AES_256_XTS", "filenames": "AES_256_CTS", "policy_version": "2"},
          "use_fs_keyring_for_v1_policies": False, "allow_cross_user_metadata": False}


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stdout.decode('utf-8', 'replace')}")
    return done.stdout


def message(raw):
    """{field: [values]} of a protobuf message."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            at += 1
            value |= (raw[at - 1] & 127) << shift
            shift += 7
            if raw[at - 1] < 128:
                return value

    while at < len(raw):
        tag = varint()
        value = varint()
        if tag & 7 == 2:
            at, value = at + value, raw[at:at + value]
        fields.setdefault(tag >> 3, []).append(value)
    return fields


def unwrap(wrapping, raw):
    iv, encrypted, tag = (message(raw)[field][0] for field in (1, 2, 3))
    extracted = hmac.digest(bytes(32), wrapping, "sha256")
    for_cipher = hmac.digest(extracted, b"\1", "sha256")
    for_hmac = hmac.digest(extracted, for_cipher + b"\2", "sha256")
    if hmac.digest(for_hmac, iv + encrypted, "sha256") != tag:
        raise RuntimeError("a wrapped key does not authenticate")
    return run(["openssl", "enc", "-d", "-aes-256-ctr", "-K", for_cipher.hex(), "-iv", iv.hex()], input=encrypted)


def wrapping_key(secret, protector):
    if protector[2][0] == 3:
        return secret
    costs = {field: values[0] for field, values in message(protector[4][0]).items()}
    options = {"hexpass": secret.hex(), "hexsalt": protector[5][0].hex(), "iter": costs[2], "memcost": costs[3],
               "lanes": costs[4], "threads": 1}
    words = [word for name, value in options.items() for word in ("-kdfopt", f"{name}:{value}")]
    return run(["openssl", "kdf", "-binary", "-keylen", "32", *words, "ARGON2ID"])


def identifier(key):
    extracted = hmac.digest(bytes(64), key, "sha512")
    return hmac.digest(extracted, b"fscrypt\0\1\1", "sha512")[:16].hex()


def e4crypt_key(passphrase, salt):
    hashed, combined = salt.ljust(256, b"\0"), 0
    for _ in range(65535):
        digest = hashlib.sha512(hashed + passphrase).digest()
        hashed, combined = digest, combined ^ int.from_bytes(digest, "big")
    return combined.to_bytes(64, "big")


def v1_descriptor(key):
    return hashlib.sha512(hashlib.sha512(key).digest()).hexdigest()[:16]


def policy_keys(policies, protectors, secret):
    """(identifier, key) of each policy that the secret opens; folders of the tool's metadata."""
    protectors = {name: message(read(f"{protectors}/{name}")) for name in os.listdir(protectors) if "." not in name}
    for name in sorted(os.listdir(policies)):
        for kept in message(read(f"{policies}/{name}")).get(3, ()):
            descriptor, wrapped = (message(kept)[field][0] for field in (1, 2))
            protector = protectors.get(descriptor.decode())
            try:
                key = unwrap(unwrap(wrapping_key(secret, protector), protector[7][0]), wrapped) if protector else None
            except RuntimeError:
                continue
            if key:
                assert identifier(key) == name
                yield name, key


def read(path):
    with open(path, "rb") as f:
        return f.read()


class Steps:
    def tool(self, *words, secret):
        return run(["fscrypt", *words, "--quiet"], input=secret)

    def fscrypt_encrypt(self, path, name, passphrase=None, raw_key=None, partition=None):
        """An empty directory that the tool encrypts with a new protector, or one that is made on another partition."""
        secret = passphrase.encode() if passphrase else bytes.fromhex(raw_key)
        opener = f"keys/{name}.{'passphrase' if passphrase else 'raw'}"
        os.makedirs(f"{self.folder}/keys", exist_ok=True)
        with open(f"{self.folder}/{opener}", "wb") as f:
            f.write(secret + b"\n" * bool(passphrase))
        with open("/etc/fscrypt.conf", "w") as f:
            json.dump(CONFIG, f)
        source = ["--source=custom_passphrase" if passphrase else "--source=raw_key", f"--name={name}"]
        if raw_key:
            source.append(f"--key={self.folder}/{opener}")
        if not os.path.exists(f"{self.mount_point}/.fscrypt"):
            self.tool("setup", self.mount_point, secret=b"\n")
        other = f"/mnt/other-{name}"
        if partition:
            device = self.device.rstrip("0123456789") + partition
            os.makedirs(other)
            run(["mount", "-t", "ext4", device, other])
            os.makedirs("/dev/disk/by-uuid", exist_ok=True)
            for each in (device, self.device):
                link = f"/dev/disk/by-uuid/{run(['blkid', '-o', 'value', '-s', 'UUID', each]).decode().strip()}"
                if not os.path.islink(link):
                    os.symlink(each, link)
            self.tool("metadata", "create", "protector", other, *source, secret=secret + b"\n")
            descriptor = next(n for n in os.listdir(f"{other}/.fscrypt/protectors")
                              if message(read(f"{other}/.fscrypt/protectors/{n}"))[3][0].decode() == name)
            source = [f"--protector={other}:{descriptor}"]
        self.mkdir(path)
        self.tool("encrypt", os.fsdecode(self.full(path)), *source, secret=secret + b"\n")
        protectors = f"{other if partition else self.mount_point}/.fscrypt/protectors"
        for key_id, key in policy_keys(f"{self.mount_point}/.fscrypt/policies", protectors, secret):
            with open(f"{self.folder}/keys/{key_id}.key", "wb") as f:
                f.write(key)
            self.made_keys.append({"file": f"keys/{key_id}.key", "opener": opener, "policy": "v2", "id": key_id})
        if partition:
            run(["umount", other])

    def e4crypt(self, path, name, passphrase, salt=None):
        """An empty directory that e4crypt encrypts, by the file system's own salt or one that it is given as text."""
        os.makedirs(f"{self.folder}/keys", exist_ok=True)
        with open(f"{self.folder}/keys/{name}.passphrase", "w") as f:
            f.write(passphrase + "\n")
        self.mkdir(path)
        given = ["-S", salt] if salt else []
        run(["e4crypt", "add_key", *given, self.full(path)], input=passphrase.encode() + b"\n")
        key = e4crypt_key(passphrase.encode(), salt[2:].encode() if salt else linux.password_salt(self.full(path)))
        key_id = v1_descriptor(key)
        with linux.Opened(self.full(path)) as fd:
            assert linux.get_policy(fd)["id"] == key_id
        with open(f"{self.folder}/keys/{key_id}.key", "wb") as f:
            f.write(key)
        self.made_keys.append({"file": f"keys/{key_id}.key", "opener": f"keys/{name}.passphrase",
                               **({"salt": salt} if salt else {}), "policy": "v1", "id": key_id})
