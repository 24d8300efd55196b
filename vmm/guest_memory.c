/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest_memory.h"

#include <stddef.h>
#include <string.h>

static bool overlaps(const struct guest_range *range, gpa_t base, uint64_t size)
{
	return base.value < range->base.value + range->size &&
	       range->base.value < base.value + size;
}

bool guest_memory_add(struct guest_memory *memory, gpa_t base, uint64_t size, void *window)
{
	unsigned int i;

	if (!size || !window || base.value + size < base.value)
		return false;
	if (memory->count == GUEST_MEMORY_RANGES)
		return false;
	for (i = 0; i < memory->count; i++)
		if (overlaps(&memory->range[i], base, size))
			return false;
	memory->range[memory->count++] = (struct guest_range){ base, size, window };
	return true;
}

void *guest_memory_at(const struct guest_memory *memory, gpa_t at, uint64_t length)
{
	unsigned int i;

	for (i = 0; i < memory->count; i++) {
		const struct guest_range *range = &memory->range[i];
		uint64_t offset = at.value - range->base.value;

		if (at.value < range->base.value || offset >= range->size)
			continue;
		return length <= range->size - offset ? range->window + offset : NULL;
	}
	return NULL;
}

bool guest_memory_write(const struct guest_memory *memory, gpa_t at, const void *from,
			uint64_t length)
{
	void *to = guest_memory_at(memory, at, length);

	if (!to)
		return false;
	memcpy(to, from, length);
	return true;
}

bool guest_memory_zero(const struct guest_memory *memory, gpa_t at, uint64_t length)
{
	void *to = guest_memory_at(memory, at, length);

	if (!to)
		return false;
	memset(to, 0, length);
	return true;
}

static void clean_lines(uint8_t *from, uint64_t length)
{
#ifdef __aarch64__
	uint64_t ctr, line;
	uint8_t *end = from + length;

	__asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
	line = 4ull << (ctr >> 16 & 15);	/* CTR_EL0.DminLine: log2 words */
	for (; from < end; from += line)
		__asm__ volatile("dc civac, %0" : : "r"(from) : "memory");
	__asm__ volatile("dsb sy" : : : "memory");
#else
	(void)from;
	(void)length;
#endif
}

void guest_memory_clean(const struct guest_memory *memory)
{
	unsigned int i;

	for (i = 0; i < memory->count; i++)
		clean_lines(memory->range[i].window, memory->range[i].size);
}

void guest_memory_clear(const struct guest_memory *memory, unsigned int from)
{
	unsigned int i;

	for (i = from; i < memory->count; i++) {
		memset(memory->range[i].window, 0, memory->range[i].size);
		clean_lines(memory->range[i].window, memory->range[i].size);
	}
}
