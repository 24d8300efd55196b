/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer server against a counter made of a variable: requests, deadlines, bad clients. */
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
#include <peervisor/timer.h>
#include <sel4/fake.h>
#include "counter.h"

#define CLIENTS		2
#define BADGE(n)	(EVENT_ENDPOINT | (uint64_t)((n) + 1))
#define NOTIFY(n)	(100 + (uint64_t)(n))
#define IRQ_SLOT	5
#define IRQ_BADGE	4

int server_main(void);

static uint64_t now, programmed;
static unsigned int signals[CLIENTS], acks;
static bool unsupported;
static event_handler *interrupt;

/* What the clients do: one message or event per receive of the server, then the test goes on. */
struct step {
	uint64_t badge, label, length, mr0;
};
static struct step steps[16];
static int num_steps, at_step;
static uint64_t replies[16], reply_mr[16][2];
static int num_replies;
static jmp_buf done;

uint64_t counter_now(void)
{
	return now;
}

uint64_t counter_frequency(void)
{
	return 62500000;
}

void counter_program(uint64_t deadline)
{
	assert_true(acks > 0);		/* else the kernel refuses the registers */
	programmed = deadline;
}

int config_next(int parent, int previous, const char *prefix)
{
	(void)parent;
	(void)prefix;
	return previous < 0 ? 1 : previous < CLIENTS ? previous + 1 : -1;
}

bool config_has(int node, const char *property)
{
	(void)node;
	return strcmp(property, "no-counters") == 0 && unsupported;
}

uint64_t config_u64(int node, const char *property)
{
	if (strcmp(property, "badge") == 0)
		return BADGE(node - 1);
	if (strcmp(property, "notify-slot") == 0)
		return NOTIFY(node - 1);
	if (strcmp(property, "irq-slot") == 0)
		return IRQ_SLOT;
	if (strcmp(property, "irq-badge") == 0)
		return IRQ_BADGE;
	assert_string_equal(property, "endpoint-slot");
	return 9;
}

void event_register(uint64_t badge, event_handler *handler, void *context)
{
	(void)context;
	assert_int_equal(badge, IRQ_BADGE);
	interrupt = handler;
}

void event_dispatch(uint64_t word)
{
	if (word & IRQ_BADGE)
		interrupt(NULL);
}

void log_at(enum log_level level, const char *format, ...)
{
	(void)level;
	(void)format;
}

void panic_at(const char *file, int line, const char *format, ...)
{
	fail_msg("panic at %s:%d: %s", file, line, format);
	abort();
}

static int hook(const struct fake_call *call, struct sel4_trap *trap)
{
	const struct step *step;

	if (call->number == SEL4_SYS_SEND) {
		assert_in_range(call->cptr, NOTIFY(0), NOTIFY(CLIENTS - 1));
		signals[call->cptr - NOTIFY(0)]++;
		return 0;
	}
	if (call->number == SEL4_SYS_CALL) {
		assert_int_equal(call->cptr, IRQ_SLOT);
		acks++;
		return 0;
	}
	if (call->number == SEL4_SYS_REPLY_RECV) {
		replies[num_replies] = call->label;
		memcpy(reply_mr[num_replies++], call->mr, sizeof(reply_mr[0]));
	}
	if (at_step == num_steps)
		longjmp(done, 1);
	step = &steps[at_step++];
	trap->x0 = step->badge;
	if (step->badge & EVENT_ENDPOINT) {
		trap->info = seL4_MessageInfo_new(step->label, 0, 0, step->length).words[0];
		trap->mr[0] = step->mr0;
	} else {
		now = step->mr0;	/* an interrupt: time has passed */
	}
	return 1;
}

static void step(uint64_t badge, uint64_t label, uint64_t length, uint64_t mr0)
{
	steps[num_steps++] = (struct step){badge, label, length, mr0};
}

/* The server keeps its clients' deadlines between runs of its main: one run does for all. */
static void run(void)
{
	if (!setjmp(done))
		server_main();
}

static void test_all(void **state)
{
	(void)state;
	fake_reset();
	fake_hook = hook;
	now = 1000;
	step(BADGE(0), TIMER_SET, 1, 5000);
	step(BADGE(1), TIMER_SET, 1, 3000);
	step(BADGE(0), TIMER_NOW, 0, 0);
	step(IRQ_BADGE, 0, 0, 3000);		/* client 1 is due */
	step(BADGE(1), TIMER_SET, 1, 100);	/* in the past: at once */
	step(BADGE(0), TIMER_SET, 1, 4000);	/* replaces */
	step(BADGE(0), TIMER_CANCEL, 0, 0);
	step(BADGE(0), TIMER_SET, 0, 7777);	/* too short */
	step(BADGE(7), TIMER_SET, 1, 7777);	/* nobody we know */
	step(BADGE(0), 99, 4, 0);
	step(BADGE(1), TIMER_SET, 1, 9000);
	step(IRQ_BADGE, 0, 0, 8999);		/* early: nothing */
	run();
	assert_int_equal(num_replies, 10);
	for (int i = 0; i < 6; i++)
		assert_int_equal(replies[i], TIMER_OK);
	for (int i = 6; i < 9; i++)
		assert_int_equal(replies[i], TIMER_BAD_REQUEST);
	assert_int_equal(reply_mr[2][0], 1000);
	assert_int_equal(reply_mr[2][1], 62500000);
	assert_int_equal(signals[0], 0);
	assert_int_equal(signals[1], 2);
	assert_int_equal(programmed, 9000);
	assert_int_equal(acks, 3);		/* at start and twice */
}

static void test_unsupported(void **state)
{
	(void)state;
	num_steps = at_step = num_replies = 0;
	unsupported = true;
	step(BADGE(0), TIMER_SET, 1, 5000);
	step(BADGE(0), TIMER_NOW, 0, 0);
	run();
	assert_int_equal(num_replies, 2);
	assert_int_equal(replies[0], TIMER_UNSUPPORTED);
	assert_int_equal(replies[1], TIMER_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
