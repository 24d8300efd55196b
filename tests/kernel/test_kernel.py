# SPDX-License-Identifier: BSD-2-Clause
"""The kernel from user space: its variants (kernel-slow: without the fast paths) run the root task kernel-tests; each
of its tests is one here."""

import time

import pytest

import pack
import run

TIMEOUT = 180
RESERVED = [(0x50000000, 0x400000)]     # test_boot.c's `reservation` looks for it
KERNELS = {"kernel-debug.elf": 1, "kernel.elf": 1, "kernel-slow.elf": 1, "kernel-smp-debug.elf": 4}
NAMES = run.tests_of(lambda table: not table.endswith("_smp"))
results = {}


def run_all(kernel):
    if kernel not in results:
        cores = KERNELS[kernel]
        root = "tests/kernel/kernel-tests%s.elf" % ("-smp" if cores > 1 else "")
        image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/" + kernel), run.read(root), RESERVED,
                          cores=cores)
        start = time.monotonic()
        results[kernel] = run.lines(image, "DONE", TIMEOUT, more=[*run.ICOUNT, "-smp", str(cores)])
        print("%s: %.1f s" % (kernel, time.monotonic() - start))
    return results[kernel]


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("name", NAMES)
def test_root(kernel, name):
    if KERNELS[kernel] > 1 and name == "software_interrupt":
        pytest.skip("the call does not exist for several cores (ABI 2.1)")
    lines = run_all(kernel)
    assert "PASS " + name in lines, "\n".join(lines[-12:])


@pytest.mark.parametrize("kernel", KERNELS)
def test_debug_calls_are_for_debug_kernels(kernel):
    lines = run_all(kernel)
    debug = "debug" in kernel
    assert "debug calls: " + ("yes" if debug else "no") in lines
    assert ("a-name-of-mine, inactive, 0, 0, 0" in lines) == debug
