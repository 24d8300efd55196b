/* SPDX-License-Identifier: BSD-2-Clause */
/* The checked assembly: what is to be built, with every address and interrupt decided. */
#ifndef TOOL_MODEL_H
#define TOOL_MODEL_H

#include "../adl/ast.h"
#include "platform.h"

#define MODEL_CMDLINE	2048	/* Linux on arm64: COMMAND_LINE_SIZE */
#define MODEL_VCPUS	4	/* of a VM; list registers hold a source of 0 to 7 */
#define MODEL_CPU_WEIGHT	100	/* unless set: the account's quantum is 10 ms */
#define MODEL_VM_PRIORITY	100	/* of a vCPU unless set; components share the CPU with VMs up to it */
#define MODEL_CORES	4	/* of kernel-smp.elf, and of the machine then */
#define MODEL_LARGE	0x200000ull	/* pages of guest RAM and blobs */

struct model_blob {
	struct model_blob *next;
	const char *path;
	const char *name;		/* as the assembly has it */
	const void *data;
	uint64_t size;
	uint64_t paddr;			/* where it lies in the image; 2 MiB aligned */
	uint32_t memory;		/* its object in the distribution, while that is built */
};

struct model_range {
	struct model_range *next;
	const struct token *at;
	uint64_t paddr;
	uint64_t size;
};

struct model_irq {
	struct model_irq *next;
	const struct token *at;
	uint32_t intid;
	bool edge;
};

struct model_node {
	struct model_node *next;
	const struct token *at;
	const char *name;
	int offset;			/* in the platform's device tree */
};

/* What the emulated machine has behind a passed-through device (peervisor run). */
struct model_machine_device {
	struct model_machine_device *next;
	const struct token *at;
	const char *type;		/* virtio-blk, virtio-net */
	const char *name;
	const char *file;
	unsigned int bus;
};

struct model_vm {
	struct model_vm *next;
	const struct adl_instance *instance;
	const char *name;
	uint32_t id;
	uint64_t ram_base;		/* guest physical */
	uint64_t ram_size;
	uint64_t ram_paddr;
	bool ram_base_given;
	bool identity;
	struct model_blob *kernel;
	struct model_blob *initrd;
	struct model_blob *dtb;
	const char *cmdline;
	uint32_t priority;
	uint32_t cpu_weight;
	unsigned int vcpus;
	uint32_t core;
	bool spread;			/* each further vCPU is one core on */
	bool console;
	uint64_t heap_size;
	uint64_t start_timeout;
	const char *sharing;		/* as set, or NULL */
	const struct token *sharing_at;
	struct model_range *mmios;
	struct model_irq *irqs;
	struct model_node *nodes;
	struct model_machine_device *machine_devices;
	const struct adl_value *serves;	/* vm_virtio_devices: a list, or NULL */
	const struct adl_value *expects;
	unsigned int links;		/* as driver */
	unsigned int served;		/* as device */
	unsigned int visit;		/* state of the search for cycles */
};

/* One connection of a device VM to a driver VM. */
struct model_link {
	struct model_link *next;
	const struct token *at;
	struct model_vm *device;
	struct model_vm *driver;
	unsigned int device_index;	/* among the connections that the device VM serves */
	unsigned int driver_index;
	bool confined;			/* sharing "swiotlb": the device VM sees a window, else all RAM */
	const struct token *window_at;
	uint64_t window_given;		/* swiotlb_base as set, or 0 */
	uint64_t window_base;		/* guest physical in the driver VM */
	uint64_t window_size;
	uint64_t window_paddr;
	uint64_t memdev_ipa;		/* what is shared, in the device VM */
	uint64_t request_timeout;	/* ms for the device VM to answer; 0: for ever */
};

/* What the device VM sees: the window or all RAM of the driver VM. */
uint64_t link_shared_size(const struct model_link *l);
uint64_t link_shared_paddr(const struct model_link *l);
uint64_t link_shared_base(const struct model_link *l);	/* guest physical in the driver VM */
static inline const char *link_sharing(const struct model_link *l)
{
	return l->confined ? "swiotlb" : "ram";
}

struct model_thread {
	struct model_thread *next;
	const struct adl_interface *interface;	/* NULL: the thread of run() */
	const char *name;
	uint32_t priority;
	uint32_t core;
	uint32_t cpu_weight;		/* of the component: all its threads have the same */
	uint64_t stack_size;
};

/* What the assembly makes of an interface. */
struct model_face {
	const struct adl_interface *interface;
	bool connected;
	uint64_t size;			/* of a dataport */
	uint64_t value;			/* a semaphore begins with */
	uint32_t consumers;		/* of an event that is emitted */
	uint32_t registers;		/* of a device that a dtb() query found: ranges, interrupts */
	uint32_t interrupts;
};

#define MODEL_PARTS 8u			/* ranges or interrupts of one interface */

