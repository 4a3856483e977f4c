#!/usr/bin/env python3
"""Random ordinary files: `coldread digest` prints and writes, byte for byte, what fsverity(1) does. Without fsverity it
is skipped (77)."""
import argparse
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

BLOCKS = [1 << n for n in range(10, 17)]
HASHES = {"sha256": 32, "sha512": 64}
FORMS = [[], ["--compact"], ["--for-builtin-sig"], ["--for-builtin-sig", "--compact"]]
KNOWN = 16 << 20  # random bytes that files take theirs from


def size_near(rng, block, per_block):
    """Sizes around the bounds of blocks, and of trees of one level, and any."""
    edge = rng.choice([0, block, per_block * block, rng.randrange(1, 40) * block, (per_block + 1) * block, 1 << 20])
    size = rng.choice([edge + rng.choice([-1, 0, 0, 1]), rng.randrange(1, 3 * block), rng.randrange(1, 3 << 20)])
    return max(0, min(size, 3 << 20))


def make(path, rng, size, noise):
    """A file of noise, with holes and zeros in every third."""
    with open(path, "wb") as file:
        file.truncate(size)
        holes = rng.random() < 0.35
        at = 0
        while at < size:
            length = min(size - at, rng.choice([size, 4096, 512, 100000, rng.randrange(1, 1 << 20)]) if holes else size)
            kind = rng.choice(["noise", "hole", "hole", "zeros"]) if holes else "noise"
            file.seek(at)
            if kind == "noise":
                start = rng.randrange(KNOWN - length)
                file.write(noise[start:start + length])
            elif kind == "zeros":
                file.write(bytes(length))
            at += length


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def compare(coldread, options, files):
    """Both programs with the same command line, which succeeds."""
    wish = run("fsverity", "digest", *options, *files)
    got = run(coldread, "digest", *options, *files)
    assert wish.returncode == 0 and wish.stdout, (options, wish.stderr)
    assert (got.returncode, got.stdout, got.stderr) == (0, wish.stdout, b""), (options, files, wish.stdout, got)


def compare_outputs(coldread, options, file, work):
    made = []
    for program in ["fsverity"], [coldread]:
        outputs = [work / "tree", work / "descriptor"]
        to = [f"--out-merkle-tree={outputs[0]}", f"--out-descriptor={outputs[1]}"]
        done = run(*program, "digest", *options, *to, file)
        assert done.returncode == 0, (options, file, done.stderr)
        made.append([done.stdout, *(output.read_bytes() for output in outputs)])
        for output in outputs:
            output.write_bytes(b"what was there before" * 100000)  # and is overwritten
    assert made[0] == made[1], (options, file, [[len(part) for part in parts] for parts in made])


def compare_random(coldread, work, count, rng):
    noise = rng.randbytes(KNOWN)
    groups = [(name, block, salt) for name in HASHES for block in BLOCKS for salt in (0, rng.randrange(1, 32), 32)]
    rng.shuffle(groups)
    holes = 0
    for number, (name, block, salt) in enumerate(groups):
        options = [f"--hash-alg={name}", f"--block-size={block}"]
        options += [f"--salt={rng.randbytes(salt).hex()}"] if salt else []
        files = []
        for i in range(count * number // len(groups), count * (number + 1) // len(groups)):
            files.append(work / f"file-{i}")
            make(files[-1], rng, size_near(rng, block, block // HASHES[name]), noise)
            holes += files[-1].stat().st_blocks * 512 < files[-1].stat().st_size
        if files:
            compare(coldread, options + FORMS[number % 4], files)
            compare(coldread, options, files)
            for file in files[:2]:
                compare_outputs(coldread, options, file, work)
        for file in files:
            file.unlink()
    compare(coldread, [], [__file__])
    return holes


def check_sparse(coldread, work):
    """A file that is mostly hole, of more levels than the others."""
    file = work / "sparse"
    with open(file, "wb") as sparse:
        for at in 5000, 17 << 20, 40 << 20:
            sparse.seek(at)
            sparse.write(b"island")
        sparse.truncate((48 << 20) + 1)
    for options in [], ["--block-size=1024", "--hash-alg=sha512"]:
        compare(coldread, options, [file])
        compare_outputs(coldread, options, file, work)
    os.truncate(file, 4 << 40)
    begun = time.monotonic()
    done = run(coldread, "digest", file)
    assert done.returncode == 0 and time.monotonic() - begun < 5, done
    file.unlink()


def check_refusals(coldread, work):
    """What is no ordinary file costs its own line only, and a fifo does not hold it up."""
    good = work / "good"
    good.write_bytes(b"good")
    os.mkfifo(work / "fifo")
    missing = work / "missing"
    done = run(coldread, "digest", missing, good, work, work / "fifo", "/dev/null", "/proc/self/status", good)
    assert done.returncode == 3, done
    assert done.stdout == run("fsverity", "digest", good, good).stdout, done
    complaints = done.stderr.decode().splitlines()
    wish = ["cannot be opened: No such file", "is a directory", "is a fifo", "is a device", "more than the 0 bytes"]
    assert len(complaints) == len(wish) and all(a in b for a, b in zip(wish, complaints)), complaints

    done = run(coldread, "digest", good, f"--out-descriptor={good}")
    assert done.returncode == 4 and good.read_bytes() == b"good", done
    tree = work / "no-tree"
    assert run(coldread, "digest", missing, f"--out-merkle-tree={tree}").returncode == 3
    assert run(coldread, "digest", good, f"--out-merkle-tree={work}/none/tree").returncode == 4
    assert {path.name for path in work.iterdir()} & {"no-tree", "none"} == set()
    assert not [path for path in work.iterdir() if "part" in path.name], list(work.iterdir())
    for wrong in ("--block-size=0", "--block-size=512", "--block-size=1000", "--block-size=131072", "--block-size=4K",
                  "--salt=abc", "--salt=xy", "--salt=" + "ab" * 33, "--hash-alg=md5"):
        done = run(coldread, "digest", wrong, good)
        assert done.returncode == 2 and not done.stdout and len(done.stderr.splitlines()) == 1, (wrong, done)
    assert run(coldread, "digest").returncode == 2
    assert run(coldread, "digest", good, f"--out-descriptor={tree}", f"--out-merkle-tree={tree}").returncode == 2
    empty, plain = run(coldread, "digest", "--salt=", good, good), run(coldread, "digest", good, good)
    assert empty.stdout == plain.stdout and len(plain.stdout.splitlines()) == 2, empty
    assert run(coldread, "digest", good, good, f"--out-descriptor={tree}").returncode == 2


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coldread")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    if not shutil.which("fsverity"):
        print("skipped: fsverity is not installed")
        return 77
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        work = pathlib.Path(directory)
        holes = compare_random(arguments.coldread, work, arguments.count, random.Random(arguments.seed))
        check_sparse(arguments.coldread, work)
        check_refusals(arguments.coldread, work)
    print(f"{arguments.count} files, {holes} of them with holes: the same as fsverity")
    return 0


if __name__ == "__main__":
    sys.exit(main())
