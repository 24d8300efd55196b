/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's description: a device tree with a node /peervisor. */
#ifndef TOOL_PLATFORM_H
#define TOOL_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "../adl/arena.h"

struct platform_range {
	uint64_t base;
	uint64_t size;
};

struct platform {
	const void *fdt;
	const char *name;
	const char *suffix;		/* of the names of its loader and kernel */
	uint32_t image_id;
	uint64_t image_base;
	uint64_t guest_devices;
	struct platform_range guest_memory;
	struct platform_range native_memory;
	uint64_t native_minimum;
	struct platform_range gicv;
	struct platform_range gic;	/* all of its frames */
	struct platform_range uart;
	uint32_t uart_intid;
	uint32_t timer_intid;
};

/* The built-in description of that name; NULL: there is none. Aborts on a broken one (our bug). */
struct platform *platform_load(struct arena *a, const char *name);

/* A node by path, alias, or name anywhere; -1: none, -2: several. */
int platform_find(const struct platform *p, const char *name);
/* The n-th entry of `reg`; false: no more. */
bool platform_reg(const struct platform *p, int node, unsigned int n, struct platform_range *range);
/* The n-th entry of `interrupts`; false: no more. */
bool platform_interrupt(const struct platform *p, int node, unsigned int n, uint32_t *intid, bool *edge);

#endif
