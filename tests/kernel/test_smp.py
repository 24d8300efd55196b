# SPDX-License-Identifier: BSD-2-Clause
"""The kernel for four cores: what test_smp.c and the last part of test_vcpu.c do with them. One run, each core a
thread of the emulator (no -icount: there the cores take turns, and one that waits wastes the others' time)."""

import pytest

import pack
import run

TIMEOUT = 240
NAMES = run.tests_of(lambda table: table.endswith("_smp"))
outputs = {}


def lines(kernel, root, end, more=(), cores=4):
    image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/" + kernel), run.read(root), cores=cores)
    return run.lines(image, end, TIMEOUT, more=more)


def all_tests():
    if not outputs:
        outputs["all"] = lines("kernel-smp-debug.elf", "tests/kernel/core-tests.elf", "DONE", ["-smp", "4"])
    return outputs["all"]


@pytest.mark.parametrize("name", NAMES)
def test_cores(name):
    output = all_tests()
    assert "PASS " + name in output, "\n".join(output[-12:])


def test_bare_on_four_cores():
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "BARE TESTS", ["-smp", "4"])
    assert output[-1] == "BARE TESTS PASSED", "\n".join(output)


def test_too_few_cores():
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "loader:", ["-smp", "2"])
    assert output[-1] == "loader: the kernel needs 4 cores, this machine has 2 (QEMU: -smp)"


def test_kernel_says_what_it_waits_for():
    """An image that says one core with a kernel that wants four, as a foreign loader may make it."""
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "boot: waiting", ["-smp", "4"], cores=1)
    assert output[-1] == "boot: waiting for 4 cores (QEMU: -smp 4)"
