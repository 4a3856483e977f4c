#!/usr/bin/env python3
"""Keys that are wrong, short or of no form, protectors that are damaged, policies that are not understood: each must be told
by a sentence of its own, nothing may be written from it, and all else must still be read.

Contexts are changed in the image; debugfs then makes the checksums of ext4's inodes right again.

usage: test_key_failures.py COLDREAD SET_DIR [--match REGEX]
"""
import argparse
import hashlib
import hmac
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import truth as T

MODES = {"AES-256-XTS": 1, "AES-256-CTS": 4, "AES-128-CBC-ESSIV": 5, "AES-128-CTS": 6, "SM4-XTS": 7, "SM4-CTS": 8,
         "Adiantum": 9, "AES-256-HCTR2": 10}
VERSION, CONTENTS, FILENAMES, FLAGS, UNIT, RESERVED = 0, 1, 2, 3, 4, 5  # offsets in a context of version 2


def identifier(key):
    """HKDF-SHA512 without a salt, of the info that fscrypt has for identifiers."""
    return hmac.digest(hmac.digest(bytes(64), key, "sha512"), b"fscrypt\0\x01\x01", "sha512")[:16]


def descriptor(key):
    return hashlib.sha512(hashlib.sha512(key).digest()).digest()[:8]


def context(policy):
    """What the contexts under a policy have in common: all but their nonces."""
    head = bytes([policy["version"], MODES[policy["contents"]], MODES[policy["filenames"]], policy["flags"]])
    return head + (bytes([policy["log2_data_unit_size"], 0, 0, 0]) if policy["version"] == 2 else b"") + bytes.fromhex(policy["id"])


class Sample:
    """A sample unpacked, whose image each case changes in a copy of its own."""

    def __init__(self, args, name, scratch):
        self.args, self.case = args, args.set / name
        self.scratch = scratch / name
        self.scratch.mkdir()
        self.pristine = T.unpack(self.case, self.scratch)
        self.truth = next(truth for _, truth, _ in T.views(self.case, self.scratch))
        self.image = self.scratch / "image"
        self.reset()

    def reset(self):
        shutil.copyfile(self.pristine, self.image)

    def key(self, name):
        return (self.case / "keys" / name).read_bytes()

    def file(self, name, content):
        path = self.scratch / name
        path.write_bytes(content)
        return str(path)

    def below(self, *directories):
        """The inodes of these directories and of all below them."""
        return {t["ino"] for t in self.truth["files"]
                if any(t["path"] == d or t["path"].startswith(d + "/") for d in directories)}

    def policy(self, directory):
        return next(p for p in self.truth["policies"] if p["path"] == directory)

    def change_context(self, directory, offset, new):
        """Writes `new` into all contexts under a directory's policy."""
        old = context(self.policy(directory))
        changed = old[:offset] + new + old[offset + len(new):]
        data = self.image.read_bytes()
        assert old in data
        self.image.write_bytes(data.replace(old, changed))

    def place_of(self, path, options=()):
        """A small plain file's content and the one place in the image where it lies."""
        content = subprocess.run([self.args.coldread, "cat", self.image, path, "-q", *options], capture_output=True, check=True).stdout
        raw = self.image.read_bytes()
        assert raw.count(content) == 1, path
        return content, raw.index(content)

    def flip(self, at):
        with open(self.image, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1]))

    def right_checksums(self, *directories):
        commands = "".join(f"set_inode_field <{ino}> atime 0\n" for ino in sorted(self.below(*directories)))
        subprocess.run(["debugfs", "-n", "-w", "-f", "-", self.image], input=commands, check=True, capture_output=True, text=True)

    def coldread(self, *words, standard_input=None):
        return subprocess.run([self.args.coldread, *map(str, words)], capture_output=True, check=False, text=True,
                              stdin=standard_input or subprocess.DEVNULL)

    def extract(self, options, jobs=1):
        """The run, the report without what differs from run to run, and the paths that were written with their content's hash."""
        out = self.scratch / "out"
        shutil.rmtree(out, ignore_errors=True)
        report = self.scratch / "report.json"
        report.unlink(missing_ok=True)
        run = self.coldread("extract", self.image, "-o", out, "--report", report, "--progress", "never", "-j", jobs, *options)
        told = json.loads(report.read_text()) if report.exists() else None
        if told:
            del told["run"]
        written = {}
        for folder, _, names in os.walk(os.fsencode(out)):
            for name in names:
                path = os.path.join(folder, name)
                written[path] = None if os.path.islink(path) else T.file_sha256(path)
        return run, told, written, out


