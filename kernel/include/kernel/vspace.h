/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces, page tables, frames: object/vspace.c. Decode functions are in invocation.h. */
#ifndef KERNEL_VSPACE_H
#define KERNEL_VSPACE_H

#include <kernel/cdt.h>

/* Size (log2) of a VSpace: it depends on the CPU (ABI 3.1). */
unsigned int vspace_size_bits(void);

/* Deletion hooks. Frames: every cap unmaps its own mapping. Tables: the final one only. */
void frame_finalise(struct cap cap);
void page_table_finalise(struct cap cap, bool final);
void vspace_finalise(struct cap cap, bool final);

#endif
