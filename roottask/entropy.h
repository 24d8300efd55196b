/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ROOTTASK_ENTROPY_H
#define ROOTTASK_ENTROPY_H

#include <stdint.h>
#include <sel4/sel4.h>

/* Reads the firmware's seed; without one, or with a device tree that is none, seeds are zeros. */
void entropy_init(const seL4_BootInfo *boot);

/* The seed of thread `index`: 32 bytes, as words. All zeros: there is none. */
void entropy_seed(uint32_t index, uint64_t seed[4]);

void entropy_forget(void);

#endif
