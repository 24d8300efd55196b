/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware's seed, /chosen/rng-seed of the device tree that the kernel hands over with the boot
 * info (ABI 8.2), and from it one for each thread: block i of ChaCha20 under it.
 */
#include <string.h>
#include <libfdt.h>
#include <peervisor/seed.h>
#include "../runtime/chacha20.h"
#include "entropy.h"
#include "machine.h"

static uint32_t key[CHACHA20_KEY_WORDS];
static bool found;

void entropy_init(const seL4_BootInfo *boot)
{
	const void *tree = machine_tree(boot);
	const void *seed;
	int length;

	found = false;
	if (!tree)
		return;
	seed = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "rng-seed", &length);
	if (!seed || length < SEED_BYTES)
		return;
	memcpy(key, seed, sizeof(key));
	found = true;
}

void entropy_seed(uint32_t index, uint64_t seed[SEED_BYTES / 8])
{
	uint32_t block[CHACHA20_BLOCK_WORDS];

	memset(seed, 0, SEED_BYTES);
	if (!found)
		return;
	chacha20_block(block, key, index);
	memcpy(seed, block, SEED_BYTES);
}

void entropy_forget(void)
{
	explicit_bzero(key, sizeof(key));
	found = false;
}
