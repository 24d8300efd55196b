/* SPDX-License-Identifier: BSD-2-Clause */
/* Getters of the configuration: values, and the line that a missing or malformed one gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/panic.h>
#include "startup.h"

static uint8_t blob[4096];
static char reason[256];
static jmp_buf panicked;

void panic_at(const char *file, int line, const char *format, ...)
{
	va_list args;

	(void)file;
	(void)line;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	longjmp(panicked, 1);
}

#define assert_panics(expression, text) do { \
	reason[0] = '\0'; \
	if (!setjmp(panicked)) \
		(void)(expression); \
	assert_string_equal(reason, text); \
} while (0)

static int set_up(void **state)
{
	const uint64_t pair[2] = {cpu_to_fdt64(0x10000000), cpu_to_fdt64(0x4000)};

	(void)state;
	assert_int_equal(fdt_create(blob, sizeof(blob)), 0);
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_string(blob, "component", "vm0");
	fdt_property_u64(blob, "number", 0x123456789abcull);
	fdt_property_u32(blob, "short", 5);
	fdt_property(blob, "heap", pair, sizeof(pair));
	fdt_property(blob, "raw", "xyz", 3);
	for (int i = 0; i < 3; i++) {
		char name[16];

		snprintf(name, sizeof(name), i == 1 ? "other@%d" : "port@%d", i);
		fdt_begin_node(blob, name);
		fdt_property_u64(blob, "badge", 1ull << i);
		fdt_end_node(blob);
	}
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	config_init(blob);
	return 0;
}

static void test_values(void **state)
{
	int node = -1;

	(void)state;
	assert_string_equal(config_component(), "vm0");
	assert_int_equal(config_u64(CONFIG_ROOT, "number"), 0x123456789abc);
	assert_int_equal(config_u64_or(CONFIG_ROOT, "absent", 9), 9);
	assert_int_equal(config_pair(CONFIG_ROOT, "heap").second, 0x4000);
	assert_true(config_has(CONFIG_ROOT, "raw"));
	node = config_next(CONFIG_ROOT, node, "port@");
	assert_int_equal(config_u64(node, "badge"), 1);
	node = config_next(CONFIG_ROOT, node, "port@");
	assert_int_equal(config_u64(node, "badge"), 4);
	assert_int_equal(config_next(CONFIG_ROOT, node, "port@"), -1);
	assert_int_equal(config_find("/vm"), -1);
}

static void test_errors(void **state)
{
	(void)state;
	assert_panics(config_u64(CONFIG_ROOT, "absent"),
		      "configuration: /: property 'absent' is missing");
	assert_panics(config_u64(CONFIG_ROOT, "short"),
		      "configuration: /: property 'short' has 4 bytes, not 8");
	assert_panics(config_pair(config_node("/port@2"), "badge"),
		      "configuration: port@2: property 'badge' has 8 bytes, not 16");
	assert_panics(config_string(CONFIG_ROOT, "raw"),
		      "configuration: /: property 'raw' is not a string");
	assert_panics(config_node("/vm/gic"), "configuration: node '/vm/gic' is missing");
	assert_panics(config_init(NULL), "configuration: FDT_ERR_BADMAGIC");
	blob[0] = 0;
	assert_panics(config_init(blob), "configuration: FDT_ERR_BADMAGIC");
}

static unsigned int counts[2];

static void count(void *context)
{
	(*(unsigned int *)context)++;
}

static void test_events(void **state)
{
	(void)state;
	event_register(0, count, &counts[0]);
	event_register(1, count, &counts[0]);
	event_register(1ull << 62, count, &counts[1]);
	event_dispatch(1ull << 62 | 1 | 4 | EVENT_ENDPOINT);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 1);
	assert_panics(event_register(1, count, NULL), "event badge 0x1 is used twice");
	assert_panics(event_register(6, count, NULL), "event badge 0x6 is not one bit below 63");
	assert_panics(event_register(EVENT_ENDPOINT, count, NULL),
		      "event badge 0x8000000000000000 is not one bit below 63");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_values, set_up),
		cmocka_unit_test_setup(test_errors, set_up),
		cmocka_unit_test_setup(test_events, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
