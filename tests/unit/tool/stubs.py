# SPDX-License-Identifier: BSD-2-Clause
"""Small stand-ins for what the tool puts into an image, so that its tests need nothing built."""

import struct


def elf(base, machine=183, kind=2, segments=((0, 5, b"\0" * 16, 4096),), link=None, entry=None):
    """An ELF file with segments (offset from base, flags, bytes, size in memory)."""
    header = 64 + 56 * len(segments)
    offset = (header + 4095) // 4096 * 4096
    table, contents = b"", b""
    for at, flags, data, memory in segments:
        table += struct.pack("<IIQQQQQQ", 1, flags, offset + len(contents), (link or base) + at, base + at, len(data),
                             memory, 4096)
        contents += data + b"\0" * (-len(data) % 4096)
    ident = b"\x7fELF\x02\x01\x01" + b"\0" * 9
    start = ident + struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, entry or link or base, 64, 0, 0, 64, 56,
                                len(segments), 0, 0, 0)
    start += table
    return start + b"\0" * (offset - len(start)) + contents


def kernel(base=0x60000000, **change):
    return elf(base, **{"link": 0xffc0000000, **change})


def component(mark=b""):
    return elf(0x400000, segments=((0, 5, b"text" * 100, 4096), (4096, 4, b"rodata" + mark, 6 + len(mark)), (8192, 6, b"d", 20000)))


def target(folder):
    """Like build/target: everything once for one core and once for several."""
    for name in ("loader", "kernel", "roottask", "components", "vmm"):
        (folder / name).mkdir(parents=True)
    (folder / "loader/loader.bin").write_bytes(b"\0" * 10000)
    for variant, marks in (("", 0x100007), ("-smp", 0x300007)):
        (folder / ("kernel/kernel%s.elf" % variant)).write_bytes(kernel(segments=((0, marks, b"\0" * 16, 4096),)))
        (folder / ("roottask/roottask%s.elf" % variant)).write_bytes(
            elf(0x10000000, segments=((0, 5, b"root" + variant.encode(), 4096), (4096, 6, b"x", 50000))))
        for name in ("vmm/vmm", "components/timer", "components/serial", "components/hello", "components/echo"):
            (folder / (name + variant + ".elf")).write_bytes(component(variant.encode()))
        sdk = folder / ("sdk" + variant)
        (sdk / "lib").mkdir(parents=True)
        for name in ("cflags", "ldflags", "component.ld", "lib/libcomponent.a", "lib/libruntime.a", "lib/libfdt.a"):
            (sdk / name).write_text(name)
    return folder


def guests(folder, kernel_size=4096):
    """Like build/guests."""
    folder.mkdir(parents=True, exist_ok=True)
    image = bytearray(kernel_size)
    image[56:60] = b"ARM\x64"
    (folder / "linux").write_bytes(image)
    (folder / "linux-copy").write_bytes(image)
    (folder / "linux-window").write_bytes(image + b"window")
    (folder / "linux-window.config").write_text("CONFIG_DMA_RESTRICTED_POOL=y\n")
    for name in ("minimal", "storage", "workload", "network", "peer"):
        (folder / (name + ".cpio")).write_bytes(name.encode() * 1000)
    return folder
