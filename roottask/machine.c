/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include <libfdt.h>
#include <string.h>

/* The device tree, or NULL. The kernel made the chunks; their lengths are checked all the same. */
static const void *find_chunk(const seL4_BootInfo *boot, uint64_t *size)
{
	const char *at = (const char *)boot + (1ul << SEL4_BOOTINFO_FRAME_BITS);
	uint64_t left = boot->extraLen;

	while (left > sizeof(seL4_BootInfoHeader)) {
		const seL4_BootInfoHeader *header = (const void *)at;
		uint64_t length = header->len;

		if (length < sizeof(*header) || length > left)
			return NULL;
		if (header->id == SEL4_BOOTINFO_FDT) {
			*size = length - sizeof(*header);
			return header + 1;
		}
		at += length;
		left -= length;
	}
	return NULL;
}

const void *machine_tree(const seL4_BootInfo *boot)
{
	uint64_t size = 0;
	const void *tree = find_chunk(boot, &size);

	if (!tree || size < FDT_V17_SIZE || fdt_check_header(tree) || fdt_totalsize(tree) > size)
		return NULL;
	return tree;
}

static uint64_t take_cells(const fdt32_t **at, int count)
{
	uint64_t value = 0;

	while (count-- > 0)
		value = value << 32 | fdt32_ld((*at)++);
	return value;
}

static bool add_node(const void *tree, int node, struct machine_ram *ram)
{
	int address = fdt_address_cells(tree, 0), size = fdt_size_cells(tree, 0), length = 0;
	const fdt32_t *at = fdt_getprop(tree, node, "reg", &length), *end;

	if (!at || address < 1 || address > 2 || size < 1 || size > 2)
		return false;
	for (end = at + length / 4; end - at >= address + size; ram->count++) {
		if (ram->count == MACHINE_RANGES)
			return false;
		ram->at[ram->count].start = take_cells(&at, address);
		ram->at[ram->count].end = ram->at[ram->count].start + take_cells(&at, size);
	}
	return true;
}

void machine_find_ram(const seL4_BootInfo *boot, struct machine_ram *ram)
{
	const void *tree = machine_tree(boot);
	int node = -1;

	memset(ram, 0, sizeof(*ram));
	ram->known = tree;
	while (ram->known && (node = fdt_node_offset_by_prop_value(tree, node, "device_type", "memory",
								   sizeof("memory"))) >= 0)
		ram->known = add_node(tree, node, ram);
	ram->known &= ram->count != 0;
}

/* Ranges may touch: what follows the end of one is looked for in the others. */
bool machine_has_ram(const struct machine_ram *ram, uint64_t start, uint64_t end)
{
	unsigned int i = 0;

	while (start < end && i < ram->count) {
		if (start >= ram->at[i].start && start < ram->at[i].end) {
			start = ram->at[i].end;
			i = 0;
		} else {
			i++;
		}
	}
	return start >= end;
}
