#!/usr/bin/env python3
"""Fails where a parser has no fuzz target.

A parser is a function declared in a header of fs/, core/fscrypt, core/verity, core/codec or of HEADERS below that takes
a ByteView, a BlockSource, a Reader or text, or whose name begins with parse, read or open and that takes anything.
targets.txt says for each of them which target runs it, and by what name that target (or a header of tests/fuzz that it
includes) calls it or the function that it is reached through. Those of f2fs are f2fs::name there.
"""
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
HEADERS = ("fs/*/*.hpp", "core/fscrypt/*.hpp", "core/verity/*.hpp", "core/codec/*.hpp",
           "core/volume/posix_acl.hpp", "core/report/report_reader.hpp", "core/report/sidecar.hpp",
           "core/extract/sidecar_*.hpp")
DECLARATION = re.compile(r"\b(\w+)\(([^()]*)\)\s*(?:const)?\s*(?:override)?\s*;")
NAMED_AS_PARSER = re.compile(r"(parse|read|open)(_|$)")
TAKES_INPUT = re.compile(r"\b(ByteView|BlockSource|string_view text|read::Reader&)")


def code_of(header: Path) -> str:
    """The header without comments and without what is private."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", "", header.read_text(), flags=re.S)
    return re.sub(r"^ private:.*?^};", "};", text, flags=re.S | re.M)


def name_of(code: str, at: int, function: str) -> str:
    """The function with its class before it, where it is declared in one."""
    before = code[:at]
    opened = [m for m in re.finditer(r"^(?:class|struct) (\w+)[^;{]*\{|^};", before, flags=re.M)]
    owner = opened[-1].group(1) if opened else None
    return f"{owner}::{function}" if owner else function


def parsers() -> dict:
    found = {}
    for pattern in HEADERS:
        for header in sorted(ROOT.glob(pattern)):
            code = code_of(header)
            for match in DECLARATION.finditer(code):
                function, parameters = match.groups()
                if parameters.strip() and (
                        TAKES_INPUT.search(parameters) or NAMED_AS_PARSER.match(function)):
                    prefix = "f2fs::" if header.parent.name == "f2fs" else ""
                    found[prefix + name_of(code, match.start(), function)] = header.relative_to(ROOT)
    return found


def table() -> dict:
    """Of each function: the target and what is looked for in it."""
    rows = {}
    for number, line in enumerate((HERE / "targets.txt").read_text().splitlines(), 1):
        words = line.split("#")[0].split()
        if not words:
            continue
        if len(words) not in (2, 3) or words[0] in rows:
            sys.exit(f"targets.txt line {number}: a function, its target and perhaps a name, each function once")
        rows[words[0]] = (words[1], words[-1] if len(words) == 3 else words[0].split("::")[-1])
    return rows


def text_of(source: Path) -> str:
    """A target without its comments, with the headers of this folder that it includes."""
    text = source.read_text()
    headers = re.findall(r'#include "tests/fuzz/(\w+\.hpp)"', text)
    return re.sub(r"//[^\n]*", "", text + "".join((HERE / header).read_text() for header in headers))


def main() -> int:
    found, rows = parsers(), table()
    faults = [f"{name} ({found[name]}) has no fuzz target" for name in sorted(found.keys() - rows.keys())]
    faults += [f"{name} is in targets.txt and nowhere else" for name in sorted(rows.keys() - found.keys())]
    for name, (target, mention) in sorted(rows.items()):
        source = HERE / f"{target}.cpp"
        if not source.is_file():
            faults.append(f"{name}: there is no {source.name}")
        elif not re.search(rf"\b{re.escape(mention)}\b", text_of(source)):
            faults.append(f"{name}: {source.name} does not call {mention}")
    if len(found) < 10:
        faults.append(f"only {len(found)} parsers were found: the search is broken")
    for fault in faults:
        print(f"tests/fuzz: {fault}", file=sys.stderr)
    print(f"{len(found)} parsers, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
