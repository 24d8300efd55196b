# SPDX-License-Identifier: BSD-2-Clause
"""QEMU in the device VMs: what it may, and that its network comes back after it was killed.

The image is examples/seed with Debian's kernel everywhere; the network is one cable between the workload
and its backend, so that a packet needs nothing of the outside.
"""

import re

import pytest

from conftest import GUESTS, ROOT

SERVED = {"vm_storage": 64000, "vm_network": 64000}
PROMPT = {"vm_workload": "workload# ", "vm_storage": "storage# ", "vm_network": "network# "}
PING = "ping -c 1 -W 2 10.9.0.1 >/dev/null"
UNTIL_PING = "n=0; until %s || [ $n = 40 ]; do n=$((n + 1)); done; [ $n != 40 ]" % PING


@pytest.fixture(scope="module")
def seed(image, tmp_path_factory):
    text = (ROOT / "examples/seed/seed.camkes").read_text()
    for old, new in (('"linux-window"', '"linux"'),
                     ("quiet peervisor.demo", "quiet peervisor.address=10.9.0.2/24"),
                     ('vm_workload.ram_size', 'vm_workload.sharing = "ram"; vm_workload.ram_size'),
                     ('tap: "tap0"', 'tap: "tap0", address: "10.9.0.1/24"')):
        assert text.count(old) == 1
        text = text.replace(old, new)
    assembly = tmp_path_factory.mktemp("seed") / "seed.camkes"
    assembly.write_text(text)
    return image(assembly, "--guests", GUESTS)


@pytest.fixture
def three(seed, machine, disk):
    m = machine(seed, "--disk", disk(32), timeout=400)
    for vm, prompt in PROMPT.items():
        m.expect(vm, prompt, 90)
    succeeds(m, "vm_workload", UNTIL_PING, 90)
    return m


def succeeds(m, vm, line, timeout=60):
    code, output = m.command(vm, line, timeout)
    assert code == 0, "%s: %s: code %d\n%s\n%s" % (vm, line, code, output, m.report())
    return output


def disk_works(m):
    succeeds(m, "vm_workload", "dd if=/dev/urandom of=/tmp/r bs=64k count=4 2>/dev/null; "
             "dd if=/tmp/r of=/dev/vda bs=64k conv=fsync 2>/dev/null && "
             "dd if=/dev/vda bs=64k count=4 iflag=direct 2>/dev/null | cmp - /tmp/r")


def test_qemu_has_no_more_than_it_serves(three):
    m = three
    for vm, uid in SERVED.items():
        output = succeeds(m, vm, "cd /proc/$(cat /tmp/qemu-vm_workload.pid) && tr '\\t' ' ' <status")
        fields = dict(re.findall(r"^(\w+): *(.*?) *\r?$", output, re.MULTILINE))
        assert fields["Uid"].split() == fields["Gid"].split() == [str(uid)] * 4, output
        assert fields["Groups"] == "" and fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2", output
        for which in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert int(fields[which], 16) == 0, output
        # Its network is empty, and is not this VM's.
        output = succeeds(m, vm, "cat net/dev; [ \"$(readlink ns/net)\" != \"$(readlink /proc/1/ns/net)\" ] && echo own")
        assert re.findall(r"^ *(\w+):", output, re.MULTILINE) == ["lo"] and "own" in output, output
        # What it sees of files: its room, and there a folder that it can write to.
        output = succeeds(m, vm, "readlink root; cd root && find . ! -type d | sort; find . -user %d -type d" % uid)
        assert "/run/serve/vm_workload" in output
        files = {"./qemu-system-aarch64", "./says", "./dev/sel4", "./dev/null", "./tmp/monitor"}
        if vm == "vm_storage":
            files.add("./dev/vda")
        assert set(re.findall(r"^(\./\S+)\r?$", output, re.MULTILINE)) == files | {"./tmp"}, output
        # Open are its disk, its tap, the connection, and what only it has.
        output = succeeds(m, vm, "cd /proc/$(cat /tmp/qemu-vm_workload.pid); for f in fd/*; do readlink $f; done; cd /")
        paths = set(re.findall(r"^(/\S+)\r?$", output, re.MULTILINE))
        own = {"vm_storage": "/run/serve/vm_workload/dev/vda", "vm_network": "/dev/net/tun"}
        assert paths == {"/dev/null", "/run/serve/vm_workload/says", own[vm]}, output
    disk_works(m)
    succeeds(m, "vm_workload", PING)


def kill_qemu(m, vm):
    succeeds(m, vm, "kill -9 $(cat /tmp/qemu-vm_workload.pid)")
    m.expect(vm, "QEMU was killed by signal 9", 20)


def test_traffic_comes_back(three):
    """After each way in which the backend's QEMU can go, with nothing done in the workload."""
    m = three
    for _ in range(2):
        kill_qemu(m, "vm_network")
        succeeds(m, "vm_network", "serve vm_workload >/dev/console 2>&1 & true")
        m.expect("vm_workload", r"init: \S+ is back", 60)
        succeeds(m, "vm_workload", UNTIL_PING, 90)
        disk_works(m)
    # Away for longer than the workload needs to notice.
    kill_qemu(m, "vm_network")
    m.expect("vm_workload", r"init: the backend of \S+ is lost", 60)
    succeeds(m, "vm_workload", "! [ -e /sys/class/net/eth0 ]")
    succeeds(m, "vm_network", "serve vm_workload >/dev/console 2>&1 & true")
    m.expect("vm_workload", r"init: \S+ is back", 60)
    succeeds(m, "vm_workload", UNTIL_PING, 90)
    # With packets under way.
    succeeds(m, "vm_workload", "ping -s 1400 10.9.0.1 >/dev/null 2>&1 & true")
    kill_qemu(m, "vm_network")
    succeeds(m, "vm_network", "serve vm_workload >/dev/console 2>&1 & true")
    m.expect("vm_workload", r"init: \S+ is back", 60)
    succeeds(m, "vm_workload", UNTIL_PING, 90)
    # The backend's VM itself.
    m.send("vm_network", "reboot -f\n")
    m.expect("vm_network.log", ": reset", 30)
    m.expect("vm_network", PROMPT["vm_network"], 90)
    m.expect("vm_workload", r"init: \S+ is back", 90)
    succeeds(m, "vm_workload", UNTIL_PING, 90)
    disk_works(m)
