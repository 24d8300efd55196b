/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done per cap type: size, creation, derivation, rights and badges, the end. */
#ifndef KERNEL_OBJECT_H
#define KERNEL_OBJECT_H

#include <kernel/cdt.h>

/* Size bits of an object of this type (ABI 3.1); size_bits is the user's argument. */
unsigned int object_bits(seL4_ObjectType type, unsigned int size_bits);
/*
 * Turns fresh memory (zero and not in caches, unless device) into an object and gives its first cap.
 */
struct cap object_create(seL4_ObjectType type, struct paddr at, unsigned int size_bits,
			 bool device);

/* The cap a copy gets: seL4_NoError with *out (null = IllegalOperation), or RevokeFirst... */
seL4_Error object_derive(const struct slot *slot, struct cap cap, struct cap *out);
struct cap object_mask_rights(struct cap cap, u64 rights_word);
/* With a badge or guard word; keep = Mutate and friends (no new badge). Null if not allowed. */
struct cap object_update_data(struct cap cap, u64 data, bool keep);

bool object_same(struct cap a, struct cap b);
bool object_same_region(struct cap a, struct cap b);	/* b's object is a's or inside a's */

/*
 * A step in ending the object of this cap, the last one, where that takes long: one of the threads
 * that wait at it does so no longer, some spaces of a pool are left. A cap that threads waited at
 * loses its rights, so that nobody comes to wait. False: nothing is left to do.
 */
bool object_wind_down(struct cap *cap);
/*
 * Ends the use of a cap. final: the last one to its object, which is then destroyed. Returns null
 * or, for CNodes and TCBs, the zombie that must be emptied. For address space caps this calls
 * frame_finalise() etc. of vspace.h, asid.h, vcpu.h.
 */
struct cap object_finalise(struct cap cap, bool final);

#endif
