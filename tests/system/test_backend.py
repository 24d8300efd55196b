# SPDX-License-Identifier: BSD-2-Clause
"""What a backend can do to the VM that it serves: die, come back, write rubbish. Never more than that."""

import pathlib
import re
import time

import pytest

WORKLOAD = "workload# "
EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
PAGE_DRIVER, PAGE_DEVICE = 0x1F000000, 0x1F001000     # BAR 2 of the first connector
PRODUCED = 0x40


def start(machine, image, disk):
    m = machine(image, "--disk", disk(64), timeout=500)
    m.expect("vm_workload", "demo: ok", 120)
    m.expect("vm_workload", WORKLOAD, 30)
    m.expect("vm_storage", "storage# ", 30)
    return m


def reset_workload(m):
    m.send("vm_workload", "reboot -f\n")
    m.expect("vm_workload.log", "vm_workload: reset", 60)
    m.expect("vm_workload", "demo: ok", 120)
    m.expect("vm_workload", WORKLOAD, 30)


def test_backend_dies_and_comes_back(image, machine, disk):
    m = start(machine, image("two-vms"), disk)
    m.command("vm_workload", "echo kept > /mnt/kept; sync")
    m.command("vm_storage", "kill -9 $(pidof qemu-system-aarch64)")
    m.expect("vm_workload.log", "connection to vm_storage: the other side restarted", 10)
    # Register accesses end, with all ones, and the VM lives.
    code, output = m.command("vm_workload", "head -c 4 /sys/bus/pci/devices/*/config | hexdump -C", 20)
    assert code == 0 and "ff ff ff ff" in output
    begin = time.monotonic()
    code, _ = m.command("vm_workload", "sleep 1")
    assert code == 0 and time.monotonic() - begin < 20
    # With the backend back, a reset of the workload is all it takes.
    m.send("vm_storage", "serve &\n")
    m.expect("vm_workload.log", "connection to vm_storage: function", 60)
    reset_workload(m)
    code, output = m.command("vm_workload", "cat /mnt/kept")
    assert code == 0 and "kept" in output


@pytest.fixture
def open_pair(tmp_path):
    """two-vms, with /dev/mem of the device VM open to its root: a device VM that was taken over."""
    text = (EXAMPLES / "two-vms" / "two-vms.camkes").read_text()
    assert 'vm_storage.cmdline = "console=ttyAMA0"' in text
    path = tmp_path / "open-pair.camkes"
    path.write_text(text.replace('vm_storage.cmdline = "console=ttyAMA0"',
                                 'vm_storage.cmdline = "console=ttyAMA0 iomem=relaxed"'))
    return path


def test_rubbish_costs_the_connection_and_nothing_else(image, machine, disk, open_pair):
    m = start(machine, image(open_pair), disk)
    # The page of the other side cannot be written.
    code, before = m.command("vm_storage", "devmem 0x%x 32" % (PAGE_DRIVER + PRODUCED))
    assert code == 0
    code, output = m.command("vm_storage", "devmem 0x%x 32 0x12345678" % (PAGE_DRIVER + PRODUCED))
    assert code != 0, output
    code, after = m.command("vm_storage", "devmem 0x%x 32" % (PAGE_DRIVER + PRODUCED))
    values = [re.search(r"0x[0-9A-F]{8}", text).group(0) for text in (before, after)]
    assert values[0] == values[1] != "0x12345678", (before, output, after)
    # Rubbish in the own page: the log names side and rule; the VM lives on.
    m.command("vm_storage", "devmem 0x%x 32 0x7fffffff" % (PAGE_DEVICE + PRODUCED))
    m.send("vm_workload", "dd if=/dev/vda of=/dev/null bs=4k count=1 iflag=direct &\n")
    m.expect("vm_workload.log", "failed: vm_storage broke the rule: produced is at most 32 ahead", 20)
    code, output = m.command("vm_workload", "head -c 4 /sys/bus/pci/devices/*/config | hexdump -C", 20)
    assert code == 0 and "ff ff ff ff" in output
    # A reset of the workload mends it.
    reset_workload(m)
