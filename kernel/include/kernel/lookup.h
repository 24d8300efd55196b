/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability address lookup (ABI 4). */
#ifndef KERNEL_LOOKUP_H
#define KERNEL_LOOKUP_H

#include <kernel/cap.h>

/* Why a lookup failed; detail words in the order of ABI 2.3. */
struct lookup_failure {
	seL4_LookupFailureType type;
	u64 detail[3];
};

unsigned int lookup_failure_words(const struct lookup_failure *failure);

static inline struct lookup_failure lookup_invalid_root(void)
{
	return (struct lookup_failure){ .type = seL4_InvalidRoot };
}

static inline struct lookup_failure lookup_missing(u64 bits_left)
{
	return (struct lookup_failure){ seL4_MissingCapability, { bits_left } };
}

/*
 * Resolves cptr's lowest bits from root. NULL on failure, with the reason in *failure. *left is
 * the number of bits that remained.
 */
struct slot *lookup_resolve(struct cap root, u64 cptr, unsigned int bits, unsigned int *left,
			    struct lookup_failure *failure);

/*
 * As lookup_resolve() of 64 bits with those left ignored; NULL if it fails. Most capability spaces
 * are one CNode that resolves them all.
 */
struct slot *lookup_levels(struct cap root, u64 cptr);

static inline struct slot *lookup_in(struct cap root, u64 cptr)
{
	unsigned int guard_bits = cap_cnode_guard_bits(root), radix = cap_cnode_radix(root);

	if (cap_type(root) != CAP_CNODE)
		return NULL;
	if (guard_bits + radix != 64)
		return lookup_levels(root, cptr);
	if (cptr >> radix != cap_cnode_guard(root))
		return NULL;
	return (struct slot *)cap_object(root) + (cptr << guard_bits >> guard_bits);
}

#endif
