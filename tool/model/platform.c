/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* plat/NAME.dts, as dtc -O asm has it */
extern const char qemu_arm_virt_dt_blob_start[], rpi4_dt_blob_start[];

static const struct {
	const char *name, *suffix, *fdt;
} platforms[] = {
	{ "qemu-arm-virt", "", qemu_arm_virt_dt_blob_start },
	{ "rpi4", "-rpi4", rpi4_dt_blob_start },
};

static void broken(const char *what)
{
	fprintf(stderr, "peervisor: internal error: platform description: %s\n", what);
	abort();
}

static uint64_t cells(const fdt32_t *c)
{
	return (uint64_t)fdt32_to_cpu(c[0]) << 32 | fdt32_to_cpu(c[1]);
}

static const fdt32_t *property(const struct platform *p, int node, const char *name, int *length)
{
	return fdt_getprop(p->fdt, node, name, length);
}

static struct platform_range range_property(const struct platform *p, int node, const char *name)
{
	int length = 0;
	const fdt32_t *c = property(p, node, name, &length);

	if (!c || length != 16)
		broken(name);
	return (struct platform_range){ cells(c), cells(c + 2) };
}

static uint64_t number_property(const struct platform *p, int node, const char *name)
{
	int length = 0;
	const fdt32_t *c = property(p, node, name, &length);

	if (!c || length != 8)
		broken(name);
	return cells(c);
}

static int node_property(const struct platform *p, int node, const char *name)
{
	int length = 0;
	const char *path = fdt_getprop(p->fdt, node, name, &length);
	int found = path ? fdt_path_offset(p->fdt, path) : -1;

	if (found < 0)
		broken(name);
	return found;
}

bool platform_reg(const struct platform *p, int node, unsigned int n, struct platform_range *range)
{
	int length = 0;
	const fdt32_t *c = property(p, node, "reg", &length);

	if (!c || (unsigned int)length < (n + 1) * 16)
		return false;
	*range = (struct platform_range){ cells(c + n * 4), cells(c + n * 4 + 2) };
	return true;
}

/* Three cells of the GIC's binding: 0 SPI or 1 PPI, number, flags (1 or 2: edge). */
bool platform_interrupt(const struct platform *p, int node, unsigned int n, uint32_t *intid,
			bool *edge)
{
	int length = 0;
	const fdt32_t *c = property(p, node, "interrupts", &length);

	if (!c || (unsigned int)length < (n + 1) * 12)
		return false;
	c += n * 3;
	*intid = fdt32_to_cpu(c[1]) + (fdt32_to_cpu(c[0]) ? 16 : 32);
	*edge = (fdt32_to_cpu(c[2]) & 3) != 0;
	return true;
}

int platform_find(const struct platform *p, const char *name)
{
	int node, found = -1;
	const char *n;

	n = fdt_get_alias(p->fdt, name);
	if (name[0] == '/' || n) {
		node = fdt_path_offset(p->fdt, n ? n : name);
		return node > 0 ? node : -1;
	}
	for (node = fdt_next_node(p->fdt, 0, NULL); node >= 0;
	     node = fdt_next_node(p->fdt, node, NULL)) {
		n = fdt_get_name(p->fdt, node, NULL);
		if (!n || strcmp(n, name) != 0)
			continue;
		if (found >= 0)
			return -2;
		found = node;
	}
	return found;
}

static struct platform_range gic_frames(const struct platform *p, int node)
{
	struct platform_range all = { UINT64_MAX, 0 }, r;
	uint64_t end = 0;
	unsigned int n;

	for (n = 0; platform_reg(p, node, n, &r); n++) {
		all.base = r.base < all.base ? r.base : all.base;
		end = r.base + r.size > end ? r.base + r.size : end;
	}
	all.size = end - all.base;
	return all;
}

struct platform *platform_load(struct arena *a, const char *name)
{
	struct platform *p = ARENA_NEW(a, struct platform);
	int node, length = 0;
	const fdt32_t *timer, *id;
	size_t i;
	bool edge;

	for (i = 0; i < sizeof(platforms) / sizeof(*platforms); i++)
		if (strcmp(platforms[i].name, name) == 0)
			break;
	if (i == sizeof(platforms) / sizeof(*platforms))
		return NULL;
	p->name = name;
	p->suffix = platforms[i].suffix;
	p->fdt = platforms[i].fdt;
	node = fdt_check_header(p->fdt) == 0 ? fdt_path_offset(p->fdt, "/peervisor") : -1;
	if (node < 0)
		broken("/peervisor");
	p->image_base = number_property(p, node, "image-base");
	p->guest_memory = range_property(p, node, "guest-memory");
	p->native_memory = range_property(p, node, "native-memory");
	p->native_minimum = number_property(p, node, "native-minimum");
	p->guest_devices = number_property(p, node, "guest-devices");
	id = property(p, node, "image-id", &length);
	if (!id || length != 4)
		broken("image-id");
	p->image_id = fdt32_to_cpu(*id);
	p->gic = gic_frames(p, node_property(p, node, "gic"));
	timer = property(p, node, "timer-intid", &length);
	if (!timer || length != 4 ||
	    !platform_reg(p, node_property(p, node, "gic"), 3, &p->gicv) ||
	    !platform_reg(p, node_property(p, node, "uart"), 0, &p->uart) ||
	    !platform_interrupt(p, node_property(p, node, "uart"), 0, &p->uart_intid, &edge))
		broken("timer-intid, gic or uart");
	p->timer_intid = fdt32_to_cpu(*timer);
	return p;
}
