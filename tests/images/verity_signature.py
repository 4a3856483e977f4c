"""What may be said of a built-in fs-verity signature, as openssl judges it, which takes much that a kernel does not."""
import hashlib
import pathlib
import struct
import subprocess


def file_digest(descriptor):
    algorithm = {1: "sha256", 2: "sha512"}[descriptor[1]]
    return hashlib.new(algorithm, descriptor[:4] + bytes(4) + descriptor[8:]).digest()


def digest_algorithms(signature):
    """Where the PKCS#7 message lists digest algorithms, [begin, end): a kernel (pkcs7.asn1) goes by those of the signers
    and heeds none of these, openssl refuses one that it does not know."""
    def content(at):
        size = signature[at + 1] & 0x7F if signature[at + 1] & 0x80 else 0
        begin = at + 2 + size
        return begin, begin + (int.from_bytes(signature[at + 2:begin], "big") if size else signature[at + 1])

    content_type, _ = content(0)
    signed_data, _ = content(content(content_type)[1])
    version, _ = content(signed_data)
    return content(content(version)[1])


def may_be(file, descriptor, signature, certificates):
    """What may be said of the signature that a file has now, with its descriptor."""
    if not signature or not certificates:
        return {"unchecked" if signature else "absent"}
    digest = file_digest(descriptor)
    if signature == file.signature and digest == file_digest(file.descriptor):
        return {"valid"}
    scratch = pathlib.Path(file.image.path).parent
    (scratch / "signature").write_bytes(signature)
    (scratch / "signed").write_bytes(b"FSVerity" + struct.pack("<HH", descriptor[1], len(digest)) + digest)
    (scratch / "certificates").write_bytes(b"".join(c.read_bytes() for c in certificates))
    judged = subprocess.run(
        ["openssl", "cms", "-verify", "-inform", "DER", "-binary", "-in", scratch / "signature", "-content", scratch / "signed",
         "-certfile", scratch / "certificates", "-CAfile", scratch / "certificates", "-purpose", "any", "-no_check_time",
         "-partial_chain", "-out", "/dev/null"], capture_output=True, check=False)
    begin, end = digest_algorithms(file.signature)
    unheeded = signature[:begin] == file.signature[:begin] and signature[end:] == file.signature[end:] and \
        descriptor == file.descriptor
    return {"valid", "invalid"} if judged.returncode == 0 or unheeded else {"invalid"}
