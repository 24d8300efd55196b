# SPDX-License-Identifier: BSD-2-Clause
"""Graphs of VMs: one backend for two, a chain, two backends for one. Real I/O along each edge."""

import hashlib
import http.server
import os
import re
import subprocess
import threading

import pytest

import intruder
from conftest import GUESTS, ROOT, TARGET
from machine import Monitor

WHERE = ("--build-dir", TARGET, "--guests", GUESTS)
DEMO = r"demo: (?:read back|expected) +([0-9a-f]{64})"


def assembly(example):
    return ROOT / "examples" / example / (example + ".camkes")


def debugfs(disk, command):
    return subprocess.run(["/sbin/debugfs", "-R", command, str(disk)], capture_output=True, check=True).stdout


def clean(disk):
    return subprocess.run(["/sbin/e2fsck", "-fn", str(disk)], capture_output=True, check=False).returncode == 0


def demonstrated(m, vm, prompt="workload# "):
    """The demonstration's file as its VM read it back."""
    m.expect(vm, "demo: ok", 150)
    m.expect(vm, prompt, 30)
    sums = re.findall(DEMO, m.console(vm).text)
    assert len(sums) == 2 and sums[0] == sums[1], sums
    return sums[0]


def demonstrated_sum(m, vm):
    match = m.expect(vm, DEMO, 150)
    m.expect(vm, "demo: ok", 60)
    m.expect(vm, "workload# ", 30)
    return match.group(1)


def write_file(m, vm, name, megabytes=2):
    """Random bytes to /mnt/name, flushed, caches dropped, read again; gives their sum."""
    code, output = m.command(
        vm, "dd if=/dev/urandom of=/tmp/r bs=1M count=%d 2>/dev/null; sha256sum </tmp/r; "
        "dd if=/tmp/r of=/mnt/%s bs=64k conv=fsync 2>/dev/null; echo 3 >/proc/sys/vm/drop_caches; "
        "sha256sum </mnt/%s" % (megabytes, name, name), 90)
    sums = re.findall(r"\b[0-9a-f]{64}\b", output)
    assert code == 0 and len(sums) == 2 and sums[0] == sums[1], output
    return sums[0]


def off(m, *vms):
    """Powers off in the order given: the driver before its backend."""
    for vm in vms:
        m.send(vm, "poweroff\n")
        m.expect(vm + ".log", "powered off", 60)
    assert m.wait(30) == 0


def quiet(m, vm):
    """The kernel has nothing to complain about what it is made of."""
    code, output = m.command(vm, "dmesg -r | grep '^<[0-4]>' | grep -v 'taints kernel' | "
                             "grep -iE 'gic|timer|pci|virtio|sel4'")
    assert code == 1, output


def test_one_backend_two_tenants(image, machine, disk, peervisor, tmp_path):
    disks = {"red": disk(32, "red.img"), "blue": disk(32, "blue.img")}
    m = machine(image("multi-driver"), *(o for n in disks for o in ("--disk", "%s=%s" % (n, disks[n]))),
                *Monitor.options(tmp_path / "monitor"), timeout=300)
    sums = {}
    for name in disks:
        demo = demonstrated(m, "vm_" + name)
        code, output = m.command("vm_" + name, "lspci -n | grep -c 1af4:1042; ls -d /sys/block/vd* | wc -l")
        assert re.findall(r"^\d+$", output, re.MULTILINE) == ["1", "1"], output
        sums[name] = demo, write_file(m, "vm_" + name, name)
    # Neither reaches the other, nor what is the backend's: its RAM, its disks' registers.
    system = intruder.parts(peervisor, assembly("multi-driver"), *WHERE)
    for vm in ("vm_red", "vm_blue"):
        assert set(intruder.shared(system, vm)) <= {vm + ".ram", "vm_storage.%s.window" % vm, "gicv"}
        tried = intruder.attempt_outside(m, vm, system)
        assert tried and "vm_storage.mmio.a003000" in tried
    # The backend has the windows and nothing else, not even the pages of its own connections at their place.
    assert set(intruder.attempt_all(m, "vm_storage", system)) == {"vm_red.ram", "vm_blue.ram"}
    monitor = Monitor(tmp_path / "monitor")
    intruder.attempt_iobufs(m, "vm_storage", monitor, tmp_path / "memory", 2)
    # The tenants write at the same time, and one's reset is not noticed by the other.
    m.send("vm_red", "reboot -f\n")
    sums["blue"] = sums["blue"][0], write_file(m, "vm_blue", "blue", 4)
    m.expect("vm_red.log", "reset", 60)
    assert demonstrated_sum(m, "vm_red") == sums["red"][0]
    for vm in ("vm_red", "vm_blue", "vm_storage"):
        quiet(m, vm)
    # What went through a window is in it while the tenant runs, and gone when that ends.
    window = intruder.places(system["vm_red"])["vm_storage.vm_red.window"][0], 16 << 20, tmp_path / "memory"
    mark = os.urandom(20).hex()
    succeeds(m, "vm_red", "for i in $(seq 4096); do echo %s; done >/mnt/mark; sync" % mark)
    assert mark.encode() in monitor.memory(*window)
    m.send("vm_red", "poweroff -f\n")
    m.expect("vm_red.log", "powered off", 60)
    assert mark.encode() not in monitor.memory(*window)
    off(m, "vm_blue", "vm_storage")
    for name, path in disks.items():
        assert hashlib.sha256(debugfs(path, "cat /demo.txt")).hexdigest() == sums[name][0]
        assert hashlib.sha256(debugfs(path, "cat /" + name)).hexdigest() == sums[name][1]
        other = "blue" if name == "red" else "red"
        assert debugfs(path, "cat /" + other) == b""
        assert clean(path)


