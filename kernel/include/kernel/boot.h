/* SPDX-License-Identifier: BSD-2-Clause */
/* Start-up: core/boot*.c. */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <kernel/cap.h>

/* What the loader passes (ABI 7.1, x0..x5). */
struct boot_parameters {
	u64 image_start, image_end;	/* physical */
	u64 pv_offset;			/* physical - virtual of the user image */
	u64 entry;
	u64 dtb, dtb_size;
};

#endif
