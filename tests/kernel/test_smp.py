# SPDX-License-Identifier: BSD-2-Clause
"""The kernel for four cores: what test_smp*.c and the last part of test_vcpu.c do with them. Each core is a thread of
the emulator, so that they run at the same time, except for test_smp_hold.c: its cores are all busy, mostly with the
lock, and on fewer processors than cores a lock that is passed on waits until its next holder's thread is run."""

import pytest

import pack
import run

TIMEOUT = 240
TURNS = ["-smp", "4", "-accel", "tcg,thread=single"]
IMAGES = {"core-tests": ["-smp", "4"], "hold-tests": TURNS}
NAMES = [(image, name) for image, hold in (("core-tests", False), ("hold-tests", True))
         for name in run.tests_of(lambda table: table.endswith("_smp") and table.startswith("tests_hold") == hold)]
outputs = {}


def lines(kernel, root, end, more=(), cores=4):
    image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/" + kernel), run.read(root), cores=cores)
    return run.lines(image, end, TIMEOUT, more=more)


def all_tests(image):
    if image not in outputs:
        outputs[image] = lines("kernel-smp-debug.elf", f"tests/kernel/{image}.elf", "DONE", IMAGES[image])
    return outputs[image]


@pytest.mark.parametrize("image, name", NAMES)
def test_cores(image, name):
    output = all_tests(image)
    assert "PASS " + name in output, "\n".join(output[-12:])


def test_bare_on_four_cores():
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "BARE TESTS", ["-smp", "4"])
    assert output[-1] == "BARE TESTS PASSED", "\n".join(output)


@pytest.mark.parametrize("shift", [0, 1])
def test_cores_in_turns(shift):
    """One thread of the emulator runs the cores in turns: whoever waits for another one has to yield."""
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "BARE TESTS",
                   ["-smp", "4", "-icount", f"shift={shift},sleep=off"])
    assert output[-1] == "BARE TESTS PASSED", "\n".join(output)


def test_too_few_cores():
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "loader:", ["-smp", "2"])
    assert output[-1] == "loader: the kernel needs 4 cores, this machine has 2 (QEMU: -smp)"


def test_kernel_says_what_it_waits_for():
    """An image that says one core with a kernel that wants four, as a foreign loader may make it."""
    output = lines("kernel-smp.elf", "tests/kernel/bare/bare-smp.elf", "boot: waiting", ["-smp", "4"], cores=1)
    assert output[-1] == "boot: waiting for 4 cores (QEMU: -smp 4)"
