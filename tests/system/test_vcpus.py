# SPDX-License-Identifier: BSD-2-Clause
"""VMs with several virtual CPUs, Debian's kernel in them: CPUs that come up, go and come back, work on each, interrupts
of devices on each, resets. Linux says itself when one of its CPUs does not do what it should."""

import re

import pytest

from conftest import ROOT, TARGET

VM = "vm_minimal"
CPU = "/sys/devices/system/cpu"
# What Linux says of a CPU that is stuck, lost its timer or gets interrupts that it did not ask for.
TROUBLE = r"rcu: INFO|stall|lockup|hung|WARNING|BUG|Oops|Spurious|spurious|unexpected|failed to come online|may not have shut"


def assembly(folder, cpus, affinity=None):
    path = folder / ("vcpus%d-%s.camkes" % (cpus, affinity))
    more = "" if affinity is None else " %s.affinity = %d;" % (VM, affinity)
    path.write_text("assembly {\n    composition { component VM %s; }\n"
                    "    configuration { %s.num_vcpus = %d;%s }\n}\n" % (VM, VM, cpus, more))
    return path


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("vcpus")


def shell(m, vm, line, timeout=60):
    code, output = m.command(vm, line, timeout)
    assert code == 0, output
    return output


def counts(m, vm, row):
    """Of one line of /proc/interrupts: a number for each CPU that is on."""
    text = shell(m, vm, "grep -E '%s' /proc/interrupts" % row)
    line = next(l for l in text.splitlines() if re.search(row, l) and re.match(r" *\w+: +\d", l))
    return [int(n) for n in re.findall(r"\d+", re.match(r" *\w+:((?: +\d+)+)", line).group(1))]


def runs_on(m, vm, cpu):
    """Pins a shell there: where the kernel says that it ran, after work of some time slices."""
    text = shell(m, vm, "taskset %x sh -c 'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; "
                 "cut -d\" \" -f39 /proc/self/stat'" % (1 << cpu))
    return int(re.findall(r"^\d+$", text, re.MULTILINE)[-1])


def online(m, vm):
    return re.findall(r"^[\d,-]+$", shell(m, vm, "cat %s/online" % CPU), re.MULTILINE)[-1]


def move(m, vm, interrupt, cpu):
    shell(m, vm, "echo %x > $(dirname /proc/irq/*/%s)/smp_affinity" % (1 << cpu, interrupt))


def hotplug(m, vm, cpu, on):
    shell(m, vm, "echo %d > %s/cpu%d/online" % (on, CPU, cpu))


def no_trouble(m, vm):
    code, output = m.command(vm, "dmesg | grep -E '%s'" % TROUBLE)
    assert code == 1, output


def check_cpus(m, vm, cpus):
    """All are up, each gets its timer and interrupts of the others, each does work."""
    assert online(m, vm) == "0-%d" % (cpus - 1)
    before, ipis = counts(m, vm, "arch_timer"), counts(m, vm, "Function call")
    assert len(before) == cpus and min(before) > 0 and min(ipis) > 0
    for cpu in range(cpus):
        assert runs_on(m, vm, cpu) == cpu
    after = counts(m, vm, "arch_timer")
    assert all(a > b for a, b in zip(after, before)), (before, after)


def check_hotplug(m, vm, cpus):
    """PSCI CPU_OFF and CPU_ON, also of the one that booted."""
    for cpu in list(range(1, cpus)) + [0]:
        hotplug(m, vm, cpu, 0)
        assert str(cpu) not in re.findall(r"\d+", online(m, vm).replace("-", ","))
        hotplug(m, vm, cpu, 1)
        assert online(m, vm) == "0-%d" % (cpus - 1)
        assert runs_on(m, vm, cpu) == cpu
    for cpu in range(cpus - 1):         # all but one, and back
        hotplug(m, vm, cpu, 0)
    assert online(m, vm) == str(cpus - 1)
    for cpu in range(cpus - 1):
        hotplug(m, vm, cpu, 1)
    check_cpus(m, vm, cpus)


def check_console(m, vm, cpu):
    """A level interrupt, with the last CPU: what all CPUs write comes, and what is typed."""
    move(m, vm, "uart-pl011", cpu)
    before = counts(m, vm, "uart-pl011")
    text = shell(m, vm, "(for n in 0 1; do taskset $((1 << n)) seq 1 300 & done; wait) | sort -n | uniq -c | "
                 "grep -c ' 2 '; taskset 1 seq 1 600")
    assert re.findall(r"^\d+$", text, re.MULTILINE) == ["300"] + [str(n) for n in range(1, 601)]
    after = counts(m, vm, "uart-pl011")
    assert after[cpu] > before[cpu], (before, after)


