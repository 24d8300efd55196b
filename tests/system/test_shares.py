# SPDX-License-Identifier: BSD-2-Clause
"""A VM's share of a core, beside VMs that make monitors, servers and the kernel work for them.

One instruction is one nanosecond (-icount), so the loops that the victim counts are a matter of who ran, not of the
speed of this machine. What is compared is the victim's count beside a VM that only computes.
"""

import re
import subprocess

import pytest

from conftest import PEERVISOR, ROOT
from machine import Machine

GUESTS = ROOT / "tests/system/guest"
FLAGS = ["-std=gnu11", "-O2", "-ffreestanding", "-nostdlib", "-static", "-mgeneral-regs-only", "-mstrict-align",
         "-fno-stack-protector", "-fno-pic", "-no-pie", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
         "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"]
TIMEOUT = 240
ATTACKS = ["distributor_control", "distributor_read", "pending_bits", "firmware", "resets", "short_sleeps",
           "console_output", "garbage_calls", "aborts"]


def compile_guest(folder, name, source, *options):
    elf = folder / (name + ".elf")
    subprocess.run(["aarch64-linux-gnu-gcc", *FLAGS, *options, "-I", ROOT, "-I", GUESTS / "conformance",
                    "-T", GUESTS / "conformance/guest.ld", "-o", elf, GUESTS / "conformance/start.S",
                    GUESTS / "conformance/lib.c", GUESTS / "shares" / source], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", elf, folder / (name + ".bin")], check=True)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("shares")
    compile_guest(path, "victim", "victim.c")
    for attack in ["compute", *ATTACKS]:
        compile_guest(path, attack, "attacker.c", "-DATTACK=" + attack)
    return path


def counts(image, folder, attacks, weight=100):
    """The victim's loops in each span but the first, in which others still start."""
    names = ["evil%d" % n for n in range(len(attacks))]
    text = "assembly { composition { component VM vm_victim; %s } configuration {\n" % (
        " ".join("component VM vm_%s;" % name for name in names))
    for name, guest in [("victim", "victim"), *zip(names, attacks)]:
        text += 'vm_%s.kernel = "%s.bin"; vm_%s.initrd = ""; vm_%s.ram_size = "32M";\n' % (name, guest, name, name)
    path = folder / ("-".join([*attacks, str(weight)]) + ".camkes")
    path.write_text(text + "vm_victim.cpu_weight = %d;\n} }\n" % weight)
    m = Machine(PEERVISOR, image(path), "--log-dir", folder / path.stem, "--qemu-arg=-icount",
                "--qemu-arg=shift=0,sleep=off", timeout=TIMEOUT)
    try:
        m.expect("vm_victim", r"end: 1 ok", TIMEOUT)
        return [int(n) for n in re.findall(r"loops (\d+)", m.console("vm_victim").text)][1:]
    finally:
        m.close()


@pytest.fixture(scope="module")
def half(image, folder):
    return min(counts(image, folder, ["compute"]))


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack(image, folder, half, attack):
    assert min(counts(image, folder, [attack])) >= 0.9 * half


def test_weight(image, folder, half):
    """Three quarters instead of a half; the start of a span is not the start of a round."""
    seen = counts(image, folder, ["compute"], weight=300)
    assert 1.35 * half <= sum(seen) / len(seen) <= 1.65 * half


def test_two_attackers(image, folder, half):
    seen = counts(image, folder, ["distributor_control", "console_output"])
    assert sum(seen) / len(seen) >= 0.9 * half * 2 / 3
