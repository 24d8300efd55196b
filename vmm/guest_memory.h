/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's RAM as the monitor sees it: every access is checked against the ranges. */
#ifndef VMM_GUEST_MEMORY_H
#define VMM_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* A guest-physical address: a type of its own, so that it is never mixed with a pointer. */
typedef struct {
	uint64_t value;
} gpa_t;

static inline gpa_t gpa(uint64_t value)
{
	return (gpa_t){ value };
}

#define GUEST_MEMORY_RANGES 16

struct guest_range {
	gpa_t base;
	uint64_t size;
	uint8_t *window;	/* where the monitor has it mapped */
};

struct guest_memory {
	struct guest_range range[GUEST_MEMORY_RANGES];
	unsigned int count;
};

/* False: no room, empty, wraps, or overlaps one that is there. */
bool guest_memory_add(struct guest_memory *memory, gpa_t base, uint64_t size, void *window);

/* The monitor's view of [at, at + length), or NULL if that is not all inside one range. */
void *guest_memory_at(const struct guest_memory *memory, gpa_t at, uint64_t length);

bool guest_memory_write(const struct guest_memory *memory, gpa_t at, const void *from,
			uint64_t length);
bool guest_memory_zero(const struct guest_memory *memory, gpa_t at, uint64_t length);

/*
 * The ranges from the given one on (0: RAM, further ones: windows that backends see) to zero; and out
 * of the caches, since the guest starts with its MMU off.
 */
void guest_memory_clear(const struct guest_memory *memory, unsigned int from);

/* Every line of all RAM out of the caches: what the guest reads with its MMU off is what was written. */
void guest_memory_clean(const struct guest_memory *memory);

#endif
