/* SPDX-License-Identifier: BSD-2-Clause */
/* A good spec is taken; each damage is refused with a line that names the culprit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sel4/abi.h>
#include "spec.h"

/* One of everything, laid out as the tool does. */
struct good {
	struct capdl_header header;
	struct capdl_object objects[8];
	struct capdl_cap caps[2];
	struct capdl_mapping mappings[1];
	struct capdl_fill fills[1];
	struct capdl_thread threads[1];
	struct capdl_irq_binding irqs[1];
	uint8_t data[16];
};

enum { CNODE, TCB, VSPACE, RAM, DEVICE, NTFN, IRQ, UNTYPED };

static struct good good;
static char error[SPEC_ERROR_LENGTH];

static void seal(void)
{
	good.header.crc32 = spec_crc32(&good.header + 1, sizeof(good) - sizeof(good.header));
}

#define TABLE(name)	.name = offsetof(struct good, name), \
			.num_##name = sizeof(good.name) / sizeof(good.name[0])

static int set_up(void **state)
{
	(void)state;
	good = (struct good){
		.header = {
			.magic = CAPDL_MAGIC, .version = CAPDL_VERSION, .total_size = sizeof(good),
			TABLE(objects), TABLE(caps), TABLE(mappings), TABLE(fills), TABLE(threads),
			TABLE(irqs),
		},
		.objects = {
			[CNODE] = {CAPDL_CNODE, 0, 8, 1, CAPDL_ANY, "cnode"},
			[TCB] = {CAPDL_TCB, 0, 0, 1, CAPDL_ANY, "tcb"},
			[VSPACE] = {CAPDL_VSPACE, 0, 0, 1, CAPDL_ANY, "vspace"},
			[RAM] = {CAPDL_MEMORY, 0, 12, 4, CAPDL_ANY, "ram"},
			[DEVICE] = {CAPDL_MEMORY, CAPDL_DEVICE, 21, 2, 0x40000000, "guest"},
			[NTFN] = {CAPDL_NOTIFICATION, 0, 0, 1, CAPDL_ANY, "ntfn"},
			[IRQ] = {CAPDL_IRQ, CAPDL_EDGE, 33, 1, CAPDL_ANY, "irq"},
			[UNTYPED] = {CAPDL_UNTYPED, 0, 12, 1, CAPDL_ANY, "vcpu_memory"},
		},
		.caps = {
			{.cnode = CNODE, .slot = 1, .object = NTFN, .rights = 3, .badge = 4},
			{.cnode = CNODE, .slot = 2, .object = UNTYPED},
		},
		.mappings = {{VSPACE, RAM, 0x400000, 0, 4, 3, 3}},
		.fills = {{RAM, 0, 4090, offsetof(struct good, data), 16}},
		.threads = {{
			.tcb = TCB, .cspace = CNODE, .vspace = VSPACE, .ipc_memory = RAM,
			.ipc_page = 3, .bound_notification = NTFN, .priority = 120,
			.ipc_vaddr = 0x403000, .resume = 1,
		}},
		.irqs = {{IRQ, NTFN, 1}},
	};
	seal();
	return 0;
}

static int open_spec(void)
{
	struct spec spec;

	error[0] = '\0';
	return spec_open(&spec, &good, sizeof(good), error);
}

static void refused(const char *expected)
{
	seal();
	assert_int_equal(open_spec(), -1);
	if (!strstr(error, expected))
		fail_msg("'%s' does not say '%s'", error, expected);
}

static void test_good(void **state)
{
	struct spec spec;

	(void)state;
	assert_int_equal(spec_open(&spec, &good, sizeof(good), error), 0);
	assert_ptr_equal(spec.objects, good.objects);
	assert_true(spec_count_slots(&spec) >= 8 + 4 + 1 + 1);
}

static void test_header(void **state)
{
	struct spec spec;

	(void)state;
	assert_int_equal(spec_open(&spec, &good, 95, error), -1);
	good.header.magic++;
	refused("magic");
	set_up(NULL);
	good.header.version = 7;
	refused("version 7");
	set_up(NULL);
	good.header.total_size++;
	refused("size");
	set_up(NULL);
	good.data[3] ^= 1;
	assert_int_equal(open_spec(), -1);
	assert_non_null(strstr(error, "CRC"));
	set_up(NULL);
	good.header.num_objects = SPEC_MAX_OBJECTS + 1;
	refused("objects");
}

static void test_tables(void **state)
{
	(void)state;
	good.header.caps += 4;
	refused("table of caps");
	set_up(NULL);
	good.header.threads = sizeof(good) - 8;
	refused("table of threads");
	set_up(NULL);
	good.header.irqs = ~7ull;
	refused("table of irqs");
	set_up(NULL);
	good.header.num_fills = 0xffffffff;
	refused("table of fills");
}

