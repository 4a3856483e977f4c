"""What debugfs tells of an image: where files' bytes lie, and their contents."""
import re
import subprocess

# (first-last[u]):start-last of `stat`; [u] marks an unwritten extent. Blocks of the map itself have a name for a number.
PIECE = re.compile(r"\((\d+)(?:-(\d+))?(\[u\])?\):(\d+)(?:-(\d+))?")


def run(image, *requests):
    """The answers to requests, in one run of debugfs."""
    script = "".join(request + "\n" for request in requests)
    done = subprocess.run(["debugfs", "-f", "-", image], input=script.encode("utf-8", "surrogateescape"),
                          capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace")


def stats(image, inodes):
    """{inode: what stat says of it}."""
    text = run(image, *(f"stat <{inode}>" for inode in inodes))
    # debugfs repeats each request behind its prompt.
    return dict(zip(inodes, re.split(r"^debugfs: stat <\d+>\n", text, flags=re.MULTILINE)[1:]))


def pieces(stat, block):
    """[(file offset, length, kind, offset in the volume)] of a file's stat, without its holes, sorted."""
    found = []
    for heading in ("EXTENTS:", "BLOCKS:"):
        _, _, listed = stat.partition("\n" + heading)
        for first, last, unwritten, start, _ in PIECE.findall(listed.partition("\nTOTAL:")[0]):
            count = int(last or first) - int(first) + 1
            found.append((int(first) * block, count * block, "unwritten" if unwritten else "stored", int(start) * block))
    return sorted(found)
