# SPDX-License-Identifier: BSD-2-Clause
"""examples/minimal: Debian's kernel under the monitor, to its shell, through resets, to its end."""

import os
import re

from conftest import TARGET

PROMPT = "minimal# "
RESETS = int(os.environ.get("PEERVISOR_RESETS", "5"))


def boot(image, machine, timeout=120):
    m = machine(image("minimal"), timeout=timeout)
    m.expect("vm_minimal", PROMPT, 60)
    return m


def test_shell_time_and_power_off(image, machine):
    m = boot(image, machine)
    code, output = m.command("vm_minimal", "cut -d' ' -f1 /proc/uptime; sleep 1; cut -d' ' -f1 /proc/uptime")
    before, after = (float(n) for n in re.findall(r"^\d+\.\d+$", output, re.MULTILINE))
    assert code == 0 and 1.0 <= after - before <= 1.4
    code, output = m.command("vm_minimal", "grep -c GIC-0 /proc/interrupts; uname -m")
    assert code == 0 and "aarch64" in output
    # Random numbers from the first instruction on: a seed of its own came with the device tree.
    code, output = m.command("vm_minimal", "dmesg | grep crng")
    assert code == 0 and re.search(r"\[ +0\.000000\] random: crng init done", output), output
    code, output = m.command("vm_minimal", "dmesg -r | grep '^<[0-4]>' | grep -iE 'gic|timer|pci|virtio|irq'")
    assert code == 1, output
    m.send("vm_minimal", "poweroff -f\n")
    m.expect("vm_minimal.log", "powered off", 20)
    assert m.wait(20) == 0


def test_kernel_without_extensions(image, machine):
    """As on seL4: registers one by one, a maintenance exit for each interrupt."""
    m = machine(image("minimal", "--kernel", TARGET / "kernel/kernel-plain.elf"), timeout=120)
    m.expect("vm_minimal.log", "this kernel does not show list registers", 30)
    for again in range(2):
        m.expect("vm_minimal", "Booting Linux", 30)
        m.expect("vm_minimal", PROMPT, 60)
        code, output = m.command("vm_minimal", "cut -d' ' -f1 /proc/uptime; sleep 1; cut -d' ' -f1 /proc/uptime")
        before, after = (float(n) for n in re.findall(r"^\d+\.\d+$", output, re.MULTILINE))
        assert code == 0 and 1.0 <= after - before <= 1.4
        m.send("vm_minimal", "poweroff -f\n" if again else "reboot -f\n")
    assert m.wait(20) == 0


def test_much_input_and_output(image, machine):
    """More than any buffer on the way holds, typed at once."""
    m = boot(image, machine)
    line = "echo " + "0123456789" * 20
    for _ in range(5):
        code, output = m.command("vm_minimal", line)
        assert code == 0 and "0123456789" * 20 in output
    code, output = m.command("vm_minimal", "seq 1 3000 | md5sum; seq 1 3000", 60)
    assert code == 0 and [int(n) for n in re.findall(r"^\d+$", output, re.MULTILINE)] == list(range(1, 3001))


def test_resets(image, machine):
    m = boot(image, machine, timeout=120 + 20 * RESETS)
    for n in range(RESETS):
        m.send("vm_minimal", "reboot -f\n")
        m.expect("vm_minimal.log", "reset", 20)
        m.expect("vm_minimal", "Booting Linux", 20)
        m.expect("vm_minimal", PROMPT, 60)
    m.send("vm_minimal", "poweroff -f\n")
    assert m.wait(20) == 0
