/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entropy. The firmware's seed (/chosen/rng-seed of the machine's device tree) is stretched by the
 * root task into a seed per thread that no other thread can compute; a component's runtime keeps
 * its own and stretches it again.
 */
#ifndef PEERVISOR_SEED_H
#define PEERVISOR_SEED_H

#include <stdbool.h>
#include <stdint.h>

#define SEED_BYTES	32

/*
 * 32 bytes that were never given out before and do not tell what was. False, and zeros: the machine's
 * firmware gave no seed.
 */
bool seed_take(uint8_t out[SEED_BYTES]);

#endif
