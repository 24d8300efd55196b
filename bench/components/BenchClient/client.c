/* SPDX-License-Identifier: BSD-2-Clause */
/* Times calls through generated stubs and a transfer by dataport, in the same way as benchcaller.c. */
#include <camkes.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS	1000u
#define SIZE	65536u

#include "../../measure.h"

static char data[SIZE], other[SIZE];

static void transfer(void)
{
	memcpy(bulk, data, SIZE);
	bulk_release();
	full_emit();
	empty_wait();
}

/* The barrier keeps the compiler from leaving it out. */
static void copy(void)
{
	memcpy(other, data, SIZE);
	__asm__ volatile("" : : "r"(other) : "memory");
}

static void echo(void)
{
	free(server_echo("a string of thirty-two characters"));
}

int run(void)
{
	int quotient, rest;

	MEASURE("procedure-loop", __asm__ volatile("" ::: "memory"));
	MEASURE("procedure-none", server_none());
	MEASURE("procedure-int", server_next(5));
	MEASURE("procedure-four", server_divide(7, 3, &quotient, &rest));
	MEASURE("procedure-string", echo());
	MEASURE("copy", copy());
	MEASURE("event-pair", (full_emit(), empty_wait()));
	MEASURE("dataport", transfer());
	log_info("bench: end");
	return 0;
}