struct model_component {
	struct model_component *next;
	const struct adl_instance *instance;
	const struct adl_component *type;
	const char *folder;		/* of its sources; NULL: the project ships its program */
	const char *elf;		/* then its name in the components' folder, without .elf */
	uint64_t heap_size;
	struct model_thread control;
	struct model_thread *threads;	/* for each interface that is served */
	struct model_face *faces;	/* by the interfaces' order */
	const struct adl_value **values;	/* by the attributes' order; NULL: not set */
};

struct model_end {
	struct model_end *next;
	struct model_component *component;
	const struct adl_interface *interface;
	bool write;			/* memory: may it write? */
	uint64_t badge;			/* client of a procedure: as set, or 0 */
};

enum model_connection_kind {
	CONNECTION_CALL, CONNECTION_EVENT, CONNECTION_MEMORY, CONNECTION_MMIO, CONNECTION_INTERRUPT,
	CONNECTION_TREE,		/* of a dtb() query: becomes some of the two before */
};

struct model_connection {
	struct model_connection *next;
	const struct adl_connection *source;
	enum model_connection_kind kind;
	uint64_t size;			/* memory, MMIO: bytes, whole pages */
	uint64_t paddr;			/* MMIO */
	bool cached;
	uint32_t irq;
	bool edge;
	bool tree;			/* MMIO, interrupt: found by a dtb() query, as its n-th */
	uint32_t part;
	uint32_t offset;		/* of its registers in the first page */
	uint64_t bytes;			/* of registers */
	const struct token *at;		/* where hardware is named */
	struct model_end *from;
	struct model_end *to;
};

struct model {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct platform *platform;
	const struct adl_file *file;
	const char *folder;		/* of the assembly */
	const char *guests;
	struct model_vm *vms;
	struct model_link *links;
	struct model_component *components;
	struct index component_index;	/* by the instance's name */
	struct model_connection *connections;
	struct model_blob *blobs;
	uint32_t vm_count;
	bool several_cores;		/* something is to run beside core 0: another kernel, another build of all */
};

struct model_options {
	const char *assembly;		/* path */
	const char *guests;		/* folder of guest files */
	bool files;			/* false: guest files need not exist (check without building) */
};

/* NULL or counted errors in `d`: nothing may be built. */
struct model *model_build(struct arena *a, struct diagnostics *d, const struct adl_file *file,
			  struct platform *platform, const struct model_options *options);

/* Part of the names of what is built for the kernel that it needs. */
static inline const char *model_variant(const struct model *m)
{
	return m->several_cores ? "-smp" : "";
}

/*
 * Decides where blobs and guest RAM lie, given the size of the image's fixed part. False: does not
 * fit, said with what is missing.
 */
bool memory_plan(struct model *m, uint64_t fixed_size);

/* Do [a, a + a_size) and [b, b + b_size) share a byte? Neither may wrap. */
bool memory_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size);

/* Parts of model_build. */
bool model_vm(struct model *m, struct model_vm *vm);
void model_connect_vms(struct model *m);
void model_windows(struct model *m);
/* What the driver VM says of this backend: a key of one of its vm_virtio_drivers, or NULL. */
const struct adl_value *link_key(struct model *m, const struct model_link *l, const char *key,
				 const char *older);
void model_native(struct model *m);
void model_check_devices(struct model *m);
void model_threads(struct model *m, struct model_component *c);
struct model_face *model_face(const struct model_component *c, const struct adl_interface *i);
void model_hardware(struct model *m, struct model_connection *c);
/* Sets c->kind; false: said why there is none. */
bool model_connector(struct model *m, struct model_connection *c);
/* Connections for all that the query of CONNECTION_TREE `c` finds, at `end`; returns the new end. */
struct model_connection **model_tree(struct model *m, const struct model_connection *c,
				     struct model_connection **end);
void model_check_hardware(struct model *m);
struct model_vm *model_find_vm(const struct model *m, const char *instance);
/* By its name, its instance's, or the instance's without vm_. */
bool model_vm_is_called(const struct model_vm *vm, const char *name);
struct model_blob *model_blob(struct model *m, const char *name, const struct token *at, bool optional);

/*
 * Values of an instance's attribute: what the configuration sets (references followed), else the
 * default of the component, else NULL.
 */
const struct adl_value *setting_value(const struct model *m, const struct adl_instance *i,
				      const char *attribute);
const char *setting_string(const struct model *m, const struct adl_instance *i, const char *name);
/* Integers, or texts like "64M", "0x1000". */
bool setting_number(const struct model *m, const struct adl_instance *i, const char *name,
		    uint64_t *number);
/* The cpu_weight of a VM or component; one out of range is said. */
uint32_t setting_weight(struct model *m, const struct adl_instance *i);
/* The core that is set, 0 if none is; one that does not exist is said, at `at` and with who. */
uint32_t setting_core(struct model *m, uint64_t core, const struct token *at, const char *who);
bool setting_boolean(const struct model *m, const struct adl_instance *i, const char *name);
const struct adl_value *setting_list(const struct model *m, const struct adl_instance *i,
				     const char *name);
bool setting_parse_size(const char *text, uint64_t *number);
/* After everything was read: settings that nobody asked for. */
void setting_check(struct model *m);

#endif
