/* SPDX-License-Identifier: BSD-2-Clause */
/* The state of the root task, and its steps in the order in which main.c takes them. */
#ifndef ROOTTASK_H
#define ROOTTASK_H

#include <sel4/sel4.h>
#include "allocator.h"
#include "spec.h"

/*
 * The root task's capability space while it works: a root with four slots.
 * [0] is the CNode that the kernel made, so boot capabilities keep their
 * addresses; [1] is the store: a large CNode for everything that is made.
 */
#define CSPACE_STORE	(1ull << SPEC_MAX_SLOT_BITS)

struct roottask {
	const seL4_BootInfo *boot;
	struct spec spec;
	struct allocator allocator;
	uint32_t first_slot[SPEC_MAX_OBJECTS];	/* of each object's originals in the store */
	uint32_t next_slot;
	bool uncharged;		/* this kernel does not account for CPU time */
	bool open;		/* the store can be used */
	unsigned int store_radix;
	seL4_CPtr store;	/* the store's CNode cap, guard 0, in the kernel's CNode */
	seL4_CPtr root;		/* the four-slot root */
};

extern struct roottask roottask;

/* cspace.c */
void cspace_open(void);
void cspace_close(void);
void cspace_drop_own(seL4_CPtr console_frame);
uint32_t cspace_new_slot(void);
uint32_t cspace_early_slot(void);	/* in the kernel's CNode, from its end */
seL4_CPtr cspace_cptr(uint64_t slot);
seL4_CPtr object_cptr(uint32_t object, uint32_t page);
const char *object_name(uint32_t object);

/* objects.c */
void objects_add_untypeds(void);
void objects_plan(void);
void objects_check_ram(void);
void objects_create(void);
void objects_make_one(unsigned int type, unsigned int bits, uint32_t slot);
void caps_install(void);
void irqs_bind(void);

/* memory.c */
void memory_map(void);
void memory_fill(void);
void memory_map_page(seL4_CPtr frame, seL4_CPtr vspace, uint64_t vaddr, uint64_t rights,
		     uint64_t attributes, const char *name);

/* threads.c */
void threads_configure(void);
void threads_resume(void);

/* stop.c; audit.c in roottask-audit.elf, which first says what it still holds */
_Noreturn void stop(void);

#endif
