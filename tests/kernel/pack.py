# SPDX-License-Identifier: BSD-2-Clause
"""Small images for the kernel tests: loader, a kernel, one root task, reserved ranges. The layout is
loader/image.h's; the tool makes the real ones."""

import struct
import zlib

HEADER_AT = 64
HEADER = struct.Struct("<QIIQQQII")
ITEM = struct.Struct("<IIQQQQQQ40s")
MAGIC, VERSION, QEMU_VIRT = 0x474D4956525050, 1, 1
KERNEL, USER, BLOB, RESERVE = 1, 2, 3, 4
LOAD_ADDRESS = 0x40200000
PAGE = 4096


def page_up(n):
    return -(-n // PAGE) * PAGE


def flat(elf):
    """(virtual base, contents, entry) of an executable's loadable segments."""
    entry, phoff = struct.unpack_from("<QQ", elf, 24)
    phentsize, phnum = struct.unpack_from("<HH", elf, 54)
    loads = []
    for i in range(phnum):
        kind, _, offset, vaddr, _, filesz, memsz, _ = struct.unpack_from("<IIQQQQQQ", elf, phoff + i * phentsize)
        if kind == 1 and memsz:
            loads.append((vaddr, memsz, elf[offset:offset + filesz]))
    base = min(vaddr for vaddr, _, _ in loads) // PAGE * PAGE
    data = bytearray(page_up(max(vaddr + memsz for vaddr, memsz, _ in loads)) - base)
    for vaddr, _, contents in loads:
        data[vaddr - base:vaddr - base + len(contents)] = contents
    return base, bytes(data), entry


def pack(loader, kernel, root, reserve=(), **change):
    """The image; `change` replaces header fields (magic, version, platform, load, crc) and cores in tests."""
    base, user, entry = flat(root)
    table = page_up(len(loader))
    count = 2 + len(reserve)
    kernel_at = page_up(table + count * ITEM.size)
    user_at = page_up(kernel_at + len(kernel))
    items = ITEM.pack(KERNEL, change.get("cores", 1), kernel_at, len(kernel), len(kernel), 0, 0, 0, b"kernel")
    items += ITEM.pack(USER, 0, user_at, len(user), len(user), 0, base, entry, b"root task")
    for start, size in reserve:
        items += ITEM.pack(RESERVE, 0, 0, 0, size, start, 0, 0, b"reserved")
    crc = zlib.crc32(user, zlib.crc32(kernel, zlib.crc32(items)))
    size = user_at + len(user)
    header = HEADER.pack(change.get("magic", MAGIC), change.get("version", VERSION),
                         change.get("platform", QEMU_VIRT), change.get("load", LOAD_ADDRESS),
                         size, table, count, change.get("crc", crc))
    image = bytearray(size)
    image[:len(loader)] = loader
    struct.pack_into("<Q", image, 16, size)
    image[HEADER_AT:HEADER_AT + len(header)] = header
    image[table:table + len(items)] = items
    image[kernel_at:kernel_at + len(kernel)] = kernel
    image[user_at:user_at + len(user)] = user
    return bytes(image)