class Checks:
    def __init__(self, match):
        self.match, self.passed, self.failed = match, 0, 0

    def case(self, name, wrong):
        if not re.search(self.match, name):
            return
        wrong = wrong() if callable(wrong) else wrong
        self.passed, self.failed = self.passed + (not wrong), self.failed + bool(wrong)
        if wrong:
            print(f"FAIL {name}: {'; '.join(dict.fromkeys(wrong))[:1500]}")


def count(text, words):
    return sum(1 for line in text.splitlines() if re.search(words, line))


def refused(sample, options, words):
    """The command line is wrong: one sentence that says why, and nothing at all is read or written."""
    wrong = []
    for command in ("keys", "extract"):
        if command == "extract":
            run, report, written, out = sample.extract(options)
            if report is not None or written or out.exists():
                wrong.append("something was written")
        else:
            run = sample.coldread("keys", sample.image, *options)
        if run.returncode != 2 or run.stdout:
            wrong.append(f"{command}: exit code {run.returncode}, output {run.stdout!r}")
        lines = run.stderr.splitlines()
        if len(lines) != 1 or not re.search(words, lines[0]):
            wrong.append(f"{command}: said {lines}, not just '{words}'")
    return wrong


def told(sample, options, stays, errors=(), listed=(), only=None):
    """Finishes with findings, in the same manner each time.

    stays: {inode: (status, words of its one problem or None)} of all entries that are not `ok`. errors: what standard error
    says once. listed: what a line of `keys` says once, and errors that it gives too. only: the lines that there are of errors.
    """
    wrong = []
    run, report, written, out = sample.extract(options)
    again = sample.extract(options, jobs=3)
    if (run.returncode, run.stderr, report) != (again[0].returncode, again[0].stderr, again[1]) or written != again[2]:
        wrong.append("a second run differs")
    if run.returncode != 1 or report is None or report["result"] != "findings":
        return wrong + [f"exit code {run.returncode}: {run.stderr[:300]}"]
    keys = sample.coldread("keys", sample.image, *options)
    if keys.returncode != 1:
        wrong.append(f"keys: exit code {keys.returncode}")
    for words in errors:
        for what, text in (("extract", run.stderr), ("keys", keys.stderr)):
            if count(text, words) != 1:
                wrong.append(f"{what} says '{words}' {count(text, words)} times: {text[:400]!r}")
    if not errors and (said := [line for line in run.stderr.splitlines() if line.startswith("coldread: ")]):
        wrong.append(f"extract says {said[:3]}")
    for words in listed:
        if count(keys.stdout, words) != 1:
            wrong.append(f"keys lists '{words}' {count(keys.stdout, words)} times: {keys.stdout[:800]}")

    allowed, seen = set(), set()
    contents = {t.get("sha256") for t in sample.truth["files"] if t["ino"] in stays and t["size"]} - \
        {t.get("sha256") for t in sample.truth["files"] if t["ino"] not in stays}
    for filesystem in report["filesystems"]:
        prefix = f"p{filesystem['partition']['number']}/".encode() if len(report["filesystems"]) > 1 else b""
        for e in filesystem["entries"]:
            path = T.reported_path(e)
            status, words = stays.get(e["inode"], ("ok", None))
            seen.add(e["inode"])
            if e["status"] != status and not (status == "ok" and e["status"] == "skipped"):
                wrong.append(f"{path} (inode {e['inode']}) is {e['status']}, not {status}: {e.get('problems')}")
            problems = e.get("problems", [])
            if (len(problems) != 1 or not re.search(words, problems[0])) if words else problems and status != "ok":
                wrong.append(f"{path}: {problems}, not just '{words}'")
            if e["status"] == "ok":
                allowed.add(os.path.join(os.fsencode(out), prefix + (os.fsencode(e["written_as"]) if "written_as" in e else path)))
            elif "sha256" in e:
                wrong.append(f"{path} has a SHA-256")
    unlisted = {t["ino"] for t in sample.truth["files"]} - seen
    if unlisted and all(status != "error" for status, _ in stays.values()):  # such a directory is not entered
        wrong.append(f"inodes {unlisted} have no entry")
    for path in written.keys() - allowed:
        wrong.append(f"{path} was written")
    for path, sha256 in written.items():
        if sha256 in contents:
            wrong.append(f"{path} is the content of something locked")
    return wrong


