/* SPDX-License-Identifier: BSD-2-Clause */
/* The block function of ChaCha20 (RFC 8439, section 2.3), as a way to make many seeds of one. */
#ifndef CHACHA20_H
#define CHACHA20_H

#include <stdint.h>

#define CHACHA20_KEY_WORDS	8
#define CHACHA20_BLOCK_WORDS	16

/*
 * Block number `counter` of `key`, nonce 0. Words are in the CPU's order (little endian there and
 * in the RFC). out and key may overlap: key is read first.
 */
void chacha20_block(uint32_t out[CHACHA20_BLOCK_WORDS], const uint32_t key[CHACHA20_KEY_WORDS],
		    uint32_t counter);

#endif
