#!/usr/bin/env python3
"""Holds every #include of the program against the table of who may include whom (docs/architecture.md)."""
import pathlib
import re
import sys

LAYERS = {
    "core/base": set(),
    "core/source": {"core/base"},
    "core/read": {"core/base", "core/source"},
    "core/fscrypt": {"core/base", "core/source", "core/read"},
    "core/verity": {"core/base", "core/source", "core/read"},
    "core/codec": {"core/base", "core/source", "core/read"},
    "core/volume": {"core/base", "core/source", "core/read"},
    "core/report": {"core/base"},
    "core/extract": {"core/base", "core/source", "core/read", "core/fscrypt", "core/verity", "core/codec", "core/volume",
                     "core/report"},
    "fs/ext4": {"core/base", "core/source", "core/read", "core/volume"},
    "fs/f2fs": {"core/base", "core/source", "core/read", "core/volume"},
    "fs": {"core/base", "core/source", "core/volume", "fs/ext4", "fs/f2fs"},
    "cli": {"core/base", "core/source", "core/read", "core/fscrypt", "core/verity", "core/volume", "core/report",
            "core/extract", "fs"},
}
# Libraries that one file alone includes, so that they can be replaced there.
ALONE = {"CLI/": "cli/arguments.cpp", "nlohmann/": "core/report/json_value.cpp", "blkid/": "fs/partitions.cpp",
         "lz4.h": "core/codec/lz4.cpp", "lzo/": "core/codec/lzo.cpp", "zstd": "core/codec/zstd.cpp",
         "zlib.h": "core/base/crc32.cpp", "argon2.h": "core/fscrypt/argon2id.cpp",
         "protozero/": "core/fscrypt/fscrypt_metadata.cpp"}


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    files = wrong = 0
    for path in sorted(p for top in ("core", "fs", "cli") for p in (root / top).rglob("*.[ch]pp")):
        name = path.relative_to(root).as_posix()
        folder = path.parent.relative_to(root).as_posix()
        files += 1
        for line, text in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', text)
            if not found:
                continue
            target = pathlib.PurePosixPath(found.group(1)).parent.as_posix()
            if target in LAYERS and target != folder and target not in LAYERS[folder]:
                wrong += 1
                print(f"{name}:{line}: {folder} may not include {target}")
            for prefix, only in ALONE.items():
                if found.group(1).startswith(prefix) and name != only:
                    wrong += 1
                    print(f"{name}:{line}: {prefix} is for {only} alone")
    print(f"{files} files, {wrong} includes against the table")
    return 1 if wrong or files == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
