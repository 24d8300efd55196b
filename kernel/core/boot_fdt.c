/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds memory and reservations in a flattened device tree. Devicetree specification 5, 3.4, 3.5. */
#include "boot_memory.h"

#define FDT_MAGIC	0xd00dfeedu
#define FDT_BEGIN_NODE	1u
#define FDT_END_NODE	2u
#define FDT_PROP	3u
#define FDT_NOP		4u
#define FDT_END		9u
#define FDT_HEADER	40u
#define DEPTH_MAX	16u
#define ADDRESS_LIMIT	(1UL << 44)

struct scan {
	const u8 *fdt;
	u64 at, end;			/* of the structure block */
	u64 strings, strings_end;
	u32 address_cells[DEPTH_MAX], size_cells[DEPTH_MAX];	/* for the children of a depth */
	bool in_reserved;		/* below /reserved-memory */
	bool is_memory, no_map;		/* of the node being read */
	bool in_psci;			/* in /psci, which says how it is called and what it is */
	bool psci_smc, psci_versioned;
	u64 reg, reg_size;		/* place of its reg property */
	unsigned int depth;
	struct regions *ram, *reserved;	/* NULL: not asked for */
};

static u32 cell(const struct scan *scan, u64 at)
{
	const u8 *p = scan->fdt + at;

	return (u32)p[0] << 24 | (u32)p[1] << 16 | (u32)p[2] << 8 | p[3];
}

static u64 cells(const struct scan *scan, u64 at, u32 count)
{
	u64 value = 0;

	for (u64 i = 0; i < count; i++)
		value = value << 32 | cell(scan, at + 4 * i);
	return value;
}

static bool text_is(const char *text, u64 room, const char *want, bool prefix)
{
	u64 i = 0;

	for (; want[i]; i++)
		if (i >= room || text[i] != want[i])
			return false;
	return prefix || (i < room && text[i] == 0);
}

static const char *node_end(struct scan *scan)
{
	u32 address = scan->address_cells[scan->depth - 1], size = scan->size_cells[scan->depth - 1];
	u64 step = 4 * ((u64)address + size);

	if (!scan->ram || !scan->reg_size || (!scan->is_memory && !(scan->in_reserved && scan->no_map)))
		return NULL;
	if (address < 1 || address > 2 || size < 1 || size > 2 || scan->reg_size % step)
		return "a memory node's reg does not fit #address-cells and #size-cells";
	for (u64 i = 0; i < scan->reg_size; i += step) {
		u64 start = cells(scan, scan->reg + i, address);
		u64 bytes = cells(scan, scan->reg + i + 4UL * address, size);

		if (start > ADDRESS_LIMIT || bytes > ADDRESS_LIMIT - start)
			return "a memory node's reg lies beyond 44 bits";
		regions_add(scan->is_memory ? scan->ram : scan->reserved, start, start + bytes);
	}
	return NULL;
}

/* compatible is a list of strings. 0.1 had no PSCI_VERSION. */
static bool is_versioned_psci(const char *text, u64 length)
{
	for (u64 i = 0; i < length; i++)
		if ((i == 0 || text[i - 1] == 0) &&
		    (text_is(text + i, length - i, "arm,psci-1.0", false) ||
		     text_is(text + i, length - i, "arm,psci-0.2", false)))
			return true;
	return false;
}

static void psci_property(struct scan *scan, const char *name, u64 room, u64 at, u32 length)
{
	const char *value = (const char *)scan->fdt + at;

	if (text_is(name, room, "method", false))
		scan->psci_smc = text_is(value, length, "smc", false);
	else if (text_is(name, room, "compatible", false))
		scan->psci_versioned = is_versioned_psci(value, length);
}

