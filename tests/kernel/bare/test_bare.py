# SPDX-License-Identifier: BSD-2-Clause
"""The kernel on the emulated machine, tested by a bare root task (root.c lists the tests)."""
import pytest

import pack
import run


@pytest.mark.parametrize("kernel", ["kernel.elf", "kernel-debug.elf"])
@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a72"])
def test_bare(kernel, cpu):
    image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/" + kernel),
                      run.read("tests/kernel/bare/bare.elf"))
    output = run.lines(image, "BARE TESTS", 120, cpu=cpu)
    assert output[-1] == "BARE TESTS PASSED", "\n".join(output)
    assert "calls 1000, replies 1000" in output
