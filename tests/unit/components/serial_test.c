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
#define NOTIFICATION 6
#define ENDPOINT 7
#define THREAD_BADGE(n) (EVENT_ENDPOINT | (n))

int server_main(void);

static const char *const labels[PORTS] = {"vm0.log", "vm0", "vm1"};
static _Alignas(4096) struct serial_port_page out[PORTS], in[PORTS];
static struct serial_port clients[PORTS];

static char sent[65536];		/* what the UART put on the wire */
static size_t num_sent, uart_room;
static const char *typed = "";		/* what it will receive */
static bool wants_room;
static uint64_t (*server_wait)(void);
static void (*server_message)(uint64_t badge, seL4_MessageInfo_t info);
static uint64_t waits_on;
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

/* Configuration: node 1 + n is port@n, node 10 a monitor's thread, node 11 that of a component. */
enum { MONITOR = 10, NATIVE };

int config_next(int parent, int previous, const char *prefix)
{
	assert_int_equal(parent, CONFIG_ROOT);
	if (strcmp(prefix, "thread@") == 0)
		return previous < 0 ? MONITOR : previous == MONITOR ? NATIVE : -1;
	assert_string_equal(prefix, "port@");
	return previous < 0 ? 1 : previous < PORTS ? previous + 1 : -1;
}

static uint64_t port_number(int port, const char *property)
{
	if (strcmp(property, "out") == 0)
		return (uintptr_t)&out[port];
	if (strcmp(property, "in") == 0)
		return (uintptr_t)&in[port];
	assert_string_equal(property, "notify-slot");
	return 100 + (uint64_t)port;
}

uint64_t config_u64(int node, const char *property)
{
	static const struct {
		const char *name;
		uint64_t value;
	} root[] = {
		{ "uart", 0x9000 }, { "irq-slot", 5 }, { "irq-badge", IRQ_BADGE },
		{ "kick-badge", KICK_BADGE }, { "notification-slot", NOTIFICATION },
		{ "endpoint-slot", ENDPOINT },
	};

	if (node >= MONITOR) {
		assert_string_equal(property, "badge");
		return THREAD_BADGE((uint64_t)node);
	}
	for (size_t i = 0; node == CONFIG_ROOT && i < sizeof(root) / sizeof(root[0]); i++)
		if (strcmp(root[i].name, property) == 0)
			return root[i].value;
	return port_number(node - 1, property);
}

struct config_pair config_pair(int node, const char *property)
{
	assert_int_equal(node, CONFIG_ROOT);
	assert_string_equal(property, "stacks");
	return (struct config_pair){ 0x10000000, 0x10000000 };
}

bool config_has(int node, const char *property)
{
	return strcmp(property, node == MONITOR ? "vm" : "stack-attribute") == 0;
}

const char *config_string(int node, const char *property)
{
	static const struct {
		const char *property, *value[2];
	} thread[] = {
		{ "component", { "vm0.vmm", "hello" } }, { "thread", { "run", "p" } },
		{ "program", { "vmm.elf", "Hello.elf" } }, { "label", { "vm0.log", "hello.log" } },
		{ "vm", { "vm0", NULL } }, { "stack-attribute", { NULL, "_stack_size" } },
	};

	for (size_t i = 0; node >= MONITOR && i < sizeof(thread) / sizeof(thread[0]); i++)
		if (strcmp(thread[i].property, property) == 0)
			return thread[i].value[node - MONITOR];
	assert_string_equal(property, "label");
	return labels[node - 1];
}

void event_register(uint64_t badge, event_handler *handler, void *context)
{
	(void)context;
	if (badge == IRQ_BADGE)
		interrupt = handler;
}

void event_serve(uint64_t (*idle)(void), void (*message)(uint64_t badge, seL4_MessageInfo_t info))
{
	server_wait = idle;
	server_message = message;
	longjmp(waiting, 1);
}

