# SPDX-License-Identifier: BSD-2-Clause
"""VMs on cores of their own, under kernel-smp.elf. Components are in test_native.py, several vCPUs in test_vcpus.py."""

import re

from conftest import ROOT, TARGET
from machine import Monitor

CORES = "\n        vm_storage.affinity = 1;\n        vm_workload.affinity = 3;"


def two_vms(folder):
    """examples/two-vms with its VMs on cores 1 and 3."""
    path = folder / "cores.camkes"
    text = (ROOT / "examples/two-vms/two-vms.camkes").read_text()
    path.write_text(text.replace("configuration {", "configuration {" + CORES))
    return path


def with_threads(monitor, looks=400):
    """The cores that are seen outside of the kernel."""
    seen = set()
    for _ in range(looks):
        levels = re.findall(r"PSTATE=\S+ .*EL(\d)", monitor.command("info registers -a"))
        assert len(levels) == 4
        seen |= {core for core, level in enumerate(levels) if int(level) < 2}
    return seen


def test_each_vm_has_its_core(image, machine, disk, tmp_path):
    path = tmp_path / "monitor"
    m = machine(image(two_vms(tmp_path)), "--disk", disk(64), *Monitor.options(path), timeout=300)
    m.expect("vm_workload", "demo: ok", 120)        # a file through the disk of the other core
    m.expect("vm_workload", "workload# ", 30)
    for vm in ("vm_storage", "vm_workload"):
        code, _ = m.command(vm, "while :; do :; done & echo $! >/tmp/loop")
        assert code == 0
    monitor = Monitor(path)
    seen = with_threads(monitor)
    assert {1, 3} <= seen and 2 not in seen         # on core 0 are the servers
    m.command("vm_storage", "kill $(cat /tmp/loop)")
    m.send("vm_workload", "poweroff -f\n")
    m.expect("vm_workload.log", "powered off", 30)
    m.expect("vm_storage", "link to driver VM vm_workload is gone", 30)
    assert any(3 not in with_threads(monitor) for _ in range(20))      # once the monitor has said goodbye
    m.send("vm_storage", "poweroff -f\n")
    assert m.wait(30) == 0


def test_kernel_that_checks_itself(image, machine, disk, tmp_path):
    """The debug kernel stops at undefined behaviour."""
    m = machine(image(two_vms(tmp_path), "--kernel", TARGET / "kernel/kernel-smp-debug.elf"), "--disk", disk(64))
    m.expect("vm_workload", "demo: ok", 200)
    m.send("vm_workload", "poweroff -f\n")
    m.expect("vm_workload.log", "powered off", 30)
    m.send("vm_storage", "poweroff -f\n")
    assert m.wait(30) == 0
