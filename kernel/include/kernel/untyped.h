/* SPDX-License-Identifier: BSD-2-Clause */
/* Untyped memory: retype and reset (ABI 2.5, 10.7). untyped_decode() is in invocation.h. */
#ifndef KERNEL_UNTYPED_H
#define KERNEL_UNTYPED_H

#include <kernel/cdt.h>

#define UNTYPED_RESET_CHUNK_BITS	8

/* Marks the whole untyped as used (copies; ASID pools). */
static inline void untyped_fill(struct slot *slot)
{
	slot->cap.w[1] = 1UL << cap_untyped_bits(slot->cap);
}

#endif
