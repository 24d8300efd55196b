/* SPDX-License-Identifier: BSD-2-Clause */
/* Many deadlines in one of the timer server's: order, moves, what functions do while they are called. */
#include "deadline.h"

#include <peervisor/timer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NUMBER	4

static struct deadlines all;
static struct deadline deadline[NUMBER];
static uint64_t asked;
static unsigned int asks, called[NUMBER], order[16], calls;
static void (*in_call)(unsigned int i);

enum timer_status timer_set(uint64_t slot, uint64_t at)
{
	assert_int_equal(slot, 7);
	asked = at;
	asks++;
	return TIMER_OK;
}

static void reached(void *of)
{
	unsigned int i = (unsigned int)((struct deadline *)of - deadline);

	order[calls++] = i;
	called[i]++;
	if (in_call)
		in_call(i);
}

static int setup(void **state)
{
	deadlines_init(&all, 7);
	for (unsigned int i = 0; i < NUMBER; i++) {
		deadline[i] = (struct deadline){ .reached = reached, .of = &deadline[i] };
		called[i] = 0;
	}
	asks = calls = 0;
	in_call = NULL;
	return 0;
}

static void set(unsigned int i, uint64_t at)
{
	deadline_set(&all, &deadline[i], at);
}

static void test_order(void **state)
{
	deadlines_settle(&all);
	assert_int_equal(asks, 0);
	set(0, 300);
	set(1, 100);
	set(2, 200);
	set(3, 100);
	deadlines_settle(&all);
	deadlines_settle(&all);
	assert_int_equal(asks, 1);
	assert_int_equal(asked, 100);
	deadlines_reached(&all);
	assert_int_equal(calls, 2);
	assert_int_equal(order[0], 1);		/* of equal ones the first set */
	assert_int_equal(order[1], 3);
	deadlines_settle(&all);
	assert_int_equal(asked, 200);
	set(2, 50);				/* in the past: the server's to see */
	deadlines_settle(&all);
	assert_int_equal(asked, 50);
	deadlines_reached(&all);
	assert_int_equal(order[2], 2);
	assert_int_equal(calls, 3);
}

static void test_cancel_and_move(void **state)
{
	set(0, DEADLINE_NEVER);			/* never set */
	set(0, 100);
	set(1, 200);
	set(0, DEADLINE_NEVER);
	set(0, DEADLINE_NEVER);
	deadlines_settle(&all);
	assert_int_equal(asked, 200);
	set(0, 100);
	deadlines_settle(&all);
	set(0, 300);				/* the server's stays: its signal finds nothing due */
	deadlines_settle(&all);
	assert_int_equal(asks, 2);
	deadlines_reached(&all);
	assert_int_equal(calls, 0);
	deadlines_settle(&all);
	assert_int_equal(asked, 200);
	set(1, DEADLINE_NEVER);
	set(0, DEADLINE_NEVER);
	deadlines_reached(&all);
	deadlines_settle(&all);
	assert_int_equal(asks, 3);
	assert_int_equal(calls, 0);
}

static void set_again(unsigned int i)
{
	set(i, 10);
}

static void cancel_others(unsigned int i)
{
	for (unsigned int other = 0; other < NUMBER; other++)
		if (other != i)
			set(other, DEADLINE_NEVER);
}

static void test_from_functions(void **state)
{
	/* One that sets itself to the past does not keep the monitor here. */
	in_call = set_again;
	set(0, 100);
	deadlines_settle(&all);
	deadlines_reached(&all);
	assert_int_equal(called[0], 1);
	deadlines_settle(&all);
	assert_int_equal(asked, 10);
	deadlines_reached(&all);
	assert_int_equal(called[0], 2);

	/* What is due at the same time can be cancelled by what is called first. */
	in_call = cancel_others;
	for (unsigned int i = 0; i < NUMBER; i++)
		set(i, 20 + i);
	set(3, 500);
	deadlines_settle(&all);
	all.server = 100;			/* late */
	calls = 0;
	deadlines_reached(&all);
	assert_int_equal(calls, 1);
	assert_null(all.first);
	assert_null(all.due);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_order, setup),
		cmocka_unit_test_setup(test_cancel_and_move, setup),
		cmocka_unit_test_setup(test_from_functions, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