def test_chain(image, machine, disk, tmp_path, peervisor):
    content = tmp_path / "content"
    content.mkdir()
    inner = disk(24, "content/workload.img")
    path = tmp_path / "disk.img"
    with open(path, "wb") as f:
        f.truncate(64 << 20)
    subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-F", "-d", str(content), str(path)], check=True)
    inner.unlink()
    m = machine(image("chain"), "--disk", path, timeout=300)
    demo = demonstrated(m, "vm_workload")
    own = write_file(m, "vm_workload", "own")
    # The one in the middle works on its own disk meanwhile.
    files = write_file(m, "vm_files", "files")
    for vm in ("vm_workload", "vm_files", "vm_storage"):
        quiet(m, vm)
    # The two ends have nothing of each other: the one with the machine's addresses tries.
    system = intruder.parts(peervisor, assembly("chain"), *WHERE)
    assert set(intruder.attempt_all(m, "vm_storage", system)) == {
        "vm_files.ram", "vm_workload.ram", "vm_files.vm_workload.window"}
    for vm in ("vm_files", "vm_workload"):
        assert "vm_storage.mmio.a003000" in intruder.attempt_outside(m, vm, system)
    # A reset goes the one way only.
    m.send("vm_workload", "reboot -f\n")
    m.expect("vm_workload.log", "reset", 60)
    assert demonstrated_sum(m, "vm_workload") == demo
    off(m, "vm_workload", "vm_files", "vm_storage")
    assert clean(path)
    assert hashlib.sha256(debugfs(path, "cat /files")).hexdigest() == files
    debugfs(path, "dump /workload.img %s" % inner)
    assert clean(inner)
    assert hashlib.sha256(debugfs(inner, "cat /demo.txt")).hexdigest() == demo
    assert hashlib.sha256(debugfs(inner, "cat /own")).hexdigest() == own


class Host(http.server.BaseHTTPRequestHandler):
    """A peer on the outer network: gives a file, takes one."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.file)))
        self.end_headers()
        self.wfile.write(self.server.file)

    def do_POST(self):
        self.server.got = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def host():
    server = http.server.HTTPServer(("127.0.0.1", 0), Host)
    server.file = os.urandom(1 << 19).hex().encode()    # busybox wget sends texts only
    server.got = None
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


SEED = assembly("seed")


def holds(peervisor, assembly):
    result = peervisor("audit", assembly, "--require", assembly.with_name("policy"), *WHERE)
    assert result.returncode == 0 and "rules hold" in result.stdout + result.stderr, result.stderr


def test_policy_of_seed(peervisor, image, tmp_path):
    """A backend that was taken over has neither the other one nor the workload's memory; by RAM it would."""
    image("seed")
    holds(peervisor, SEED)
    by_ram = tmp_path / "seed-ram.camkes"
    by_ram.write_text(SEED.read_text().replace('vm_workload.ram_size', 'vm_workload.sharing = "ram"; vm_workload.ram_size'))
    rules = ("vm_storage !-> vm_network", "vm_network !reads vm_workload.ram")
    (tmp_path / "rules").write_text("\n".join(rules) + "\n")
    broken = peervisor("audit", by_ram, "--require", tmp_path / "rules", *WHERE)
    assert broken.returncode == 1
    for rule in rules:
        assert "breach: " + rule in broken.stdout + broken.stderr


