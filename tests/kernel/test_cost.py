# SPDX-License-Identifier: BSD-2-Clause
"""Instructions per entry of the release kernel, user side included, counted by QEMU's -icount."""

import pytest

import pack
import run

BUDGETS = {
    "signal": 250,
    "call_reply": 950,
    "guest_exit": 950,
    "guest_signal": 800,
    "read_4": 450,
    "read_36": 1200,
    "write_1": 400,
    "write_5": 500,
    "vcpu_write": 400,
}
costs = {}


def measure():
    if not costs:
        image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/kernel.elf"),
                          run.read("tests/kernel/kernel-tests.elf"))
        for line in run.lines(image, "DONE", 300, more=["-icount", "shift=0,sleep=off"]):
            if line.startswith("COST "):
                _, name, value = line.split()
                costs[name] = int(value, 16)
        print(costs)
    return costs


@pytest.mark.parametrize("name", BUDGETS)
def test_cost(name):
    assert measure()[name] <= BUDGETS[name]