def stays_of(sample, changes):
    """As told() wants it: {directory: (status, words)}; what was locked before stays so."""
    stays = {t["ino"]: ("locked", None) for t in sample.truth["files"] if t.get("key_supplied") is False}
    for directory, (status, words) in changes.items():
        below = sample.below(directory)
        stays.update({t["ino"]: (status, words) if t["encrypted"] else ("locked", None)
                      for t in sample.truth["files"] if t["ino"] in below})
    return stays


def forms(checks, args, scratch):
    """Files that are no keys."""
    s = Sample(args, "fscrypt-modes", scratch)
    empty = scratch / "no files"
    empty.mkdir()
    no_form = r"its {} bytes are no key: a key is 16 to 64 raw bytes, or the same in hex$"
    files = {"empty": (s.file("empty", b""), no_form.format(0)),
             "15 bytes": (s.file("short", bytes(range(15))), no_form.format(15)),
             "65 bytes": (s.file("long", bytes(range(65))), no_form.format(65)),
             "hex of 65 bytes": (s.file("long.hex", bytes(range(65)).hex().encode()), no_form.format(130)),
             "hex of an odd length": (s.file("odd.hex", (b"0123456789" * 10)[:67]), no_form.format(67)),
             "hex with a letter that is none": (s.file("g.hex", b"g" + 127 * b"0"), no_form.format(128)),
             "text": (s.file("text", b"The key was written on a note, the note was lost, and only this text remains."), no_form.format(77)),
             "more than any form": (s.file("large", bytes(5000)), no_form.format("more than 4096")),
             "an empty directory": (str(empty), "there is no key file in this directory$"),
             "no file": (str(scratch / "absent"), "cannot be opened: No such file or directory$"),
             "a file that cannot be read": ("/proc/self/mem", "cannot be read: Input/output error$")}
    for what, (path, words) in files.items():
        words = re.escape(path) + ": " + words
        for option in (["--key", path], ["--v1-key", "636f6c6472656164=" + path], ["--hw-key", path], ["--sw-secret", path],
                       ["--sw-secret", str(s.case / "keys/small.key"), "--inline-key", path], ["--vold-secret", path]):
            checks.case(f"forms: {what}, {option[0]}{' with a secret' if len(option) > 2 else ''}", lambda: refused(s, option, words))
    raw = {size: s.file(f"{size} bytes", bytes(range(size))) for size in (16, 31, 32, 33, 63, 64)}
    for size in (31, 33, 64):
        checks.case(f"forms: --hw-key of {size} bytes", lambda: refused(
            s, ["--hw-key", raw[size]], rf"the raw key behind a hardware-wrapped one has 32 bytes, not {size}$"))
        checks.case(f"forms: --sw-secret of {size} bytes", lambda: refused(
            s, ["--sw-secret", raw[size]], rf"a software secret has 32 bytes, not {size}$"))
    for size in (16, 32, 63):
        checks.case(f"forms: --inline-key of {size} bytes", lambda: refused(
            s, ["--sw-secret", raw[32], "--inline-key", raw[size]], rf"an inline key has 64 bytes, not {size}$"))
    locked = {ino: ("locked", None) for p in s.truth["policies"] for ino in s.below(p["path"])}
    for size in (31, 63):     # of digits: these bytes could be a key
        checks.case(f"forms: {size} hex digits", lambda: told(
            s, ["--key", s.file(f"{size}.hex", (b"0123456789abcdef" * 4)[:size])], locked,
            [rf"this key \(identifier .*\) opens nothing on the image; its {size} bytes are text that is no key in hex, "
             "and were taken as raw ones$"]))
    checks.case("forms: --inline-key alone", lambda: refused(s, ["--inline-key", raw[64]], "opens nothing without its --sw-secret"))
    checks.case("forms: a key and a software secret at once", lambda: refused(
        s, ["--key", raw[32], "--sw-secret", raw[32]], "the same bytes were given as a key and as .* software secret"))
    checks.case("forms: two keys for a descriptor", lambda: refused(
        s, ["--v1-key", "636f6c6472656164=" + raw[64], "--v1-key", "636f6c6472656164=" + raw[63]],
        "another key was given for descriptor 636f6c6472656164$"))
    checks.case("forms: a descriptor that is none", lambda: refused(s, ["--v1-key", "636f6c64=" + raw[64]], "--v1-key"))
    checks.case("forms: a directory of keys for a descriptor", lambda: refused(
        s, ["--v1-key", f"636f6c6472656164={s.case / 'keys'}"], "a descriptor has one key, and this directory several$"))
    checks.case("forms: an empty passphrase", lambda: refused(
        s, ["--passphrase-file", s.file("newline", b"\n")], "there is no passphrase in it$"))
    checks.case("forms: no passphrase file", lambda: refused(
        s, ["--passphrase-file", scratch / "absent"], "the passphrase cannot be opened: No such file or directory$"))