def test_seed_on_rpi4(peervisor, image, tmp_path):
    """The seed's own hardware: eMMC and Ethernet of a Raspberry Pi 4. Built and checked, not booted."""
    image("seed")
    pi, where = SEED.with_name("seed-rpi4.camkes"), ("--platform", "rpi4") + WHERE
    result = peervisor("build", pi, "-o", tmp_path / "pi.img", *where)
    assert result.returncode == 0, result.stderr
    header = (tmp_path / "pi.img").read_bytes()[:256]
    assert (2).to_bytes(4, "little") in header
    system = intruder.parts(peervisor, pi, "--platform", "rpi4", *WHERE)
    for vm, address, intids in (("vm_storage", 0xfe340000, {158}), ("vm_network", 0xfd580000, {189, 190})):
        assert ("%s.mmio.%x" % (vm, address), (address, "rw-")) in intruder.places(system[vm]).items()
        assert set(system[vm + ".vmm"]["interrupts"]) == intids
    (tmp_path / "rules").write_text("vm_storage !-> vm_network\nvm_network !reads vm_workload.ram\n")
    result = peervisor("audit", pi, "--require", tmp_path / "rules", *where)
    assert result.returncode == 0, result.stderr
    result = peervisor("run", tmp_path / "pi.img")
    assert result.returncode != 0 and "rpi4" in result.stderr, result.stderr


def test_two_backends_one_workload(image, machine, disk, host, peervisor, tmp_path):
    path = disk(32)
    m = machine(image("seed"), "--disk", path, *Monitor.options(tmp_path / "monitor"), timeout=300)
    demo = demonstrated(m, "vm_workload")
    url = "http://10.0.2.2:%d/" % host.server_address[1]
    # From the network onto the disk, and from the disk back to the network.
    transfer = ("wget -q -O /mnt/page %sfile && sync && echo 3 >/proc/sys/vm/drop_caches && "
                "wget -q -O /dev/null --post-file /mnt/page %stake" % (url, url))
    code, output = m.command(
        "vm_workload", "n=0; until ip route | grep -q default || [ $n = 60 ]; do sleep 1; n=$((n + 1)); done; "
        + transfer, 150)
    assert code == 0, output
    assert host.got == host.file
    assert re.findall(r"^\d+$", m.command("vm_workload", "lspci -n | grep -c 1af4:104[12]")[1], re.MULTILINE) == ["2"]
    # All of it went through the two windows, and the windows can be watched.
    code, output = m.command("vm_workload", "window")
    used = re.findall(r"^window to (\w+)@\w+: 16384 KiB, \d+ KiB in use, (\d+) KiB at most$", output, re.MULTILINE)
    assert code == 0 and sorted(peer for peer, _ in used) == ["vm_network", "vm_storage"], output
    assert all(0 < int(most) < 16384 for _, most in used) and "window: 0 complaints" in output, output
    # Each backend has its own hardware only.
    for vm, disks in (("vm_storage", "1"), ("vm_network", "0")):
        output = m.command(vm, "ls /sys/class/net | grep -c eth; ls /sys/block | grep -c vd")[1]
        assert re.findall(r"^\d+$", output, re.MULTILINE) == ["10"[int(disks)], disks], output
    # What the audit calls closed to a backend is closed to what runs there: the other's connection, too.
    system = intruder.parts(peervisor, SEED, *WHERE)
    monitor = Monitor(tmp_path / "monitor")
    for vm, other in (("vm_network", "vm_storage"), ("vm_storage", "vm_network")):
        pages = "%s.vm_workload.iobuf" % other
        assert not any(o["name"].startswith(pages) for part in (vm, vm + ".vmm") for o in system[part]["memory"])
    for vm, others in (("vm_network", {"vm_storage.ram", "vm_workload.ram", "vm_storage.vm_workload.window",
                                       "vm_storage.mmio.a003000"}),
                       ("vm_storage", {"vm_network.ram", "vm_workload.ram", "vm_network.vm_workload.window",
                                       "vm_network.mmio.a002000"})):
        assert set(intruder.attempt_all(m, vm, system)) == others
        intruder.attempt_iobufs(m, vm, monitor, tmp_path / "memory", 2)
    # The disk's interrupt cannot be raised from the VM that does not have it.
    assert 79 in system["vm_storage.vmm"]["interrupts"] and 79 not in system["vm_network.vmm"]["interrupts"]
    m.command("vm_workload", "sync")
    before = intruder.interrupts(m, "vm_storage", "virtio")
    intruder.pend(m, "vm_network", 79)
    assert intruder.interrupts(m, "vm_storage", "virtio") - before < 20
    # Nobody noticed.
    host.got = None
    code, output = m.command("vm_workload", transfer, 90)
    assert code == 0 and host.got == host.file, output
    for vm in ("vm_workload", "vm_storage", "vm_network"):
        quiet(m, vm)
    off(m, "vm_workload", "vm_network", "vm_storage")
    assert clean(path)
    assert debugfs(path, "cat /page") == host.file
    assert hashlib.sha256(debugfs(path, "cat /demo.txt")).hexdigest() == demo


