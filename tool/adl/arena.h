/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory that lives as long as one run of the tool: taken in pieces, given back all at once.
 * Running out ends the program with one line, so callers need no check.
 */
#ifndef TOOL_ARENA_H
#define TOOL_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used;
	size_t size;
};

/* Zeroed and aligned for every type. */
void *arena_alloc(struct arena *a, size_t size);
/* Grows an array to hold one more element; *capacity is in elements. */
void *arena_grow(struct arena *a, void *array, size_t count, size_t *capacity, size_t element);
char *arena_copy(struct arena *a, const char *text, size_t length);
char *arena_format(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *a, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
void arena_free(struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc(a, sizeof(type)))

#endif
