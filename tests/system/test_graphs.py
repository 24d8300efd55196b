# SPDX-License-Identifier: BSD-2-Clause
"""Graphs of VMs: one backend for two, a chain, two backends for one. Real I/O along each edge."""

import hashlib
import http.server
import os
import re
import subprocess
import threading

import pytest

DEMO = r"demo: (?:read back|expected) +([0-9a-f]{64})"


def debugfs(disk, command):
    return subprocess.run(["/sbin/debugfs", "-R", command, str(disk)], capture_output=True, check=True).stdout


def clean(disk):
    return subprocess.run(["/sbin/e2fsck", "-fn", str(disk)], capture_output=True, check=False).returncode == 0


def demonstrated(m, vm):
    """The demonstration's file as its VM read it back."""
    m.expect(vm, "demo: ok", 150)
    m.expect(vm, "workload# ", 30)
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


def test_one_backend_two_tenants(image, machine, disk):
    disks = {"red": disk(32, "red.img"), "blue": disk(32, "blue.img")}
    m = machine(image("multi-driver"), *(o for n in disks for o in ("--disk", "%s=%s" % (n, disks[n]))),
                timeout=300)
    sums = {}
    for name in disks:
        demo = demonstrated(m, "vm_" + name)
        code, output = m.command("vm_" + name, "lspci -n | grep -c 1af4:1042; ls -d /sys/block/vd* | wc -l")
        assert re.findall(r"^\d+$", output, re.MULTILINE) == ["1", "1"], output
        sums[name] = demo, write_file(m, "vm_" + name, name)
    # The tenants write at the same time, and one's reset is not noticed by the other.
    m.send("vm_red", "reboot -f\n")
    sums["blue"] = sums["blue"][0], write_file(m, "vm_blue", "blue", 4)
    m.expect("vm_red.log", "reset", 60)
    assert demonstrated_sum(m, "vm_red") == sums["red"][0]
    for vm in ("vm_red", "vm_blue", "vm_storage"):
        quiet(m, vm)
    off(m, "vm_red", "vm_blue", "vm_storage")
    for name, path in disks.items():
        assert hashlib.sha256(debugfs(path, "cat /demo.txt")).hexdigest() == sums[name][0]
        assert hashlib.sha256(debugfs(path, "cat /" + name)).hexdigest() == sums[name][1]
        other = "blue" if name == "red" else "red"
        assert debugfs(path, "cat /" + other) == b""
        assert clean(path)


def test_chain(image, machine, disk, tmp_path):
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


def test_two_backends_one_workload(image, machine, disk, host):
    path = disk(32)
    m = machine(image("seed"), "--disk", path, timeout=300)
    demo = demonstrated(m, "vm_workload")
    url = "http://10.0.2.2:%d/" % host.server_address[1]
    # From the network onto the disk, and from the disk back to the network.
    code, output = m.command(
        "vm_workload", "n=0; until ip route | grep -q default || [ $n = 60 ]; do sleep 1; n=$((n + 1)); done; "
        "wget -q -O /mnt/page %sfile && sync && echo 3 >/proc/sys/vm/drop_caches && "
        "wget -q -O /dev/null --post-file /mnt/page %stake" % (url, url), 150)
    assert code == 0, output
    assert host.got == host.file
    assert re.findall(r"^\d+$", m.command("vm_workload", "lspci -n | grep -c 1af4:104[12]")[1], re.MULTILINE) == ["2"]
    # Each backend has its own hardware only.
    for vm, disks in (("vm_storage", "1"), ("vm_network", "0")):
        output = m.command(vm, "ls /sys/class/net | grep -c eth; ls /sys/block | grep -c vd")[1]
        assert re.findall(r"^\d+$", output, re.MULTILINE) == ["10"[int(disks)], disks], output
    for vm in ("vm_workload", "vm_storage", "vm_network"):
        quiet(m, vm)
    off(m, "vm_workload", "vm_network", "vm_storage")
    assert clean(path)
    assert debugfs(path, "cat /page") == host.file
    assert hashlib.sha256(debugfs(path, "cat /demo.txt")).hexdigest() == demo