static void server_idle(void)
{
	waits_on = server_wait();
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
	if (!server_wait) {
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

/* ---- order ---- */

static void reverse_of_written(void)
{
	say(2, "x\n");		/* the turn: the log's port is the next one */
	server_idle();
	num_sent = 0;
}

/* What was written to a console is out before a line of a log that was written later. */
static void test_log_does_not_overtake(void **state)
{
	(void)state;
	for (int before = 1; before <= 2; before++) {
		reverse_of_written();
		say(before, "last words\n");
		say(0, "vm0: powered off\n");
		server_idle();
		assert_non_null(strstr(sent, "last words\n"));
		assert_true(strstr(sent, "last words\n") < strstr(sent, "vm0: powered off\n"));
	}
}

/* The same if it takes many turns, and more of the log comes meanwhile. */
static void test_log_does_not_overtake_much(void **state)
{
	char line[SERIAL_PORT_RING + 1];

	(void)state;
	memset(line, 'c', SERIAL_PORT_RING);
	line[SERIAL_PORT_RING] = '\0';
	uart_room = 0;
	say(0, "one\n");
	server_idle();
	say(1, line);
	say(0, "two\n");
	for (int i = 0; i < 60; i++) {
		uart_room = 50;
		interrupt(NULL);
		server_idle();
	}
	assert_true(strstr(sent, "one\n") && strstr(sent, "two\n"));
	for (char *c = strstr(sent, "two\n"); *c; c++)
		assert_int_not_equal(*c, 'c');
}

/* Nor does a console that never pauses keep the logs waiting. */
static void test_flood_does_not_silence_logs(void **state)
{
	(void)state;
	say(0, "a word\n");
	for (int i = 0; i < 100 && !strstr(sent, "a word\n"); i++) {
		say(1, "flood flood flood flood flood flood flood flood flood\n");
		say(1, "flood flood flood flood flood flood flood flood flood\n");
		uart_room = 80;
		interrupt(NULL);
		server_idle();
	}
	assert_non_null(strstr(sent, "a word\n"));
	uart_room = sizeof(sent) - num_sent;
	interrupt(NULL);
	server_idle();
}

/* A client that takes back what it announced does not hold up the others. */
static void test_client_takes_bytes_back(void **state)
{
	uint32_t produced = out[1].produced;

	(void)state;
	uart_room = 0;
	say(2, "something\n");
	server_idle();
	out[1].produced = produced + 100;
	say(0, "a word\n");
	uart_room = 1;
	interrupt(NULL);
	server_idle();
	out[1].produced = produced;
	uart_room = sizeof(sent) - num_sent;
	interrupt(NULL);
	server_idle();
	assert_non_null(strstr(sent, "a word\n"));
}

/* ---- faults ---- */

static void fault(int node, seL4_Word label, unsigned int length, const seL4_Word *mr)
{
	for (unsigned int i = 0; i < length; i++)
		seL4_SetMR(i, mr[i]);
	server_message(THREAD_BADGE((uint64_t)node), seL4_MessageInfo_new(label, 0, 0, length));
	server_idle();
}

static void test_access_faults(void **state)
{
	(void)state;
	fault(MONITOR, seL4_Fault_VMFault, 4, (seL4_Word[]){ 0x400568, 0x10, 0, 0x92000046 });
	assert_non_null(strstr(sent, "\x1evm0.log\x1e" "vm0.vmm: error: FAULT in thread 'run' (VM vm0): write to "
			       "address 0x10 at pc 0x400568 of vmm.elf; nothing is mapped there, ESR 0x92000046\n"));
	fault(NATIVE, seL4_Fault_VMFault, 4, (seL4_Word[]){ 0x400568, 0x1fffbfe0, 0, 0x9200000f });
	assert_non_null(strstr(sent, "\x1ehello.log\x1e" "hello: error: FAULT in thread 'p': read of address "
			       "0x1fffbfe0 at pc 0x400568 of Hello.elf; its stack is too small (_stack_size); "
			       "not permitted there, ESR 0x9200000f\n"));
	fault(NATIVE, seL4_Fault_VMFault, 4, (seL4_Word[]){ 0x50000000, 0x50000000, 1, 0x82000006 });
	assert_non_null(strstr(sent, "'p': jump to address 0x50000000 at pc 0x50000000 of Hello.elf; nothing is"));
	fault(NATIVE, seL4_Fault_VMFault, 4, (seL4_Word[]){ 0x400000, 0x30000000, 0, 0x92000010 });
	assert_non_null(strstr(sent, "no memory or device answers there"));
}

static void test_other_faults(void **state)
{
	(void)state;
	fault(NATIVE, seL4_Fault_UserException, 5, (seL4_Word[]){ 0x400004, 0x2000, 0, 0x02000000, 0 });
	assert_non_null(strstr(sent, "'p': undefined instruction at pc 0x400004 of Hello.elf; sp 0x2000, ESR 0x02000000\n"));
	seL4_SetMR(1, 0x400010);	/* behind the message: our kernel's */
	fault(NATIVE, seL4_Fault_VCPUFault, 1, (seL4_Word[]){ 0xf20003e8 });
	assert_non_null(strstr(sent, "'p': trap (brk) at pc 0x400010 of Hello.elf; ESR 0xf20003e8\n"));
	seL4_SetMR(1, 0);
	fault(NATIVE, seL4_Fault_VCPUFault, 1, (seL4_Word[]){ 0xf20003e8 });
	assert_non_null(strstr(sent, "'p': trap (brk) in Hello.elf; ESR 0xf20003e8\n"));
	fault(NATIVE, seL4_Fault_CapFault, 4, (seL4_Word[]){ 0x400020, 300, 1, 3 });
	assert_non_null(strstr(sent, "'p': no capability to receive from in slot 300 at pc 0x400020 of Hello.elf\n"));
	fault(NATIVE, seL4_Fault_CapFault, 4, (seL4_Word[]){ 0x400020, 0, 1, 2 });
	assert_non_null(strstr(sent, "'p': no capability to receive from in slot 0 at pc"));
	fault(NATIVE, seL4_Fault_UnknownSyscall, 13, (seL4_Word[13]){ 1, 2, 3, [8] = 0x400030, [9] = 0x3000, [12] = 77 });
	assert_non_null(strstr(sent, "'p': unknown system call 77 at pc 0x400030 of Hello.elf; sp 0x3000, x0 0x1, x1 "
			       "0x2, x2 0x3\n"));
}

/* After its line in the log, a panic needs no second one; without, it does. */
static void test_panics(void **state)
{
	(void)state;
	fault(NATIVE, seL4_Fault_CapFault, 4, (seL4_Word[]){ 0x400020, PANIC_TOLD, 1, 3 });
	assert_int_equal(num_sent, 0);
	assert_int_equal(waits_on, ENDPOINT);
	fault(NATIVE, seL4_Fault_CapFault, 4, (seL4_Word[]){ 0x400020, PANIC_UNTOLD, 1, 3 });
	assert_non_null(strstr(sent, "'p': PANIC, and its log had no room for the reason\n"));
}

/* Who can send faults can send anything. */
static void test_forged_faults(void **state)
{
	(void)state;
	seL4_SetMR(3, 0x1234);
	fault(NATIVE, seL4_Fault_VMFault, 0, NULL);
	assert_non_null(strstr(sent, "read of address 0x0 at pc 0x0 of Hello.elf; beyond all addresses, ESR 0x00000000\n"));
	fault(NATIVE, 4000, 0, NULL);
	assert_non_null(strstr(sent, "'p': a message that is no fault, label 4000\n"));
	num_sent = 0;
	fault(99, seL4_Fault_VMFault, 0, NULL);
	assert_int_equal(num_sent, 0);
}

/* The report comes after all that was said before it, and the next fault waits for it. */
static void test_report_is_last(void **state)
{
	const seL4_Word mr[4] = { 0x400568, 0x10, 0, 0x92000046 };

	(void)state;
	reverse_of_written();
	uart_room = 0;
	say(0, "of the log\n");
	say(1, "of the console\n");
	say(2, "of another\n");
	fault(MONITOR, seL4_Fault_VMFault, 4, mr);
	assert_int_equal(waits_on, NOTIFICATION);
	for (int i = 0; i < 10; i++) {
		uart_room = 40;
		interrupt(NULL);
		server_idle();
	}
	assert_int_equal(waits_on, ENDPOINT);
	assert_true(strstr(sent, "of the console\n") < strstr(sent, "of the log\n"));
	assert_true(strstr(sent, "of the log\n") < strstr(sent, "FAULT"));
	assert_true(strstr(sent, "of another\n") < strstr(sent, "FAULT"));
	assert_string_equal(sent + num_sent - 11, "0x92000046\n");
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
		cmocka_unit_test_setup(test_log_does_not_overtake, set_up),
		cmocka_unit_test_setup(test_log_does_not_overtake_much, set_up),
		cmocka_unit_test_setup(test_flood_does_not_silence_logs, set_up),
		cmocka_unit_test_setup(test_client_takes_bytes_back, set_up),
		cmocka_unit_test_setup(test_access_faults, set_up),
		cmocka_unit_test_setup(test_other_faults, set_up),
		cmocka_unit_test_setup(test_panics, set_up),
		cmocka_unit_test_setup(test_forged_faults, set_up),
		cmocka_unit_test_setup(test_report_is_last, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
