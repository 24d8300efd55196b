# SPDX-License-Identifier: BSD-2-Clause
"""What the kernel may take: memory, and lines to read."""

import pathlib
import struct

import pytest

import run

MEMORY = 256 << 10
LINES = 12000	# docs/decisions/0006


@pytest.mark.parametrize("kernel", ["kernel.elf", "kernel-smp.elf", "kernel-rpi4.elf", "kernel-smp-rpi4.elf"])
def test_memory(kernel):
    """Its one segment: code, data, tables, stacks, each core's state; objects are user space's memory."""
    elf = run.read("kernel/" + kernel)
    start, size, count = struct.unpack_from("<Q", elf, 32)[0], *struct.unpack_from("<HH", elf, 54)
    segments = [struct.unpack_from("<IIQQQQQQ", elf, start + i * size) for i in range(count)]
    loaded = sum(s[6] for s in segments if s[0] == 1)
    assert 0 < loaded <= MEMORY


def test_lines():
    files = [f for f in (pathlib.Path(run.ROOT) / "kernel").rglob("*.[chS]")]
    assert 50 < len(files) and sum(len(f.read_text().splitlines()) for f in files) <= LINES
