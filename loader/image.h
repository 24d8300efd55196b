/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The image: one file that starts the machine. Shared by the loader and the tool.
 *
 * File layout (offsets from its start; the tool writes everything but the loader):
 *
 *	0	loader.bin: 64 bytes arm64 Image header (a boot loader that knows Linux starts
 *		it), then at IMAGE_HEADER_OFFSET struct image_header, then code and data,
 *		its own bss included. The tool patches image_size in the Image header
 *		(offset 16) and fills in struct image_header.
 *	...	struct image_item[items] at header.table
 *	...	contents of the items: KERNEL an ELF file; USER a flat image; BLOBs
 *
 * The machine's boot loader puts the whole file at one place (QEMU virt: 0x4020_0000).
 * BLOBs (guest kernels, file systems) are used in place: physical = load_address + offset.
 * The loader refuses to run anywhere but at load_address. Blob offsets are multiples of
 * 4096; 2 MiB lets them be mapped with large pages. RESERVE items are physical ranges
 * (guest RAM, the blobs) that the loader enters as /reserved-memory, no-map, into the
 * device tree it hands to the kernel: they become device untypeds.
 *
 * The loader copies the kernel's segment to its p_paddr, the device tree to the page
 * behind it, the user image to the page behind that, and starts the kernel at EL2,
 * on as many cores as its item says.
 * None of these may overlap the image file or a RESERVE range.
 */
#ifndef LOADER_IMAGE_H
#define LOADER_IMAGE_H

#include <stdint.h>

#define IMAGE_HEADER_OFFSET	64
#define IMAGE_MAGIC		0x474d4956525050ull	/* "PPRVIMG" */
#define IMAGE_VERSION		1u
#define IMAGE_MAX_ITEMS		64u

#define IMAGE_PLATFORM_QEMU_VIRT	1u
#define IMAGE_PLATFORM_RPI4		2u

struct image_header {
	uint64_t magic;
	uint32_t version;
	uint32_t platform;
	uint64_t load_address;
	uint64_t size;		/* of the file */
	uint64_t table;		/* offset of the items */
	uint32_t items;
	uint32_t crc32;		/* table, then contents of KERNEL and USER, in table order */
};

enum image_item_type {
	IMAGE_KERNEL = 1,
	IMAGE_USER,		/* virtual: its first byte; entry: virtual. memory_size >= size: rest is zero */
	IMAGE_BLOB,
	IMAGE_RESERVE,		/* physical, memory_size; nothing in the file */
};

struct image_item {
	uint32_t type;
	uint32_t cores;		/* KERNEL: as many are started; 0 is 1 */
	uint64_t offset;
	uint64_t size;
	uint64_t memory_size;
	uint64_t physical;	/* BLOB, RESERVE */
	uint64_t virtual_base;	/* USER */
	uint64_t entry;		/* USER */
	char name[40];
};

_Static_assert(sizeof(struct image_header) == 48, "packed by hand");
_Static_assert(sizeof(struct image_item) == 96, "packed by hand");

/* CRC-32, polynomial 0xedb88320 reflected, as zlib's crc32(); start with 0. */
static inline uint32_t image_crc32(uint32_t crc, const void *data, uint64_t length)
{
	const uint8_t *p = data;

	crc = ~crc;
	for (uint64_t i = 0; i < length; i++) {
		crc ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0xedb88320u & -(crc & 1u));
	}
	return ~crc;
}

#endif
