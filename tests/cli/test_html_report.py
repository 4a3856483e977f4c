#!/usr/bin/env python3
"""Opens pages of `coldread report --html` in a headless Chromium: of reports that are clean, damaged, locked, full of
hostile names, and long. They run without a message on the console, filter, show the right counts, and ask no network.
Without Chromium it is skipped (77)."""
import argparse
import base64
import copy
import html.parser
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile

VICTIM = "vault/calibration.bin"
HOSTILE = ['<script>alert(1)</script>', '"onload="alert(1)', "' autofocus onfocus='alert(1)", "a\u202egpj.exe", "--><!--",
           '</script><script>alert(1)</script>', '<img src="http://127.0.0.1:{port}/x" onerror=alert(1)>', "{{{{data}}}}",
           "javascript:alert(1)", "a&lt;b&amp;c", "nul\0tab\tline\n", "\u05d0\u05d1/\u05d2.txt", "\\u003cb>",
           "two  blanks", "last ", "a\u3164b"]
NOT_UTF8 = b"caf\xe9"
wrong = []


def check(right, what):
    if not right:
        wrong.append(what)


class Dom(html.parser.HTMLParser):
    """What a dumped page shows: rows of the list, text by the element's id, every element and attribute."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.by_id, self.rows, self.maps = [], [], {}, [], 0
        self.ready, self.into, self.ids = False, None, []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.elements.append(tag)
        self.attributes += [(tag, *pair) for pair in attributes]
        self.ready = self.ready or tag == "html" and "data-ready" in values
        self.maps += tag == "svg"
        if "id" in values:
            self.ids = [values["id"]]
            self.by_id[values["id"]] = ""
        if tag == "tr" and values.get("class") == "row":
            self.rows.append([])
        elif tag == "td" and self.rows:
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.ids:
            self.by_id[self.ids[0]] += data
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data

    def paths(self):
        return [row[0] for row in self.rows]


class Pages:
    def __init__(self, coldread, scratch, browser):
        self.coldread, self.scratch, self.browser = coldread, scratch, browser

    def run(self, *arguments, codes=(0,)):
        done = subprocess.run([self.coldread, *map(str, arguments)], capture_output=True)
        check(done.returncode in codes, f"{arguments}: exit code {done.returncode}: {done.stderr.decode()}")
        return done

    def page_of(self, name):
        report, page = self.scratch / f"{name}.report.json", self.scratch / f"{name}.html"
        self.run("report", report, "--html", page)
        again = self.run("report", report, "--html", "-").stdout
        check(page.read_bytes() == again, f"{name}: two pages of one report differ")
        return page

    def open(self, page, fragment=""):
        """The page's DOM after its script has run. A browser that does not come to its end is started once more."""
        command = [self.browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                   f"--user-data-dir={self.scratch}/profile", "--enable-logging=stderr", "--virtual-time-budget=5000",
                   "--dump-dom", f"file://{page}{fragment}"]
        environment = dict(os.environ, HOME=str(self.scratch))
        try:
            done = subprocess.run(command, capture_output=True, timeout=100, env=environment)
        except subprocess.TimeoutExpired:
            done = subprocess.run(command, capture_output=True, timeout=200, env=environment)
        said = [line for line in done.stderr.decode(errors="replace").splitlines() if "CONSOLE" in line]
        check(not said, f"{page.name}{fragment}: the console says {said[:3]}")
        dom = Dom(done.stdout.decode())
        check(dom.ready, f"{page.name}{fragment}: its script did not come to its end")
        return dom


def add_entries(report, entries):
    """Entries that the summary counts too."""
    filesystem = report["filesystems"][0]
    summary = filesystem["summary"]
    for entry in entries:
        filesystem["entries"].append(entry)
        summary["files"] += 1
        summary[entry["status"]] += 1
        if entry["status"] in ("ok", "damaged"):
            summary["bytes"] += entry["size"]
        if "verity" in entry:
            summary["verity"][entry["verity"]["status"]] += 1
        if "pages" in entry:
            summary["pages"]["total"] += entry["pages"]["total"]
            summary["pages"]["bad"] += len(entry["pages"]["bad"])


