/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A component with generated stubs: what the generated stub.c gives to the runtime, and back.
 * Authors include <camkes.h>, which is generated too.
 */
#ifndef PEERVISOR_COMPONENT_H
#define PEERVISOR_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

#define COMPONENT_THREADS	64	/* at most, with the first */

struct component_part {
	const char *name;	/* of the interface; NULL ends the table */
	void (*init)(void);	/* IFACE__init, or NULL */
	int (*run)(void);	/* IFACE__run, or NULL: before the interface's thread serves */
	void (*serve)(void);	/* the interface's thread, or NULL: it has none */
};

struct component_dataport {
	void **place;		/* the pointer of the interface's name */
	uint64_t size;
	uint64_t id;		/* of the connection: the same on both sides */
	const char *name;
};

/* Generated. */
extern const struct component_part component_parts[];
extern struct component_dataport component_dataports[];	/* ended by place NULL */
void component_connect(void);	/* reads slots, addresses and attributes */
void component_run(void);	/* run(), if the component has `control` */

/* Written by the component's author, if wanted. */
void pre_init(void);
void post_init(void);
int run(void);

const char *get_instance_name(void);

void component_lock_init(void);

/* For component_connect: a property of an interface's node; 0 if the interface is not connected. */
uint64_t component_slot(const char *interface, const char *property);
/* The first `count` of PROPERTY, PROPERTY-1, PROPERTY-2...; 0 where there is none. */
void component_slots(const char *interface, const char *property, uint64_t *slots, unsigned int count);
/* The n-th range of registers that a dtb() query found. */
void *component_registers(const char *interface, unsigned int n);
void component_dataport(struct component_dataport *d);
/* An attribute's value; 0 or "" if the assembly gives none. */
uint64_t component_number(const char *attribute);
const char *component_text(const char *attribute);

#endif
