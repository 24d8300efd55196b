#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""tests/fixtures/assembly: good files are accepted without a word, bad ones refused with exactly the
text of NAME.expected, those in the manner of other projects accepted with it. `--update` writes the texts anew (then read the difference).

usage: fixtures.py PEERVISOR [--update]
"""

import pathlib
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "assembly"
NO_GUESTS = {"no-file-system"}       # the folder has a kernel alone
WARNINGS = {"direct-call", "setting-of-nothing", "reference-to-no-attribute", "unknown-instance", "window-unused", "compound-attribute-unread", "middle-vm-cache", "connection-setting", "attribute-misspelt", "attribute-unknown", "dma-without-identity"}


def make_guests(folder):
    image = bytearray(4096)
    image[56:60] = b"ARM\x64"
    for name, config in (("linux", "# CONFIG_DMA_RESTRICTED_POOL is not set\n"),
                         ("linux-window", "CONFIG_SMP=y\nCONFIG_DMA_RESTRICTED_POOL=y\n"), ("linux-plain", None)):
        (folder / name).write_bytes(image + name.encode())
        if config:
            (folder / (name + ".config")).write_text(config)
    (folder / "none").mkdir()
    (folder / "none/linux").write_bytes(image)
    (folder / "linux.gz").write_bytes(b"\x1f\x8b" + bytes(100))
    (folder / "not-linux").write_bytes(bytes(100))
    (folder / "minimal.cpio").write_bytes(b"minimal")
    (folder / "rootfs.cpio").write_bytes(b"rootfs")
    (folder / "empty.cpio").write_bytes(b"")
    with open(folder / "huge.cpio", "wb") as f:
        f.truncate(700 << 20)


def check(peervisor, path, guests, *options):
    result = subprocess.run([peervisor, "check", path.name, "--guests", str(guests), *options], cwd=path.parent,
                            capture_output=True, text=True, timeout=30, check=False)
    return result.returncode, result.stderr.replace(str(guests), "GUESTS")


def check_bad(peervisor, path, guests, update):
    code, text = check(peervisor, path, guests / "none" if path.stem in NO_GUESTS else guests)
    expected = path.with_suffix(".expected")
    problems = []
    if update:
        expected.write_text(text)
    if not expected.exists() or text != expected.read_text():
        problems.append("%s says\n%s" % (path.name, text))
    if path.stem in WARNINGS:
        strict, _ = check(peervisor, path, guests, "--strict")
        if (code, strict) != (0, 1):
            problems.append("%s: exit codes %d, with --strict %d" % (path.name, code, strict))
    elif code != 1:
        problems.append("%s: exit code %d\n%s" % (path.name, code, text))
    return problems


def check_project(peervisor, path, guests, update):
    """A file as others have them: accepted, and each thing that the platform has no use for is said."""
    code, text = check(peervisor, path, guests)
    expected = path.with_suffix(".expected")
    if update:
        expected.write_text(text)
    problems = [] if code == 0 else ["%s is refused (%d)" % (path.name, code)]
    if not expected.exists() or text != expected.read_text():
        problems.append("%s says\n%s" % (path.name, text))
    if check(peervisor, path, guests, "--strict")[0] != (1 if text else 0):
        problems.append("%s: --strict does not stop at what it reports" % path.name)
    return problems


def main():
    peervisor, update = str(pathlib.Path(sys.argv[1]).resolve()), "--update" in sys.argv
    problems = []
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        guests = pathlib.Path(folder)
        make_guests(guests)
        for path in sorted(FIXTURES.glob("good/*.camkes")):
            if path.stem == "imported":
                continue
            count += 1
            code, text = check(peervisor, path, guests)
            if code or text:
                problems.append("%s is refused (%d):\n%s" % (path.name, code, text))
        for path in sorted(FIXTURES.glob("bad/*.camkes")):
            count += 1
            problems += check_bad(peervisor, path, guests, update)
        for path in sorted(FIXTURES.glob("project/*.camkes")):
            count += 1
            problems += check_project(peervisor, path, guests, update)
    for problem in problems:
        print(problem)
    print("%d files, %d problems" % (count, len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
