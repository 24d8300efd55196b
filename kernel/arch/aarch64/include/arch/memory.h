/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own address space at EL2 (48-bit, 4 KiB granule):
 *
 *	0x80_0000_0000	window on physical addresses 0 .. 255 GiB, RAM only
 *	0xff_c000_0000	the kernel image
 *	0xff_ffe0_0000	device pages
 *	0xff_ffe1_0000	each core's kernel stack, once more, between pages that are not mapped
 *
 * Nothing is both writable and executable, here or through the window: the image's own pages are
 * not in it.
 */
#ifndef ARCH_MEMORY_H
#define ARCH_MEMORY_H

#define KERNEL_WINDOW		0x8000000000
#define KERNEL_WINDOW_SIZE	0x3fc0000000
#define KERNEL_BASE		0xffc0000000
#define KERNEL_DEVICES		0xffffe00000
#define KERNEL_LOAD		0x60000000	/* p_paddr for loaders; found anew at entry */
#define KERNEL_STACK_SIZE	4096	/* a fourth of it is used: docs/kernel.md */
#define KERNEL_STACK_STEP	(2 * KERNEL_STACK_SIZE)
#define KERNEL_STACK_TOP	(KERNEL_DEVICES + 0x11000)	/* of core 0 */

#ifndef __ASSEMBLER__

#include <kernel/types.h>

/* RAM only. */
static inline void *arch_phys_to_ptr(struct paddr p)
{
	return (void *)(p.v | KERNEL_WINDOW);	/* the window is larger than any RAM address */
}

/* Objects: pointers into the window. The image's own data is not in it. */
static inline struct paddr arch_ptr_to_phys(const void *ptr)
{
	return paddr((u64)ptr & ~(u64)KERNEL_WINDOW);
}

#endif
#endif
