/* SPDX-License-Identifier: BSD-2-Clause */
/* ASID pools: object/asid.c. */
#ifndef KERNEL_ASID_H
#define KERNEL_ASID_H

#include <kernel/cdt.h>

#define ASID_NONE	0
#define ASID_POOL_BITS	9
#define ASID_POOLS	128

/* A step of the end of the pool whose last cap goes, see object_wind_down(). */
bool asid_pool_wind_down(struct cap cap);
/* The last cap to the pool goes: its ASIDs are dead. */
void asid_pool_finalise(struct cap cap, bool final);
/* The VSpace with this ASID, or false. */
bool asid_find(u16 asid, struct paddr *vspace);
/* Frees the ASID if it names this VSpace. */
void asid_delete(u16 asid, struct paddr vspace);

#endif
