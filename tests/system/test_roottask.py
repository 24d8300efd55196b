# SPDX-License-Identifier: BSD-2-Clause
"""The root task: on both kernels, what it keeps, and what it says of a damaged distribution."""

import pathlib
import re
import struct
import sys
import zlib

import pytest

from conftest import TARGET, peervisor_run, ROOT

HELLO = ROOT / "examples/hello/hello.camkes"
KERNELS = ["kernel.elf", "kernel-debug.elf"]


@pytest.mark.parametrize("kernel", KERNELS)
def test_calls_and_replies(image, machine, kernel):
    m = machine(image("hello", "--kernel", TARGET / "kernel" / kernel), timeout=60)
    m.expect("system", r"roottask: \d+ objects, \d+ caps, \d+ threads; holds only its own thread and pages")
    m.expect("echo.log", "echo: waiting for calls")
    m.expect("hello.log", "hello: hello from a component on a capability kernel")
    m.expect("hello.log", "hello: 1000 calls, 1000 replies")


def test_another_kernel(machine, tmp_path):
    """A kernel that is bound to its place, and to another one than ours."""
    kernel = bytearray((TARGET / "kernel/kernel.elf").read_bytes())
    header = struct.unpack_from("<Q", kernel, 32)[0]
    struct.pack_into("<I", kernel, header + 4, 7)
    struct.pack_into("<Q", kernel, header + 24, 0x62000000)
    path, out = tmp_path / "other.elf", tmp_path / "other.img"
    path.write_bytes(kernel)
    result = peervisor_run("build", HELLO, "-o", out, "--kernel", path)
    assert result.returncode == 0 and "not Peervisor's" in result.stderr, result.stderr
    m = machine(out, timeout=60)
    m.expect("system", "at 62000000")
    m.expect("hello.log", "hello: 1000 calls, 1000 replies")


def test_40_bit_addresses(image):
    """On a core with 40-bit addresses a VSpace is larger and has a level less."""
    sys.path.insert(0, str(ROOT / "tests/kernel"))
    import run                                      # pylint: disable=import-outside-toplevel
    lines = run.lines(pathlib.Path(image("hello")).read_bytes(), "hello: 1000 calls", 60, cpu="cortex-a53")
    assert lines[-1] == "hello: 1000 calls, 1000 replies", "\n".join(lines)


def overlay(tmp_path, roottask):
    """A build folder in which another root task takes the place of ours."""
    folder = tmp_path / "target"
    folder.mkdir()
    for name in ("loader", "kernel", "components", "sdk", "vmm"):
        if (TARGET / name).exists():
            (folder / name).symlink_to(TARGET / name)
    (folder / "roottask").mkdir()
    (folder / "roottask/roottask.elf").symlink_to(TARGET / "roottask" / roottask)
    return folder


def test_root_task_keeps_nothing(machine, tmp_path):
    """A build of the root task that looks at all its slots after it has given up what it had."""
    out = tmp_path / "audit.img"
    result = peervisor_run("build", HELLO, "-o", out, "--build-dir", overlay(tmp_path, "roottask-audit.elf"),
                           "--kernel", TARGET / "kernel/kernel-debug.elf")
    assert result.returncode == 0, result.stderr
    m = machine(out, timeout=60)
    found = m.expect("system", r"roottask: audit: (.*)\r?\n", 30).group(1)
    kept = dict((kind, int(n)) for n, kind in re.findall(r"(\d+) ([a-z ]+)", found))
    assert set(kept) == {"thread", "frames", "page tables", "others"}
    assert kept["thread"] == 1 and kept["others"] == 0, found
    assert kept["frames"] >= 50 and kept["page tables"] >= 3
    m.expect("hello.log", "1000 replies")


def damaged(path, out, change):
    """The image with its capability distribution changed and the loader's checksum made right again."""
    data = bytearray(path.read_bytes())
    change(data, data.index(b"PVCS"))
    table, items = struct.unpack_from("<QI", data, 64 + 32)
    crc = zlib.crc32(data[table:table + items * 96])
    for i in range(items):
        kind, _, offset, size = struct.unpack_from("<IIQQ", data, table + i * 96)
        if kind in (1, 2):
            crc = zlib.crc32(data[offset:offset + size], crc)
    struct.pack_into("<I", data, 64 + 44, crc)
    out.write_bytes(data)
    return out


def flip(data, at):
    data[at + 200] ^= 1


def unknown_version(data, at):
    struct.pack_into("<I", data, at + 4, 99)


def bad_index(data, at):
    """The first capability names an object that is not there; its checksum is right."""
    size, = struct.unpack_from("<Q", data, at + 8)
    caps, = struct.unpack_from("<Q", data, at + 56)
    struct.pack_into("<I", data, at + caps + 8, 0xffff)
    struct.pack_into("<I", data, at + 16, zlib.crc32(data[at + 96:at + size]))


