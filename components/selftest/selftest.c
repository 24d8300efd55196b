/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The runtime tests itself on the machine, then ends in the way that property
 * `end` names: what each end looks like is the test's business (tests/system).
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <peervisor/config.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <sel4/sel4.h>

#define SPAN	300

static unsigned char from[SPAN], to[SPAN], expected[SPAN];
static _Thread_local int initialised = 42;
static _Thread_local int zero;

static void fill(void)
{
	for (int i = 0; i < SPAN; i++) {
		from[i] = (unsigned char)(i * 7 + 3);
		to[i] = expected[i] = (unsigned char)~i;
	}
}

static void compare(const char *what, size_t at, size_t other, size_t length)
{
	for (int i = 0; i < SPAN; i++)
		if (to[i] != expected[i])
			panic("%s at %zu, %zu, length %zu: byte %d", what, at, other, length, i);
}

/* The volatile pointers keep the compiler from knowing what these are. */
static void *(*volatile copy)(void *, const void *, size_t) = memcpy;
static void *(*volatile move)(void *, const void *, size_t) = memmove;
static void *(*volatile set)(void *, int, size_t) = memset;

static void test_copies(size_t at, size_t other, size_t length)
{
	fill();
	for (size_t i = 0; i < length; i++)
		expected[at + i] = from[other + i];
	if (copy(to + at, from + other, length) != to + at)
		panic("memcpy returns something else");
	compare("memcpy", at, other, length);

	fill();
	for (size_t i = 0; i < length; i++)
		expected[at + i] = to[other + i];
	move(to + at, to + other, length);
	compare("memmove", at, other, length);

	fill();
	for (size_t i = 0; i < length; i++)
		expected[at + i] = 0xa5;
	set(to + at, 0x7fa5, length);
	compare("memset", at, other, length);
}

static void test_memory(void)
{
	for (size_t length = 0; length < 150; length++)
		for (size_t at = 0; at < 9; at++)
			for (size_t other = 0; other < 40; other += 3)
				test_copies(at + 16, other, length);
	log_info("memory: good");
}

static void test_thread_local(void)
{
	errno = 7;
	if (initialised != 42 || zero != 0 || errno != 7)
		panic("thread-local variables");
	log_info("thread-local: good");
}

static void test_heap(void)
{
	char *blocks[64];
	int count = 0;

	while (count < 64 && (blocks[count] = malloc(4096))) {
		memset(blocks[count], count, 4096);
		count++;
	}
	if (count == 0 || count == 64 || errno != ENOMEM)
		panic("malloc: %d blocks, errno %d", count, errno);
	for (int i = 0; i < count; i++)
		if (blocks[i][0] != blocks[i][4095] || blocks[i][0] != i)
			panic("malloc: block %d is not its own", i);
	for (int i = 0; i < count; i++)
		free(blocks[i]);
	if (!malloc(4096))
		panic("malloc: nothing after free");
	log_info("heap: good, %d blocks", count);
}

static void test_output(void)
{
	char line[64];

	snprintf(line, sizeof(line), "%s %d %llx %5u|", "text", -1, 0x123456789abcdefull, 42u);
	if (strcmp(line, "text -1 123456789abcdef    42|"))
		panic("snprintf: '%s'", line);
	printf("printf: %s\n", "good");
	for (int i = 0; i < 400; i++)
		printf("%03d a line that makes the ring go round many times\n", i);
	log_debug("not shown");
}

/* More than the server can take while we hold the CPU is dropped, counted, and told. */
static void test_flood(void)
{
	struct serial_port *port = log_port();
	uint32_t before = port->dropped;
	char block[SERIAL_PORT_RING * 2];

	memset(block, '.', sizeof(block));
	serial_port_write(port, block, sizeof(block));
	if (port->dropped == before)
		panic("a block larger than the ring was taken whole");
	log_info("\nflood: over");
}

static volatile int largest = 0x7fffffff;
static volatile int *volatile nowhere = (volatile int *)8;

int main(void)
{
	const char *end = config_string(CONFIG_ROOT, "end");

	test_memory();
	test_thread_local();
	test_heap();
	test_output();
	test_flood();
	log_info("all good, now %s", end);
	if (strcmp(end, "abort") == 0)
		abort();
	if (strcmp(end, "assert") == 0)
		assert(!"this is asserted");
	if (strcmp(end, "exit") == 0)
		exit(3);
	if (strcmp(end, "config") == 0)
		config_u64(CONFIG_ROOT, "no-such-property");
	if (strcmp(end, "undefined") == 0)
		largest = largest + 1;
	if (strcmp(end, "fault") == 0)
		*nowhere = 1;
	return 0;
}
