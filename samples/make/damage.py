"""Damages files of a finished image: flips bits of their data and of what fs-verity keeps, at places that debugfs tells, or
FIEMAP on f2fs."""
import json
import re

TREE_ALIGNMENT = 65536     # of where fs-verity's metadata begins behind the file's end
LENGTH_SIZE = 4            # of the descriptor's length, at the end of the last block


def round_up(value, unit):
    return -(-value // unit) * unit


def level_blocks(size, verity):
    """How many blocks each level of the Merkle tree has, the one above the data first."""
    per_block, levels = verity["block_size"] // (len(verity["digest"]) // 2), []
    count = round_up(size, verity["block_size"]) // verity["block_size"]
    while count > 1:
        count = -(-count // per_block)
        levels.append(count)
    return levels


def file_offset(entry, blocks, block, place, descriptor_unit):
    """place: ["data", byte], ["cluster", its byte in the file, compressed byte], ["tree", level, block, byte],
    ["descriptor", byte], or ["length", byte] of ext4's descriptor.

    blocks: of the file, as keys; descriptor_unit: what the tree's end is rounded up to for the descriptor.
    """
    kind, *at = place
    verity, levels = entry["verity"], level_blocks(entry["size"], entry["verity"])
    tree = round_up(entry["size"], TREE_ALIGNMENT)
    if kind in ("data", "cluster"):
        return sum(at)
    if kind == "tree":
        level, index, byte = at
        assert index < levels[level] and byte < verity["block_size"]
        return tree + verity["block_size"] * (sum(levels[level + 1:]) + index) + byte
    if kind == "descriptor":
        return round_up(tree + verity["block_size"] * sum(levels), descriptor_unit) + at[0]
    assert kind == "length"
    return (max(blocks) + 1) * block - LENGTH_SIZE + at[0]


def extent_length(volume, entry, index):
    """Where the upper byte of the length of one of an inode's own extents lies in the image; its bit 7 makes it unwritten."""
    block, offset = re.search(r"located at block (\d+), offset (0x\w+)", volume.debugfs(f"imap <{entry['ino']}>")).groups()
    map_in_inode, header, extent, upper_byte = 40, 12, 12, 5
    return int(block) * volume.block + int(offset, 16) + map_in_inode + header + extent * index + upper_byte


def mapped(truth, entry, volume, before):
    """{block of the file: block of the file system}, those past its end too."""
    block = truth["block_size"]
    if truth["fs"] == "ext4":
        return dict(volume.blocks(entry, unwritten=True))
    return {(logical + at) // block: (physical + at) // block for logical, physical, length in before[entry["path"]]["extents"]
            for at in range(0, length, block)}


def inflict(folder, sample, volume):
    """Damages folder's image, which is open as volume, and tells of it in folder's truth.json."""
    truth = json.loads((folder / "truth.json").read_text())
    before = json.loads((folder / "before.json").read_text())
    block = truth["block_size"]
    with open(folder / "image.img", "r+b") as image:
        for entry in truth["files"]:
            places = sample["damage"].get(entry["path"], ())
            blocks = mapped(truth, entry, volume, before) if places else {}
            for what, *at, bit in places:
                if what == "mapping":
                    offset, where = None, extent_length(volume, entry, at[0])
                else:
                    offset = file_offset(entry, blocks, block, [what, *at], block if truth["fs"] == "ext4" else 1)
                    where = blocks[offset // block] * block + offset % block
                entry.setdefault("damage", []).append(
                    {"what": what, "at": at, "file_offset": offset, "image_offset": where, "bit": bit})
                flip(image, where, bit)
    (folder / "truth.json").write_text(json.dumps(truth))


def undo(path, truth):
    """Flips the bits back."""
    with open(path, "r+b") as image:
        for entry in truth["files"]:
            for one in entry.get("damage", ()):
                flip(image, one["image_offset"], one["bit"])


def flip(image, offset, bit):
    image.seek(offset)
    byte, = image.read(1)
    image.seek(offset)
    image.write(bytes([byte ^ 1 << bit]))
