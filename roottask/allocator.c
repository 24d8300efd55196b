/* SPDX-License-Identifier: BSD-2-Clause */
#include <stddef.h>
#include <sel4/abi.h>
#include "allocator.h"

static uint64_t align_up(uint64_t value, unsigned int bits)
{
	uint64_t mask = (1ull << bits) - 1;

	return (value + mask) & ~mask;
}

static uint64_t end_of(const struct allocator_untyped *untyped)
{
	return untyped->paddr + (1ull << untyped->bits);
}

bool allocator_add(struct allocator *allocator, uint64_t paddr, unsigned int bits, bool device,
		   uint64_t cptr)
{
	if (allocator->num_untypeds == ALLOCATOR_MAX_UNTYPEDS)
		return false;
	allocator->untypeds[allocator->num_untypeds++] = (struct allocator_untyped){
		.paddr = paddr, .bits = (uint8_t)bits, .device = device, .cptr = cptr,
	};
	return true;
}

/* Where the room of an untyped ends for objects of any address. */
static uint64_t limit_of(const struct allocator *allocator,
			 const struct allocator_untyped *untyped)
{
	uint64_t at = untyped->paddr + untyped->used, end = end_of(untyped);

	for (unsigned int i = 0; i < allocator->num_fixed; i++) {
		const struct allocator_range *range = &allocator->fixed[i];

		if (range->end > at && range->start < end)
			return range->start < at ? at : range->start;
	}
	return end;
}

static unsigned int batch(unsigned int count, uint64_t room, unsigned int bits)
{
	uint64_t fits = room >> bits;

	if (count > SEL4_RETYPE_FAN_OUT)
		count = SEL4_RETYPE_FAN_OUT;
	return fits < count ? (unsigned int)fits : count;
}

static int make(struct allocator *allocator, struct allocator_untyped *untyped, uint64_t at,
		unsigned int type, unsigned int bits, uint64_t slot, unsigned int count)
{
	int error = allocator->retype(untyped, type, bits, slot, count);

	if (error)
		return error;
	untyped->used = at + ((uint64_t)count << bits) - untyped->paddr;
	return (int)count;
}

int allocator_take(struct allocator *allocator, unsigned int type, unsigned int bits,
		   uint64_t slot, unsigned int count)
{
	struct allocator_untyped *best = NULL;
	uint64_t best_room = 0, best_at = 0;

	for (unsigned int i = 0; i < allocator->num_untypeds; i++) {
		struct allocator_untyped *untyped = &allocator->untypeds[i];
		uint64_t at = align_up(untyped->paddr + untyped->used, bits);
		uint64_t limit = limit_of(allocator, untyped);

		if (untyped->device || at >= limit || (limit - at) >> bits == 0)
			continue;
		if (!best || limit - at < best_room) {
			best = untyped;
			best_room = limit - at;
			best_at = at;
		}
	}
	if (!best)
		return -1;
	return make(allocator, best, best_at, type, bits, slot, batch(count, best_room, bits));
}

static struct allocator_untyped *find(const struct allocator *allocator, uint64_t paddr)
{
	for (unsigned int i = 0; i < allocator->num_untypeds; i++) {
		const struct allocator_untyped *untyped = &allocator->untypeds[i];

		if (paddr >= untyped->paddr + untyped->used && paddr < end_of(untyped))
			return (struct allocator_untyped *)untyped;
	}
	return NULL;
}

bool allocator_has(const struct allocator *allocator, uint64_t paddr, bool device)
{
	const struct allocator_untyped *untyped = find(allocator, paddr);

	return untyped && untyped->device == device;
}

/* Moves the watermark to `paddr`. What is skipped of RAM stays usable: it becomes untypeds. */
static int skip_to(struct allocator *allocator, struct allocator_untyped *untyped, uint64_t paddr)
{
	uint64_t at = align_up(untyped->paddr + untyped->used, SEL4_MIN_UNTYPED_BITS);

	while (at < paddr) {
		unsigned int bits = SEL4_MIN_UNTYPED_BITS;
		uint64_t slot;
		int made;

		while (bits < SEL4_MAX_UNTYPED_BITS && at % (2ull << bits) == 0 &&
		       (2ull << bits) <= paddr - at)
			bits++;
		slot = allocator->new_slot();
		made = make(allocator, untyped, at, seL4_UntypedObject, bits, slot, 1);
		if (made < 0)
			return made;
		if (!untyped->device)	/* a full table only means that this piece stays unused */
			allocator_add(allocator, at, bits, false, allocator->cptr(slot));
		at += 1ull << bits;
	}
	return 0;
}

int allocator_take_at(struct allocator *allocator, uint64_t paddr, unsigned int type,
		      unsigned int bits, uint64_t slot, unsigned int count)
{
	struct allocator_untyped *untyped = find(allocator, paddr);
	int error;

	if (!untyped || (end_of(untyped) - paddr) >> bits == 0)
		return -1;
	error = skip_to(allocator, untyped, paddr);
	if (error)
		return error;
	return make(allocator, untyped, paddr, type, bits, slot,
		    batch(count, end_of(untyped) - paddr, bits));
}
