# SPDX-License-Identifier: BSD-2-Clause
"""An image of loader, kernel and one flat root task, as loader/image.h lays it out."""
import struct
import zlib

HEADER_OFFSET = 64
MAGIC = 0x474D4956525050
LOAD = 0x40200000
KERNEL, USER = 1, 2


def _item(kind, offset, size, name, memory=0, base=0, entry=0):
    return struct.pack("<II6Q40s", kind, 0, offset, size, memory, 0, base, entry, name)


def _pad(data, unit):
    return data + bytes(-len(data) % unit)


def image(loader, kernel, user, user_base, user_memory):
    start = len(_pad(loader, 4096))
    kernel_at = start + 4096
    user_at = kernel_at + len(_pad(kernel, 4096))
    table = _item(KERNEL, kernel_at, len(kernel), b"kernel") + _item(
        USER, user_at, len(user), b"root task", max(user_memory, len(user)), user_base, user_base)
    size = user_at + len(_pad(user, 4096))
    crc = zlib.crc32(user, zlib.crc32(kernel, zlib.crc32(table)))
    header = struct.pack("<QII3Q2I", MAGIC, 1, 1, LOAD, size, start, 2, crc)
    data = bytearray(_pad(loader, 4096) + _pad(table, 4096) + _pad(kernel, 4096) + _pad(user, 4096))
    data[HEADER_OFFSET:HEADER_OFFSET + len(header)] = header
    struct.pack_into("<Q", data, 16, size)
    return bytes(data)
