/* SPDX-License-Identifier: BSD-2-Clause */
#include "index.h"

#include <stdbool.h>
#include <string.h>

/* FNV-1a; the names' ends count, so that ("ab", "c") differs from ("a", "bc"). */
static uint32_t hash_text(uint32_t hash, const char *text)
{
	for (; text && *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return (hash ^ 0xff) * 16777619u;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The slot that holds these names, or the free one where they belong. */
static struct index_slot *slot_of(const struct index *x, uint32_t hash, const char *first,
				  const char *second)
{
	size_t i = hash & (x->size - 1);
	struct index_slot *s;

	for (;; i = (i + 1) & (x->size - 1)) {
		s = &x->slots[i];
		if (!s->first || (s->hash == hash && same(s->first, first) &&
				  same(s->second, second)))
			return s;
	}
}

void *index_find(const struct index *x, const char *first, const char *second)
{
	if (!x->size || !first)
		return NULL;
	return slot_of(x, hash_text(hash_text(2166136261u, first), second), first, second)->value;
}

static void grow(struct arena *a, struct index *x)
{
	struct index_slot *old = x->slots;
	size_t n = x->size, i;

	x->size = n ? n * 2 : 8;
	x->slots = arena_alloc(a, x->size * sizeof(*x->slots));
	for (i = 0; i < n; i++)
		if (old[i].first)
			*slot_of(x, old[i].hash, old[i].first, old[i].second) = old[i];
}

void index_put(struct arena *a, struct index *x, const char *first, const char *second, void *value)
{
	uint32_t hash = hash_text(hash_text(2166136261u, first), second);
	struct index_slot *s;

	if (x->count * 2 >= x->size)
		grow(a, x);
	s = slot_of(x, hash, first, second);
	x->count += !s->first;
	*s = (struct index_slot){ first, second, hash, value };
}
