# SPDX-License-Identifier: BSD-2-Clause
"""What the loader refuses, each with one line, and the ways a kernel may be started."""

import struct

import pytest

import pack
import run

ENTRY_AT, PADDR_AT, MACHINE_AT, TYPE_AT = 24, 24, 18, 16


def image(kernel=None, **change):
    return pack.pack(run.read("loader/loader.bin"), kernel or run.read("kernel/kernel.elf"),
                     run.read("tests/kernel/kernel-tests.elf"), **change)


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


def passed(data, but=(), **machine):
    lines = run.lines(data, "DONE", 180, more=run.ICOUNT, **machine)
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


def started_with(registers, kernel="kernel/kernel.elf"):
    """An image whose kernel finds other values in x0 to x5 than the loader gave: a few instructions behind it."""
    base, data, entry = pack.flat(run.read(kernel))
    stub = b""
    for register, value in registers.items():
        for part in range(4):
            opcode = 0xf2800000 if part else 0xd2800000        # movk, movz
            stub += struct.pack("<I", opcode | part << 21 | (value >> 16 * part & 0xffff) << 5 | register)
    at = base + len(data)
    stub += struct.pack("<I", 0x14000000 | (entry - at - len(stub)) // 4 & 0x3ffffff)
    data += stub
    header = run.read(kernel)[:24] + struct.pack("<QQQIHHHHHH", at, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    header += struct.pack("<IIQQQQQQ", 1, 7, 120, base, 0x60000000, len(data), len(data), 4096)
    return image(header + data)


IMAGE, IMAGE_END = 0x61000000, 0x61400000       # somewhere in memory


@pytest.mark.parametrize("registers, text", [
    ({4: 0x60000000, 5: 0x1000}, "boot: device tree: no magic number"),
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
