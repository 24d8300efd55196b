/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <peervisor/seed.h>
#include "chacha20.h"
#include "startup.h"

static uint32_t key[CHACHA20_KEY_WORDS];
static bool seeded;

void seed_init(const uint64_t words[SEED_BYTES / 8])
{
	unsigned int i;

	seeded = false;
	for (i = 0; i < SEED_BYTES / 8; i++) {
		key[2 * i] = (uint32_t)words[i];
		key[2 * i + 1] = (uint32_t)(words[i] >> 32);
		if (words[i])
			seeded = true;
	}
}

/* Half of a block is the answer, the other half the next key: nobody can go back. */
bool seed_take(uint8_t out[SEED_BYTES])
{
	uint32_t block[CHACHA20_BLOCK_WORDS];

	memset(out, 0, SEED_BYTES);
	if (!seeded)
		return false;
	chacha20_block(block, key, 0);
	memcpy(out, block, SEED_BYTES);
	memcpy(key, block + CHACHA20_KEY_WORDS, sizeof(key));
	return true;
}
