/* SPDX-License-Identifier: BSD-2-Clause */
/* The serial server against a UART and clients made of memory. */
#undef main
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <peervisor/serial_port.h>
#include <sel4/fake.h>
#include "pl011.h"

#define PORTS	3
#define IRQ_BADGE (1u << 20)
#define KICK_BADGE (1u << 21)

int server_main(void);

static const char *const labels[PORTS] = {"vm0.log", "vm0", "vm1"};
static _Alignas(4096) struct serial_port_page out[PORTS], in[PORTS];
static struct serial_port clients[PORTS];

static char sent[65536];		/* what the UART put on the wire */
static size_t num_sent, uart_room;
static const char *typed = "";		/* what it will receive */
static bool wants_room;
static void (*server_idle)(void);
static event_handler *interrupt;
static jmp_buf waiting;

void pl011_init(uint64_t page)
{
	assert_int_equal(page, 0x9000);
}

bool pl011_put(uint8_t byte)
{
	if (uart_room == 0)
		return false;
	uart_room--;
	assert_true(num_sent < sizeof(sent) - 1);
	sent[num_sent++] = (char)byte;
	sent[num_sent] = '\0';
	return true;
}

bool pl011_get(uint8_t *byte)
{
	if (!*typed)
		return false;
	*byte = (uint8_t)*typed++;
	return true;
}

void pl011_want_room(bool want)
{
	wants_room = want;
}

void pl011_acknowledge(void)
{
}

/* Configuration: node 1 + n is port@n. */
int config_next(int parent, int previous, const char *prefix)
{
	assert_int_equal(parent, CONFIG_ROOT);
	assert_string_equal(prefix, "port@");
	return previous < 0 ? 1 : previous < PORTS ? previous + 1 : -1;
}

uint64_t config_u64(int node, const char *property)
{
	int port = node - 1;

	if (strcmp(property, "uart") == 0)
		return 0x9000;
	if (strcmp(property, "irq-slot") == 0)
		return 5;
	if (strcmp(property, "irq-badge") == 0)
		return IRQ_BADGE;
	if (strcmp(property, "notification-slot") == 0)
		return 6;
	if (strcmp(property, "out") == 0)
		return (uintptr_t)&out[port];
	if (strcmp(property, "in") == 0)
		return (uintptr_t)&in[port];
	if (strcmp(property, "notify-slot") == 0)
		return 100 + (uint64_t)port;
	assert_string_equal(property, "kick-badge");
	return KICK_BADGE;
}

const char *config_string(int node, const char *property)
{
	assert_string_equal(property, "label");
	return labels[node - 1];
}

void event_register(uint64_t badge, event_handler *handler, void *context)
{
	(void)context;
	if (badge == IRQ_BADGE)
		interrupt = handler;
}

void event_loop(uint64_t notification, void (*idle)(void))
{
	assert_int_equal(notification, 6);
	server_idle = idle;
	longjmp(waiting, 1);
}

static void (*log_to)(const char *bytes, unsigned long length);

void log_redirect(void (*write)(const char *bytes, unsigned long length))
{
	log_to = write;
}

void log_at(enum log_level level, const char *format, ...)
{
	char line[256];
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	strcat(line, "\n");
	log_to(line, strlen(line));
}

void panic_at(const char *file, int line, const char *format, ...)
{
	fail_msg("panic at %s:%d: %s", file, line, format);
	abort();
}

/* The server is the same all the time, as in life; each test starts from quiet. */
static int set_up(void **state)
{
	(void)state;
	if (!server_idle) {
		fake_reset();
		for (int i = 0; i < PORTS; i++)
			serial_port_init(&clients[i], (uintptr_t)&out[i], (uintptr_t)&in[i],
					 200 + (uint64_t)i);
		if (!setjmp(waiting))
			server_main();
	}
	uart_room = sizeof(sent);
	typed = "";
	server_idle();
	num_sent = 0;
	sent[0] = '\0';
	return 0;
}

static void say(int port, const char *text)
{
	serial_port_write(&clients[port], text, strlen(text));
}

static void type(const char *text)
{
	typed = text;
	interrupt(NULL);
	server_idle();
}

static void heard(int port, const char *expected)
{
	char text[64] = "";

	serial_port_read(&clients[port], text, sizeof(text) - 1);
	assert_string_equal(text, expected);
}

