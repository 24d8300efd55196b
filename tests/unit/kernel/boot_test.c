/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory at boot: lists of regions, and device trees, good, bad and random (ABI 7, 8.4). */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../kernel/core/boot_memory.h"
#include "pick.h"

#define BYTES	4096

/* A writer of flattened trees: structure and strings in two buffers, put together at the end. */
static struct {
	u8 words[2048], strings[512];
	unsigned int size, strings_size;
} tree;
static u8 blob[BYTES];

static void put32(u8 *at, u64 value)
{
	for (unsigned int i = 0; i < 4; i++)
		at[i] = (u8)(value >> (24 - 8 * i));
}

static void word(u64 value)
{
	put32(tree.words + tree.size, value);
	tree.size += 4;
}

static void text(const char *string)
{
	unsigned int room = ((unsigned int)strlen(string) + 4) & ~3u;

	memset(tree.words + tree.size, 0, room);
	memcpy(tree.words + tree.size, string, strlen(string));
	tree.size += room;
}

static void begin(const char *name)
{
	word(1);
	text(name);
}

static void end(void)
{
	word(2);
}

static void property(const char *name, u64 bytes)
{
	word(3);
	word(bytes);
	word(tree.strings_size);
	memcpy(tree.strings + tree.strings_size, name, strlen(name) + 1);
	tree.strings_size += (unsigned int)strlen(name) + 1;
}

static void cell(const char *name, u64 value)
{
	property(name, 4);
	word(value);
}

static void reg(u64 start, u64 bytes)
{
	property("reg", 16);
	word(start >> 32);
	word(start);
	word(bytes >> 32);
	word(bytes);
}

static void open_tree(void)
{
	memset(&tree, 0, sizeof(tree));
	begin("");
	cell("#address-cells", 2);
	cell("#size-cells", 2);
}

static void memory(u64 start, u64 bytes)
{
	begin("memory@0");
	property("device_type", 7);
	text("memory");
	reg(start, bytes);
	end();
}

static void reserved(u64 start, u64 bytes, bool no_map)
{
	begin("reserved-memory");
	cell("#address-cells", 2);
	cell("#size-cells", 2);
	begin("range");
	if (no_map)
		property("no-map", 0);
	reg(start, bytes);
	end();
	end();
}

/* One reservation before the structure: [0x1000, 0x3000). */
static u32 close_tree(void)
{
	u32 structure = 72, strings, total;

	end();
	word(9);
	strings = structure + tree.size;
	total = strings + tree.strings_size;
	memset(blob, 0, sizeof(blob));
	put32(blob, 0xd00dfeed);
	put32(blob + 4, total);
	put32(blob + 8, structure);
	put32(blob + 12, strings);
	put32(blob + 16, 40);
	put32(blob + 20, 17);
	put32(blob + 24, 16);
	put32(blob + 32, tree.strings_size);
	put32(blob + 36, tree.size);
	put32(blob + 44, 0x1000);
	put32(blob + 52, 0x2000);
	memcpy(blob + structure, tree.words, tree.size);
	memcpy(blob + strings, tree.strings, tree.strings_size);
	return total;
}

static u32 good_tree(void)
{
	open_tree();
	memory(0x40000000, 0x40000000);
	memory(0x100000000, 0x80000000);
	begin("uart");
	reg(0x9000000, 0x1000);
	end();
	reserved(0x50000000, 0x400000, true);
	reserved(0x60000000, 0x400000, false);
	return close_tree();
}

static struct regions ram, kept;

static const char *read_tree(u32 size)
{
	memset(&ram, 0, sizeof(ram));
	memset(&kept, 0, sizeof(kept));
	return boot_fdt_memory(blob, size, &ram, &kept);
}

static void tree_is_read(void **state)
{
	assert_null(read_tree(good_tree()));
	assert_int_equal(ram.count, 2);
	assert_int_equal(ram.at[0].start, 0x40000000);
	assert_int_equal(ram.at[0].end, 0x80000000);
	assert_int_equal(ram.at[1].end, 0x180000000);
	assert_int_equal(kept.count, 2);
	assert_int_equal(kept.at[0].start, 0x1000);
	assert_int_equal(kept.at[0].end, 0x3000);
	assert_int_equal(kept.at[1].start, 0x50000000);
	assert_int_equal(kept.at[1].end, 0x50400000);
}

static void refused(u32 size, const char *why)
{
	const char *wrong = read_tree(size);

	assert_non_null(wrong);
	assert_string_equal(wrong, why);
}

static void bad_headers(void **state)
{
	static const struct {
		unsigned int at;
		u32 value;
		const char *why;
	} rows[] = {
		{ 0, 0, "no magic number" },
		{ 4, 39, "totalsize" },
		{ 4, BYTES + 1, "totalsize" },
		{ 8, 74, "a block lies outside" },
		{ 8, 0xfffffffc, "a block lies outside" },
		{ 12, 0xfffffffc, "a block lies outside" },
		{ 32, 0xffffffff, "a block lies outside" },
		{ 36, 0xffffffff, "a block lies outside" },
		{ 36, 8, "the structure block has no end" },
		{ 32, 1, "a property's name lies outside the strings" },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		good_tree();
		put32(blob + rows[i].at, rows[i].value);
		refused(rows[i].at == 4 && rows[i].value < 40 ? 4000 : BYTES, rows[i].why);
	}
	good_tree();
	refused(39, "no magic number");
}

