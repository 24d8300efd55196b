/* SPDX-License-Identifier: BSD-2-Clause */
/* The generated client of examples/native, called while the other side answers with rubbish. */
#include "runtime.h"
#include "Client-stub.h"

#define ROUNDS	20000u

static int answer(const struct fake_call *call, struct sel4_trap *trap)
{
	seL4_Word label = next_random() % 8 ? 0 : interesting() & 0xfffffffffffffull, length;

	if (call->number != SEL4_SYS_CALL)
		return 0;
	if (call->length > RPC_WORDS || call->extra_caps)
		abort();
	length = fill_message(trap);
	trap->x0 = 0;
	trap->info = rpc_info(label, length).words[0];
	return 1;
}

static unsigned int failed, passed;

/* After each call: what came back must be usable, or there was an error and it is nothing. */
static bool came(void)
{
	bool good = rpc_error() == CE_NO_ERROR;

	passed += good;
	failed += !good;
	return good;
}

static void check(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "after an error: %s\n", what);
	abort();
}

static void free_strings(size_t count, char **strings)
{
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		length += strlen(strings[i]);
		free(strings[i]);
	}
	free(strings);
	check(length < RPC_BYTES, "more text than a message has");
}

static void scalars(void)
{
	int quotient = 1, rest = 1;
	uint64_t n = 77;

	kinds_nothing();
	came();
	kinds_add(1, 2);
	came();
	kinds_both(true, false);
	came();
	kinds_divide(7, 2, &quotient, &rest);
	if (!came())
		check(quotient == 0 && rest == 0, "out is not zero");
	kinds_count(&n);
	if (!came())
		check(n == 77, "inout has changed");
	kinds_sum(&n, 1, 2, 3, 4);
	came();
}

static void texts(void)
{
	char *a = kinds_greet("x"), *b = a, *file, *text = "text", *given[] = { "a", "b" };
	char **words = NULL, **same = given;
	size_t count = 9, two = 2;

	check(came() == !!a, "a string");
	free(a);
	kinds_split("a/b", &b, &file);
	check(came() == !!b && !!b == !!file, "strings out");
	free(b);
	free(file);
	kinds_upper(&text);
	if (came())
		free(text);
	else
		check(strcmp(text, "text") == 0, "inout string has changed");
	kinds_words("a b", &count, &words);
	if (!came())
		check(!words && count == 0, "strings out");
	free_strings(count, words);
	kinds_reverse(&two, &same);
	if (came())
		free_strings(two, same);
	else
		check(same == given && two == 2, "inout strings have changed");
	free(kinds_join(2, given, "+"));
	came();
}

static void data(void)
{
	int given[] = { 1, 2 }, *values = NULL, *same = given;
	point_t p = { 1, 2 }, q;
	size_t count = 5, two = 2;
	int sum = 0;

	kinds_range(1, 2, &count, &values);
	if (!came())
		check(!values && count == 0, "array out");
	for (size_t i = 0; i < count; i++)
		sum ^= values[i];
	free(values);
	kinds_sort(&two, &same);
	if (came())
		free(same);
	else
		check(same == given && two == 2, "inout array has changed");
	kinds_move(&p, &p);
	if (!came())
		check(p.x == 1 && p.y == 2, "inout struct has changed");
	q = kinds_mirror(p);
	if (!came())
		check(q.x == 0 && q.y == 0, "struct");
	kinds_darker(SHADE_DARK);
	came();
}

int main(void)
{
	fake_reset();
	fake_hook = answer;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		scalars();
		texts();
		data();
	}
	printf("%u calls: %u with an error, %u lines of log\n", passed + failed, failed, logged);
	return passed > 1000 && failed > 1000 && logged == failed ? 0 : 1;
}

int run(void)
{
	return 0;
}
