/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds things by one or two names, however many there are. Lives in an arena. */
#ifndef TOOL_INDEX_H
#define TOOL_INDEX_H

#include <stdint.h>

#include "arena.h"

struct index_slot {
	const char *first;	/* NULL: free */
	const char *second;
	uint32_t hash;
	void *value;
};

struct index {
	struct index_slot *slots;
	size_t size;		/* a power of two, or 0 */
	size_t count;
};

/* NULL: not there. `second` may be NULL. */
void *index_find(const struct index *x, const char *first, const char *second);
/* Replaces what had these names. The names must outlive the index. */
void index_put(struct arena *a, struct index *x, const char *first, const char *second,
	       void *value);

#endif