def nowhere(data, at):
    """A device page where the machine has none: past the physical address space."""
    size, = struct.unpack_from("<Q", data, at + 8)
    count, = struct.unpack_from("<I", data, at + 24)
    objects, = struct.unpack_from("<Q", data, at + 48)
    for i in range(count):
        kind, flags, = struct.unpack_from("<II", data, at + objects + 64 * i)
        if kind == 6 and flags & 1:
            struct.pack_into("<Q", data, at + objects + 64 * i + 16, 0x900000000000)
            break
    struct.pack_into("<I", data, at + 16, zlib.crc32(data[at + 96:at + size]))


@pytest.mark.parametrize("change, line", [
    (flip, r"roottask: spec: CRC is 0x[0-9a-f]{8}, the header says 0x[0-9a-f]{8}: damaged"),
    (unknown_version, r"roottask: spec: version 99, this root task knows 2"),
    (bad_index, r"roottask: cap 0: object 65535 of \d+"),
    (nowhere, r"roottask: object '.*': the kernel offers no memory of 2\^12 bytes at 0x900000000000"),
])
def test_damaged_distribution(image, machine, tmp_path, change, line):
    m = machine(damaged(image("hello"), tmp_path / "damaged.img", change), timeout=60)
    m.expect("system", line, 30)


SMALL = """
assembly {
    composition { component VM vm_a; component VM vm_b; }
    configuration { %s }
}
"""


def vms(folder, image, size):
    """Two VMs that do nothing."""
    (folder / "idle.bin").write_bytes(struct.pack("<IIQQQQQQ4sI", 0x14000010, 0, 0, 0x10000, 10, 0, 0, 0, b"ARM\x64", 0) +
                                      struct.pack("<II", 0xd503207f, 0x17ffffff))      # wfi; b back
    path = folder / "small.camkes"
    path.write_text(SMALL % " ".join('%s.kernel = "idle.bin"; %s.initrd = ""; %s.ram_size = "%s";' % (vm, vm, vm, s)
                                     for vm, s in (("vm_a", "32M"), ("vm_b", size))))
    return image(path, "--guests", folder)


def fails(path, folder, *options):
    """What the errors of a run say that ends by itself."""
    result = peervisor_run("run", path, "--no-terminal", "--timeout", 60, "--log-dir", folder / "logs", *options)
    assert result.returncode == 1 and "time limit" not in result.stderr, result.stderr
    return result


def test_ram_that_the_machine_does_not_have(image, tmp_path):
    """An image for 1 GiB on a machine with less: the RAM of one VM lies beyond."""
    path = vms(tmp_path, image, "500M")
    result = fails(path, tmp_path, "--qemu-arg=-m", "--qemu-arg=900M")
    assert ("roottask: RAM of VM vm_a needs 32 MiB at 0x7e000000 to 0x7fffffff, but the machine's RAM is 0x40000000 to "
            "0x783fffff (QEMU: -m)") in result.stderr
    assert "vm_b" not in result.stdout          # no partial start


@pytest.mark.parametrize("paddr", [0x80000000, 0x200000000, 0x10000000, 0x3e200000])
def test_ram_at_no_place(image, tmp_path, paddr):
    """Behind the RAM, far behind it, where devices are, half of it before RAM."""
    def move(data, at):
        size, = struct.unpack_from("<Q", data, at + 8)
        count, = struct.unpack_from("<I", data, at + 24)
        objects, = struct.unpack_from("<Q", data, at + 48)
        for i in range(count):
            if data[at + objects + 64 * i + 24:].startswith(b"vm_a.ram\0"):
                struct.pack_into("<Q", data, at + objects + 64 * i + 16, paddr)
        struct.pack_into("<I", data, at + 16, zlib.crc32(data[at + 96:at + size]))

    result = fails(damaged(vms(tmp_path, image, "32M"), tmp_path / "moved.img", move), tmp_path)
    assert "roottask: RAM of VM vm_a needs 32 MiB at 0x%x to 0x%x, but the machine's RAM is 0x40000000" % (
        paddr, paddr + (32 << 20) - 1) in result.stderr


EATER = """
component Eater { control; }
assembly {
    composition { %s }
    configuration { %s }
}
"""


def test_no_memory_left_to_tell_of_it(image, tmp_path):
    """Every page is taken when the next one is missing: the line needs none."""
    (tmp_path / "components/Eater").mkdir(parents=True)
    (tmp_path / "components/Eater/main.c").write_text("#include <camkes.h>\nint run(void) { return 0; }\n")
    path = tmp_path / "eaters.camkes"
    names = ["eater%d" % n for n in range(11)]
    path.write_text(EATER % (" ".join("component Eater %s;" % n for n in names),
                             " ".join("%s.heap_size = %d;" % (n, 64 << 20) for n in names)))
    result = fails(image(path), tmp_path, "--qemu-arg=-m", "--qemu-arg=640M")
    assert re.search(r"roottask: object '\w+\.\w+': out of memory, \d+ of \d+ made \(2\^12 bytes each\)", result.stderr)
