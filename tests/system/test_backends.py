# SPDX-License-Identifier: BSD-2-Clause
"""A device VM that does its worst to who it serves: bare guests (guest/backend) on both sides.

Each guest is one C file, whose MODE says what it does; the head of the file lists them.
"""

import re
import subprocess

import pytest

from conftest import ROOT

HERE = ROOT / "tests/system/guest/backend"
FLAGS = ["-std=gnu11", "-O2", "-ffreestanding", "-nostdlib", "-static", "-mgeneral-regs-only", "-mstrict-align",
         "-fno-stack-protector", "-fno-pic", "-no-pie", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
         "-Wmissing-prototypes", "-Werror", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"]


def compile_guest(folder, name, source, mode):
    elf = folder / (name + ".elf")
    subprocess.run(["aarch64-linux-gnu-gcc", *FLAGS, "-I", ROOT, "-I", ROOT / "interconnect", "-DMODE=" + mode,
                    "-T", HERE / "guest.ld", "-o", elf, HERE / "start.S", HERE / source], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, folder / (name + ".bin")], check=True)


@pytest.fixture
def run(image, machine, tmp_path):
    """A device VM of a mode, and driver VMs of a mode with more attributes."""
    def start(device, driver, drivers=("drv",), **attributes):
        compile_guest(tmp_path, "dev", "device.c", device)
        compile_guest(tmp_path, "drv", "driver.c", driver)
        lines = ['vm_dev.kernel = "dev.bin"; vm_dev.initrd = ""; vm_dev.ram_size = "32M";']
        for name in drivers:
            lines.append('vm_%s.kernel = "drv.bin"; vm_%s.initrd = ""; vm_%s.ram_size = "32M"; '
                         'vm_%s.sharing = "ram";' % ((name,) * 4))
            lines += ["vm_%s.%s = %d;" % (name, key, value) for key, value in attributes.items()]
        path = tmp_path / ("%s-%s.camkes" % (device.lower(), driver.lower()))
        path.write_text("assembly {\n composition {\n  component VM vm_dev;\n%s }\n configuration {\n%s }\n}\n" % (
            "".join("  component VM vm_%s;\n  VIRTIO_COMPOSITION_DEF(dev, %s)\n" % (name, name) for name in drivers),
            "".join("  %s\n" % line for line in lines)))
        return machine(image(path), timeout=120)
    return start


def lines_with(m, label, text):
    return len(re.findall(text, m.console(label).text))


def test_request_timeout(run):
    """One that answers nothing costs its driver the device for a time, and comes back when it answers again."""
    m = run("MUTE", "READ", request_timeout=300)
    m.expect("vm_drv", "read ffffffff", 60)
    m.expect("vm_drv.log", "connection to vm_dev: failed: a request was not answered within 300 ms", 10)
    m.expect("vm_drv", "read ffffffff", 60)
    m.expect("vm_drv", "read 00000000", 60)
    m.expect("vm_drv.log", "powered off", 20)


def test_memory_that_is_held(run):
    """After a reset nothing is loaded into RAM that the backend of the last run still writes."""
    m = run("HOLD", "AGAIN", start_timeout=300)
    m.expect("vm_drv", "changed", 60)
    for _ in range(2):
        m.expect("vm_drv.log", "waiting for vm_dev to let go of this VM's memory", 60)
        m.expect("vm_drv", "quiet", 60)
    m.expect("vm_drv.log", "powered off", 20)
    assert lines_with(m, "vm_drv", "changed") == 1, m.report()


@pytest.mark.parametrize("device", ["FLOOD", "CHURN"])
def test_flood(run, device):
    """Messages or runs without end: the driver VM goes on, and its log says a bounded number of lines."""
    m = run(device, "WAIT", start_timeout=100)
    m.expect("vm_drv", "waited", 90)
    m.expect("vm_drv.log", "powered off", 20)
    assert 16 <= lines_with(m, "vm_drv.log", "connection to vm_dev: ") <= 100, m.report()
    assert lines_with(m, "vm_drv.log", r"\(64 times\)") >= 1, m.report()


def test_two_connectors(run):
    """To move the pages of one connector leaves those of the other where they are."""
    m = run("MOVE", "STAY", drivers=("a", "b"), start_timeout=100)
    m.expect("vm_dev", "pages 5e140b0f 5e140b0f", 60)
    m.expect("vm_dev.log", "powered off", 20)
