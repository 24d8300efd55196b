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
    (unknown_version, r"roottask: spec: version 99, this root task knows 1"),
    (bad_index, r"roottask: cap 0: object 65535 of \d+"),
    (nowhere, r"roottask: object '.*': the kernel offers no memory of 2\^12 bytes at 0x900000000000"),
])
def test_damaged_distribution(image, machine, tmp_path, change, line):
    m = machine(damaged(image("hello"), tmp_path / "damaged.img", change), timeout=60)
    m.expect("system", line, 30)
