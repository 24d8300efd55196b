# SPDX-License-Identifier: BSD-2-Clause
"""examples/two-vms: a driver VM works on a disk that a device VM serves."""

import hashlib
import re
import subprocess

import pytest

WORKLOAD, STORAGE = "workload# ", "storage# "


@pytest.fixture
def pair(image, machine, disk):
    """Both VMs at their shells, the demonstration done. Gives machine and disk."""
    path = disk(64)
    m = machine(image("two-vms"), "--disk", path, timeout=400)
    m.expect("vm_workload", "demo: ok", 120)
    m.expect("vm_workload", WORKLOAD, 30)
    m.disk = path
    return m


def power_off(m):
    m.send("vm_workload", "poweroff\n")
    m.expect("vm_workload.log", "powered off", 30)
    m.send("vm_storage", "poweroff -f\n")
    assert m.wait(30) == 0


def debugfs(disk, command):
    return subprocess.run(["/sbin/debugfs", "-R", command, str(disk)], capture_output=True, check=True).stdout


def test_demonstration(pair):
    m = pair
    text = m.console("vm_workload").text
    sums = re.findall(r"demo: (?:read back|expected) +([0-9a-f]{64})", text)
    assert len(sums) == 2 and sums[0] == sums[1]
    power_off(m)
    # The host reads the same bytes, and the file system is clean.
    assert hashlib.sha256(debugfs(m.disk, "cat /demo.txt")).hexdigest() == sums[0]
    assert subprocess.run(["/sbin/e2fsck", "-fn", str(m.disk)], capture_output=True, check=False).returncode == 0


def test_the_disk_is_a_pci_function_with_msix(pair):
    m = pair
    code, output = m.command("vm_workload", "lspci -vv")
    assert code == 0 and re.search(r"MSI-X: Enable\+", output), output
    counted = [m.command("vm_workload", "grep -E 'virtio0-re' /proc/interrupts")[1]]
    m.command("vm_workload", "dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct")
    counted.append(m.command("vm_workload", "grep -E 'virtio0-re' /proc/interrupts")[1])
    before, after = (int(re.search(r": +(\d+)", text).group(1)) for text in counted)
    assert after >= before + 16, counted
    assert "MSI" in counted[0]
    for vm in ("vm_workload", "vm_storage"):
        assert m.command(vm, "dmesg -r | grep -q '^<[56]>'")[0] == 0    # the next look can find something
        code, output = m.command(
            vm, "dmesg -r | grep '^<[0-4]>' | grep -iE 'gic|timer|pci|virtio'")
        assert code == 1, output
    power_off(m)


def test_reset_of_the_workload_keeps_its_data(pair):
    m = pair
    m.command("vm_workload", "echo kept > /mnt/kept; sync")
    m.send("vm_workload", "reboot -f\n")
    m.expect("vm_workload.log", "reset", 30)
    m.expect("vm_workload", "demo: ok", 120)
    m.expect("vm_workload", WORKLOAD, 30)
    code, output = m.command("vm_workload", "cat /mnt/kept")
    assert code == 0 and "kept" in output
    power_off(m)
    assert debugfs(m.disk, "cat /kept") == b"kept\n"