static void test_objects(void **state)
{
	(void)state;
	good.objects[RAM].size = 13;
	refused("'ram': page size");
	set_up(NULL);
	good.objects[RAM].count = 0;
	refused("'ram': 0 pages");
	set_up(NULL);
	good.objects[RAM].count = 0xffffffff;
	refused("'ram'");
	set_up(NULL);
	good.objects[DEVICE].paddr += 4096;
	refused("'guest'");
	set_up(NULL);
	good.objects[DEVICE].paddr = CAPDL_ANY;
	refused("'guest': device memory needs an address");
	set_up(NULL);
	good.objects[DEVICE].paddr = ~0x1fffffull;
	refused("'guest'");
	set_up(NULL);
	memset(good.objects[TCB].name, 'x', sizeof(good.objects[TCB].name));
	refused("object 1: its name");
	set_up(NULL);
	good.objects[TCB].type = CAPDL_OBJECT_TYPES;
	refused("'tcb': type");
	set_up(NULL);
	good.objects[CNODE].size = 21;
	refused("'cnode': radix 21");
	set_up(NULL);
	good.objects[IRQ].size = 1020;
	refused("'irq': interrupt 1020");
	set_up(NULL);
	good.objects[IRQ].flags = 4u << CAPDL_CORE_SHIFT;
	refused("'irq': core 4 of 4");
	set_up(NULL);
	good.objects[UNTYPED].size = 3;
	refused("'vcpu_memory'");
	set_up(NULL);
	good.objects[TCB].count = 2;
	refused("'tcb': count 2");
}

static void test_references(void **state)
{
	(void)state;
	good.caps[0].cnode = TCB;
	refused("cap 0: object 1 is no CNode");
	set_up(NULL);
	good.caps[0].slot = 256;
	refused("slot 256 of CNode 'cnode'");
	set_up(NULL);
	good.caps[1].object = 99;
	refused("cap 1: object 99");
	set_up(NULL);
	good.caps[0].page = 1;
	refused("page 1 of object 'ntfn'");
	set_up(NULL);
	good.caps[0].object = UNTYPED;
	refused("untyped 'vcpu_memory' is given twice");
	set_up(NULL);
	good.irqs[0].notification = IRQ;
	refused("interrupt binding 0");
}

static void test_memory(void **state)
{
	(void)state;
	good.mappings[0].first = 1;
	refused("mapping 0: pages 1");
	set_up(NULL);
	good.mappings[0].vaddr = SEL4_USER_TOP - 4096 * 3 + 1;
	refused("mapping 0: 'ram' at");
	set_up(NULL);
	good.mappings[0].vaddr = 0x400800;
	refused("mapping 0: 'ram' at");
	set_up(NULL);
	good.mappings[0].vspace = CAPDL_NONE;
	refused("mapping 0: object 4294967295 is no VSpace");
	set_up(NULL);
	good.fills[0].offset = 4 * 4096 - 15;
	refused("fill 0: 16 bytes");
	set_up(NULL);
	good.fills[0].length = ~0ull;
	refused("fill 0");
	set_up(NULL);
	good.fills[0].data = sizeof(good) - 15;
	refused("fill 0: data outside");
}

static void test_threads(void **state)
{
	(void)state;
	good.threads[0].tcb = CNODE;
	refused("thread 0: object 0 is no TCB");
	set_up(NULL);
	good.threads[0].priority = 256;
	refused("thread 0: priority 256");
	set_up(NULL);
	good.threads[0].core = 4;
	refused("thread 0: core 4 of 4");
	set_up(NULL);
	good.threads[0].ipc_memory = DEVICE;
	good.threads[0].ipc_page = 0;
	refused("thread 0: IPC buffer in page 0 of 'guest'");
	set_up(NULL);
	good.threads[0].ipc_vaddr += 8;
	refused("thread 0: IPC buffer at");
	set_up(NULL);
	good.threads[0].bound_notification = TCB;
	refused("thread 0: object 1 is no notification");
}

/* Any four bytes anywhere: never a fault, and what is taken has good indices only. */
static void test_random_damage(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		uint32_t *words = (uint32_t *)&good;
		size_t count = offsetof(struct good, data) / 4;

		set_up(NULL);
		for (int n = 1 + rand() % 3; n > 0; n--)
			words[(size_t)rand() % count] = rand() % 3 ? (uint32_t)rand() % 64 :
								    (uint32_t)rand() << 1;
		seal();
		open_spec();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_good, set_up),
		cmocka_unit_test_setup(test_header, set_up),
		cmocka_unit_test_setup(test_tables, set_up),
		cmocka_unit_test_setup(test_objects, set_up),
		cmocka_unit_test_setup(test_references, set_up),
		cmocka_unit_test_setup(test_memory, set_up),
		cmocka_unit_test_setup(test_threads, set_up),
		cmocka_unit_test_setup(test_random_damage, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
