# SPDX-License-Identifier: BSD-2-Clause
"""Faults of components and monitors on the release kernel: who, what, where; and what becomes of the run."""

import shutil
import subprocess

import pytest

from conftest import TARGET, peervisor_run
from test_last_words import ROOT, WHOLE, run, said

CODE = """
#include <camkes.h>
#include <sel4/sel4.h>
#include <stdint.h>
#include <stdio.h>

static int deep(volatile char *before)
{
	volatile char here[512];

	here[0] = before[0];
	return deep(here) + here[1];
}

static void jump(uintptr_t to)
{
	((void (*)(void))to)();
}

int run(void)
{
	volatile int *volatile nowhere = (volatile int *)16;

	printf("before\\n");
	switch (kind) {
	case 0: return *nowhere;
	case 1: *nowhere = 1; break;
	case 2: jump(0x18000000); break;
	case 3: jump(0x400002); break;
	case 4: __asm__ volatile("udf #0"); break;
	case 5: __builtin_trap();
	case 6: return deep((volatile char *)"x");
	case 7: seL4_Wait(200, NULL); break;
	case 8: seL4_Send(0x12345678, seL4_MessageInfo_new(0, 0, 0, 0)); break;
	case 9: __asm__ volatile("mov x7, #99\\n\\tsvc #0" ::: "x7"); break;
	}
	printf("went on\\n");
	return 0;
}
"""

KINDS = [
    r"read of address 0x10 at pc 0x\w+ of Kinds\.elf; nothing is mapped there, ESR 0x9\w{7}",
    r"write to address 0x10 at pc 0x\w+ of Kinds\.elf; nothing is mapped there, ESR 0x9\w{7}",
    r"jump to address 0x18000000 at pc 0x18000000 of Kinds\.elf; .*nothing is mapped there, ESR 0x8\w{7}",
    r"jump to a misaligned address.* Kinds\.elf; ESR 0x8a000000",
    r"undefined instruction at pc 0x\w+ of Kinds\.elf; sp 0x\w+, ESR 0x02000000",
    r"trap \(brk\).* Kinds\.elf; ESR 0xf20003e8",
    r"write to address 0x\w+ at pc 0x\w+ of Kinds\.elf; its stack is too small \(_stack_size\); nothing is",
    r"no capability to receive from in slot 200 at pc 0x\w+ of Kinds\.elf",
    r"no capability to call in slot 305419896 at pc 0x\w+ of Kinds\.elf",
    r"unknown system call 99 at pc 0x\w+ of Kinds\.elf; sp 0x\w+, x0 0x\w+",
]


def assembly(folder, kinds, vms="", settings=""):
    """Components k0, k1... with these faults, and VMs."""
    (folder / "components/Kinds").mkdir(parents=True)
    (folder / "components/Kinds/main.c").write_text(CODE)
    path = folder / "faults.camkes"
    path.write_text("component Kinds { control; attribute int kind; }\nassembly {\n composition { %s %s }\n"
                    " configuration { %s %s }\n}\n" % (
                        vms, " ".join("component Kinds k%d;" % k for k in kinds), settings,
                        " ".join("k%d.kind = %d;" % (k, k) for k in kinds)))
    return path


@pytest.mark.parametrize("cores", ["", "k1.affinity = 1; k2.affinity = 2; k5.affinity = 3;"], ids=["one core", "several"])
def test_every_kind(image, machine, tmp_path, cores):
    m = machine(image(assembly(tmp_path, range(len(KINDS)), settings=cores)), timeout=60)
    for k, line in enumerate(KINDS):
        m.expect("k%d.log" % k, "before", 30)
        m.expect("k%d.log" % k, "k%d: error: FAULT in thread 'run': %s" % (k, line), 30)
        assert "went on" not in m.console("k%d.log" % k).text


