# SPDX-License-Identifier: BSD-2-Clause
"""The guests' kernel and file systems on a plain emulated machine, without us: what fails here is
not the monitor's fault."""

import pathlib
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUESTS = ROOT / "guests"
QEMU = ["qemu-system-aarch64", "-M", "virt,gic-version=2", "-cpu", "cortex-a57", "-m", "256", "-nographic",
        "-nodefaults",
        "-no-reboot", "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]
BOOT_SECONDS = 90


def made_by(*command):
    """The path that a command of guests/ prints."""
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


@pytest.fixture(scope="module")
def kernel():
    return made_by(GUESTS / "packages", "kernel")


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk.img"
    made_by(GUESTS / "disk", path, "32M")
    return path


@pytest.fixture
def boot(kernel):
    """boot(role, "word of the command line", QEMU argument...)"""
    running = []

    def start(role, words="", *arguments):
        archive = made_by(GUESTS / "initramfs", role)
        line = "console=ttyAMA0 " + words
        running.append(pexpect.spawn(
            QEMU[0], QEMU[1:] + ["-kernel", kernel, "-initrd", archive, "-append", line] + list(arguments),
            encoding="utf-8", codec_errors="replace", timeout=BOOT_SECONDS))
        return running[-1]

    yield start
    for console in running:
        console.close(force=True)


def command(console, prompt, text):
    """What the guest says to a command; the console is at a prompt before and after."""
    console.send(text + "\r")
    console.expect_exact(text)
    console.expect_exact(prompt)
    return console.before.replace("\r", "")


def pci_disk(path):
    return ["-drive", "if=none,id=d,format=raw,file=%s" % path,
            "-device", "virtio-blk-pci,drive=d,disable-legacy=on"]


def test_minimal_shell(boot):
    console = boot("minimal", "quiet")
    console.expect_exact("minimal# ")
    assert "job control" not in console.before
    assert "6.12" in command(console, "minimal# ", "uname -r")
    assert "minimal ends: 0" in command(console, "minimal# ", "sleep 100 & kill %1; echo minimal ends: $?")
    console.send("poweroff -f\r")
    console.expect(pexpect.EOF)


def test_control_c(boot):
    console = boot("minimal", "quiet")
    console.expect_exact("minimal# ")
    console.send("cat\r")
    console.send("seen\r")
    console.expect_exact("seen\r\r\nseen")	# once by the echo, once by cat
    console.sendcontrol("c")
    console.expect_exact("minimal# ")
    console.send("exit\r")	# a shell that ends is followed by another
    console.expect_exact("minimal# ")


def test_demonstration(boot, disk):
    console = boot("workload", "quiet peervisor.demo", *pci_disk(disk))
    console.expect_exact("demo: ok")
    text = console.before
    assert "FAILED" not in text
    sums = [line.split()[-1] for line in text.splitlines() if "read back" in line or "expected" in line]
    assert len(sums) == 2 and sums[0] == sums[1] and len(sums[0]) == 64
    console.expect_exact("workload# ")
    lspci = command(console, "workload# ", "lspci -vv")
    assert "Virtio" in lspci and "MSI-X: Enable+" in lspci, lspci
    assert "MSI" in command(console, "workload# ", "grep virtio0-req /proc/interrupts")
    console.send("poweroff\r")
    console.expect(pexpect.EOF)
    check = subprocess.run(["/sbin/e2fsck", "-fn", str(disk)], capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout
    out = disk.parent / "demo.txt"
    subprocess.run(["/sbin/debugfs", "-R", "dump /demo.txt %s" % out, str(disk)], capture_output=True, check=True)
    assert subprocess.run(["sha256sum", str(out)], capture_output=True, text=True,
                          check=True).stdout.startswith(sums[0])


def test_demonstration_powers_off(boot, disk):
    console = boot("workload", "quiet peervisor.demo peervisor.poweroff", *pci_disk(disk))
    console.expect(pexpect.EOF)
    assert "demo: ok" in console.before and "workload# " not in console.before
    assert subprocess.run(["/sbin/e2fsck", "-fn", str(disk)], capture_output=True, check=False).returncode == 0


def test_demonstration_says_why_not(boot, tmp_path):
    path = tmp_path / "empty.img"
    path.write_bytes(b"\0" * (1 << 20))
    console = boot("workload", "quiet peervisor.demo", *pci_disk(path))
    console.expect_exact("demo: FAILED: cannot mount /dev/vda as ext4")
    console.expect_exact("workload# ")


def test_demonstration_without_a_disk_waits(boot):
    console = boot("workload", "quiet peervisor.demo")
    console.expect_exact("demo: waiting for /dev/vda")
    console.sendcontrol("c")


def test_storage_finds_its_disk(boot, disk):
    console = boot("storage", "quiet peervisor.serve=workload:blk:id=0:disk=/dev/vda",
                   "-drive", "if=none,id=d,format=raw,file=%s" % disk, "-device", "virtio-blk-device,drive=d")
    console.expect_exact("storage# ")
    assert "this file system has no QEMU" in command(console, "storage# ", "serve workload")
    assert "65536" in command(console, "storage# ", "cat /sys/block/vda/size")
    assert "sel4_virt" in command(console, "storage# ", "lsmod")
    assert ("-accel sel4,vm=workload -M sel4-vm" in
            command(console, "storage# ", "serve -n workload | fold -w 200 | head -n 1"))
    assert "file=/dev/vda" in command(console, "storage# ", "serve -n workload")
    assert "has no peervisor.serve=other" in command(console, "storage# ", "serve other")