MESH = assembly("mesh")
MESH_EDGES = (("vm1", "vm2"), ("vm2", "vm4"), ("vm4", "vm3"), ("vm3", "vm1"))      # device, driver


def succeeds(m, vm, line, timeout=60):
    code, output = m.command(vm, line, timeout)
    assert code == 0, (vm, line, output)
    return output


def mesh_network(m):
    """vm1 serves a network to vm2: packets, a file there, the same file back, over TCP."""
    succeeds(m, "vm2", "ping -c 3 -W 5 10.0.1.1")
    succeeds(m, "vm1", "mkdir /tmp/www; dd if=/dev/urandom of=/tmp/www/file bs=64k count=16 2>/dev/null; "
             "httpd -h /tmp/www; nc -l -p 9000 >/tmp/back & true")
    succeeds(m, "vm2", "wget -q -O /tmp/file http://10.0.1.1/file && nc 10.0.1.1 9000 </tmp/file", 90)
    succeeds(m, "vm1", "wait %2; cmp /tmp/www/file /tmp/back", 60)


def mesh_console(m):
    """vm2 serves a console to vm4: a line to, another one fro."""
    # Held open, since a terminal forgets its modes with its last user.
    succeeds(m, "vm4", "exec 4<>/dev/hvc0; stty -F /dev/hvc0 raw -echo; head -n 1 <&4 >/tmp/line & true")
    succeeds(m, "vm2", "exec 3<>/tmp/console-vm4; stty -F /tmp/console-vm4 raw -echo; echo from-vm2 >&3")
    assert "from-vm2" in succeeds(m, "vm4", "wait; cat /tmp/line")
    succeeds(m, "vm4", "echo from-vm4 >&4")
    assert "from-vm4" in succeeds(m, "vm2", "head -n 1 <&3")


def mesh_screen(m, colour):
    """vm4 serves a screen to vm3, which came later than vm3: what vm3 paints is what vm4 sees."""
    assert "virtio_gpu" in succeeds(
        m, "vm3", "n=0; until [ -e /dev/fb0 ] || [ $n = 60 ]; do sleep 1; n=$((n + 1)); done; "
        "ls /sys/bus/virtio/drivers; ls -d /sys/class/drm/card0-Virtual-1 && paint %s" % colour, 90)
    middle = 15 + 3 * (640 * 240 + 320)
    output = succeeds(m, "vm4", "screenshot vm3 /tmp/s.ppm && head -n 2 /tmp/s.ppm | tr '\\n' ' ' && "
                      "dd if=/tmp/s.ppm bs=1 skip=%d count=3 2>/dev/null | hexdump -v -e '3/1 \"%%02x\"'" % middle, 60)
    assert "P6 640 480 " + colour in output, output


def test_mesh(image, machine, disk, peervisor):
    path = disk(32)
    m = machine(image("mesh"), "--disk", path, timeout=400)
    demo = demonstrated(m, "vm1", "peer# ")
    # Each waited for its backend and said so; the one that begins the circle did not wait for ever.
    for vm in ("vm2", "vm3", "vm4"):
        m.expect(vm, "peer# ", 120)
    for device, driver in MESH_EDGES:
        assert "waiting for %s to say start" % device in m.console(driver + ".log").text
    assert "starting without vm4" in m.console("vm3.log").text
    m.expect("vm3", "init: vm4 is up, and its devices are there", 120)
    assert "init: vm4 is not up yet" in m.console("vm3").text
    own = write_file(m, "vm1", "own")
    mesh_network(m)
    mesh_console(m)
    mesh_screen(m, "4080ff")
    # Each of them has one window, and used it.
    for device, driver in MESH_EDGES:
        assert re.search(r"^window to %s@.* (?!0 KiB)\d+ KiB at most$" % device, succeeds(m, driver, "window"), re.MULTILINE)
    # vm3's addresses are the machine's: it tries whatever it does not have.
    holds(peervisor, MESH)
    system = intruder.parts(peervisor, MESH, *WHERE)
    closed = intruder.attempt_all(m, "vm3", system)
    assert {"vm1.ram", "vm2.ram", "vm4.ram", "vm1.vm2.window", "vm2.vm4.window"} == set(closed)
    mesh_screen(m, "20c040")
    mesh_network(m)
    for vm in ("vm1", "vm2", "vm3", "vm4"):
        quiet(m, vm)
    off(m, "vm2", "vm4", "vm1", "vm3")
    assert clean(path)
    assert hashlib.sha256(debugfs(path, "cat /demo.txt")).hexdigest() == demo
    assert hashlib.sha256(debugfs(path, "cat /own")).hexdigest() == own
