/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which untyped an object is made of. Follows the kernel's watermark rule
 * (an untyped hands out ascending addresses, aligned to the object's size) so
 * that every address is known beforehand; makes nothing itself but asks
 * `retype`, so it runs on the host too.
 */
#ifndef ROOTTASK_ALLOCATOR_H
#define ROOTTASK_ALLOCATOR_H

#include <stdbool.h>
#include <stdint.h>

#define ALLOCATOR_MAX_UNTYPEDS	2048u

struct allocator_untyped {
	uint64_t paddr;
	uint64_t used;		/* bytes below the watermark */
	uint64_t cptr;
	uint8_t bits;
	bool device;
};

struct allocator_range {
	uint64_t start, end;	/* physical; end exclusive */
};

/* Makes `count` objects in consecutive slots; addresses ascend. 0 or an error that is passed on. */
typedef int allocator_retype(const struct allocator_untyped *from, unsigned int type,
			     unsigned int bits, uint64_t slot, unsigned int count);
typedef uint64_t allocator_new_slot(void);	/* slot for what is skipped */
typedef uint64_t allocator_cptr(uint64_t slot);

struct allocator {
	struct allocator_untyped untypeds[ALLOCATOR_MAX_UNTYPEDS];
	unsigned int num_untypeds;
	const struct allocator_range *fixed;	/* ascending; must not be passed by others */
	unsigned int num_fixed;
	allocator_retype *retype;
	allocator_new_slot *new_slot;
	allocator_cptr *cptr;
};

/* Adds an untyped as the kernel lists it, unused so far. False: table full. */
bool allocator_add(struct allocator *allocator, uint64_t paddr, unsigned int bits, bool device,
		   uint64_t cptr);

/*
 * Both return how many of `count` objects were made (at least 1, one batch),
 * or -1 if there is no room, or another negative number from retype.
 */

/* From RAM: the smallest room that holds one. */
int allocator_take(struct allocator *allocator, unsigned int type, unsigned int bits,
		   uint64_t slot, unsigned int count);

/* At `paddr`; calls must come with ascending addresses. */
int allocator_take_at(struct allocator *allocator, uint64_t paddr, unsigned int type,
		      unsigned int bits, uint64_t slot, unsigned int count);

/* Is there an untyped that still has this page? Device or RAM as asked. */
bool allocator_has(const struct allocator *allocator, uint64_t paddr, bool device);

#endif
