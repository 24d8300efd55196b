# SPDX-License-Identifier: BSD-2-Clause
"""What the loader refuses, each with one line, and the ways a kernel may be started."""

import struct

import pytest

import pack
import run

ENTRY_AT, PADDR_AT, MACHINE_AT, TYPE_AT = 24, 24, 18, 16


def image(kernel=None, root="kernel-tests.elf", **change):
    return pack.pack(run.read("loader/loader.bin"), kernel or run.read("kernel/kernel.elf"),
                     run.read("tests/kernel/" + root), **change)


def patched(kernel, at, form, value):
    kernel = bytearray(kernel)
    struct.pack_into(form, kernel, at, value)
    return bytes(kernel)


def refused(data, text, **machine):
    lines = run.lines(data, "loader:", 30, **machine)
    assert len(lines) == 1 and lines[0].startswith("loader: ") and text in lines[0], "\n".join(lines)


@pytest.mark.parametrize("change, text", [
    ({"magic": 1}, "no image header"),
    ({"version": 9}, "version 9"),
    ({"platform": 2}, "platform 2"),
    ({"load": 0x40400000}, "for address 40400000: load it there, not at 40200000"),
    ({"crc": 1}, "image is damaged"),
])
def test_header(change, text):
    refused(image(**change), text)


def test_damage():
    data = bytearray(image())
    data[-1] ^= 1           # in the root task
    refused(bytes(data), "image is damaged")


def test_exception_level():
    refused(image(), "EL1", machine="virt,gic-version=2")


def phdr(kernel):
    return struct.unpack_from("<Q", kernel, 32)[0]


def bound():
    """Our kernel without the mark that it may be moved, as every other kernel."""
    kernel = run.read("kernel/kernel.elf")
    return patched(kernel, phdr(kernel) + 4, "<I", 7)


def test_memory_is_missing():
    refused(image(bound()), "has no memory", memory="512M")


def test_place_is_reserved():
    refused(image(bound(), reserve=[(0x60000000, 0x200000)]), "reserved range")


@pytest.mark.parametrize("at, form, value, text", [
    (0, "<I", 0, "not a little-endian 64-bit ELF file"),
    (MACHINE_AT, "<H", 62, "not for AArch64"),
    (TYPE_AT, "<H", 3, "fixed addresses"),
    (32, "<Q", 1 << 40, "program headers outside"),
    (54, "<H", 32, "not known here"),
    (ENTRY_AT, "<Q", 0, "entry outside"),
])
def test_kernel_header(at, form, value, text):
    refused(image(patched(run.read("kernel/kernel.elf"), at, form, value)), text)


@pytest.mark.parametrize("at, value, text", [
    (8, 1 << 40, "segment outside"),
    (40, 1 << 40, "too large"),
    (PADDR_AT, 0x60001000, "2 MiB boundary"),
    (PADDR_AT, 0x40200000, "would overwrite the image"),
    (PADDR_AT, 0x20000000, "has no memory"),
])
def test_kernel_segment(at, value, text):
    kernel = bound()
    refused(image(patched(kernel, phdr(kernel) + at, "<Q", value)), text)


def passed(data, but=(), cores=1, **machine):
    lines = run.lines(data, "DONE", 180, more=[*run.ICOUNT, "-smp", str(cores)], **machine)
    assert lines and lines[-1].startswith("DONE"), "\n".join(lines[-5:])
    assert [line[5:] for line in lines if line.startswith("FAIL")] == list(but), "\n".join(lines)
    return lines


def test_kernel_elsewhere():
    """Our kernel finds out where it is; the image says so with the ELF file's physical address."""
    kernel = run.read("kernel/kernel-debug.elf")
    kernel = patched(kernel, phdr(kernel) + PADDR_AT, "<Q", 0x63e00000)
    lines = passed(image(kernel, reserve=[(0x50000000, 0x400000)]))
    assert "63e00000" in lines[0]


def test_other_memory():
    """More than one gibibyte, and an end that is not on a 1 GiB boundary."""
    passed(image(reserve=[(0x50000000, 0x400000)]), memory="3200M")


