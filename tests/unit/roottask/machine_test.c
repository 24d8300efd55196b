/* SPDX-License-Identifier: BSD-2-Clause */
/* Where RAM is by the device tree in the boot info, and whether a range is in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>
#include "machine.h"

static _Alignas(4096) struct {
	uint8_t boot[1u << SEL4_BOOTINFO_FRAME_BITS];
	seL4_BootInfoHeader header;
	uint8_t tree[2048];
} info;

static seL4_BootInfo *with(const uint64_t (*ranges)[2], int count, int cells)
{
	seL4_BootInfo *boot = (seL4_BootInfo *)info.boot;
	void *tree = info.tree;
	int node;

	memset(&info, 0, sizeof(info));
	assert_int_equal(fdt_create_empty_tree(tree, sizeof(info.tree)), 0);
	fdt_setprop_u32(tree, 0, "#address-cells", (uint32_t)cells);
	fdt_setprop_u32(tree, 0, "#size-cells", (uint32_t)cells);
	for (int i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)ranges[i][0]);
		node = fdt_add_subnode(tree, 0, name);
		fdt_setprop_string(tree, node, "device_type", "memory");
		assert_int_equal(fdt_appendprop_addrrange(tree, 0, node, "reg", ranges[i][0], ranges[i][1]), 0);
	}
	info.header = (seL4_BootInfoHeader){ .id = SEL4_BOOTINFO_FDT,
					     .len = sizeof(info.header) + sizeof(info.tree) };
	boot->extraLen = info.header.len;
	return boot;
}

static void test_ranges(void **state)
{
	/* In any order; the first two touch. */
	static const uint64_t ranges[][2] = {
		{ 0x60000000, 0x10000000 }, { 0x40000000, 0x20000000 }, { 0x880000000, 0x1000 },
	};
	struct machine_ram ram;

	machine_find_ram(with(ranges, 3, 2), &ram);
	assert_true(ram.known);
	assert_int_equal(ram.count, 3);
	assert_true(machine_has_ram(&ram, 0x40000000, 0x70000000));
	assert_true(machine_has_ram(&ram, 0x880000000, 0x880001000));
	assert_false(machine_has_ram(&ram, 0x40000000, 0x70000001));
	assert_false(machine_has_ram(&ram, 0x3ffff000, 0x40001000));
	assert_false(machine_has_ram(&ram, 0x80000000, 0x80200000));
	assert_false(machine_has_ram(&ram, 0x200000000, 0x900000000));
}

static void test_one_cell(void **state)
{
	static const uint64_t ranges[][2] = { { 0x1000, 0x3b3ff000 } };
	struct machine_ram ram;

	machine_find_ram(with(ranges, 1, 1), &ram);
	assert_true(ram.known && machine_has_ram(&ram, 0x1000, 0x3b400000));
}

/* Nothing that could be compared: no answer is better than a wrong one. */
static void test_no_answer(void **state)
{
	static const uint64_t ranges[][2] = { { 0x40000000, 0x20000000 } };
	struct machine_ram ram;
	seL4_BootInfo *boot = with(ranges, 0, 2);
	uint64_t many[MACHINE_RANGES + 1][2];

	machine_find_ram(boot, &ram);
	assert_false(ram.known);
	boot = with(ranges, 1, 2);
	info.tree[0] ^= 1;
	machine_find_ram(boot, &ram);
	assert_false(ram.known);
	for (unsigned int i = 0; i <= MACHINE_RANGES; i++) {
		many[i][0] = 0x100000ull * i;
		many[i][1] = 0x1000;
	}
	machine_find_ram(with((const uint64_t(*)[2])many, MACHINE_RANGES + 1, 2), &ram);
	assert_false(ram.known);
	boot->extraLen = 0;
	machine_find_ram(boot, &ram);
	assert_false(ram.known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_one_cell),
		cmocka_unit_test(test_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