def test_nothing_is_left_to_wait_for(image, tmp_path):
    """Without VMs only the fault ends the run."""
    result = run(image(assembly(tmp_path, [1])), tmp_path / "logs", timeout=60)
    assert result.returncode == 1 and "time limit" not in result.stderr
    assert "[peervisor] k1.log: k1: error: FAULT in thread 'run': write to address 0x10 at pc" in result.stderr
    assert said(result, "k1.log")[0] == "before"


@pytest.fixture(scope="module")
def guests(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guests")
    for name, end in (("off", 0), ("stop", 1)):
        elf = folder / (name + ".elf")
        subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-Ttext=0", "-Wl,--build-id=none",
                        "-Wa,--defsym,END=%d" % end, "-Wa,--defsym,LINES=%d" % len(WHOLE),
                        str(ROOT / "tests/system/guest/last_words.S"), "-o", str(elf)], check=True)
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", str(elf),
                        str(folder / (name + ".bin"))], check=True)
    return folder


def kernels(**of):
    return " ".join('%s.kernel = "%s.bin"; %s.initrd = ""; %s.ram_size = "32M";' % (vm, k, vm, vm)
                    for vm, k in of.items())


def test_vms_go_on(image, guests, tmp_path):
    """A component's fault fails the run, but not before its VM has said all and powered off."""
    path = assembly(tmp_path, [5], "component VM vm_a;", kernels(vm_a="off"))
    result = run(image(path, "--guests", guests), tmp_path / "logs")
    assert result.returncode == 1 and said(result, "vm_a") == WHOLE and "vm_a is off" in result.stderr
    assert result.stderr.rindex("k5.log: k5: error: FAULT in thread 'run': trap (brk)") > result.stderr.index("vm_a is off")


def broken_monitor(folder):
    """A build folder whose monitor faults when it stops its VM."""
    target = folder / "target"
    target.mkdir()
    for name in ("loader", "kernel", "components", "sdk", "roottask"):
        (target / name).symlink_to(TARGET / name)
    (target / "vmm").mkdir()
    vmm = target / "vmm/vmm.elf"
    shutil.copy(TARGET / "vmm/vmm.elf", vmm)
    names = subprocess.run(["aarch64-linux-gnu-nm", vmm], capture_output=True, text=True, check=True).stdout
    address, = [line.split()[0] for line in names.splitlines() if line.endswith(" T vm_stop")]
    headers = subprocess.run(["aarch64-linux-gnu-readelf", "-lW", vmm], capture_output=True, text=True, check=True).stdout
    for line in headers.splitlines():
        words = line.split()
        if words[:1] == ["LOAD"] and int(words[2], 16) <= int(address, 16) < int(words[2], 16) + int(words[4], 16):
            at = int(words[1], 16) + int(address, 16) - int(words[2], 16)
    data = bytearray(vmm.read_bytes())
    data[at:at + 8] = bytes.fromhex("000280d2" "1f0000b9")       # mov x0, #16; str wzr, [x0]
    vmm.write_bytes(data)
    return target


def test_a_monitor_ends_its_vm_alone(guests, tmp_path):
    path, out = tmp_path / "monitor.camkes", tmp_path / "monitor.img"
    path.write_text("assembly { composition { component VM vm_a; component VM vm_b; } configuration { %s } }" % (
        kernels(vm_a="stop", vm_b="off")))
    built = peervisor_run("build", path, "-o", out, "--build-dir", broken_monitor(tmp_path), "--guests", guests)
    assert built.returncode == 0, built.stderr
    result = run(out, tmp_path / "logs")
    line = "vm_a.log: vm_a.vmm: error: FAULT in thread 'run' (VM vm_a): write to address 0x10 at pc 0x"
    assert result.returncode == 1 and "time limit" not in result.stderr
    assert line in result.stderr and "of vmm.elf; nothing is mapped there, ESR 0x9" in result.stderr
    assert said(result, "vm_a") == WHOLE and said(result, "vm_b") == WHOLE and "vm_b is off" in result.stderr
