# SPDX-License-Identifier: BSD-2-Clause
"""What goes from core to core costs, on kernel-smp.elf: bench/cores.elf as the root task."""

import pathlib
import statistics
import subprocess
import sys
import time

from instructions import Log, symbols, text

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/kernel"))
import pack  # noqa: E402
import run as qemu  # noqa: E402

TRACED = 4 << 20        # bytes of trace: some hundred rounds
LIMIT = 60


def stays(addresses, vectors):
    """What a core executes from one entry into the kernel to the next; waiting for interrupts is within."""
    starts = [i for i, a in enumerate(addresses) if vectors + 0x400 <= a < vectors + 0x800 and not a % 0x80]
    return [end - start for start, end in zip(starts, starts[1:])]


def wait_for(condition, process, what):
    end = time.monotonic() + LIMIT
    while not condition():
        if time.monotonic() > end or process.poll() is not None:
            raise AssertionError("no " + what)
        time.sleep(0.02)


def bench_cores(folder, table, target):
    kernel = target / "kernel/kernel-smp.elf"
    image, uart = folder / "cores.img", folder / "cores.uart"
    image.write_bytes(pack.pack((target / "loader/loader.bin").read_bytes(), kernel.read_bytes(),
                                (target / "bench/cores.elf").read_bytes(), cores=4))
    log = Log(folder, [text(kernel)])
    # -icount: one core at a time, so a core that waits for the lock is not counted while another works.
    process = subprocess.Popen(
        [qemu.QEMU, "-M", "virt,virtualization=on,gic-version=2", "-cpu", "cortex-a57", "-smp", "4", "-m", "1G",
         "-icount", "shift=0,sleep=off", "-nic", "none", "-nodefaults", "-display", "none", "-serial", "file:%s" % uart,
         "-kernel", str(image), *log.options], stdin=subprocess.DEVNULL, preexec_fn=qemu.die_with_parent)
    try:
        wait_for(lambda: uart.exists() and b"bench: ready" in uart.read_bytes(), process, "start of cores.elf")
        cores = log.take(lambda: wait_for(lambda: log.path.exists() and log.path.stat().st_size > TRACED, process,
                                          "trace of cores.elf"))
    finally:
        process.kill()
        process.wait()
    vectors = symbols(kernel)["vectors"]
    group = "kernel, four cores"
    for core, what in ((0, "Signal to a waiting thread of another core: this core"),
                       (1, "the same: that core, until its thread waits again")):
        table.add(group, what, statistics.median(stays(cores[core], vectors)), "instructions")
