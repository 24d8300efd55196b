/* SPDX-License-Identifier: BSD-2-Clause */
/* ASIDs and hardware VMIDs between asid.c, vspace.c and the switch. */
#ifndef OBJECT_SPACE_H
#define OBJECT_SPACE_H

#include <kernel/asid.h>

/* Root and VMID of the space of a VSpace cap; false if it is not alive or has no VMID yet. */
bool space_has_vmid(struct cap cap, u64 *root, u64 *vmid);
/* Makes the space of a VSpace cap the current one; the empty space if it is not alive. */
void space_activate(struct cap cap);
/* Flushes what the TLB holds of an ASID: all of it, or one page. Nothing if it has no VMID. */
void space_flush(u16 asid);
void space_flush_page(u16 asid, u64 ipa);
/* Boot: the root task's pool (number 0) and its VSpace, which gets ASID 1. */
void asid_boot(struct paddr pool, struct paddr vspace);
/*
 * Boot: puts a table, or a frame, into the root task's space (ASID 1) without a check, and
 * returns its cap as it is when mapped. Tables from the top level down.
 */
struct cap vspace_boot_table(struct paddr root, struct paddr table, u64 address);
struct cap vspace_boot_frame(struct paddr root, struct paddr frame, u64 address, u64 attributes);

#endif
