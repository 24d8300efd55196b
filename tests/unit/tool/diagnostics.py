#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every message about a user's assembly that the sources have is in the expected text of a fixture.

usage: diagnostics.py
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
FIXTURES = ROOT / "tests/fixtures/assembly"
CALL = re.compile(r"\b(diagnostic_(?:error|warning|plain)|parser_expected|parser_expect|parser_identifier|"
                  r"wrong_kind)\s*\(")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
# What no file can show, and why.
BEYOND_FILES = {
    "cannot start cpp: ": "the machine has no processes left",
    "the C preprocessor is missing; install cpp": "a machine without cpp",
    "the preprocessor failed or ran out of memory": "fuzz.py",
    "the preprocessor took longer than ": "20 seconds",
    "no folder for the built-in headers: ": "no temporary folder; test_build.py",
    "make it readable": "root reads everything",
    "imports are nested deeper": "a chain of files; test_build.py",
    "more than 64 MiB after the preprocessor": "fuzz.py",
    "name an assembly file (.camkes)": "test_build.py",
    "reaches the emulated devices at": "--platform rpi4; test_build.py",
}


def arguments(source, at):
    """The text of the call's arguments, one each, from behind its open parenthesis."""
    depth, start, found, inside = 0, at, [], False
    while True:
        c = source[at]
        if inside:
            at += c == "\\"
            inside = c != '"' or source[at] == '"' and c == "\\"
        elif c == '"':
            inside = True
        elif c in "([{":
            depth += 1
        elif c in ")]}" and depth:
            depth -= 1
        elif c == ")":
            return found + [source[start:at]]
        elif c == "," and depth == 0:
            found.append(source[start:at])
            start = at + 1
        at += 1


def text_of(argument):
    """Strings side by side, as the compiler joins them; None: it is computed."""
    if not argument.lstrip().startswith('"'):
        return None
    return "".join(TEXT.findall(argument)).replace('\\"', '"').replace("\\\\", "\\")


def pattern(text):
    """A printf format as a regular expression."""
    parts = re.split(r"%[-0-9.*]*(?:ll|l|z)?[a-z%]", text)
    return ".*".join(re.escape(p) for p in parts)


def messages(path):
    source = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
    for call in CALL.finditer(source):
        if source[:call.start()].endswith(("void ", "bool ", "const char *")):
            continue        # its definition
        args = [text_of(a) for a in arguments(source, call.end())]
        name = call.group(1)
        if name == "parser_expect":
            if len(args) > 2 and args[1] and args[2]:
                yield "(expected|the file ends where) " + pattern("'%s' after %s" % (args[1], args[2]))
        elif name == "parser_expected":
            if len(args) > 2 and args[1] and args[2]:
                yield "(expected|the file ends where) " + pattern(args[1]) + ".*; " + pattern(args[2])
        elif name == "parser_identifier":
            if len(args) > 1 and args[1]:
                yield "(expected|the file ends where) " + pattern(args[1]) + ".*; a name starts with"
        else:
            for text in args:
                if text and len(text) > 12:
                    yield pattern(text)
                    break


def main():
    expected = "\n".join(p.read_text() for p in sorted(FIXTURES.glob("*/*.expected")))
    missing, count = [], 0
    for folder in ("adl", "model"):
        for path in sorted((ROOT / "tool" / folder).glob("*.c")):
            for wanted in messages(path):
                count += 1
                plain = wanted.replace("\\", "")
                if not any(text in plain for text in BEYOND_FILES) and not re.search(wanted, expected):
                    missing.append("%s: no fixture shows: %s" % (path.name, plain))
    for line in missing:
        print(line)
    print("%d messages, %d without a fixture" % (count, len(missing)))
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