static void bad_structures(void **state)
{
	open_tree();
	refused(close_tree(), "no memory node");

	open_tree();
	begin("memory@0");
	property("device_type", 7);
	text("memory");
	cell("reg", 1);
	end();
	refused(close_tree(), "a memory node's reg does not fit #address-cells and #size-cells");

	open_tree();
	memory(1UL << 44, 1UL << 20);
	refused(close_tree(), "a memory node's reg lies beyond 44 bits");

	open_tree();
	memory(0x40000000, ~0UL);
	refused(close_tree(), "a memory node's reg lies beyond 44 bits");

	open_tree();
	for (unsigned int i = 0; i < 20; i++)
		begin("deep");
	refused(close_tree(), "nodes are nested too deep");

	open_tree();
	word(7);
	refused(close_tree(), "an unknown token");

	open_tree();
	end();
	end();
	refused(close_tree(), "nodes do not nest");

	open_tree();
	property("long", 0x7fffffff);
	refused(close_tree(), "a property runs over the end");

	open_tree();
	word(1);
	memset(tree.words + tree.size, 'x', 8);
	tree.size += 8;
	close_tree();
	put32(blob + 36, tree.size - 8);
	refused(BYTES, "a node's name runs over the end");
}

static void regions(void **state)
{
	struct regions list = { 0 };

	regions_add(&list, 0x3000, 0x4000);
	regions_add(&list, 0x1000, 0x2000);
	regions_add(&list, 0x5000, 0x5000);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.at[0].start, 0x1000);
	regions_add(&list, 0x2000, 0x3000);			/* closes the gap */
	assert_int_equal(list.count, 1);
	assert_true(regions_contain(&list, 0x1000, 0x4000));
	assert_false(regions_contain(&list, 0x1000, 0x4001));
	regions_remove(&list, 0x1800, 0x2800);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.at[0].end, 0x1800);
	assert_int_equal(list.at[1].start, 0x2800);
	regions_remove(&list, 0, 0x1900);
	assert_int_equal(list.count, 1);
	regions_align(&list, 12);
	assert_int_equal(list.at[0].start, 0x3000);
	regions_remove(&list, 0, ~0UL);
	assert_int_equal(list.count, 0);
}

static const u32 nasty[] = { 0, 1, 2, 3, 4, 9, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff };

/*
 * A good tree with some words replaced, in a block of exactly its size: a read beyond it is the
 * sanitizer's. What is accepted is sorted and within the limits.
 */
static void random_trees(void **state)
{
	const char *given = getenv("KERNEL_STRESS_SEED");
	unsigned int accepted = 0;

	seed = given ? strtoul(given, NULL, 0) : 0x9e3779b97f4a7c15UL;
	print_message("seed %#lx\n", seed);
	for (unsigned int round = 0; round < 200000; round++) {
		u32 size = good_tree();
		u8 *copy;

		for (u64 n = 1 + pick(4); n--;) {
			unsigned int at = (unsigned int)pick(size);

			if (pick(2))
				blob[at] = (u8)pick(256);
			else
				put32(blob + (at & ~3u), nasty[pick(10)]);
		}
		if (!pick(8))
			size = (u32)pick(size);
		copy = malloc(size);
		memcpy(copy, blob, size);
		memset(&ram, 0, sizeof(ram));
		memset(&kept, 0, sizeof(kept));
		if (!boot_fdt_memory(copy, size, &ram, &kept)) {
			accepted++;
			for (unsigned int i = 0; i < ram.count; i++) {
				assert_true(ram.at[i].start < ram.at[i].end);
				assert_true(ram.at[i].end <= 1UL << 44);
				assert_true(!i || ram.at[i - 1].end < ram.at[i].start);
			}
		}
		(void)boot_fdt_psci(copy, size);
		free(copy);
	}
	print_message("%u accepted\n", accepted);
	assert_in_range(accepted, 1000, 199000);
}

static void bytes(const char *name, const char *value, unsigned int length)
{
	property(name, length);
	memset(tree.words + tree.size, 0, (length + 3) & ~3u);
	memcpy(tree.words + tree.size, value, length);
	tree.size += (length + 3) & ~3u;
}

static bool psci(const char *node, const char *method, const char *compatible, unsigned int length)
{
	u32 size;

	open_tree();
	memory(0x40000000, 0x1000);
	begin(node);
	bytes("method", method, (unsigned int)strlen(method) + 1);
	bytes("compatible", compatible, length);
	end();
	size = close_tree();
	return boot_fdt_psci(blob, size);
}

#define PSCI(node, method, compatible)	psci(node, method, compatible, sizeof(compatible))

/* Firmware is called only where a tree says that it is there, and how. */
static void firmware(void **state)
{
	(void)state;
	assert_true(PSCI("psci", "smc", "arm,psci-1.0"));
	assert_true(PSCI("psci", "smc", "arm,psci-0.2"));
	assert_true(PSCI("psci", "smc", "arm,psci-1.0\0arm,psci-0.2\0arm,psci"));
	assert_true(PSCI("psci", "smc", "vendor,psci\0arm,psci-0.2"));
	assert_false(PSCI("psci", "hvc", "arm,psci-1.0"));
	assert_false(PSCI("psci", "smcx", "arm,psci-1.0"));
	assert_false(PSCI("psci", "", "arm,psci-1.0"));
	assert_false(PSCI("psci", "smc", "arm,psci"));
	assert_false(PSCI("psci", "smc", "xarm,psci-1.0"));
	assert_false(PSCI("cpu", "smc", "arm,psci-1.0"));
	assert_false(psci("psci", "smc", "arm,psci-1.0", 12));	/* no end */
	assert_false(boot_fdt_psci(blob, 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_is_read),
		cmocka_unit_test(bad_headers),
		cmocka_unit_test(bad_structures),
		cmocka_unit_test(regions),
		cmocka_unit_test(random_trees),
		cmocka_unit_test(firmware),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
