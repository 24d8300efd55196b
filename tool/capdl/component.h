/* SPDX-License-Identifier: BSD-2-Clause */
/* What every component has: address space, capability space, thread, notification, log port. */
#ifndef TOOL_COMPONENT_H
#define TOOL_COMPONENT_H

#include "../model/model.h"
#include "distribution.h"
#include "elf.h"
#include "tree.h"

/* Where things lie in a component's address space. ELF files are linked below COMPONENT_STACK. */
#define COMPONENT_ELF_END	0x10000000ull
#define COMPONENT_STACK_TOP	0x20000000ull
#define COMPONENT_IPC		0x20100000ull	/* one page for each thread */
#define COMPONENT_CONFIG	0x20200000ull
#define COMPONENT_PORTS		0x20400000ull	/* serial ports: two pages each */
#define COMPONENT_IOBUFS	0x20800000ull	/* two pages for each connection */
#define COMPONENT_UART		0x20a00000ull
#define COMPONENT_DATAPORTS	0x24000000ull
#define COMPONENT_HEAP		0x30000000ull
#define COMPONENT_KERNEL	0x100000000ull
#define COMPONENT_INITRD	0x200000000ull
#define COMPONENT_DTB		0x300000000ull
#define COMPONENT_RAM		0x1000000000ull
#define COMPONENT_WINDOWS	0x3000000000ull	/* one for each connection as driver */
#define COMPONENT_WINDOW	0x40000000ull

#define COMPONENT_THREADS	64u	/* as in runtime/include/peervisor/component.h */

#define COMPONENT_RADIX		8u
#define COMPONENT_SERIAL_PORTS	240u	/* each is a capability of the server; MAX_PORTS there */
#define COMPONENT_EVENTS	60u	/* badge bits: docs/bindings.md, bit 63 is the endpoints' */

#define PRIORITY_TIMER		220u
#define PRIORITY_DEVICE_VMM	151u	/* runs at a driver VM's kick, before the kick's monitor goes on */
#define PRIORITY_VMM		150u
#define PRIORITY_SERIAL		140u

struct system;

struct component {
	struct system *system;
	const char *name;
	uint32_t vspace;
	uint32_t cnode;
	uint32_t tcb;
	uint32_t notification;
	uint32_t endpoint;		/* CAPDL_NONE: none */
	uint32_t ipc;
	uint32_t priority;
	uint32_t core;
	uint32_t account, weight, band;	/* who pays for its threads' CPU time */
	uint64_t entry;
	uint64_t slots;			/* next free */
	uint64_t ports;			/* serial ports so far */
	uint64_t dataports;		/* next free address */
	uint64_t clients;		/* endpoint badges so far */
	uint64_t threads;		/* beside the first */
	uint64_t stacks;		/* where the next stack ends */
	const char *program;		/* its file, for messages */
	const char *label;		/* of the log in which its faults are told */
	const char *vm;			/* of a monitor: whose; else NULL */
	bool stack_given;		/* by the attribute _stack_size */
	unsigned int events;
	struct tree *config;
};

/* What is built: the distribution and the servers that others become clients of. */
struct system {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct model *model;
	const char *build_dir;
	const char *variant;		/* of what is built there: "", or "-smp" for several cores */
	struct distribution *distribution;
	struct component *timer;
	struct component *serial;
	unsigned int serial_ports;
	uint64_t watched;		/* threads whose faults go to the serial server */
	uint64_t serial_kick;	/* one badge of all its clients, so that they may be many */
	unsigned int timer_clients;
	uint32_t accounts;		/* given out so far */
	uint32_t gicv;
};

struct component_plan {
	const char *name;
	const char *elf;		/* path, or below the build folder, without its variant and .elf */
	const char *compatible;
	uint32_t weight;		/* of its account; 0: a server, whose clients pay */
	uint32_t band;			/* the priority at which it competes for CPU time */
	uint32_t priority;
	uint32_t core;
	uint64_t heap;
	uint64_t stack;
	bool endpoint;
};

/* NULL: said why. */
struct component *component_new(struct system *s, const struct component_plan *plan);
uint64_t component_slot(struct component *c);
/* Puts a capability into the next slot; gives the slot. */
uint64_t component_cap(struct component *c, uint32_t object, uint32_t page, uint32_t rights,
		       uint64_t badge);
/* A badge with the next free bit. 0: no more, said so. */
uint64_t component_event(struct component *c);
void component_map(struct component *c, uint32_t memory, uint64_t vaddr, uint32_t rights);
/* Adds node `node` (log, console): a port of the serial server. */
void component_port(struct component *c, const char *node, const char *label);
/* Adds node `threads/thread@N`: one more thread, which starts when it is told to. */
void component_thread(struct component *c, const char *name, uint32_t priority, uint32_t core,
		      uint64_t stack_size);
/* Writes the configuration and makes the first thread. Last call for a component. */
void component_finish(struct component *c);

/* The whole system of a model. NULL: said why. */
struct distribution *system_build(struct model *m, const char *build_dir);
bool system_vms(struct system *s);
bool system_natives(struct system *s);

#endif
