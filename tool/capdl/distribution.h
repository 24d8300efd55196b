/* SPDX-License-Identifier: BSD-2-Clause */
/* Builds the capability distribution (roottask/capdl_spec.h): tables that grow, then one blob. */
#ifndef TOOL_DISTRIBUTION_H
#define TOOL_DISTRIBUTION_H

#include <stdbool.h>
#include <stdio.h>

#include "../../libsel4/include/sel4/abi.h"
#include "../../roottask/capdl_spec.h"
#include "../adl/arena.h"

#define GUARD_WORD(radix) (64u - (radix))	/* ABI 3.4: a slot number is its cptr */
#define BADGE_ENDPOINT	(1ull << 63)
#define RIGHTS_RW	(SEL4_RIGHT_READ | SEL4_RIGHT_WRITE)
#define RIGHTS_CALL	(SEL4_RIGHT_WRITE | SEL4_RIGHT_GRANT_REPLY)

struct distribution_fill {
	struct capdl_fill fill;
	const void *data;
};

struct distribution {
	struct arena *arena;
	struct capdl_object *objects;
	const char **names;		/* of the objects, whole */
	struct capdl_cap *caps;
	struct capdl_mapping *mappings;
	struct distribution_fill *fills;
	struct capdl_thread *threads;
	struct capdl_irq_binding *irqs;
	size_t num_objects, num_names, num_caps, num_mappings, num_fills, num_threads, num_irqs;
	size_t room_objects, room_names, room_caps, room_mappings, room_fills, room_threads, room_irqs;
};

uint32_t distribution_object(struct distribution *d, enum capdl_object_type type, uint32_t size,
			     const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Pages of RAM wherever there is room. */
uint32_t distribution_memory(struct distribution *d, uint64_t pages, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Pages of 1 << bits bytes from physical address paddr (guest RAM, blobs, devices). */
uint32_t distribution_device(struct distribution *d, uint64_t paddr, uint64_t size, uint32_t bits,
			     const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same for RAM in large pages: a guest's, or files. The root task checks that the machine has it. */
uint32_t distribution_ram(struct distribution *d, uint64_t paddr, uint64_t size, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void distribution_cap(struct distribution *d, uint32_t cnode, uint64_t slot, uint32_t object,
		      uint32_t page, uint32_t rights, uint64_t badge);
/* All pages of a memory object. */
void distribution_map(struct distribution *d, uint32_t vspace, uint32_t memory, uint64_t vaddr,
		      uint32_t rights, uint32_t attributes);
void distribution_fill(struct distribution *d, uint32_t memory, uint64_t offset, const void *data,
		       uint64_t length);
struct capdl_thread *distribution_thread(struct distribution *d);
void distribution_irq(struct distribution *d, uint32_t irq, uint32_t notification, uint64_t badge);

/* The blob, in the arena. */
void *distribution_blob(struct distribution *d, uint64_t *size);
void distribution_print(const struct distribution *d, FILE *out);

#endif
