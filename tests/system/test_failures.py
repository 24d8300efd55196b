# SPDX-License-Identifier: BSD-2-Clause
"""A pair of VMs in trouble: QEMU killed, a device VM that writes rubbish, resets of either side.

The image is examples/two-vms without its demonstration; each file system has one more program
(guest/), in an archive after the guest's own.
"""

import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import GUESTS, ROOT
from test_two_vms import debugfs, power_off

HERE = pathlib.Path(__file__).parent / "guest"
PROMPT = {"vm_workload": "workload# ", "vm_storage": "storage# "}
LOST = r"connection to vm_storage: the other side (restarted|withdrew)"
AT_ONCE = 5     # seconds of a busy machine that emulates another


def with_program(guests, folder, role, program):
    """The guest's file system and an archive with bin/PROGRAM behind it."""
    root = folder / role
    (root / "bin").mkdir(parents=True)
    subprocess.run(["aarch64-linux-gnu-gcc", "-std=gnu11", "-O2", "-static", "-s", "-Wall", "-Wextra", "-Wconversion",
                    "-Wshadow", "-Werror", "-I", ROOT / "interconnect", "-o", root / "bin" / program,
                    HERE / (program + ".c")], check=True)
    more = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input=("bin/%s\n" % program).encode(), cwd=root,
                          capture_output=True, check=True)
    with open(guests / (role + ".cpio"), "wb") as f:
        with open(GUESTS / (role + ".cpio"), "rb") as own:
            shutil.copyfileobj(own, f)
        f.write(more.stdout)


