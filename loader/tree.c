/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree for the kernel: the machine's, and /reserved-memory with the image's ranges. */
#include <libfdt.h>
#include <string.h>

#include "loader.h"

#define NODE_ROOM	128u	/* bytes that one reserved range adds at most */

uint64_t tree_size(const void *fdt)
{
	if (!fdt || fdt_check_header(fdt))
		stop("no device tree from the machine", (uint64_t)fdt);
	return fdt_totalsize(fdt);
}

static void check(int result, const char *what)
{
	if (result < 0)
		stop(what, (uint64_t)-result);
}

static int reserved_memory(void *fdt)
{
	int node = fdt_path_offset(fdt, "/reserved-memory");

	if (node >= 0) {
		if (fdt_address_cells(fdt, node) != 2 || fdt_size_cells(fdt, node) != 2)
			stop("device tree: /reserved-memory does not have two cells", 0);
		return node;
	}
	node = fdt_add_subnode(fdt, 0, "reserved-memory");
	check(node, "device tree: no room");
	check(fdt_setprop_u32(fdt, node, "#address-cells", 2), "device tree: no room");
	check(fdt_setprop_u32(fdt, node, "#size-cells", 2), "device tree: no room");
	check(fdt_setprop_empty(fdt, node, "ranges"), "device tree: no room");
	return node;
}

static void node_name(char *name, uint64_t address)
{
	strcpy(name, "vm@");
	name += 3;
	for (int shift = 60; shift >= 0; shift -= 4)
		if (address >> shift || shift == 0)
			*name++ = "0123456789abcdef"[address >> shift & 15];
	*name = 0;
}

static void reserve(void *fdt, uint64_t address, uint64_t size)
{
	fdt64_t reg[2] = { cpu_to_fdt64(address), cpu_to_fdt64(size) };
	int node = reserved_memory(fdt);
	char name[20];

	node_name(name, address);
	node = fdt_add_subnode(fdt, node, name);
	check(node, "device tree: reserved range");
	check(fdt_setprop(fdt, node, "reg", reg, sizeof(reg)), "device tree: no room");
	check(fdt_setprop_empty(fdt, node, "no-map"), "device tree: no room");
}

uint64_t tree_make(void *dst, uint64_t room, const void *fdt, const struct image_item *items,
		   unsigned int count)
{
	check(fdt_open_into(fdt, dst, (int)room), "device tree: cannot be copied");
	for (unsigned int i = 0; i < count; i++)
		if (items[i].type == IMAGE_RESERVE)
			reserve(dst, items[i].physical, items[i].memory_size);
	check(fdt_pack(dst), "device tree: cannot be packed");
	return fdt_totalsize(dst);
}
