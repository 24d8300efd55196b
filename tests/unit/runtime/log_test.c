/* SPDX-License-Identifier: BSD-2-Clause */
/* The log of a component whose server does not read: what is dropped, and that a panic is not. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <peervisor/config.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <sel4/fake.h>
#include "startup.h"

static _Alignas(4096) struct serial_port_page out, in;
static bool connected;
static seL4_CPtr ended_by;
static jmp_buf ended;

int config_find(const char *path)
{
	assert_string_equal(path, "/log");
	return connected ? 1 : -1;
}

uint64_t config_u64(int node, const char *property)
{
	return strcmp(property, "out") == 0 ? (uintptr_t)&out : strcmp(property, "in") == 0 ? (uintptr_t)&in : 0;
}

uint64_t config_u64_or(int node, const char *property, uint64_t otherwise)
{
	return otherwise;
}

const char *config_component(void)
{
	return "it";
}

static int on_trap(const struct fake_call *call, struct sel4_trap *trap)
{
	if (call->number != SEL4_SYS_RECV)
		return 0;
	ended_by = call->cptr;
	longjmp(ended, 1);
}

static void *die(void *reason)
{
	if (!setjmp(ended))
		panic("%s", (const char *)reason);
	return NULL;
}

/* The end of a thread, so each is one of its own. */
static void end_thread(const char *reason)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, die, (void *)(uintptr_t)reason), 0);
	pthread_join(thread, NULL);
}

static void start(bool has_port)
{
	memset(&out, 0, sizeof(out));
	memset(&in, 0, sizeof(in));
	fake_reset();
	fake_hook = on_trap;
	connected = has_port;
	log_init();
}

static void flood(void)
{
	for (int i = 0; i < 100; i++)
		log_info("line %d of many that nobody reads", i);
}

static void test_panic_has_room(void **state)
{
	start(true);
	flood();
	assert_true(out.dropped > 0);
	assert_true(out.produced < SERIAL_PORT_RING - 256);
	end_thread("nobody reads");
	assert_int_equal(ended_by, PANIC_TOLD);
	assert_non_null(memmem(out.data, out.produced, "bytes of log dropped]\nit: error: PANIC at ", 42));
	assert_memory_equal(&out.data[out.produced - 15], ": nobody reads\n", 15);
}

static void test_panic_without_room(void **state)
{
	start(true);
	end_thread("one");
	flood();
	for (int i = 0; i < 10; i++)
		end_thread("another");
	assert_int_equal(ended_by, PANIC_UNTOLD);
}

static void test_panic_without_a_port(void **state)
{
	start(false);
	end_thread("too early");
	assert_int_equal(ended_by, PANIC_UNTOLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_panic_has_room),
		cmocka_unit_test(test_panic_without_room),
		cmocka_unit_test(test_panic_without_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
