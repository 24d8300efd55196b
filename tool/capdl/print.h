/* SPDX-License-Identifier: BSD-2-Clause */
/* What print.c and tables.c share. */
#ifndef TOOL_PRINT_H
#define TOOL_PRINT_H

#include "distribution.h"

struct print {
	const struct distribution *distribution;
	FILE *out;
	char **names;		/* of each object, as capDL's identifiers */
	struct print_page *pages;	/* of all address spaces, in the order of their addresses */
	size_t page_count;
};

/* A page in an address space. */
struct print_page {
	uint32_t vspace;
	uint32_t memory;
	uint32_t page;
	uint32_t rights;
	uint32_t attributes;
	uint64_t vaddr;
};

/* "ram_17", "stack[3]", "heap": one page of a memory object. */
void print_frame(const struct print *p, uint32_t memory, uint32_t page);
void print_rights(const struct print *p, uint32_t rights);

/* tables.c */
void tables_collect(struct print *p);
void tables_objects(const struct print *p);
void tables_caps(const struct print *p);

#endif
