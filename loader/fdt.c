/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree: where memory is, and a copy with reservations. Devicetree specification 3. */
#include <libfdt.h>

#include "loader.h"

#define SIZE_MAX_OF_IT	(2u << 20)	/* Linux's boot protocol */
#define CELLS_MAX	2

const char *fdt_open(struct fdt *fdt, const void *base)
{
	if (!base || (u64)base & 7 || fdt_magic(base) != FDT_MAGIC)
		return "there is none (x0 at the entry)";
	fdt->base = base;
	fdt->total = fdt_totalsize(base);
	if (fdt->total > SIZE_MAX_OF_IT || fdt_check_full(base, fdt->total))
		return "it is damaged";
	return NULL;
}

static u64 cells(const fdt32_t *p, int count)
{
	return count == 2 ? (u64)fdt32_ld(p) << 32 | fdt32_ld(p + 1) : fdt32_ld(p);
}

static const char *add_memory(const struct fdt *fdt, int node, struct ranges *ram)
{
	int address = fdt_address_cells(fdt->base, 0), size = fdt_size_cells(fdt->base, 0);
	int length, step = 4 * (address + size);
	const fdt32_t *reg = fdt_getprop(fdt->base, node, "reg", &length);

	if (address < 1 || address > CELLS_MAX || size < 1 || size > CELLS_MAX || !reg || length % step)
		return "a memory node does not fit #address-cells and #size-cells";
	for (int at = 0; at < length; at += step, reg += address + size) {
		u64 start = cells(reg, address), bytes = cells(reg + address, size);

		if (start > PHYS_LIMIT || bytes > PHYS_LIMIT)
			return "a memory node lies beyond 44 bits";
		if (ram->count == RANGES_MAX)
			return "it has too many memory nodes";
		ram->at[ram->count++] = (struct range){ start, start + bytes };
	}
	return NULL;
}

const char *fdt_memory(const struct fdt *fdt, struct ranges *ram)
{
	const char *wrong = NULL;
	int node = -1;

	while (!wrong && (node = fdt_node_offset_by_prop_value(fdt->base, node, "device_type",
							       "memory", sizeof("memory"))) >= 0)
		wrong = add_memory(fdt, node, ram);
	return wrong || ram->count ? wrong : "it has no memory node";
}

u64 fdt_cores(const struct fdt *fdt, u64 *mpidr, u64 most)
{
	int cpus = fdt_path_offset(fdt->base, "/cpus"), node = -1, address;
	u64 count = 0;

	if (cpus < 0)
		return 0;
	address = fdt_address_cells(fdt->base, cpus);
	if (address < 1 || address > CELLS_MAX)
		return 0;
	while ((node = fdt_node_offset_by_prop_value(fdt->base, node, "device_type", "cpu",
						     sizeof("cpu"))) >= 0) {
		int length;
		const fdt32_t *reg = fdt_getprop(fdt->base, node, "reg", &length);

		if (!reg || length != 4 * address)
			continue;
		if (count < most)
			mpidr[count] = cells(reg, address);
		count++;
	}
	return count;
}

bool fdt_has_psci(const struct fdt *fdt)
{
	int node = fdt_path_offset(fdt->base, "/psci"), length;
	const char *method = node < 0 ? NULL : fdt_getprop(fdt->base, node, "method", &length);

	return method && length == sizeof("smc") && !memcmp(method, "smc", sizeof("smc"));
}

/* The node of that name below parent, made if it is not there: as the specification wants it. */
static int reserved_memory(void *to)
{
	int node = fdt_subnode_offset(to, 0, "reserved-memory");

	if (node >= 0)
		return node;
	node = fdt_add_subnode(to, 0, "reserved-memory");
	if (node < 0 || fdt_setprop_u32(to, node, "#address-cells", (u32)fdt_address_cells(to, 0)) ||
	    fdt_setprop_u32(to, node, "#size-cells", (u32)fdt_size_cells(to, 0)) ||
	    fdt_setprop_empty(to, node, "ranges"))
		return -FDT_ERR_NOSPACE;
	return node;
}

static void range_name(char name[28], u64 address)
{
	unsigned int n = sizeof("peervisor@") - 1, shift = 60;

	__builtin_memcpy(name, "peervisor@", n);
	while (shift && !(address >> shift))
		shift -= 4;
	for (;; shift -= 4) {
		name[n++] = "0123456789abcdef"[address >> shift & 15];
		if (!shift)
			break;
	}
	name[n] = '\0';
}

static bool reserve(void *to, struct range range)
{
	int parent = reserved_memory(to), node;
	char name[28];

	range_name(name, range.start);
	node = parent < 0 ? parent : fdt_add_subnode(to, parent, name);
	return node >= 0 &&
	       !fdt_appendprop_addrrange(to, parent, node, "reg", range.start, range.end - range.start) &&
	       !fdt_setprop_empty(to, node, "no-map");
}

u64 fdt_copy(const struct fdt *fdt, void *to, u64 room, const struct ranges *reserved)
{
	if (fdt_open_into(fdt->base, to, (int)room))
		return 0;
	for (unsigned int i = 0; i < reserved->count; i++)
		if (!reserve(to, reserved->at[i]))
			return 0;
	return fdt_pack(to) ? 0 : fdt_totalsize(to);
}