@pytest.fixture(scope="module")
def trouble(image, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trouble")
    guests = folder / "guests"
    guests.mkdir()
    (guests / "linux").symlink_to((GUESTS / "linux").resolve())
    with_program(guests, folder, "storage", "iobuf")
    with_program(guests, folder, "workload", "bar")
    text = (ROOT / "examples/two-vms/two-vms.camkes").read_text()
    for old, new in ('cmdline = "console=ttyAMA0"', 'cmdline = "console=ttyAMA0 quiet iomem=relaxed"'), \
            (" quiet peervisor.demo", " quiet iomem=relaxed"):
        assert old in text
        text = text.replace(old, new)
    assembly = folder / "trouble.camkes"
    assembly.write_text(text)
    return image(assembly, "--guests", guests)


@pytest.fixture
def pair(trouble, machine, disk):
    """Both VMs at their shells, the disk mounted in the workload."""
    path = disk(64)
    m = machine(trouble, "--disk", path, timeout=280)
    m.disk = path
    m.expect("vm_storage", PROMPT["vm_storage"], 60)
    m.expect("vm_workload", PROMPT["vm_workload"], 60)
    run(m, "vm_workload", WAIT_FOR_DISK + "mount -t ext4 /dev/vda /mnt && echo kept >/mnt/kept && sync")
    from_now(m, "vm_workload.log")
    return m


WAIT_FOR_DISK = "for i in $(seq 100); do [ -b /dev/vda ] && break; usleep 100000; done; "


def run(m, vm, line, timeout=30):
    """A command that has to work."""
    code, output = m.command(vm, line, timeout)
    assert code == 0, "%s: %s: code %d\n%s\n%s" % (vm, line, code, output, m.report())
    return output


def answers(m, vm):
    assert "6 times 7 is 42" in run(m, vm, "echo 6 times 7 is $((6 * 7))", 15)


def from_now(m, label):
    """What `label` said so far is not what the next expect() is about."""
    console = m.console(label)
    console.at = len(console.text)


def wait_for_shell(m, vm, timeout=60):
    from_now(m, vm)
    m.expect(vm, PROMPT[vm], timeout)


def reset(m, vm, command="reboot -f", timeout=60):
    m.send(vm, command + "\n")
    m.expect(vm + ".log", r": reset", timeout)
    wait_for_shell(m, vm)


def has_its_data(m):
    output = run(m, "vm_workload", WAIT_FOR_DISK + "mount -t ext4 /dev/vda /mnt && cat /mnt/kept", 30)
    assert "kept" in output


def kill_qemu(m):
    from_now(m, "vm_workload.log")
    run(m, "vm_storage", "kill -9 $(cat /tmp/qemu-vm_workload.pid)")


def serve_again(m):
    """Started; up when the workload's VMM has its function again."""
    from_now(m, "vm_workload.log")
    run(m, "vm_storage", "serve vm_workload >/dev/console 2>&1 & true")
    m.expect("vm_workload.log", r"function \S+ 1af4:", 40)


def bar_of_the_disk(m):
    """A register of the virtio function, read by a program."""
    output = run(m, "vm_workload", "for d in /sys/bus/pci/devices/*; do grep -q 1af4 $d/vendor && break; done; "
                 "bar $d/resource4", 15)
    return re.search(r"^([0-9a-f]{8})$", output, re.MULTILINE).group(1)


def clean(m):
    return subprocess.run(["/sbin/e2fsck", "-fn", str(m.disk)], capture_output=True, check=False).returncode == 0


def test_qemu_killed_while_the_workload_reads(pair):
    m = pair
    device = re.search(r"^(\S+) .*1af4", run(m, "vm_workload", "lspci -n"), re.MULTILINE)
    assert device, m.report()
    for _ in range(2):
        assert bar_of_the_disk(m) != "ffffffff"
        run(m, "vm_workload", "while dd if=/dev/vda of=/dev/null bs=64k count=64 iflag=direct; do :; done >/dev/null "
            "2>&1 & true")
        kill_qemu(m)
        m.expect("vm_workload.log", LOST, AT_ONCE)
        m.expect("vm_storage", r"QEMU was killed by signal 9", AT_ONCE)
        # Registers answer with all ones, and nobody waits for the disk who does not use it.
        assert bar_of_the_disk(m) == "ffffffff"
        output = run(m, "vm_workload", "lspci -x -s " + device.group(1), 15)
        assert len(re.findall(r"^[0-3]0:( ff){16}$", output, re.MULTILINE)) == 4, output
        answers(m, "vm_workload")
        answers(m, "vm_storage")
        serve_again(m)
        reset(m, "vm_workload")
        has_its_data(m)
    run(m, "vm_workload", "echo more >/mnt/more")
    power_off(m)
    assert debugfs(m.disk, "cat /more") == b"more\n"
    assert clean(m)


# Each pattern of guest/iobuf.c and the rule that the workload's VMM has to name.
RULES = {
    "op": "op is one that this side may send",
    "direction": "op is one that this side may send",
    "tag": "an answer has the tag of an unanswered request",
    "space": "space is a function or an index that exists",
    "field": "fields an op does not use are 0",
    "produced": "produced is at most 32 ahead",
    "consumed": "consumed is at most what was produced",
    "noise": "produced is at most 32 ahead",
    "magic": "magic and version are this protocol's",
}


def broke(rule):
    return r"connection to vm_storage: failed: vm_storage broke the rule: " + rule


def test_device_vm_writes_rubbish(pair):
    m = pair
    # Interrupts that no function has: nobody's loss, the disk goes on.
    run(m, "vm_storage", "iobuf counters")
    run(m, "vm_workload", "dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct")
    for pattern, rule in RULES.items():
        from_now(m, "vm_workload.log")
        run(m, "vm_storage", "iobuf " + pattern)
        answers(m, "vm_workload")
        if pattern == "consumed":       # looked at when something is to be sent
            run(m, "vm_workload", "lspci -x", 15)
        m.expect("vm_workload.log", broke(rule), AT_ONCE)
        answers(m, "vm_workload")
        answers(m, "vm_storage")
        assert bar_of_the_disk(m) == "ffffffff"
        if pattern == "magic":          # only its own restart makes the page right again
            kill_qemu(m)
            serve_again(m)
        reset(m, "vm_workload")
        has_its_data(m)
    power_off(m)
    assert clean(m)


def test_device_vm_writes_chaos(pair):
    m = pair
    for _ in range(2):
        from_now(m, "vm_workload.log")
        run(m, "vm_storage", "iobuf chaos", 60)
        m.expect("vm_workload.log", r"connection to vm_storage: (failed|the other side)", AT_ONCE)
        answers(m, "vm_workload")
        answers(m, "vm_storage")
        assert bar_of_the_disk(m) == "ffffffff"
        kill_qemu(m)
        serve_again(m)
        reset(m, "vm_workload")
        has_its_data(m)
    power_off(m)
    assert clean(m)


def test_device_vm_writes_to_the_drivers_page(pair):
    m = pair
    for _ in range(2):
        code, output = m.command("vm_storage", "iobuf driver", 15)
        assert "SIGBUS" in output and "written" not in output and code == 3, output
    m.expect("vm_storage.log", "write to memory that is read-only for this VM at 0x", AT_ONCE)
    # Nobody else notices.
    run(m, "vm_workload", "dd if=/dev/vda of=/dev/null bs=64k count=16 iflag=direct")
    log = m.console("vm_workload.log")
    assert log.at == len(log.text), log.text
    answers(m, "vm_storage")
    power_off(m)


def test_reset_of_the_device_vm(pair):
    m = pair
    m.send("vm_storage", "reboot -f\n")
    m.expect("vm_storage.log", r": reset", 30)
    m.expect("vm_workload.log", LOST, AT_ONCE)
    answers(m, "vm_workload")
    assert bar_of_the_disk(m) == "ffffffff"
    wait_for_shell(m, "vm_storage")
    m.expect("vm_workload.log", r"function \S+ 1af4:", 40)
    reset(m, "vm_workload")
    has_its_data(m)
    power_off(m)
    assert clean(m)


def test_twenty_resets_of_the_workload(pair):
    m = pair
    for n in range(20):
        run(m, "vm_workload", "echo %d >/mnt/n; sync" % n)
        reset(m, "vm_workload")
        output = run(m, "vm_workload", WAIT_FOR_DISK + "mount -t ext4 /dev/vda /mnt && cat /mnt/n")
        assert re.search(r"^%d$" % n, output, re.MULTILINE)
    power_off(m)
    assert clean(m)
