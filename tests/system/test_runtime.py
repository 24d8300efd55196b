# SPDX-License-Identifier: BSD-2-Clause
"""The runtime on the machine: components/selftest, and what a component's end looks like."""

import pytest

from conftest import TARGET

ASSEMBLY = """
import <std_connector.camkes>;
component Selftest {
    control;
    attribute string end;
}
assembly {
    composition {
        component Selftest tested;
    }
    configuration {
        tested.end = "%s";
        tested.heap_size = 65536;
    }
}
"""

ENDS = {
    "return": r"tested: error: PANIC at .*startup\.c:\d+: main returned",
    "abort": r"tested: error: PANIC at .*libc\.c:\d+: abort",
    "exit": r"tested: error: PANIC at .*libc\.c:\d+: exit with status 3",
    "assert": r"tested: error: PANIC at .*selftest\.c:\d+: main: assertion '.*this is asserted.*' failed",
    "undefined": r"tested: error: PANIC at .*selftest\.c:\d+: undefined behaviour: an addition overflows",
    "config": r"tested: error: PANIC at .*config\.c:\d+: configuration: /: property 'no-such-property' is missing",
}


@pytest.fixture
def selftest(image, machine, tmp_path):
    def start(end, *options):
        assembly = tmp_path / ("%s.camkes" % end)
        assembly.write_text(ASSEMBLY % end)
        m = machine(image(assembly, *options), timeout=60)
        m.expect("tested.log", "tested: memory: good", 30)
        m.expect("tested.log", "tested: thread-local: good")
        m.expect("tested.log", r"tested: heap: good, \d+ blocks")
        m.expect("tested.log", "printf: good")
        for n in (0, 57, 399):
            m.expect("tested.log", "%03d a line that makes the ring go round" % n)
        m.expect("tested.log", r"\[\d+ bytes of log dropped\]")
        m.expect("tested.log", "flood: over")
        m.expect("tested.log", "tested: all good, now " + end)
        return m
    return start


@pytest.mark.parametrize("end", ENDS)
def test_ends(selftest, end):
    selftest(end).expect("tested.log", ENDS[end])


@pytest.mark.parametrize("kernel", ["kernel.elf", "kernel-debug.elf"])
def test_fault_is_told(selftest, kernel):
    """By the serial server, which is the fault handler of all others, on every kernel."""
    m = selftest("fault", "--kernel", TARGET / "kernel" / kernel)
    m.expect("tested.log", r"tested: error: FAULT in thread 'run': write to address 0x8 at pc 0x\w+ of selftest\.elf")
