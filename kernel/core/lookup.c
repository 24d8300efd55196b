/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability address lookup (ABI 4). */
#include <kernel/cnode.h>
#include <kernel/lookup.h>
#include <kernel/tcb.h>

unsigned int lookup_failure_words(const struct lookup_failure *failure)
{
	static const unsigned char words[] = {
		[seL4_MissingCapability] = 1,
		[seL4_DepthMismatch] = 2,
		[seL4_GuardMismatch] = 3,
	};

	return words[failure->type];
}

/* The guard-size bits of cptr that come first among its lowest left bits. */
static u64 guard_part(u64 cptr, unsigned int left, unsigned int guard_bits)
{
	return guard_bits ? (cptr >> (left - guard_bits)) & bit_mask(guard_bits) : 0;
}

struct slot *lookup_resolve(struct cap root, u64 cptr, unsigned int bits, unsigned int *left,
			    struct lookup_failure *failure)
{
	unsigned int n = bits;

	if (cap_type(root) != CAP_CNODE) {
		*failure = lookup_invalid_root();
		return NULL;
	}
	for (;;) {
		unsigned int guard_bits = cap_cnode_guard_bits(root);
		unsigned int level = guard_bits + cap_cnode_radix(root);
		struct slot *slot;

		if (guard_bits > n || guard_part(cptr, n, guard_bits) != cap_cnode_guard(root)) {
			*failure = (struct lookup_failure){
				seL4_GuardMismatch, { n, cap_cnode_guard(root), guard_bits } };
			return NULL;
		}
		if (level > n) {
			*failure = (struct lookup_failure){ seL4_DepthMismatch, { n, level } };
			return NULL;
		}
		n -= level;
		slot = cnode_slots(root) + ((cptr >> n) & bit_mask(cap_cnode_radix(root)));
		if (n == 0 || cap_type(slot->cap) != CAP_CNODE) {
			*left = n;
			return slot;
		}
		root = slot->cap;
	}
}

struct slot *lookup_levels(struct cap root, u64 cptr)
{
	struct lookup_failure ignored;
	unsigned int left;

	return lookup_resolve(root, cptr, 64, &left, &ignored);
}