def make_reports(pages, samples):
    """NAME.report.json for each of the names that main() looks at; returns them."""
    scratch, sample = pages.scratch, samples / "first-light"
    subprocess.run(["zstd", "-qd", sample / "image.img.zst", "-o", scratch / "image.img"], check=True)
    subprocess.run(["zstd", "-qd", samples / "plain-1k" / "image.img.zst", "-o", scratch / "plain.img"], check=True)
    keys = ["--key", sample / "keys"]
    shown = json.loads(pages.run("pages", scratch / "image.img", VICTIM, *keys, "--json").stdout)
    damaged = bytearray((scratch / "image.img").read_bytes())
    damaged[shown["pages"][3]["blocks"][0]["image_offset"] + 7] ^= 1
    (scratch / "damaged.img").write_bytes(damaged)
    for name, image, more in (("clean", "plain.img", []), ("damaged", "damaged.img", keys + ["--runs"]),
                              ("locked", "image.img", [])):
        pages.run("extract", scratch / image, "-q", "-o", scratch / name, *more, codes=(0, 1))
    reports = {name: json.loads((scratch / f"{name}.report.json").read_text()) for name in ("clean", "damaged", "locked")}

    victim = next(e for e in reports["damaged"]["filesystems"][0]["entries"] if e["path"] == VICTIM)
    reports["hostile"] = copy.deepcopy(reports["damaged"])
    listener = socket.create_server(("127.0.0.1", 0))
    names = [name.format(port=listener.getsockname()[1]) for name in HOSTILE]
    entries = [dict(copy.deepcopy(victim), path=name, problems=[name], target=name) for name in names]
    for entry, name in zip(entries, names):
        entry["pages"]["bad"][0]["reason"] = entry["verity"]["signature"] = name
    entries.append(dict(victim, path=NOT_UTF8.decode(errors="replace"), path_bytes=base64.b64encode(NOT_UTF8).decode()))
    add_entries(reports["hostile"], entries)
    filesystem = reports["hostile"]["filesystems"][0]
    reports["hostile"]["image"]["path"] = filesystem["label"] = filesystem["uuid"] = names[0]
    reports["hostile"]["run"]["arguments"] += names
    reports["hostile"]["problems"] = filesystem["problems"] = filesystem["features"] = names
    filesystem["policies"][0].update(problem=names[0], master_key=names[1])

    reports["big"] = copy.deepcopy(reports["damaged"])
    plain = next(e for e in reports["big"]["filesystems"][0]["entries"] if e["path"] == "etc/motd")
    add_entries(reports["big"], [dict(plain, path=f"big/{i:05}", status="locked" if i % 5000 == 4999 else "ok")
                                 for i in range(25000)])
    for name in ("hostile", "big"):
        (scratch / f"{name}.report.json").write_text(json.dumps(reports[name]))
    return reports, names, listener


def as_shown(text):
    """What the page makes of characters that are invisible or steer."""
    return re.sub("[\0-\x1f\u202e\u3164]|^ | $| (?= )", lambda match: f"U+{ord(match[0]):04X}", text)


def check_counts(pages, name, report):
    """Filters leave exactly the entries that the report has with that status, verity status and path."""
    page = pages.page_of(name)
    text = page.read_text()
    entries = report["filesystems"][0]["entries"]
    check("contradicts itself" not in text, f"{name}: the page finds a contradiction where there is none")
    for fragment, wanted in (
            ("", entries),
            ("#status=damaged", [e for e in entries if e["status"] == "damaged"]),
            ("#status=locked", [e for e in entries if e["status"] == "locked"]),
            ("#verity=mismatch", [e for e in entries if e.get("verity", {}).get("status") == "mismatch"]),
            ("#status=ok&verity=none&q=ETC", [e for e in entries if e["status"] == "ok" and "verity" not in e
                                              and "etc" in e["path"].lower()])):
        dom = pages.open(page, fragment)
        paths = sorted(e["path"] or "/" for e in wanted)
        select = re.search("status=(\\w+)", fragment)
        if select and not any(e["status"] == select[1] for e in entries):
            continue  # there is no such choice then
        if "verity=mismatch" in fragment and not wanted:
            continue
        rows = min(len(paths), 200)  # the others come when they are asked for
        check(len(set(dom.paths())) == rows and set(dom.paths()) <= set(paths), f"{name}{fragment}: rows {dom.paths()}")
        check(str(len(wanted)) in dom.by_id["count"], f"{name}{fragment}: it counts {dom.by_id['count']!r}")


def check_damage(pages):
    dom = pages.open(pages.scratch / "damaged.html", "#status=damaged&open=1")
    check(dom.rows and dom.rows[0][:5] == [VICTIM, "file", "20.0 KiB", "damaged", "mismatch"], f"damage: {dom.rows[:1]}")
    check(dom.rows and "4096 bytes at offset 12288: verity" in dom.rows[0][5], "the first reason is not told")
    for what in ("Bad ranges", "12,288", "does not match the Merkle tree", "sha256", "crtime"):
        check(dom.rows and what in "".join(dom.rows[0]), f"the details do not tell {what!r}")
    check(dom.maps == 2, f"{dom.maps} maps: the damaged file's, and its copy in the details, are wanted")


def check_tree(pages, report):
    """A damaged block of the Merkle tree, over data that is proven, and who signed."""
    report = copy.deepcopy(report)
    victim = next(e for e in report["filesystems"][0]["entries"] if e["path"] == VICTIM)
    tree = {"offset": 65536, "length": 4096, "level": 0, "index": 0, "covers": {"offset": 0, "length": 20497},
            "recomputed": True, "reason": "does not match its parent"}
    add_entries(report, [dict(victim, path="tree", pages={"total": 6, "bad": []}, problems=["a kernel refuses it"],
                              verity=dict(victim["verity"], status="verified", tree=[tree], signer={"subject": "CN=us"}))])
    (pages.scratch / "tree.report.json").write_text(json.dumps(report))
    dom = pages.open(pages.page_of("tree"), "#status=damaged&verity=verified&open=1")
    shown = "".join(dom.rows[0]) if len(dom.rows) == 1 else ""
    for what in ("a kernel refuses it", "Damaged blocks of the Merkle tree", "65,536", "20,497", "proven",
                 "does not match its parent", "signer", "subject CN=us"):
        check(what in shown, f"a damaged tree: the details do not tell {what!r}")
    check(dom.maps == 3, f"a damaged tree: {dom.maps} maps, not its own, its copy and the other file's")
    check("proven, but a kernel refuses it" in (pages.scratch / "tree.html").read_text(), "the map does not tell of the refusal")


