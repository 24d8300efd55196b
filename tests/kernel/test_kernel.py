# SPDX-License-Identifier: BSD-2-Clause
"""The kernel from user space: both variants run the root task kernel-tests; each of its tests is one here."""

import re
import time

import pytest

import pack
import run

TIMEOUT = 180
RESERVED = [(0x50000000, 0x400000)]     # test_boot.c's `reservation` looks for it
SOURCES = sorted((run.ROOT / "tests" / "kernel" / "root").glob("test_*.c"))
NAMES = [name for source in SOURCES for name in re.findall(r'^\t\{ "(\w+)", ', source.read_text(), re.M)]
results = {}


def run_all(kernel):
    if kernel not in results:
        image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/" + kernel),
                          run.read("tests/kernel/kernel-tests.elf"), RESERVED)
        start = time.monotonic()
        results[kernel] = run.lines(image, "DONE", TIMEOUT, more=run.ICOUNT)
        print("%s: %.1f s" % (kernel, time.monotonic() - start))
    return results[kernel]


@pytest.mark.parametrize("kernel", ["kernel-debug.elf", "kernel.elf"])
@pytest.mark.parametrize("name", NAMES)
def test_root(kernel, name):
    lines = run_all(kernel)
    assert "PASS " + name in lines, "\n".join(lines[-12:])