static const char *property(struct scan *scan)
{
	u64 value = scan->at + 8, room;
	const char *text;
	u32 length, name;

	if (value > scan->end)
		return "a property runs over the end";
	length = cell(scan, scan->at);
	name = cell(scan, scan->at + 4);
	if (length > scan->end - value)
		return "a property runs over the end";
	if (name >= scan->strings_end - scan->strings)
		return "a property's name lies outside the strings";
	text = (const char *)scan->fdt + scan->strings + name;
	room = scan->strings_end - scan->strings - name;
	if (scan->in_psci && scan->depth == 2)
		psci_property(scan, text, room, value, length);
	if (text_is(text, room, "#address-cells", false) && length == 4)
		scan->address_cells[scan->depth] = cell(scan, value);
	else if (text_is(text, room, "#size-cells", false) && length == 4)
		scan->size_cells[scan->depth] = cell(scan, value);
	else if (text_is(text, room, "device_type", false) && scan->depth == 2)
		scan->is_memory = text_is((const char *)scan->fdt + value, length, "memory", false);
	else if (text_is(text, room, "no-map", false))
		scan->no_map = true;
	else if (text_is(text, room, "reg", false)) {
		scan->reg = value;
		scan->reg_size = length;
	}
	scan->at = value + ((length + 3u) & ~3u);
	return NULL;
}

static const char *node_begin(struct scan *scan)
{
	const char *name = (const char *)scan->fdt + scan->at;
	u64 length = 0, room = scan->end - scan->at;

	while (length < room && name[length])
		length++;
	if (length == room)
		return "a node's name runs over the end";
	if (++scan->depth >= DEPTH_MAX)
		return "nodes are nested too deep";
	scan->address_cells[scan->depth] = 2;
	scan->size_cells[scan->depth] = 1;
	if (scan->depth == 2) {
		scan->in_reserved = text_is(name, room, "reserved-memory", false);
		scan->in_psci = text_is(name, room, "psci", false);
	}
	scan->is_memory = false;
	scan->no_map = false;
	scan->reg_size = 0;
	scan->at += (length + 4) & ~3UL;
	return NULL;
}

static const char *structure(struct scan *scan)
{
	const char *wrong = NULL;

	while (!wrong && scan->at + 4 <= scan->end) {
		u32 token = cell(scan, scan->at);

		scan->at += 4;
		if (token == FDT_BEGIN_NODE) {
			wrong = node_begin(scan);
		} else if (token == FDT_END_NODE) {
			if (scan->depth == 0)
				return "nodes do not nest";
			wrong = node_end(scan);
			scan->reg_size = 0;
			scan->depth--;
		} else if (token == FDT_PROP) {
			if (scan->depth == 0)
				return "a property outside of nodes";
			wrong = property(scan);
		} else if (token == FDT_END) {
			return NULL;
		} else if (token != FDT_NOP) {
			return "an unknown token";
		}
	}
	return wrong ? wrong : "the structure block has no end";
}

static void reservations(struct scan *scan, u64 at, u64 size)
{
	for (; at + 16 <= size; at += 16) {
		u64 start = cells(scan, at, 2), bytes = cells(scan, at + 8, 2);

		if (!start && !bytes)
			return;
		if (start < ADDRESS_LIMIT && bytes < ADDRESS_LIMIT - start)
			regions_add(scan->reserved, start, start + bytes);
	}
}

static const char *scan_tree(struct scan *scan, u64 size)
{
	u32 total;

	if (size < FDT_HEADER || cell(scan, 0) != FDT_MAGIC)
		return "no magic number";
	total = cell(scan, 4);
	if (total < FDT_HEADER || total > size)
		return "totalsize";
	scan->at = cell(scan, 8);
	scan->end = scan->at + cell(scan, 36);
	scan->strings = cell(scan, 12);
	scan->strings_end = scan->strings + cell(scan, 32);
	if (scan->at % 4 || scan->end > total || scan->strings_end > total)
		return "a block lies outside";
	if (scan->reserved)
		reservations(scan, cell(scan, 16), total);
	return structure(scan);
}

const char *boot_fdt_memory(const void *fdt, u64 size, struct regions *ram,
			    struct regions *reserved)
{
	struct scan scan = { .fdt = fdt, .ram = ram, .reserved = reserved };
	const char *wrong = scan_tree(&scan, size);

	if (!wrong && !ram->count)
		return "no memory node";
	return wrong;
}

bool boot_fdt_psci(const void *fdt, u64 size)
{
	struct scan scan = { .fdt = fdt };

	return !scan_tree(&scan, size) && scan.psci_smc && scan.psci_versioned;
}
