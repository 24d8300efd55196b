/* SPDX-License-Identifier: BSD-2-Clause */
/* What the generated code and runtime/component/rpc.c need from the rest of the runtime, for one test. */
#ifndef TESTS_UNIT_STUB_RUNTIME_H
#define TESTS_UNIT_STUB_RUNTIME_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <peervisor/component.h>
#include <peervisor/config.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <sel4/fake.h>

static unsigned int logged;

void log_at(enum log_level level, const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	logged++;
}

void panic_at(const char *file, int line, const char *format, ...)
{
	fprintf(stderr, "panic at %s:%d: %s\n", file, line, format);
	abort();
}

const char *config_component(void)
{
	return "tested";
}

int config_find(const char *path)
{
	return -1;
}

int config_next(int parent, int previous, const char *prefix)
{
	return -1;
}

uint64_t config_u64(int node, const char *property)
{
	return 0;
}

uint64_t config_u64_or(int node, const char *property, uint64_t otherwise)
{
	return otherwise;
}

bool config_has(int node, const char *property)
{
	return false;
}

const char *config_string(int node, const char *property)
{
	return "";
}

struct config_pair config_pair(int node, const char *property)
{
	return (struct config_pair){ 0, 0 };
}

/* A sequence that is the same on every run (xorshift64). */
static uint64_t next_random(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Words that a length or a count may have, good ones and bad ones. */
static seL4_Word interesting(void)
{
	static const seL4_Word words[] = {
		0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 31, 100, 118, 119, 120, 121, 950, 951, 958, 959, 960, 961,
		1ull << 31, 1ull << 32, 1ull << 60, 1ull << 61, 1ull << 63, ~0ull - 8, ~0ull,
	};

	return next_random() % 3 ? words[next_random() % (sizeof(words) / sizeof(*words))] :
				   next_random();
}

/* A message: words mostly small, so that many of them are taken for lengths that fit. */
static seL4_Word fill_message(struct sel4_trap *trap)
{
	seL4_Word length = next_random() % 4 ? next_random() % 12 : next_random() % 121, i;

	for (i = 0; i < length; i++) {
		seL4_Word word = next_random() % 2 ? next_random() % 24 : interesting();

		if (i < SEL4_MSG_REGISTERS)
			trap->mr[i] = word;
		else
			seL4_SetMR(i, word);
	}
	return length;
}

#endif