def check_hostile(pages, report, names, listener):
    page = pages.page_of("hostile")
    dom = pages.open(page, "#status=damaged")
    wanted = sorted([VICTIM, NOT_UTF8.decode(errors="replace")] + [as_shown(name) for name in names])
    check(sorted(dom.paths()) == wanted, f"hostile names are shown as {dom.paths()}")
    for number in range(1, len(dom.rows) + 1, 3):
        detail = pages.open(page, f"#status=damaged&open={number}")
        check(detail.elements.count("script") == 2, "a name became a script")
        check(not {"img", "iframe", "object", "embed", "a", "link", "base"} & set(detail.elements), "a name became markup")
        check(not [a for a in detail.attributes if a[1].startswith("on")], "a name became a handler")
        loads = [a for a in detail.attributes if a[1] in ("src", "href", "xlink:href", "action", "srcset", "data", "poster")]
        check(not loads, f"the page loads {loads}")
    listener.settimeout(0.2)
    try:
        listener.accept()
        wrong.append("something of the page asked the network")
    except TimeoutError:
        pass
    check(NOT_UTF8.decode(errors="replace") in page.read_text() and base64.b64encode(NOT_UTF8).decode() in page.read_text(),
          "the exact bytes of a name are not told")


def check_big(pages, report):
    page = pages.page_of("big")
    total = len(report["filesystems"][0]["entries"])
    dom = pages.open(page, "#status=locked")
    check(sum(e["status"] == "locked" for e in report["filesystems"][0]["entries"]) == len(dom.rows), "locked are left out")
    left_out = f"{total - 20000:,} of {total:,} entries are left out here"
    check(left_out in page.read_text(), f"it does not say {left_out!r}")
    check(len(pages.open(page).rows) == 200, "more than 200 rows are made at once")
    report["filesystems"][0]["summary"]["damaged"] = 7
    changed = pages.scratch / "changed.report.json"
    changed.write_text(json.dumps(report))
    said = "summary says 7 (damaged), its entries come to 1"
    check(said in pages.page_of("changed").read_text(), "a summary that lies is believed")
    check(said in pages.run("report", changed).stdout.decode(), "a summary that lies is believed without --html")


def check_broken(pages):
    """No page of what is no report, and what stood in its place stays."""
    good = (pages.scratch / "damaged.report.json").read_text()
    broken = {"truncated": good[:-40], "empty": "", "deep": "[" * 100000, "other": "{}",
              "nested": good.replace('"filesystems":[', '"filesystems":[' + "[" * 50, 1),
              "newer": good.replace("coldread-report/1", "coldread-report/2"), "text": good.replace('"inode":', '"inode":"x","x":', 1),
              "object": good.replace('"entries":[', '"entries":{},"x":[', 1), "scalar": good.replace('"problems":[', '"problems":7,"x":[')}
    page = pages.scratch / "kept.html"
    page.write_text("kept")
    for name, text in broken.items():
        if text == good:
            continue
        path = pages.scratch / f"{name}.broken"
        path.write_text(text)
        for more in ([], ["--html", page]):
            done = pages.run("report", path, *more, codes=(3,))
            said = done.stderr.decode()
            check(said.startswith("coldread: ") and said.count("\n") == 1 and not done.stdout, f"{name}: it says {said!r}")
        check(page.read_text() == "kept", f"{name}: a page was written")
    pages.run("report", pages.scratch / "missing", codes=(3,))
    pages.run("report", pages.scratch, codes=(3,))
    report = pages.scratch / "damaged.report.json"
    pages.run("report", report, "--html", report, codes=(2,))
    check(report.read_text() == good, "a report was written over")
    pages.run("report", report, "--html", pages.scratch / "no" / "page", codes=(4,))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("coldread")
    parser.add_argument("samples", type=pathlib.Path)
    args = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if not browser:
        print("there is no chromium: skipped")
        return 77
    with tempfile.TemporaryDirectory() as scratch:
        pages = Pages(args.coldread, pathlib.Path(scratch), browser)
        reports, names, listener = make_reports(pages, args.samples.resolve())
        for name in ("clean", "damaged", "locked"):
            check_counts(pages, name, reports[name])
        check_damage(pages)
        check_tree(pages, reports["damaged"])
        check_hostile(pages, reports["hostile"], names, listener)
        check_big(pages, reports["big"])
        check_broken(pages)
    print(f"{len(wrong)} faults", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