def wrong_keys(checks, args, scratch):
    """Keys that are none of the image's."""
    for name in ("v2-xts-1k", "f2fs-fscrypt", "fscrypt-modes"):
        s = Sample(args, name, scratch)
        wrong = s.file("wrong.key", bytes(range(64)))
        opens_nothing = rf"wrong.key: this key \(identifier {identifier(bytes(range(64))).hex()}\) opens nothing on the image$"
        encrypted = {ino: ("locked", None) for p in s.truth["policies"] for ino in s.below(p["path"])}
        checks.case(f"wrong keys: {name}", lambda: told(s, ["--key", wrong], encrypted, [opens_nothing]))
        checks.case(f"wrong keys: {name}, beside the right ones", lambda: told(
            s, [*T.key_options(s.case, s.truth), "--key", wrong], stays_of(s, {}), [opens_nothing]))
        one_bit = s.file("wrong.key", bytes([s.key("main.key")[0] ^ 1]) + s.key("main.key")[1:])
        checks.case(f"wrong keys: {name}, but for one bit", lambda: told(
            s, ["--key", one_bit], encrypted, [r"wrong.key: this key \(identifier [0-9a-f]{32}\) opens nothing on the image$"]))

    hw, inline = s.file("wrong.hw", bytes(range(32))), s.file("wrong.inline", bytes(range(64)))
    opens_nothing = r": this key \((identifier [0-9a-f]{32}|inline key)\) opens nothing on the image$"
    for options, files in ((["--hw-key", hw], ["wrong.hw"]), (["--sw-secret", hw], ["wrong.hw"]),
                           (["--sw-secret", hw, "--inline-key", inline], ["wrong.hw", "wrong.inline"])):
        checks.case(f"wrong keys: {options[0]} and {len(options) // 2 - 1} more", lambda: told(
            s, options, encrypted, [file + opens_nothing for file in files]))

    named = s.policy("v1_named")["id"]
    others = [word for option in zip(*[iter(T.key_options(s.case, s.truth))] * 2) if option[0] != "--v1-key" for word in option]
    for what, key in {"bytes": bytes(range(64)), "long enough for names alone": bytes(range(32)),
                      "another policy's key": s.key("v1.key")}.items():
        path = s.file("wrong.key", key)
        words = rf"the key given for descriptor {named} does not decrypt its names \(\d+ of \d+ are malformed\): wrong key$"
        stays = stays_of(s, {"v1_named": ("locked", words)})
        if len(key) < 64:
            stays.update({t["ino"]: ("locked", "its 32 bytes are too few: AES-256-XTS in version 1 takes at least 64$")
                          for t in s.truth["files"] if t["path"].startswith("v1_named/") and t["type"] == "file"})
        checks.case(f"wrong keys: given for a descriptor, {what}", lambda: told(
            s, [*others, "--v1-key", f"{named}={path}"], stays, ["wrong.key: " + words], [f"not opened by .*wrong.key: {words}"]))
    derived = s.policy("v1_xts")["id"]
    wrong = s.file("wrong.key", bytes(range(64)))
    v1 = {p["path"]: ("locked", f"the key given for descriptor {derived} does not decrypt its names")
          for p in s.truth["policies"] if p["id"] == derived}
    without = [word for option in zip(*[iter(T.key_options(s.case, s.truth))] * 2) if not option[1].endswith("/v1.key") for word in option]
    checks.case("wrong keys: given for a descriptor that others are derived for", lambda: told(
        s, [*without, "--v1-key", f"{derived}={wrong}"], stays_of(s, v1), [f"wrong.key: the key given for descriptor {derived} does not"]))
    checks.case("wrong keys: given for a descriptor, beside the key from which it is derived", lambda: told(
        s, [*T.key_options(s.case, s.truth), "--v1-key", f"{derived}={wrong}"], stays_of(s, {}), [
            rf"wrong.key: this key \(descriptor {derived}\) opens nothing on the image$"]))


