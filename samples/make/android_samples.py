"""The sample of Android's own keeping of keys: vold's key directories as vold, the software Keymaster and a phone's own
Keymaster leave them. The formats are written here a second time, by Python's cryptography package."""
import hashlib
import hmac
import random
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recipe import Sample, ext4

VOLUME = "0a5f3c2e-91d4-4b7a-8e6f-2d1c0b9a8f7e"
ENCRYPT, DECRYPT, AES, GCM, NO_PADDING = 0, 1, 32, 32, 1
PURPOSE, ALGORITHM, KEY_SIZE, BLOCK_MODE, PADDING, MIN_MAC = (0x20000001, 0x10000002, 0x30000003, 0x20000004, 0x20000006,
                                                             0x30000008)
NO_AUTH, ORIGIN, APPLICATION_ID, ROOT_OF_TRUST = 0x700001f7, 0x100002be, 0x90000259, 0x900002c0


def prefixed(prefix, message):
    return hashlib.sha512(prefix.encode().ljust(128, b"\0") + message).digest()


def sized(data):
    return struct.pack("<I", len(data)) + data


def authorizations(*elements, indirect=b""):
    whole = b"".join(elements)
    return sized(indirect) + struct.pack("<II", len(elements), len(whole)) + whole


def software_blob(key, application_id):
    """A key as PureSoftKeymasterContext gives it out: in clear, with an HMAC over it and what it is bound to."""
    enforced = authorizations(*(struct.pack("<II", tag, value) for tag, value in (
        (ALGORITHM, AES), (KEY_SIZE, 256), (PURPOSE, ENCRYPT), (PURPOSE, DECRYPT), (BLOCK_MODE, GCM),
        (PADDING, NO_PADDING), (MIN_MAC, 128))), struct.pack("<IB", NO_AUTH, 1), struct.pack("<II", ORIGIN, 0))
    hidden = authorizations(struct.pack("<III", APPLICATION_ID, len(application_id), 0),
                            struct.pack("<III", ROOT_OF_TRUST, 2, len(application_id)), indirect=application_id + b"SW")
    body = b"\0" + sized(key) + authorizations() + enforced
    return body + hmac.digest(b"IntegrityAssuredBlob0\0", body + hidden, "sha256")[:8]


class Keeper:
    """Writes key directories into a sample."""

    def __init__(self, sample):
        self.sample, self.random = sample, random.Random(sample.spec["name"] + "/vold")

    def raw(self, name):
        return next(bytes.fromhex(key["hex"]) for key in self.sample.spec["keys"] if key["name"] == name)

    def sealed(self, wrapping, key):
        nonce = self.random.randbytes(12)
        return nonce + AESGCM(wrapping).encrypt(nonce, key, None)

    def write(self, path, **files):
        self.sample.mkdir(path)
        for name, data in files.items():
            self.sample.data(f"{path}/{name}", data)

    def by_software(self, path, key, prefix=b"", **more):
        secdiscardable, wrapping = self.random.randbytes(1 << 14), self.random.randbytes(32)
        blob = software_blob(wrapping, prefixed("Android secdiscardable SHA512", secdiscardable))
        self.write(path, version="1", secdiscardable=secdiscardable, keymaster_key_blob=prefix + blob,
                   encrypted_key=self.sealed(wrapping, key), **more)

    def by_phone(self, path, key):
        """Nothing here can open it: the blob is no more than a size."""
        self.write(path, version="1", secdiscardable=self.random.randbytes(1 << 14),
                   keymaster_key_blob=b"pKMblob\0" + self.random.randbytes(236),
                   encrypted_key=self.sealed(self.random.randbytes(32), key))

    def by_secret(self, path, key, secret, secdiscardable=None):
        application_id = secret
        if secdiscardable:
            application_id = prefixed("Android secdiscardable SHA512", secdiscardable) + secret
        wrapping = prefixed("Android key wrapping key generation SHA512", application_id)[:32]
        self.write(path, version="1", encrypted_key=self.sealed(wrapping, key),
                   **({"secdiscardable": secdiscardable, "stretching": "none"} if secdiscardable else {}))


def android_vold():
    s = Sample("android-vold", "Android's userdata with the key directories of vold: opened by the software Keymaster, "
               "by a secret, by another file; and one that only the phone opens", 16, 4096,
               ext4("android-vold", 4096, "-O", "encrypt", "-L", "userdata", "-J", "size=4", "-N", "512"))
    for name in ("system_de", "user_0_de", "user_0_ce", "volume"):
        s.key(name)
    s.key("user_10_de", supplied=False)
    keeper = Keeper(s)
    secret = keeper.random.randbytes(32)
    s.spec["secrets"] = {"user_0.secret": secret.hex()}

    s.mkdir("metadata", "metadata/vold", "metadata/vold/metadata_encryption")
    keeper.by_software("metadata/vold/metadata_encryption/key", keeper.random.randbytes(64), b"pKMblob\0")
    s.mkdir("unencrypted")
    keeper.by_software("unencrypted/key", keeper.raw("system_de"), stretching="nopassword")

    s.encrypted_directory("misc", "system_de", 16)
    s.mkdir("misc/vold", "misc/vold/user_keys", "misc/vold/user_keys/de", "misc/vold/user_keys/ce",
            "misc/vold/user_keys/ce/0", "misc/vold/volume_keys", f"misc/vold/volume_keys/{VOLUME}")
    keeper.by_software("misc/vold/user_keys/de/0", keeper.raw("user_0_de"), b"pKMblob\0")
    keeper.by_phone("misc/vold/user_keys/de/10", keeper.raw("user_10_de"))
    keeper.by_secret("misc/vold/user_keys/ce/0/current", keeper.raw("user_0_ce"), secret)
    volume_secret = keeper.random.randbytes(1 << 14)
    s.data(f"misc/vold/volume_keys/{VOLUME}/secdiscardable", volume_secret)

    s.mkdir("misc_de")
    s.encrypted_directory("misc_de/0", "user_0_de", 16)
    s.mkdir("misc_de/0/vold", "misc_de/0/vold/volume_keys", f"misc_de/0/vold/volume_keys/{VOLUME}")
    keeper.by_secret(f"misc_de/0/vold/volume_keys/{VOLUME}/default", keeper.raw("volume"),
                     prefixed("Android secdiscardable SHA512", volume_secret), keeper.random.randbytes(1 << 14))

    s.mkdir("user_de", "mnt", "mnt/expand")
    for directory, key in (("user_de/0", "user_0_de"), ("user_de/10", "user_10_de"), ("data", "user_0_ce"),
                           (f"mnt/expand/{VOLUME}", "volume")):
        s.encrypted_directory(directory, key, 16)
        s.mkdir(f"{directory}/org.example.notes", f"{directory}/org.example.notes/files")
        s.file(f"{directory}/org.example.notes/files/notes.db", size=20000)
        s.data(f"{directory}/org.example.notes/files/first.txt", f"Kept below {directory}.\n")
        s.step("symlink", path=f"{directory}/org.example.notes/latest", target="files/first.txt")
    return s.spec


def all_samples():
    return [android_vold()]