# All on one core, by time slices; each on a core of its own, the monitor on the first one's.
@pytest.mark.parametrize("cpus, affinity, resets", [(2, None, 2), (4, None, 0), (2, 0, 0), (4, 1, 2)])
def test_cpus(image, machine, folder, cpus, affinity, resets):
    m = machine(image(assembly(folder, cpus, affinity)), timeout=200)
    for again in range(resets + 1):
        m.expect(VM, "Booting Linux", 60)
        m.expect(VM, "minimal# ", 90)
        check_cpus(m, VM, cpus)
        if not again:
            check_console(m, VM, cpus - 1)
            check_hotplug(m, VM, cpus)
        no_trouble(m, VM)
        if again == resets:
            m.send(VM, "taskset 2 poweroff -f\n")
        elif not again:                 # by a CPU that did not boot; then also while one is off
            m.send(VM, "taskset %x reboot -f\n" % (1 << (cpus - 1)))
        else:
            hotplug(m, VM, 0, 0)
            m.send(VM, "reboot -f\n")
    m.expect(VM + ".log", "powered off", 20)
    assert m.wait(20) == 0


def test_kernel_without_extensions(image, machine, folder):
    """As on seL4: the monitor cannot look at list registers, also not at those of a CPU that goes."""
    m = machine(image(assembly(folder, 2), "--kernel", TARGET / "kernel/kernel-plain.elf"), timeout=120)
    m.expect(VM, "minimal# ", 90)
    check_cpus(m, VM, 2)
    check_console(m, VM, 1)
    check_hotplug(m, VM, 2)
    no_trouble(m, VM)
    m.send(VM, "poweroff -f\n")
    assert m.wait(20) == 0


def pair(folder, cores):
    """examples/two-vms with two vCPUs in each VM."""
    path = folder / ("pair-%s.camkes" % cores)
    settings = "".join("\n        vm_%s.num_vcpus = 2;" % vm for vm in ("storage", "workload"))
    if cores:
        settings += "\n        vm_storage.affinity = 3;\n        vm_workload.affinity = 1;"
    text = (ROOT / "examples/two-vms/two-vms.camkes").read_text()
    path.write_text(text.replace("configuration {", "configuration {" + settings))
    return path


def read_disk(m, cpu):
    shell(m, "vm_workload", "taskset %x dd if=/dev/vda of=/dev/null bs=64k count=100 iflag=direct" % (1 << cpu))


@pytest.mark.parametrize("cores", [False, True])
def test_interrupts_of_devices(image, machine, disk, folder, cores):
    """A disk's own interrupt and the link's are moved to the second CPU of the device VM; in the driver VM that of the
    virtio device, which Linux does not let one move, goes there when the first CPU does."""
    m = machine(image(pair(folder, cores)), "--disk", disk(64), timeout=300)
    m.expect("vm_workload", "demo: ok", 120)
    m.expect("vm_workload", "workload# ", 30)
    for interrupt in ("virtio0", "sel4_virt"):
        for cpu in (1, 0):
            move(m, "vm_storage", interrupt, cpu)
            before = counts(m, "vm_storage", interrupt + "$")
            read_disk(m, cpu)
            after = counts(m, "vm_storage", interrupt + "$")
            assert after[cpu] >= before[cpu] + 50, (interrupt, before, after)
            assert after[1 - cpu] <= before[1 - cpu] + 1    # what was on its way
    before = counts(m, "vm_workload", "virtio0-req")
    hotplug(m, "vm_workload", 0, 0)
    read_disk(m, 1)
    hotplug(m, "vm_workload", 0, 1)
    after = counts(m, "vm_workload", "virtio0-req")
    assert after[1] >= before[1] + 100, (before, after)
    # The device VM's CPUs go and come while it serves.
    for cpu in (1, 0):
        hotplug(m, "vm_storage", cpu, 0)
        read_disk(m, cpu)
        hotplug(m, "vm_storage", cpu, 1)
    # A reset with both CPUs at work.
    m.send("vm_workload", "reboot -f\n")
    m.expect("vm_workload", "demo: ok", 120)
    m.expect("vm_workload", "workload# ", 30)
    for vm in ("vm_storage", "vm_workload"):
        assert online(m, vm) == "0-1"
        no_trouble(m, vm)
    m.send("vm_workload", "poweroff -f\n")
    m.expect("vm_workload.log", "powered off", 30)
    m.send("vm_storage", "poweroff -f\n")
    assert m.wait(30) == 0