def short_keys(checks, args, scratch):
    """Keys that have the policy's name and are too short for its modes: their names are written into the image."""
    s = Sample(args, "fscrypt-modes", scratch)
    options, changes, listed = T.key_options(s.case, s.truth), {}, []
    for directory, size, mode, least in (("unit_512", 16, "AES-256-XTS", 32), ("unit_1024", 31, "AES-256-XTS", 32),
                                         ("hctr2", 31, "AES-256-(XTS|HCTR2)", 32), ("adiantum", 31, "Adiantum", 32),
                                         ("adiantum_direct", 16, "Adiantum", 32), ("lblk_64", 24, "AES-256-XTS", 32)):
        key = hashlib.sha512(directory.encode()).digest()[:size]
        s.change_context(directory, 8, identifier(key))
        options += ["--key", s.file(f"{directory}.key", key)]
        changes[directory] = ("locked", f"its {size} bytes are too few: {mode} in version 2 takes at least {least}$")
        listed.append(f"not opened by .*{directory}.key: .*{changes[directory][1]}")
    # AES-256-CTS takes as long a key, so that directories name themselves.
    stays = stays_of(s, changes)
    for t in s.truth["files"]:
        if t["ino"] in stays and t["type"] != "file" and stays[t["ino"]][1]:
            stays[t["ino"]] = ("locked", stays[t["ino"]][1].replace("AES-256-XTS", "AES-256-CTS"))
    listed = [words.replace("AES-256-XTS", "AES-256-(XTS|CTS)") for words in listed]
    s.right_checksums(*changes)
    checks.case("short keys: v2", lambda: told(s, options, stays, [
        rf"{d}.key: this key \(identifier [0-9a-f]{{32}}\) opens nothing on the image$" for d in changes], listed))

    s.reset()
    changes, key = {}, s.key("v1.key")
    options = T.key_options(s.case, s.truth)
    for directory, size, mode, least in (("v1_xts", 63, "AES-256-XTS", 64), ("v1_adiantum", 31, "Adiantum", 32),
                                         ("v1_adiantum_direct", 16, "Adiantum", 32)):
        s.change_context(directory, 4, descriptor(key[:size]))
        options += ["--key", s.file(f"{directory}.key", key[:size])]
        changes[directory] = ("locked", f"its {size} bytes are too few: {mode} in version 1 takes at least {least}$")
    s.right_checksums(*changes)
    stays = stays_of(s, changes)
    for t in s.truth["files"]:
        if t["ino"] in s.below("v1_xts") and t["type"] != "file":  # 63 bytes are enough for names
            del stays[t["ino"]]
    checks.case("short keys: v1", lambda: told(s, options, stays, [
        rf"{d}.key: this key \(identifier [0-9a-f]{{32}}\) opens nothing on the image$" for d in ("v1_adiantum", "v1_adiantum_direct")], [
            "opened by .*v1_xts.key .*, but not all: .*its 63 bytes are too few: AES-256-XTS in version 1 takes at least 64$"]))


