/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capability distribution: what the tool writes and the root task carries
 * out. One flat blob, little-endian, natural alignment, no pointers.
 *
 * It lies in the user image right behind the root task: at _end of the root
 * task rounded up to 4096. The header is followed by the tables at the offsets
 * it names (each a multiple of 8, counted from the start of the header), then
 * the fill data.
 *
 * How it is carried out: objects are created, then caps put into CNodes, then
 * memory is mapped (page tables are made as needed) and filled, threads are
 * configured, interrupts bound, threads resumed in table order. Originals and
 * mapping copies end up in a CNode that no thread can reach; the root task
 * deletes every authority of its own (untypeds, IRQ control, ASID control ...)
 * and suspends itself.
 */
#ifndef CAPDL_SPEC_H
#define CAPDL_SPEC_H

#include <stdint.h>

#define CAPDL_MAGIC	0x53435650u	/* "PVCS" */
#define CAPDL_VERSION	2u
#define CAPDL_NONE	0xffffffffu
#define CAPDL_ANY	(~0ull)		/* paddr: wherever there is room */

enum capdl_object_type {
	CAPDL_UNTYPED,		/* size: log2 bytes. RAM, not device */
	CAPDL_TCB,
	CAPDL_ENDPOINT,
	CAPDL_NOTIFICATION,
	CAPDL_CNODE,		/* size: radix */
	CAPDL_VSPACE,		/* gets an ASID */
	CAPDL_MEMORY,		/* size: log2 page size (12, 21, 30); count pages */
	CAPDL_IRQ,		/* size: interrupt number (INTID); flags: trigger */
	CAPDL_OBJECT_TYPES
};

#define CAPDL_DEVICE		1u	/* MEMORY: from a device untyped (guest RAM, MMIO); paddr is given */
#define CAPDL_RAM		4u	/* MEMORY: beside DEVICE: RAM that the kernel does not hand out itself */
#define CAPDL_EDGE		2u	/* IRQ: edge-triggered, else level */
#define CAPDL_CORE_SHIFT	8u	/* IRQ: flags from this bit on: the core that takes it */

struct capdl_object {
	uint32_t type;
	uint32_t flags;
	uint32_t size;
	uint32_t count;		/* MEMORY: pages, consecutive when paddr is given; else 1 */
	uint64_t paddr;		/* MEMORY: of page 0, or CAPDL_ANY */
	char name[40];		/* NUL-terminated: for messages */
};

struct capdl_cap {
	uint32_t cnode;		/* object index of a CNODE */
	uint32_t slot;
	uint32_t object;
	uint32_t page;		/* MEMORY: which page; else 0 */
	uint32_t rights;	/* SEL4_RIGHT_* */
	uint32_t pad;
	uint64_t badge;		/* endpoint, notification: badge (0: none); CNODE: guard word (ABI 3.4) */
};

struct capdl_mapping {
	uint32_t vspace;
	uint32_t memory;
	uint64_t vaddr;
	uint32_t first;		/* page of the memory object */
	uint32_t count;
	uint32_t rights;	/* SEL4_RIGHT_READ | SEL4_RIGHT_WRITE */
	uint32_t attributes;	/* SEL4_ATTR_* */
};

struct capdl_fill {		/* memory that is not filled is zero (RAM) or as it is (device) */
	uint32_t memory;
	uint32_t pad;
	uint64_t offset;	/* in the memory object, any alignment */
	uint64_t data;		/* offset from the start of the header */
	uint64_t length;
};

struct capdl_thread {
	uint32_t tcb;
	uint32_t cspace;	/* CNODE */
	uint32_t vspace;
	uint32_t ipc_memory;	/* CAPDL_NONE: no IPC buffer (guest vCPUs) */
	uint32_t ipc_page;
	uint32_t bound_notification; /* or CAPDL_NONE */
	uint32_t priority;
	uint32_t mcp;
	uint32_t resume;	/* 0: left inactive (guest vCPUs) */
	uint32_t core;		/* 0 unless the kernel has several */
	uint64_t cspace_guard;	/* guard word, ABI 3.4 */
	uint64_t fault_endpoint; /* cptr in the thread's own CSpace; 0: none */
	uint64_t ipc_vaddr;
	uint64_t pc, sp;
	uint64_t x0, x1;	/* components: address of the configuration FDT, of the IPC buffer */
	uint32_t account;	/* that its CPU time is charged to (docs/kernel.md); 0: none */
	uint32_t weight;	/* of the account */
	uint32_t band;		/* the priority at which the account competes with others */
	uint32_t pad;
};

struct capdl_irq_binding {
	uint32_t irq;
	uint32_t notification;
	uint64_t badge;
};

struct capdl_header {
	uint32_t magic;
	uint32_t version;
	uint64_t total_size;
	uint32_t crc32;		/* of everything behind the header; polynomial 0xedb88320 */
	uint32_t pad;
	uint32_t num_objects, num_caps, num_mappings, num_fills, num_threads, num_irqs;
	uint64_t objects, caps, mappings, fills, threads, irqs;	/* offsets */
};

_Static_assert(sizeof(struct capdl_object) == 64, "packed by hand");
_Static_assert(sizeof(struct capdl_cap) == 32, "packed by hand");
_Static_assert(sizeof(struct capdl_mapping) == 32, "packed by hand");
_Static_assert(sizeof(struct capdl_fill) == 32, "packed by hand");
_Static_assert(sizeof(struct capdl_thread) == 112, "packed by hand");
_Static_assert(sizeof(struct capdl_irq_binding) == 16, "packed by hand");
_Static_assert(sizeof(struct capdl_header) == 96, "packed by hand");

#endif
