/* SPDX-License-Identifier: BSD-2-Clause */
/* The firmware's seed as the kernel hands it over, and what becomes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include "../../../runtime/chacha20.h"
#include "entropy.h"

#define TREE_ROOM	1024

static struct {
	_Alignas(4096) char boot[1 << SEL4_BOOTINFO_FRAME_BITS];
	seL4_BootInfoHeader header;
	char tree[TREE_ROOM];
} memory;

static seL4_BootInfo *const boot = (seL4_BootInfo *)memory.boot;
static const uint8_t zeros[32];

/* A device tree with a seed of that length; 0: none */
static void hand_over(int seed_length)
{
	uint8_t seed[64];

	for (unsigned int i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)i;
	memset(&memory, 0, sizeof(memory));
	assert_int_equal(fdt_create(memory.tree, TREE_ROOM), 0);
	fdt_finish_reservemap(memory.tree);
	fdt_begin_node(memory.tree, "");
	fdt_begin_node(memory.tree, "chosen");
	if (seed_length)
		fdt_property(memory.tree, "rng-seed", seed, seed_length);
	fdt_end_node(memory.tree);
	fdt_end_node(memory.tree);
	assert_int_equal(fdt_finish(memory.tree), 0);
	memory.header = (seL4_BootInfoHeader){ SEL4_BOOTINFO_FDT,
					       sizeof(seL4_BootInfoHeader) + TREE_ROOM };
	boot->extraLen = memory.header.len;
}

static bool seeded(uint32_t index)
{
	uint64_t seed[4];

	entropy_init(boot);
	entropy_seed(index, seed);
	return memcmp(seed, zeros, sizeof(seed)) != 0;
}

/* RFC 8439, appendix A.1, vectors 1 and 2: key and nonce 0, block 0 and 1 */
static void block_is_the_standards(void **state)
{
	static const uint32_t key[CHACHA20_KEY_WORDS];
	uint32_t block[CHACHA20_BLOCK_WORDS];

	(void)state;
	chacha20_block(block, key, 0);
	assert_int_equal(block[0], 0xade0b876);
	assert_int_equal(block[15], 0x8665eeb2);
	chacha20_block(block, key, 1);
	assert_int_equal(block[0], 0xbee7079f);
	assert_int_equal(block[15], 0x6f4d794b);
}

static void threads_get_different_seeds(void **state)
{
	uint64_t a[4], b[4], again[4];

	(void)state;
	hand_over(32);
	entropy_init(boot);
	entropy_seed(0, a);
	entropy_seed(1, b);
	entropy_seed(0, again);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_equal(a, again, sizeof(a));
	assert_memory_not_equal(a, zeros, sizeof(a));
	entropy_forget();
	entropy_seed(0, a);
	assert_memory_equal(a, zeros, sizeof(a));
}

static void longer_seeds_do_shorter_ones_not(void **state)
{
	(void)state;
	hand_over(64);
	assert_true(seeded(0));
	hand_over(31);
	assert_false(seeded(0));
	hand_over(0);
	assert_false(seeded(0));
}

static void another_chunk_may_come_first(void **state)
{
	static struct {
		_Alignas(4096) char boot[1 << SEL4_BOOTINFO_FRAME_BITS];
		seL4_BootInfoHeader padding;
		uint64_t nothing[2];
		seL4_BootInfoHeader header;
		char tree[TREE_ROOM];
	} two;
	uint64_t seed[4];

	(void)state;
	hand_over(32);
	two.padding = (seL4_BootInfoHeader){ SEL4_BOOTINFO_HEADER_PADDING,
					     sizeof(two.padding) + sizeof(two.nothing) };
	two.header = memory.header;
	memcpy(two.tree, memory.tree, TREE_ROOM);
	((seL4_BootInfo *)two.boot)->extraLen = two.padding.len + two.header.len;
	entropy_init((seL4_BootInfo *)two.boot);
	entropy_seed(0, seed);
	assert_memory_not_equal(seed, zeros, sizeof(seed));
}

static void what_is_no_tree_gives_no_seed(void **state)
{
	(void)state;
	hand_over(32);
	boot->extraLen = 0;
	assert_false(seeded(0));
	hand_over(32);
	memory.header.len = 8;			/* shorter than itself */
	assert_false(seeded(0));
	hand_over(32);
	memory.header.len = boot->extraLen + 1;	/* longer than all */
	assert_false(seeded(0));
	hand_over(32);
	memory.tree[0] ^= 1;			/* magic */
	assert_false(seeded(0));
	hand_over(32);
	fdt_set_totalsize(memory.tree, TREE_ROOM + 1);
	assert_false(seeded(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(block_is_the_standards),
		cmocka_unit_test(threads_get_different_seeds),
		cmocka_unit_test(longer_seeds_do_shorter_ones_not),
		cmocka_unit_test(another_chunk_may_come_first),
		cmocka_unit_test(what_is_no_tree_gives_no_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