def contexts(checks, args, scratch):
    """Policies that no kernel would take."""
    s = Sample(args, "fscrypt-modes", scratch)
    changes = {
        # offset in the context, what is written there, status, words
        "unit_512": (VERSION, b"\x03", "error", "version 3 is not supported$"),
        "aes_128": (VERSION, b"\0", "error", "version 0 is not supported$"),
        "unit_1024": (RESERVED, b"\0\0\x01", "error", "its reserved bytes are in use$"),
        "unit_2048": (UNIT, b"\x08", "error", r"a data unit of 2\^8 bytes is not between 512 bytes and the 4096 bytes of a block$"),
        "unit_4096": (UNIT, b"\x0d", "error", r"a data unit of 2\^13 bytes is not between 512 bytes and the 4096 bytes of a block$"),
        "adiantum_unit_512": (UNIT, b"\xff", "error", r"a data unit of 2\^255 bytes is not between"),
        "lblk_32": (UNIT, b"\x09", "error", "IV_INO_LBLK_32 with data units smaller than a block is not supported$"),
        "adiantum": (CONTENTS, b"\x2a", "locked", "contents encryption with mode 42 is not supported$"),
        "hctr2": (FILENAMES, b"\x03", "locked", "filenames encryption with mode 3 is not supported$"),
        "sm4": (CONTENTS, b"\0", "locked", "contents encryption with mode 0 is not supported$"),
        "hctr2_lblk_64": (CONTENTS, b"\x09", "locked",
                          "contents encryption with Adiantum and filenames encryption with AES-256-HCTR2 in version 2 is not supported$"),
        "lblk_64": (FLAGS, b"\x29", "locked", "flag 0x20 is not supported$"),
        "adiantum_direct": (FLAGS, b"\x0c", "locked", "flag DIRECT_KEY together with IV_INO_LBLK_64 is not supported$"),
        "v1_xts": (FLAGS, b"\x08", "locked", "flag IV_INO_LBLK_64 in version 1 is not supported$"),
        "v1_adiantum": (VERSION, b"\x02", "error", "28 bytes are not the size of version 2$"),
        "v1_aes_128": (FLAGS, b"\x81", "locked", "flag 0x80 is not supported$"),
        "v1_named": (FILENAMES, b"\x0a", "locked",
                     "contents encryption with AES-256-XTS and filenames encryption with AES-256-HCTR2 in version 1 is not supported$"),
        "v1_adiantum_direct": (CONTENTS, b"\x05", "locked",
                               "contents encryption with AES-128-CBC-ESSIV and filenames encryption with Adiantum in version 1"),
    }
    for directory, (offset, new, _, _) in changes.items():
        s.change_context(directory, offset, new)
    s.right_checksums(*changes)
    stays = stays_of(s, {d: (status, words) for d, (_, _, status, words) in changes.items()})
    checks.case("contexts: ext4", lambda: told(
        s, T.key_options(s.case, s.truth), stays, [
            rf"small.key: this key \(identifier {s.policy('aes_128')['id']}\) opens nothing on the image$",
            rf"v1.key: this key .* opens nothing on the image$", rf"v1-named.key: this key .* opens nothing on the image$"],
        [(f"not opened by .*{words}" if status == "locked" else f"no policy that is understood; \\d+ entr.*{words}")
         for _, _, status, words in changes.values()]))

    s = Sample(args, "f2fs-fscrypt", scratch)
    changes = {"pad_4": (VERSION, b"\x03", "error", "version 3 is not supported$"),
               "pad_8": (CONTENTS, b"\x2a", "locked", "contents encryption with mode 42 is not supported$"),
               "pad_16": (FLAGS, b"\x42", "locked", "flag 0x40 is not supported$"),
               "pad_32": (UNIT, b"\x0d", "error", r"a data unit of 2\^13 bytes is not between")}
    for directory, (offset, new, _, _) in changes.items():
        s.change_context(directory, offset, new)
    stays = stays_of(s, {d: (status, words) for d, (_, _, status, words) in changes.items()})
    stays.update(stays_of(s, {"compressed": changes["pad_32"][2:]}))  # the same policy
    checks.case("contexts: f2fs", lambda: told(s, T.key_options(s.case, s.truth), stays, ["main.key: this key .* opens nothing"]))


def fields(message):
    """Of a protobuf message: {field's number: (offset, length) of each that is a string or a message}, and {number: value's offset}."""
    at, strings, numbers = 0, {}, {}

    def varint():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            value, shift, at = value | (byte & 127) << shift, shift + 7, at + 1
            if byte < 128:
                return value
    while at < len(message):
        number, kind = divmod(varint(), 8)
        if kind == 2:
            length = varint()
            strings.setdefault(number, []).append((at, length))
            at += length
        else:
            assert kind == 0
            numbers[number] = at
            varint()
    return strings, numbers


PROTECTOR_NAME, PROTECTOR_SOURCE, PROTECTOR_SALT, PROTECTOR_WRAPPED = 1, 2, 5, 7  # fscrypt's metadata.proto
POLICY_NAME, POLICY_KEYS, POLICY_KEY_WRAPPED = 1, 3, 2
WRAPPED_IV, WRAPPED_KEY, WRAPPED_HMAC = 1, 2, 3


