/* SPDX-License-Identifier: BSD-2-Clause */
/* Dataports: the default type, and pointers that both sides of one understand. */
#ifndef CAMKES_DATAPORT_H
#define CAMKES_DATAPORT_H

#include <stdint.h>

#ifndef PAGE_SIZE
#define PAGE_SIZE 4096
#endif

typedef struct Buf {
	char content[PAGE_SIZE];
} Buf;

/* Names a byte of a shared dataport; id 0 names none. May be a parameter of a procedure. */
typedef struct dataport_ptr {
	uint64_t id;
	uint64_t offset;
} dataport_ptr_t;

dataport_ptr_t dataport_wrap_ptr(void *pointer);
/* NULL: it does not lie in a dataport of this component. */
void *dataport_unwrap_ptr(dataport_ptr_t p);

#endif
