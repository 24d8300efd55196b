# SPDX-License-Identifier: BSD-2-Clause
"""The kernel on the emulated machine, tested by a bare root task (root.c lists the tests)."""
import os
import pathlib
import subprocess
import threading

import pytest

from image import image

BUILD = pathlib.Path(os.environ.get("PEERVISOR_TARGET",
                                    pathlib.Path(__file__).parents[2] / "build" / "target"))
MEMORY = 0x40000  # of the bare root task, with its stack
QEMU = ["qemu-system-aarch64", "-M", "virt,virtualization=on,gic-version=2", "-m", "1G",
        "-nographic", "-nic", "none"]


def boot(tmp_path, kernel, cpu, timeout=60):
    """Runs the bare tests; returns what came on the console until they ended."""
    path = tmp_path / "image"
    path.write_bytes(image((BUILD / "loader" / "loader.bin").read_bytes(),
                           (BUILD / "kernel" / kernel).read_bytes(),
                           (BUILD / "tests" / "kernel" / "bare.bin").read_bytes(), 0x400000, MEMORY))
    machine = subprocess.Popen(QEMU + ["-cpu", cpu, "-kernel", str(path)], text=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, errors="replace")
    watchdog = threading.Timer(timeout, machine.kill)
    watchdog.start()
    lines = []
    try:
        for line in machine.stdout:
            lines.append(line.rstrip())
            if "BARE TESTS" in line or "kernel bug" in line or "loader" in line:
                break
    finally:
        watchdog.cancel()
        machine.kill()
        machine.wait()
    return "\n".join(lines)


@pytest.mark.parametrize("kernel", ["kernel.elf", "kernel-debug.elf"])
@pytest.mark.parametrize("cpu", ["cortex-a57", "cortex-a72"])
def test_bare(tmp_path, kernel, cpu):
    output = boot(tmp_path, kernel, cpu)
    assert "BARE TESTS PASSED" in output, output
    assert "calls 1000, replies 1000" in output