def protectors(checks, args, scratch):
    """Passphrases and raw keys of fscrypt's protectors, and what damage does to its metadata."""
    s = Sample(args, "fscrypt-tool", scratch)
    home, stick = s.policy("home")["id"], s.policy("stick")["id"]
    part = ["--partition", "1"]
    passphrase, raw = s.case / "keys/first.passphrase", s.case / "keys/stick.raw"
    right = [*part, "--passphrase-file", passphrase, "--key", raw]
    home_locked, stick_locked = stays_of(s, {"home": ("locked", None)}), stays_of(s, {"stick": ("locked", None)})
    listing = [t["path"] for t in s.truth["files"] if t["path"].startswith(".fscrypt/protectors/")]
    contents = {path: s.place_of(path, part) for path in listing}
    named = {content[slice(*(lambda f: (f[0], f[0] + f[1]))(fields(content)[0][3][0]))].decode(): path
             for path, (content, _) in contents.items()}
    first, stick_protector = named["first"], named["stick"]
    no_passphrase = r"first.passphrase: this passphrase opens nothing on the image \("
    no_key = r"stick.raw: this key \(identifier [0-9a-f]{32}\) opens nothing on the image$"
    not_opened = "protector 'first' .*keeps key {}; not opened$"

    wrong = s.file("wrong.passphrase", b"not the one\n")
    checks.case("protectors: a wrong passphrase", lambda: told(
        s, [*part, "--passphrase-file", wrong, "--key", raw], home_locked,
        [r"wrong.passphrase: this passphrase opens nothing on the image \("],
        [f"key {home}: .*key missing$", not_opened.format(home),
         f"key {stick}: .*; opened by .*stick.raw, protector 'stick' .*proven by its identifier"]))
    checks.case("protectors: a passphrase but for its last letter", lambda: told(
        s, [*part, "--passphrase-file", s.file("cut.passphrase", passphrase.read_bytes().rstrip(b"\n")[:-1]), "--key", raw], home_locked,
        [r"cut.passphrase: this passphrase opens nothing on the image \("], [not_opened.format(home)]))
    checks.case("protectors: a wrong passphrase beside the right one", lambda: told(
        s, [*part, "--passphrase-file", wrong, "--passphrase-file", passphrase], stick_locked,
        [r"wrong.passphrase: this passphrase opens nothing on the image \("], ["protector 'first' .*opened by .*first.passphrase$"]))
    checks.case("protectors: a wrong raw key", lambda: told(
        s, [*part, "--passphrase-file", passphrase, "--key", s.file("wrong.raw", bytes(range(32)))], stick_locked,
        [r"wrong.raw: this key \(identifier [0-9a-f]{32}\) opens nothing on the image$"], ["protector 'stick' .*not opened$"]))

    def damaged(name, path, at, stays, errors, listed):
        """Flips a bit of the byte that `at` finds in the file's content."""
        s.reset()
        content, where = s.place_of(path, part)
        s.flip(where + at(content))
        checks.case(f"protectors: {name}", lambda: told(s, right, stays, errors, listed))

    def wrapped(field):
        def find(content):
            start, length = fields(content)[0][PROTECTOR_WRAPPED][0]
            return start + fields(content[start:start + length])[0][field][0][0] + 5
        return find

    # Nothing tells these from a wrong passphrase: what authenticates it is what is damaged.
    for what, at in {"IV": wrapped(WRAPPED_IV), "wrapped key": wrapped(WRAPPED_KEY), "HMAC": wrapped(WRAPPED_HMAC),
                     "salt": lambda content: fields(content)[0][PROTECTOR_SALT][0][0]}.items():
        damaged(f"the {what} of one with a passphrase", first, at, home_locked, [no_passphrase], [not_opened.format(home)])
    for what, at in {"IV": wrapped(WRAPPED_IV), "wrapped key": wrapped(WRAPPED_KEY), "HMAC": wrapped(WRAPPED_HMAC)}.items():
        damaged(f"the {what} of one with a raw key", stick_protector, at, stick_locked, [no_key], ["protector 'stick' .*not opened$"])
    lost = rf"key {home}: to be opened by protector \({first[-16:]}\), which is not on the image$"
    for what, at, words in (
            ("descriptor", lambda content: fields(content)[0][PROTECTOR_NAME][0][0], "this protector is damaged: it is that of descriptor "),
            ("source", lambda content: fields(content)[1][PROTECTOR_SOURCE], ""),
            ("wrapped key's length", lambda content: fields(content)[0][PROTECTOR_WRAPPED][0][0] - 1, "this protector is damaged: "),
            ("first tag", lambda content: 0, "this protector is damaged: ")):
        if words:
            damaged(f"the {what}", first, at, home_locked, [f"{first}: {words}", no_passphrase], [lost])
        else:
            damaged(f"the {what}", first, at, home_locked, [no_passphrase], ["protector 'first' .*: raw key; .*not opened$"])

    def policy_key(field):
        def find(content):
            start, length = fields(content)[0][POLICY_KEYS][0]
            inner, size = fields(content[start:start + length])[0][POLICY_KEY_WRAPPED][0]
            return start + inner + fields(content[start + inner:start + inner + size])[0][field][0][0] + 5
        return find

    policy = f".fscrypt/policies/{home}"
    for what, field in {"IV": WRAPPED_IV, "wrapped key": WRAPPED_KEY, "HMAC": WRAPPED_HMAC}.items():
        damaged(f"the {what} of a policy", policy, policy_key(field), home_locked, [
            f"{policy}: its key as protector {first[-16:]} keeps it is damaged: it does not authenticate with that protector's own key$"],
                [f"key {home}: .*key missing$"])
    damaged("the name of a policy", policy, lambda content: fields(content)[0][POLICY_NAME][0][0], home_locked,
            [f"{policy}: this policy's metadata is damaged: it is that of key "], [f"key {home}: .*key missing$"])
    damaged("the protector's name in a policy", policy,
            lambda content: fields(content)[0][POLICY_KEYS][0][0] + 2, home_locked, [],
            [f"key {home}: to be opened by protector .*not on the image$"])

    for path, words, more in ((first, "this protector is damaged: it is no protobuf message$", [no_passphrase]),
                              (policy, "this policy's metadata is damaged: it is no protobuf message$", [])):
        s.reset()
        ino, size = next((t["ino"], t["size"]) for t in s.truth["files"] if t["path"] == path)
        start = json.loads((s.case / "truth.json").read_text())["partitions"][0]["start"] * 512
        subprocess.run(["debugfs", "-w", "-R", f"set_inode_field <{ino}> size {size - 10}", f"{s.image}?offset={start}"],
                       check=True, capture_output=True)
        checks.case(f"protectors: {path.split('/')[1]} cut short", lambda: told(s, right, home_locked, [f"{path}: {words}", *more]))


