/* SPDX-License-Identifier: BSD-2-Clause */
/* The device tree that the guest sees: only what the guest has. */
#ifndef VMM_GUEST_FDT_H
#define VMM_GUEST_FDT_H

#include "config.h"
#include "linux_image.h"

/* Into `to`. 0, or a negative libfdt error. */
int guest_fdt_generate(const struct config *config, const struct linux_placement *where, void *to,
		       int size);

/* The user's own tree, with command line and initrd put in. */
int guest_fdt_adapt(const struct config *config, const struct linux_placement *where, void *to,
		    int size);

#endif
