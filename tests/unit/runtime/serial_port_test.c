/* SPDX-License-Identifier: BSD-2-Clause */
/* The ring of a serial port: what goes in comes out, a full ring drops, a hostile peer gets nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <peervisor/serial_port.h>
#include <sel4/fake.h>

#define KICK_CLIENT	7	/* signalled by the server */
#define KICK_SERVER	8

static _Alignas(4096) struct serial_port_page out, in;
static struct serial_port client, server;

static int set_up(void **state)
{
	(void)state;
	fake_reset();
	memset(&out, 0, sizeof(out));
	memset(&in, 0, sizeof(in));
	serial_port_init(&client, (uintptr_t)&out, (uintptr_t)&in, KICK_SERVER);
	serial_port_init(&server, (uintptr_t)&in, (uintptr_t)&out, KICK_CLIENT);
	return 0;
}

static unsigned int kicks(seL4_CPtr cptr)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < fake_num_calls; i++)
		count += fake_calls[i].cptr == cptr && fake_calls[i].number == SEL4_SYS_SEND;
	return count;
}

static void test_both_directions(void **state)
{
	char text[32] = "";

	(void)state;
	assert_int_equal(serial_port_write(&client, "hello", 5), 5);
	assert_int_equal(serial_port_pending(&server), 5);
	assert_int_equal(serial_port_read(&server, text, 3), 3);
	assert_int_equal(serial_port_read(&server, text + 3, 29), 2);
	assert_string_equal(text, "hello");
	assert_int_equal(serial_port_write(&server, "x", 1), 1);
	assert_int_equal(serial_port_read(&client, text, 32), 1);
	assert_int_equal(serial_port_read(&client, text, 32), 0);
}

static void test_wraps(void **state)
{
	uint8_t sent[777], got[777];
	unsigned int total = 0;

	(void)state;
	for (int round = 0; round < 100; round++) {
		for (size_t i = 0; i < sizeof(sent); i++)
			sent[i] = (uint8_t)rand();
		assert_int_equal(serial_port_write(&client, sent, sizeof(sent)), sizeof(sent));
		assert_int_equal(serial_port_read(&server, got, sizeof(got)), sizeof(got));
		assert_memory_equal(sent, got, sizeof(sent));
		total += sizeof(sent);
	}
	assert_int_equal(out.produced, total);
	assert_int_equal(in.consumed, total);
}

static void test_full_drops_and_counts(void **state)
{
	uint8_t bytes[SERIAL_PORT_RING + 100];

	(void)state;
	memset(bytes, 'a', sizeof(bytes));
	assert_int_equal(serial_port_write(&client, bytes, sizeof(bytes)), SERIAL_PORT_RING);
	assert_int_equal(out.dropped, 100);
	assert_int_equal(serial_port_room(&client), 0);
	assert_int_equal(serial_port_write(&client, "b", 1), 0);
	assert_int_equal(out.dropped, 101);
	assert_int_equal(serial_port_read(&server, bytes, 10), 10);
	assert_int_equal(serial_port_room(&client), 10);
}

/* A signal only if the server may be asleep; after it slept, the next byte wakes it. */
static void test_kicks(void **state)
{
	char text[8];

	(void)state;
	serial_port_write(&client, "a", 1);
	assert_int_equal(kicks(KICK_SERVER), 1);
	serial_port_write(&client, "b", 1);
	serial_port_write(&client, "c", 1);
	assert_int_equal(kicks(KICK_SERVER), 1);
	assert_false(serial_port_may_sleep(&server));
	serial_port_read(&server, text, 8);
	assert_true(serial_port_may_sleep(&server));
	serial_port_write(&client, "d", 1);
	assert_int_equal(kicks(KICK_SERVER), 2);
	serial_port_want_room(&client);
	assert_int_equal(kicks(KICK_SERVER), 3);
	assert_int_equal(out.want_room, 1);
}

/* Any words in the peer's page: nothing outside the ring is touched, no more than it is returned. */
static void test_hostile_peer(void **state)
{
	uint8_t bytes[SERIAL_PORT_RING * 2];

	(void)state;
	srand(3);
	for (int i = 0; i < 100000; i++) {
		in.produced = rand() % 2 ? client.consumed + (uint32_t)rand() % 4096 :
					   (uint32_t)rand() << 1;
		in.consumed = rand() % 2 ? client.produced - (uint32_t)rand() % 4096 :
					   (uint32_t)rand() << 1;
		in.seen = (uint32_t)rand();
		assert_true(serial_port_room(&client) <= SERIAL_PORT_RING);
		assert_true(serial_port_pending(&client) <= SERIAL_PORT_RING);
		assert_true(serial_port_write(&client, bytes, (size_t)rand() % sizeof(bytes)) <=
			    SERIAL_PORT_RING);
		assert_true(serial_port_read(&client, bytes, (size_t)rand() % sizeof(bytes)) <=
			    SERIAL_PORT_RING);
	}
	assert_int_equal(out.produced, client.produced);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_both_directions, set_up),
		cmocka_unit_test_setup(test_wraps, set_up),
		cmocka_unit_test_setup(test_full_drops_and_counts, set_up),
		cmocka_unit_test_setup(test_kicks, set_up),
		cmocka_unit_test_setup(test_hostile_peer, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
