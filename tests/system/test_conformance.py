# SPDX-License-Identifier: BSD-2-Clause
"""What the architecture promises a guest, seen by bare guests (guest/conformance) on the monitor and the kernel.

To add one: write guest/conformance/NAME.c with guest_main() (guest.h says what it has), and add a row to GUESTS.
All guests are VMs of one image and run at once; each prints "ok: WHAT" or "failed: WHAT" lines and powers itself off.
The image is built and run for each row of MACHINES; every guest of every run is a test of its own.
"""

import collections
import re
import subprocess

import pytest

from conftest import PEERVISOR, ROOT
from machine import Machine

HERE = ROOT / "tests/system/guest/conformance"
FLAGS = ["-std=gnu11", "-O2", "-ffreestanding", "-nostdlib", "-static", "-mgeneral-regs-only", "-mstrict-align",
         "-fno-stack-protector", "-fno-pic", "-no-pie", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
         "-Wmissing-prototypes", "-Werror", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"]
TIMEOUT = 300

# More of a VM's attributes than its kernel, memory and CPUs; the machines it is not for (by name).
Guest = collections.namedtuple("Guest", "attributes not_on", defaults=({}, ()))
GUESTS = {
    "nested": Guest(),
    "sgi": Guest(),
    "level": Guest(),
    "disabled": Guest(),
    "aborts": Guest(),
    "firmware": Guest(),
    "reset": Guest(),
    "timers": Guest(),
    "ipi": Guest(not_on=("1-vcpu", "1-vcpu-4-cores")),
}

# vCPUs of each VM; whether the machine has four cores.
Kind = collections.namedtuple("Kind", "vcpus cores")
MACHINES = {
    "1-vcpu": Kind(1, 1),
    "4-vcpus": Kind(4, 1),
    "1-vcpu-4-cores": Kind(1, 4),
    "4-vcpus-4-cores": Kind(4, 4),
}


def compile_guest(name, folder):
    elf = folder / (name + ".elf")
    subprocess.run(["aarch64-linux-gnu-gcc", *FLAGS, "-I", ROOT, "-T", HERE / "guest.ld", "-o", elf, HERE / "start.S",
                    HERE / "lib.c", HERE / (name + ".c")], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, folder / (name + ".bin")], check=True)


def guests_of(machine):
    return [name for name, guest in GUESTS.items() if machine not in guest.not_on]


def assembly(machine, folder):
    """Its VMs begin on different cores, if there are several."""
    kind, lines = MACHINES[machine], []
    for n, name in enumerate(guests_of(machine)):
        attributes = {"kernel": '"%s.bin"' % name, "initrd": '""', "ram_size": '"32M"', "num_vcpus": kind.vcpus}
        if kind.cores > 1:
            attributes["affinity"] = n % kind.cores
        attributes.update(GUESTS[name].attributes)
        lines += ["vm_%s.%s = %s;" % (name, key, value) for key, value in attributes.items()]
    path = folder / (machine + ".camkes")
    path.write_text("assembly {\n    composition {\n%s    }\n    configuration {\n%s    }\n}\n" % (
        "".join("        component VM vm_%s;\n" % name for name in guests_of(machine)),
        "".join("        %s\n" % line for line in lines)))
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("conformance")
    for name in GUESTS:
        compile_guest(name, path)
    return path


@pytest.fixture(scope="module")
def ran(image, folder):
    """Console and log of each guest of a machine, run once to its end."""
    results = {}

    def run(machine):
        if machine not in results:
            m = Machine(PEERVISOR, image(assembly(machine, folder)), "--log-dir", folder / machine, timeout=TIMEOUT)
            try:
                results[machine] = m.wait(TIMEOUT), m
            finally:
                m.close()
        return results[machine]

    return run


@pytest.mark.parametrize("machine,guest", [(m, g) for m in MACHINES for g in guests_of(m)])
def test_guest(ran, machine, guest):
    code, m = ran(machine)
    text = m.console("vm_" + guest).text
    told = text + "\n" + m.console("vm_%s.log" % guest).text
    end = re.search(r"^end: (\d+) ok, (\d+) failed", text, re.MULTILINE)
    assert end and "failed:" not in text and end.group(2) == "0", told
    assert int(end.group(1)) == len(re.findall(r"^ok: ", text, re.MULTILINE)) > 0, told
    assert code == 0, m.report()
