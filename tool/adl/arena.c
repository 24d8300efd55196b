/* SPDX-License-Identifier: BSD-2-Clause */
#include "arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE (64u * 1024u)

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) unsigned char data[];
};

static void *checked_calloc(size_t size)
{
	void *p = calloc(1, size);

	if (!p) {
		fputs("peervisor: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	size_t need = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	struct arena_block *b;
	size_t room;

	if (need < size || need > SIZE_MAX / 2) {
		fputs("peervisor: out of memory\n", stderr);
		exit(1);
	}
	if (!a->blocks || a->size - a->used < need) {
		room = need > BLOCK_SIZE ? need : BLOCK_SIZE;
		b = checked_calloc(sizeof(*b) + room);
		b->next = a->blocks;
		a->blocks = b;
		a->used = 0;
		a->size = room;
	}
	a->used += need;
	return a->blocks->data + a->used - need;
}

void *arena_grow(struct arena *a, void *array, size_t count, size_t *capacity, size_t element)
{
	size_t larger;
	void *copy;

	if (count < *capacity)
		return array;
	larger = *capacity ? *capacity * 2 : 8;
	copy = arena_alloc(a, larger * element);
	if (count)
		memcpy(copy, array, count * element);
	*capacity = larger;
	return copy;
}

char *arena_copy(struct arena *a, const char *text, size_t length)
{
	char *copy = arena_alloc(a, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_vformat(struct arena *a, const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return arena_copy(a, "", 0);
	text = arena_alloc(a, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, args);
	return text;
}

char *arena_format(struct arena *a, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vformat(a, format, args);
	va_end(args);
	return text;
}

void arena_free(struct arena *a)
{
	struct arena_block *b = a->blocks, *next;

	for (; b; b = next) {
		next = b->next;
		free(b);
	}
	memset(a, 0, sizeof(*a));
}