def e4crypt(checks, args, scratch):
    """Passphrases and salts of e4crypt."""
    s = Sample(args, "e4crypt", scratch)
    locked = {ino: ("locked", None) for p in s.truth["policies"] for ino in s.below(p["path"])}
    own, given = s.below("own_salt"), s.below("given_salt")
    keys = s.case / "keys"
    wrong = s.file("wrong.passphrase", b"not the one")
    nothing = r": this passphrase opens nothing on the image \(fscrypt's protectors with a passphrase: 0; e4crypt's salts: {}\)$"
    checks.case("e4crypt: a wrong passphrase", lambda: told(
        s, ["--passphrase-file", wrong], locked, ["wrong.passphrase" + nothing.format(1)]))
    listing = s.coldread("keys", s.image, "--passphrase-file", wrong).stdout
    checks.case("e4crypt: keys lists policies alone", [f"it lists {listing}"] if "wrong.passphrase" in listing else [])
    checks.case("e4crypt: a wrong salt", lambda: told(
        s, ["--passphrase-file", keys / "given_salt.passphrase", "--passphrase-salt", "s:peppar"], locked,
        ["given_salt.passphrase" + nothing.format(2)]))
    checks.case("e4crypt: no salt", lambda: told(
        s, ["--passphrase-file", keys / "own_salt.passphrase", "--passphrase-file", keys / "given_salt.passphrase"],
        {ino: what for ino, what in locked.items() if ino in given}, ["given_salt.passphrase" + nothing.format(1)]))
    checks.case("e4crypt: a salt of no form", lambda: refused(
        s, ["--passphrase-file", wrong, "--passphrase-salt", "0x123"], "--passphrase-salt"))


def vold(checks, args, scratch):
    """Android's secrets, and damage in its key directories."""
    s = Sample(args, "android-vold", scratch)
    secret = s.case / "secrets/user_0.secret"
    ce = stays_of(s, {"data": ("locked", None)})
    wrong = s.file("wrong.secret", bytes(range(32)))
    checks.case("vold: a wrong secret", lambda: told(
        s, ["--vold-secret", wrong], ce, ["wrong.secret: this secret opens none of the image's vold key directories$"],
        ["vold user 0 CE key in .*: missing: no secret that was given opens it"]))
    everything = {ino: ("locked", None) for p in s.truth["policies"] for ino in s.below(p["path"])}
    none = "user_0.secret: this secret opens none of the image's vold key directories$"
    for file, at, words in (("encrypted_key", 30, "damaged: "), ("encrypted_key", 2, "damaged: "), ("keymaster_key_blob", 20, "damaged: "),
                            ("keymaster_key_blob", 40, "missing: .* its blob of 138 bytes is of a form that is not known")):
        s.reset()
        _, where = s.place_of(f"unencrypted/key/{file}")
        s.flip(where + at)
        checks.case(f"vold: byte {at} of {file}", lambda: told(
            s, ["--vold-secret", secret], everything, [none], ["vold system DE key in .*: " + words]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("coldread")
    parser.add_argument("set", type=pathlib.Path)
    parser.add_argument("--match", default="", help="of the cases' names")
    args = parser.parse_args()
    checks = Checks(args.match)
    for group in (forms, wrong_keys, short_keys, contexts, protectors, e4crypt, vold):
        with tempfile.TemporaryDirectory(prefix="coldread-key-failures-") as scratch:
            group(checks, args, pathlib.Path(scratch))
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 0 if checks.passed and not checks.failed else 1


if __name__ == "__main__":
    sys.exit(main())
