# SPDX-License-Identifier: BSD-2-Clause
"""The kernel's figures: bench/kernel.elf as the root task, without any component."""

import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/kernel"))
import pack  # noqa: E402
import run as qemu  # noqa: E402

ICOUNT = ["-icount", "shift=0,sleep=off"]
MASKED = "masked-"      # how late a thread of higher priority runs when the timer fires during it

# name, what it is, budget, later budget
FIGURES = (
    ("call-0", "Call, one way to another address space, no words", 208, None),
    ("reply-0", "ReplyRecv, one way back", 232, None),
    ("call-10", "Call with 10 words", 719, 360),
    ("reply-10", "ReplyRecv with 10 words", None, None),
    ("signal-higher", "Signal to a waiting thread of higher priority, one way", 678, 340),
    ("signal-nobody", "Signal, nobody waits", None, None),
    ("yield-alone", "Yield, nobody else ready", 365, None),
    ("yield-other", "Yield to a thread of another address space", 365, None),
    ("nbsend-empty", "NBSend to an empty slot", None, None),
    ("fault-vm", "VM fault to its handler and back", 1173, 590),
    ("fault-undefined", "undefined instruction to its handler and back", 1173, None),
    ("exit-wfi", "exit of a vCPU (wfi) to its handler and back", None, None),
    ("exit-load-short", "emulated load of a vCPU, short faults: to its handler and back", None, None),
    ("interrupt", "interrupt to the thread that waits for it", None, None),
    ("vcpu-write", "VCPU_WriteReg", None, None),
    ("vcpu-read", "VCPU_ReadReg", None, None),
    ("registers-read-4", "TCB_ReadRegisters of 4", None, None),
    ("registers-write-1", "TCB_WriteRegisters of 1", None, None),
    ("retype-frame", "Retype of a 4 KiB frame", None, None),
    ("unmap-map", "Page_Unmap and Page_Map", None, None),
    ("revoke-1000", "Revoke of 1,000 children", None, None),
    ("retype-after-reset-2-mib", "Retype that first zeroes 2 MiB", None, None),
)


def bench_kernel(table, target, kernel):
    image = pack.pack((target / "loader/loader.bin").read_bytes(),
                      (kernel or target / "kernel/kernel.elf").read_bytes(),
                      (target / "bench/kernel.elf").read_bytes())
    text = "\n".join(qemu.lines(image, "bench: end", 100, more=ICOUNT))
    if "bench: end well" not in text:
        raise AssertionError("the root task says: " + text[-300:])
    found = re.findall(r"bench: (\S+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)", text)
    ns = {name: int(t, 16) * 1e9 / int(f, 16) / int(n, 16) for name, t, n, f in found}
    for name, what, budget, later in FIGURES:
        if name in ns:          # a kernel without short faults has no figure for them
            table.add("kernel", what, ns[name], "instructions", budget, later)
    idle = ns.pop(MASKED + "nothing")
    worst = max((late - idle, name) for name, late in ns.items() if name.startswith(MASKED))
    table.add("kernel", "longest stretch with interrupts masked (%s)" % worst[1][len(MASKED):].replace("-", " "),
              worst[0], "instructions", 20000)