static void test_output_is_marked(void **state)
{
	(void)state;
	say(1, "one\n");
	server_idle();
	say(1, "two\n");
	server_idle();
	say(2, "three\n");
	server_idle();
	assert_non_null(strstr(sent, "one\ntwo\n\x1evm1\x1ethree\n"));
}

static void test_lines_take_turns(void **state)
{
	(void)state;
	say(2, "a1\na2\n");
	say(1, "b1\nb2\n");
	server_idle();
	assert_non_null(strstr(sent, "1\n\x1evm"));
	assert_null(strstr(sent, "a1\nb1"));
	assert_non_null(strstr(sent, "\x1evm0\x1e" "b1\n\x1evm1\x1e"));
}

/* Many bytes without a newline do not keep the others waiting for ever. */
static void test_long_line_is_cut(void **state)
{
	char line[1500];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	say(1, line);
	say(2, "short\n");
	server_idle();
	assert_true(strstr(sent, "short") < sent + 700);
	assert_int_equal(strspn(strrchr(sent, 0x1e) + 1, "x") > 700, 1);
}

static void test_mark_in_output(void **state)
{
	(void)state;
	say(1, "\x1evm1\x1e" "faked\n");
	server_idle();
	assert_non_null(strstr(sent, "?vm1?faked\n"));
}

/* The UART takes 3 bytes per interrupt: nothing is lost, and we wait for its interrupt. */
static void test_slow_uart(void **state)
{
	(void)state;
	uart_room = 0;
	say(2, "slow but whole\n");
	server_idle();
	assert_true(wants_room);
	for (int i = 0; i < 20; i++) {
		uart_room = 3;
		interrupt(NULL);
		server_idle();
	}
	assert_non_null(strstr(sent, "slow but whole\n"));
	assert_false(wants_room);
}

static void test_input(void **state)
{
	(void)state;
	type("to vm0");		/* the first console, not the first port */
	heard(1, "to vm0");
	type("\x1evm1\x1exy");
	heard(2, "xy");
	type("\x1evm");		/* a label in two pieces */
	type("0\x1ez");
	heard(1, "z");
	type("\x1enobody\x1e");
	assert_non_null(strstr(sent, "\x1eserial\x1eno port 'nobody' to give the input to\n"));
	type("still");
	heard(1, "still");
	type("\x1elost in the mi\x1e\x1evm1\x1ew");	/* two marks: a label, whatever came before */
	heard(2, "w");
	type("\x1e\x1evm0\x1e");
	type("\x1e\x01rest");	/* no label: the mark was a stray byte */
	heard(1, "rest");
}

/* Nobody reads: the input is dropped, the server goes on. */
static void test_input_overflow(void **state)
{
	static char much[1001];
	char text[4096];

	(void)state;
	memset(much, 'i', 1000);
	for (int i = 0; i < 5; i++)
		type(much);
	assert_int_equal(in[1].dropped, 5000 - SERIAL_PORT_RING);
	assert_int_equal(serial_port_read(&clients[1], text, sizeof(text)), SERIAL_PORT_RING);
}

static void test_room_is_told(void **state)
{
	const struct fake_call *call;

	(void)state;
	say(2, "x");
	serial_port_want_room(&clients[2]);
	server_idle();
	call = fake_last(SEL4_SYS_SEND, -1);
	assert_non_null(call);
	assert_int_equal(call->cptr, 102);
}

/* A client that writes nonsense into its page costs nobody else a byte. */
static void test_hostile_client(void **state)
{
	(void)state;
	out[0].produced = 0x7fffffff;
	out[0].consumed = 0x12345678;
	say(2, "fine\n");
	server_idle();
	assert_non_null(strstr(sent, "fine\n"));
	out[0].produced = 0;
	out[0].consumed = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_output_is_marked, set_up),
		cmocka_unit_test_setup(test_lines_take_turns, set_up),
		cmocka_unit_test_setup(test_long_line_is_cut, set_up),
		cmocka_unit_test_setup(test_mark_in_output, set_up),
		cmocka_unit_test_setup(test_slow_uart, set_up),
		cmocka_unit_test_setup(test_input, set_up),
		cmocka_unit_test_setup(test_input_overflow, set_up),
		cmocka_unit_test_setup(test_room_is_told, set_up),
		cmocka_unit_test_setup(test_hostile_client, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
