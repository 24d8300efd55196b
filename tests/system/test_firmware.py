# SPDX-License-Identifier: BSD-2-Clause
"""Images that a boot loader starts which is not QEMU's: U-Boot (Debian's u-boot-qemu), at EL2, by its `booti`."""

import pexpect
import pytest

UBOOT = "/usr/lib/u-boot/qemu_arm64/u-boot.bin"
SECTOR = 512


@pytest.fixture
def uboot(tmp_path):
    """uboot(image) gives U-Boot's console, the image on the machine's disk; `sectors` says how many it has."""
    started = []

    def start(image):
        disk = tmp_path / "disk"
        data = image.read_bytes()
        disk.write_bytes(data + bytes(-len(data) % SECTOR))
        child = pexpect.spawn("qemu-system-aarch64", [
            "-M", "virt,virtualization=on,gic-version=2", "-cpu", "cortex-a57", "-m", "2G", "-nographic", "-nic", "none",
            "-bios", UBOOT, "-drive", "if=none,id=disk,format=raw,file=%s" % disk, "-device", "virtio-blk-pci,drive=disk"],
            encoding="latin-1", timeout=60)
        started.append(child)
        child.sectors = disk.stat().st_size // SECTOR
        child.expect("stop autoboot")
        child.sendline("")
        child.expect("=> ")
        return child

    yield start
    for child in started:
        child.close(force=True)


def boot(child, address):
    child.sendline("virtio scan")
    child.expect("=> ")
    child.sendline("virtio read %#x 0 %x" % (address, child.sectors))
    child.expect("blocks read: OK")
    child.expect("=> ")
    child.sendline("booti %#x - $fdtcontroladdr" % address)
    child.expect("Starting kernel")


def test_boots(image, uboot):
    child = uboot(image("minimal"))
    boot(child, 0x40200000)
    child.expect("Peervisor kernel, qemu-arm-virt")
    child.expect("minimal# ")
    child.sendline("uname -m")
    child.expect("\r\naarch64\r")


def test_wrong_address(image, uboot):
    child = uboot(image("minimal"))
    boot(child, 0x70000000)
    child.expect("loader: image is for address 40200000: load it there, not at 70000000\r")