def test_cortex_a72():
    passed(image(reserve=[(0x50000000, 0x400000)]), cpu="cortex-a72")


def test_short_addresses():
    """A core with 40-bit physical addresses: user spaces have three levels and a root of 8 KiB."""
    passed(image(reserve=[(0x50000000, 0x400000)]), cpu="cortex-a53")


@pytest.mark.parametrize("memory", ["128M", "512M", "8G"])
def test_memory_size(memory):
    """Our kernel is put where there is memory."""
    lines = passed(image(), ["reservation"], memory=memory)
    assert ("at 60000000" in lines[0]) == (memory == "8G")


def load(register, value):
    """movz, movk"""
    code = b""
    for part in range(4):
        opcode = 0xf2800000 if part else 0xd2800000
        code += struct.pack("<I", opcode | part << 21 | (value >> 16 * part & 0xffff) << 5 | register)
    return code


def started_after(code, kernel="kernel/kernel.elf", behind=b"", **change):
    """An image whose kernel is entered behind these instructions."""
    base, data, entry = pack.flat(run.read(kernel))
    at = base + len(data) + len(code)
    data += code + struct.pack("<I", 0x14000000 | (entry - at) // 4 & 0x3ffffff) + behind
    header = run.read(kernel)[:24] + struct.pack("<QQQIHHHHHH", at - len(code), 64, 0, 0, 64, 56, 1, 0, 0, 0)
    header += struct.pack("<IIQQQQQQ", 1, 7, 120, base, 0x60000000, len(data), len(data), 4096)
    return image(header + data, **change)


def started_with(registers, kernel="kernel/kernel.elf"):
    """x0 to x5 are others than the loader gave."""
    return started_after(b"".join(load(register, value) for register, value in registers.items()), kernel)


IMAGE, IMAGE_END = 0x61000000, 0x61400000       # somewhere in memory


@pytest.mark.parametrize("registers, text", [
    ({4: 0x60000000, 5: 0x1000}, "boot: the device tree at 60000000, 1000 bytes, overlaps the kernel"),
    ({4: 0x60000000 - 8, 5: 0x1000}, "boot: the device tree at 5ffffff8, 1000 bytes, overlaps the kernel"),
    ({4: 0x63000000, 5: 0x1000}, "boot: device tree: no magic number"),
    ({5: 64}, "boot: device tree: totalsize"),
    ({4: 1 << 42}, "boot: the device tree at 40000000000"),
    ({5: 1 << 63}, "boot: the device tree at"),
    ({0: IMAGE, 1: IMAGE_END + 1, 2: 0}, "boot: the user image is not page-aligned"),
    ({0: IMAGE_END, 1: IMAGE, 2: 0}, "boot: the user image at 61400000 to 61000000 is not in memory"),
    ({0: 0x10000000, 1: 0x10001000, 2: 0}, "boot: the user image at 10000000 to 10001000 is not in memory"),
    ({0: 0x60000000, 1: 0x60400000, 2: 0}, "boot: the user image at 60000000 to 60400000 is not in memory"),
    ({2: 8}, "boot: the user image does not fit its address space"),
    ({2: -1 << 44}, "boot: the user image does not fit its address space"),
    ({3: 8}, "boot: the user image's entry 8 is outside of it"),
    ({0: IMAGE, 1: 0x63000000, 2: 0, 3: IMAGE}, "boot: more than 4096 capabilities for the root task"),
])
def test_parameters(registers, text):
    """What a wrong loader passes stops at boot with one line that names it."""
    lines = run.lines(started_with(registers), "boot:", 30)
    assert len(lines) == 2 and lines[1].startswith(text), "\n".join(lines)


def test_no_device_tree():
    """x4 = x5 = 0, as Microkit's loader does it: the memory is 0x6000_0000 to 0x8000_0000, as upstream's usual build."""
    passed(started_with({4: 0, 5: 0}), ["device_tree", "reservation"])


def device_tree(memory):
    """A tree of a memory node alone, which its own reservation block covers."""
    strings = b"#address-cells\0#size-cells\0device_type\0reg\0"

    def prop(name, value):
        return struct.pack(">III", 3, len(value), strings.index(name)) + value + b"\0" * (-len(value) % 4)

    nodes = struct.pack(">II", 1, 0) + prop(b"#address-cells", b"\0\0\0\2") + prop(b"#size-cells", b"\0\0\0\2")
    nodes += struct.pack(">I", 1) + b"memory\0\0" + prop(b"device_type", b"memory\0")
    nodes += prop(b"reg", struct.pack(">QQ", *memory)) + struct.pack(">III", 2, 2, 9)
    reserved = struct.pack(">QQQQ", 0x60000000, 0x1000, 0, 0)
    at = 40 + len(reserved)
    return struct.pack(">10I", 0xd00dfeed, at + len(nodes) + len(strings), at, at + len(nodes), 40, 17, 16, 0,
                       len(strings), len(nodes)) + reserved + nodes + strings


@pytest.mark.parametrize("odd", [0, 3])
def test_device_tree_anywhere(odd):
    """Within the kernel's image, both in a reserved range, at an odd address: it is read there, and copied."""
    kernel = run.read("kernel/kernel.elf")
    base, data, _ = pack.flat(kernel)
    tree = device_tree((0x40000000, 0x40000000))
    # Behind the two loads of four instructions and the branch is the tree.
    at = 0x60000000 + len(data) + 4 * 9 + odd
    code = load(4, at) + load(5, len(tree))
    behind = b"\0" * odd + tree + bytes(0x200000)       # the user image is not in the reserved block
    passed(started_after(code, behind=behind), ["reservation"])


# What ABI 7.1 says nothing of: op0, op1, CRn, CRm, op2 of each register of EL2, EL1 and EL0, and a value that is legal
# there and wrong for the kernel. Timers fire, every trap is on, SP and thread registers point nowhere.
JUNK = {
    "ELR_EL2": (3, 4, 4, 0, 1, 0x1234), "SPSR_EL2": (3, 4, 4, 0, 0, 0x3c5), "VBAR_EL2": (3, 4, 12, 0, 0, 0xdead0800),
    "VTTBR_EL2": (3, 4, 2, 1, 0, 0xab << 48 | 0x70000000), "VTCR_EL2": (3, 4, 2, 1, 2, 0x80000019),
    "VPIDR_EL2": (3, 4, 0, 0, 0, 0x12345678), "VMPIDR_EL2": (3, 4, 0, 0, 5, 0x80112233),
    "HSTR_EL2": (3, 4, 1, 1, 3, 0xffff), "MDCR_EL2": (3, 4, 1, 1, 1, 0xfe6), "TPIDR_EL2": (3, 4, 13, 0, 2, 0xdeadbeef),
    "CNTHCTL_EL2": (3, 4, 14, 1, 0, 0xff), "CNTVOFF_EL2": (3, 4, 14, 0, 3, 0x123456789abc),
    "CNTHP_CVAL_EL2": (3, 4, 14, 2, 2, 0), "CNTHP_CTL_EL2": (3, 4, 14, 2, 1, 1),
    "CNTP_CVAL_EL0": (3, 3, 14, 2, 2, 0), "CNTP_CTL_EL0": (3, 3, 14, 2, 1, 1),
    "CNTV_CVAL_EL0": (3, 3, 14, 3, 2, 0), "CNTV_CTL_EL0": (3, 3, 14, 3, 1, 1), "CNTKCTL_EL1": (3, 0, 14, 1, 0, 0x3ff),
    "SCTLR_EL1": (3, 0, 1, 0, 0, 0x30d0d985), "TTBR0_EL1": (3, 0, 2, 0, 0, 0x7000), "TTBR1_EL1": (3, 0, 2, 0, 1, 0x9000),
    "TCR_EL1": (3, 0, 2, 0, 2, 0x10), "MAIR_EL1": (3, 0, 10, 2, 0, 0x44), "VBAR_EL1": (3, 0, 12, 0, 0, 0x6000),
    "CPACR_EL1": (3, 0, 1, 0, 2, 0), "ELR_EL1": (3, 0, 4, 0, 1, 0x77), "SPSR_EL1": (3, 0, 4, 0, 0, 0x10),
    "CONTEXTIDR_EL1": (3, 0, 13, 0, 1, 5), "TPIDR_EL0": (3, 3, 13, 0, 2, 1), "TPIDRRO_EL0": (3, 3, 13, 0, 3, 2),
    "FPCR": (3, 3, 4, 4, 0, 0x03c00000), "FPSR": (3, 3, 4, 4, 1, 0x1f), "PMUSERENR_EL0": (3, 3, 9, 14, 0, 15),
    "PMCR_EL0": (3, 3, 9, 12, 0, 1), "OSLAR_EL1": (2, 0, 1, 0, 4, 0), "DBGBVR0_EL1": (2, 0, 0, 0, 4, 0x10000000),
    "DBGBCR0_EL1": (2, 0, 0, 0, 5, 0x1e7), "MDSCR_EL1": (2, 0, 0, 2, 2, 0xa001), "CSSELR_EL1": (3, 2, 0, 0, 0, 2),
    "HACR_EL2": (3, 4, 1, 1, 7, 0), "AFSR0_EL1": (3, 0, 5, 1, 0, 3), "CPTR_EL2": (3, 4, 1, 1, 2, 0xffffffff),
}
TPIDR_EL1 = (3, 0, 13, 0, 4, 77)        # a kernel for several cores reads it
HCR_EL2 = (3, 4, 1, 1, 0)
GICD, GICC, GICH = 0x08000000, 0x08010000, 0x08030000
# Everything enabled and pending, of the highest priority and for other cores; an interrupt is taken and not ended,
# and sent again.
GIC_JUNK = [(GICD, 1), (GICC, 1), (GICC + 4, 0xff), (GICD + 0x100, ~0), (GICD + 0x104, ~0), (GICD + 0x204, ~0),
            (GICD + 0x400, 0), (GICD + 0x404, 0), (GICD + 0x420, 0), (GICD + 0x820, 0x02020202), (GICD + 0xc08, ~0),
            (GICD + 0xf00, 2 << 24 | 5), (GICH, 0x80000fff), (GICH + 0xf0, 7),
            (GICH + 8, 0xf8ff0201), (GICH + 0x100, 0x50080022), (GICH + 0x104, ~0)]


def store(at, value):
    return load(9, at) + load(10, value & 0xffffffff) + struct.pack("<I", 0xb900012a)     # str w10, [x9]


def write(junk):
    """msr, with the value in x9"""
    op0, op1, crn, crm, op2, value = junk
    return load(9, value) + struct.pack("<I", 0xd5000000 | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 | op2 << 5 | 9)


def junk_code(hcr, cores):
    code = struct.pack("<I", 0xd5034fdf)                                    # msr daifset, #15
    if cores == 1:          # several come in turn: the later ones would undo what the kernel has set up
        code += b"".join(store(at, value) for at, value in GIC_JUNK)
        code += load(9, GICC) + struct.pack("<I", 0xb9400d2a)               # ldr w10, [x9, #12]
        code += store(GICD + 0xf00, 2 << 24 | 5) + write(TPIDR_EL1)
    code += b"".join(write(junk) for junk in JUNK.values())
    code += write((*HCR_EL2, hcr)) + struct.pack("<I", 0xd50040bf)          # msr spsel, #0
    code += b"".join(load(register, 0x5a5a5a5a00 | register) for register in range(6, 31))
    return code + struct.pack("<I", 0xd5033fdf)                             # isb


@pytest.mark.parametrize("hcr, kernel", [(0xffffffff, "kernel"), (0, "kernel"), (0xffffffff, "kernel-smp")])
def test_registers_left_anyhow(hcr, kernel):
    """All tests pass whatever the loader left in registers that the boot contract does not name."""
    cores, root = (4, "kernel-tests-smp.elf") if kernel == "kernel-smp" else (1, "kernel-tests.elf")
    passed(started_after(junk_code(hcr, cores), "kernel/%s-debug.elf" % kernel, root=root, cores=cores),
           ["reservation"], cores)
