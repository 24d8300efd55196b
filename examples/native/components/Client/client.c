/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls every method of Kinds and compares; then events and dataports. One line for each. */
#include <camkes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *what, bool good)
{
	printf("%s: %s\n", what, good ? "good" : "BAD");
}

static void scalars(void)
{
	int quotient, rest;
	uint64_t n = ~0ull;

	kinds_nothing();
	check("no parameter", rpc_error() == CE_NO_ERROR);
	check("int", kinds_add(-5, 3) == -2);
	check("widths", kinds_narrow(255, -300, -(1ll << 40), 'x') == 'x');
	check("bool", kinds_both(true, true) && !kinds_both(true, false));
	kinds_divide(-17, 5, &quotient, &rest);
	check("out", quotient == -3 && rest == -2);
	kinds_count(&n);
	check("inout", n == 0);
	n = 1;
	check("refin, five words", kinds_sum(&n, 2, 4, 8, 1ull << 63) == (15 | 1ull << 63));
}

static void strings(void)
{
	char *folder, *file, *text = "shout", *greeted = kinds_greet(greeting);

	check("string", greeted && strcmp(greeted, "hello, it is server") == 0);
	free(greeted);
	kinds_split("a/b", &folder, &file);
	check("strings out", folder && file && strcmp(folder, "a") == 0 && strcmp(file, "b") == 0);
	free(folder);
	free(file);
	kinds_upper(&text);
	check("string inout", text && strcmp(text, "SHOUT") == 0);
	free(text);
}

static void arrays(void)
{
	static const int given[] = { 3, -1, 2 };
	static const bool truths[] = { true, false, true };
	static const point_t square[] = { { 0, 0 }, { 2, 0 }, { 2, 2 }, { 0, 2 } };
	int *values = NULL, *sorted = (int *)given;
	size_t count = 0, three = 3;

	check("array", kinds_total(3, given) == 4 && kinds_total(0, given) == 0);
	kinds_range(7, 10, &count, &values);
	check("array out", count == 4 && values && values[0] == 7 && values[3] == 10);
	free(values);
	kinds_sort(&three, &sorted);
	check("array inout", three == 3 && sorted[0] == -1 && sorted[1] == 2 && sorted[2] == 3);
	free(sorted);
	check("array of bools", kinds_truths(3, truths) == 2);
	check("array of structs", kinds_area(4, square) == 4);
}

static void string_arrays(void)
{
	char *given[] = { "one", "", "three" }, **words = given, *joined;
	size_t count = 3;

	joined = kinds_join(3, given, "+");
	check("array of strings", joined && strcmp(joined, "one++three") == 0);
	free(joined);
	kinds_words("to be or", &count, &words);
	check("array of strings out", count == 3 && strcmp(words[0], "to") == 0 &&
	      strcmp(words[2], "or") == 0);
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	free(words);
	words = given;
	count = 3;
	kinds_reverse(&count, &words);
	check("array of strings inout", count == 3 && strcmp(words[0], "three") == 0 &&
	      strcmp(words[2], "one") == 0);
	for (size_t i = 0; i < count; i++)
		free(words[i]);
	free(words);
}

static void structs(void)
{
	point_t p = { 3, -4 }, by = { 1, 1 }, q = kinds_mirror(p);

	check("struct", q.x == -3 && q.y == 4);
	kinds_move(&p, &by);
	check("struct inout and refin", p.x == 4 && p.y == -3);
	check("enum", kinds_darker(SHADE_MIDDLE) == SHADE_DARK);
}

static camkes_error_t last;

static camkes_error_action_t on_error(camkes_error_t *error)
{
	last = *error;
	return CEA_DISCARD;
}

/* A handler hears of errors instead of the log; an interface's own goes before the component's. */
static void handlers(const char *big)
{
	camkes_register_error_handler(on_error);
	free(visit_say(big));
	check("error handler", last.type == CE_BUFFER_LENGTH_EXCEEDED && strcmp(last.interface, "visit") == 0 &&
	      strcmp(last.method, "say") == 0 && strcmp(last.instance, "client") == 0);
	check("error handler of an interface", kinds_register_error_handler(on_error) == NULL);
	camkes_register_error_handler(NULL);
	kinds_greet(big);
	check("error handler of an interface, called", strcmp(last.interface, "kinds") == 0);
	kinds_register_error_handler(NULL);
	rpc_error();
}

/* One message has 960 bytes: what exceeds it is refused on the side that would send it. */
static void bounds(void)
{
	static char big[2000];
	char *answer;

	memset(big, 'x', sizeof(big) - 1);
	answer = kinds_greet(big);
	check("string too long to send", !answer && rpc_error() == CE_BUFFER_LENGTH_EXCEEDED);
	answer = kinds_fill(950);
	check("string as long as can be", answer && strlen(answer) == 950);
	free(answer);
	answer = kinds_fill(960);
	check("string too long to return", !answer && rpc_error() == CE_BUFFER_LENGTH_EXCEEDED);
	check("not connected", !absent_who);
	handlers(big);
}

static void on_done(void *argument)
{
	*(int *)argument += 1;
}

static void events(void)
{
	volatile int seen = 0;

	board->lines = 1;
	strcpy(board->text, "written by the client");
	board_release();
	ready_emit();
	done_wait();
	board_acquire();
	check("dataport", strcmp(board->text, "READ BY THE SERVER") == 0);
	check("event, wait", board->lines == 2);

	check("event, callback registered", done_reg_callback(on_done, (void *)&seen) == 0);
	check("event, one callback at a time", done_reg_callback(on_done, (void *)&seen) != 0);
	ready_emit();	/* two events come back: the callback gets the first */
	done_wait();
	check("event, callback goes before wait", seen == 1);

	check("event, poll finds none", !done_poll());
	ready_emit();
	while (!done_poll())
		seL4_Yield();
	check("event, poll", true);
}

static void dataports(void)
{
	unsigned char *bytes = bulk;
	uint32_t sum = 0;

	for (unsigned int i = 0; i < 65536; i++)
		sum += bytes[i] = (unsigned char)(i * 7);
	check("dataport of 64 KiB", bulk_get_size() == 65536);
	check("dataport pointer", kinds_checksum(dataport_wrap_ptr(bytes), 65536) == sum);
	check("dataport pointer from nowhere", kinds_checksum(dataport_wrap_ptr(&sum), 4) == 0);
	check("dataport, read only", strcmp((const char *)news, "server's news") == 0);
}

int run(void)
{
	char *name;

	check("attributes", times == 5 && strcmp(greeting, "hello") == 0);
	check("attributes: a struct", strcmp(route.title, "to\tthe \"end\"") == 0 && route.least == -128 &&
	      route.steps_sz == 2 && sizeof(route.steps) / sizeof(*route.steps) == 2 && strcmp(route.steps[1].name, "two") == 0 && route.steps[1].size == -2);
	check("attributes: structs in a list", sheets_sz == 2 && sheets[1].width == 148 && sheets[0].height == 297);
	check("attributes: lists", primes_sz == 3 && primes[2] == 5 && sizeof(primes) == 6 && notes_sz == 0);
	scalars();
	strings();
	arrays();
	string_arrays();
	structs();
	bounds();
	name = visit_who();
	check("sender", name && strcmp(name, "client 1") == 0);
	free(name);
	events();
	dataports();
	printf("client: end\n");
	return 0;
}
