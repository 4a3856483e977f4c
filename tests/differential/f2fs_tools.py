"""What f2fs-tools tell of an image: where files' blocks lie, whose each block is, contents, and whether all is consistent.

They open what they read for writing, so that an image given here must be a copy to throw away.
"""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unicodedata

BLOCK, SEGMENT = 4096, 512                       # bytes, the only size that f2fs-tools 1.15 reads; blocks
LONGEST_NAME = 255                               # bytes
NULL, NEW, COMPRESSED = 0, 0xffffffff, 0xfffffffe    # addresses: a hole; reserved; the head of a compressed cluster
MOST_ADDRESSES = 923                             # of an inode without extra attributes and inline xattrs
INLINE_XATTR, DEFAULT_XATTR = 0x01, 50           # of i_inline; addresses
PATHS = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

FIELD = re.compile(r"^(?:\[dump_node: \d+\] )?(i_\w+(?:\[\w+\])?|nat_entry\.block_addr)[^\[\n]*\[0x *([0-9a-f]+)", re.MULTILINE)
NAT = re.compile(rb"^nid: *(\d+)\tino: *(\d+)\toffset: *\d+\tblkaddr: *(\d+)", re.MULTILINE)


def there():
    return shutil.which("dump.f2fs", path=PATHS) and shutil.which("fsck.f2fs", path=PATHS)


def run(tool, image, *arguments, folder=None, answer=b"N\n"):
    """(exit code, what the tool said), run in a folder for what it writes."""
    done = subprocess.run([shutil.which(tool, path=PATHS), *arguments, pathlib.Path(image).absolute()], input=answer,
                          cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def hashed_otherwise(line):
    """Whether fsck.f2fs only hashes a name in a casefolded directory as no kernel does: one that is longer than a name can
    be once it is folded. The kernel (f2fs_init_casefolded_name) has no room for it then and hashes it as it is."""
    name = re.search(r'Mismatch hash_code for "(.*)" \[', line)
    return name and len(unicodedata.normalize("NFD", unicodedata.normalize("NFD", name[1]).casefold()).encode()) > LONGEST_NAME


def complaints(image):
    """What fsck.f2fs has to say against an image."""
    code, text = run("fsck.f2fs", image, "-f", "--dry-run")
    found = [line for line in text.splitlines() if "[Fail]" in line or line.startswith(("[ASSERT]", "[FIX]"))]
    found = [line for line in found if not hashed_otherwise(line)]
    return found + ([f"exit code {code}: {text[-200:]}"] if code and not found else [])


@dataclasses.dataclass
class Inode:
    """An inode, and what of its file came out; refused says why nothing did."""
    fields: dict
    exit_code: int
    content: bytes = None
    xattrs: dict = dataclasses.field(default_factory=dict)
    refused: str = ""

    def place(self):
        return self.fields["nat_entry.block_addr"] * BLOCK

    def extra(self):
        return self.fields.get("i_extra_isize", 0)

    def reserved(self):
        """How many addresses the inode gives up for extra attributes and inline xattrs."""
        inline = self.fields.get("i_inline_xattr_size", DEFAULT_XATTR) if self.fields["i_inline"] & INLINE_XATTR else 0
        return self.extra() // 4 + inline

    def room(self):
        """How many addresses are in the inode."""
        return MOST_ADDRESSES - self.reserved()

    def has_nodes(self):
        return any(self.fields[f"i_nid[{i}]"] for i in range(5))

    def addresses(self):
        """{index of a block: its address} of the inode itself, without holes."""
        base = self.extra() // 4
        return {int(name[7:-1], 16) - base: value for name, value in self.fields.items() if name.startswith("i_addr[")}


def inode(image, number, want_content, folder):
    folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
    code, text = run("dump.f2fs", image, "-d", "1", "-i", str(number), folder=folder, answer=b"Y\n" if want_content else b"N\n")
    found = Inode({name: int(value, 16) for name, value in FIELD.findall(text)}, code)
    if want_content:
        written = [folder / "lost_found" / name for name in os.listdir(folder / "lost_found")] \
            if (folder / "lost_found").exists() else []
        if len(written) == 1 and "[ASSERT]" not in text:
            found.content = written[0].read_bytes()
            found.xattrs = {name: os.getxattr(written[0], name) for name in os.listxattr(written[0])}
        else:
            found.refused = next((line for line in reversed(text.splitlines())
                                  if line and not line.startswith(("Info:", "Done:"))), "nothing was said")
    shutil.rmtree(folder)
    return found


def block_order(image, number):
    """The addresses of a file's blocks through all its nodes, in order; None where dump.f2fs gives up.

    Its map says nothing of holes where a whole node is missing, so that it does not tell where in the file a block is.
    """
    code, text = run("dump.f2fs", image, "-M", "-i", str(number))
    if code or "[ASSERT]" in text or "encrypted" in text:
        return None
    pieces = re.findall(r" (\d+)(?:-(\d+))?(?=[ \n])", text)
    return [block for first, last in pieces if first != "0" for block in range(int(first), int(last or first) + 1)]


def whose(image, block):
    """(inode, index in its file) of a block, by what points back at it.

    The index of a block behind a node of its own is too large by what its inode has that is no address (Inode.reserved):
    dump.f2fs 1.15 looks for that in the node instead of in the inode.
    """
    _, text = run("dump.f2fs", image, "-b", str(block))
    inode = re.search(r"- Inode block +: id = 0x([0-9a-f]+)", text)
    index = re.search(r"- Data offset +: 0x([0-9a-f]+)", text)
    return inode and int(inode[1], 16), index and int(index[1], 16)


def node_addresses(image, folder):
    """{node: (its inode, its block)}, by the address table."""
    run("dump.f2fs", image, "-n", "0~-1", folder=folder)
    return {int(n): (int(i), int(b)) for n, i, b in NAT.findall((pathlib.Path(folder) / "dump_nat").read_bytes())}


def owners(image, folder):
    """{block in use: the node that points at it}, by segments' summaries and their bitmaps."""
    for option in ("-s", "-a"):
        run("dump.f2fs", image, option, "0~-1", folder=folder)
    nodes, used, main, segment, at = {}, {}, 0, 0, 0
    for line in open(pathlib.Path(folder) / "dump_ssa", encoding="ascii"):
        if line.startswith("Note:"):
            main = int(re.search(r"blkaddr = 0x([0-9a-f]+)", line).group(1), 16)
        elif line.startswith("segno:"):
            segment = main + int(line[6:].partition(",")[0], 16) * SEGMENT
        for offset, node in re.findall(r"\[ *(\d+): *([0-9a-f]+)\]", line):
            nodes[segment + int(offset)] = int(node, 16)
    for line in open(pathlib.Path(folder) / "dump_sit", encoding="ascii"):
        if line.startswith("segno:"):
            at = main + int(line[6:].partition("\t")[0]) * SEGMENT
        elif line.startswith("  "):
            for byte in bytes.fromhex(line):
                used |= {at + bit: nodes.get(at + bit) for bit in range(8) if byte & 0x80 >> bit}
                at += 8
    return used
