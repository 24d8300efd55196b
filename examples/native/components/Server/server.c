/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kinds and Visit, each served by a thread of its own; run() answers events. Any value may come: what
 * would overflow here would end this thread, so sums wrap around and the rest is checked.
 */
#include <camkes.h>
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char order[64];

void pre_init(void)
{
	strcat(order, "pre ");
}

void kinds__init(void)
{
	strcat(order, "kinds ");
	strcpy((char *)news, "server's news");
}

void visit__init(void)
{
	strcat(order, "visit ");
}

void post_init(void)
{
	strcat(order, "post");
}

void kinds_nothing(void)
{
}

int kinds_add(int a, int b)
{
	return (int)((unsigned int)a + (unsigned int)b);
}

uint8_t kinds_narrow(uint8_t a, int16_t b, int64_t c, char d)
{
	return a == 255 && b == -300 && c == -(1ll << 40) ? (uint8_t)d : 0;
}

bool kinds_both(bool a, bool b)
{
	return a && b;
}

void kinds_divide(int a, int b, int *quotient, int *rest)
{
	if (b == 0 || (a == INT_MIN && b == -1))
		return;
	*quotient = a / b;
	*rest = a % b;
}

void kinds_count(uint64_t *n)
{
	++*n;
}

uint64_t kinds_sum(const uint64_t *a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	return *a + b + c + d + e;
}

/* Strings and arrays that are returned come from the heap; the stub frees them. */
static char *format(const char *text, const char *with)
{
	char *s = NULL;

	return asprintf(&s, text, with) < 0 ? NULL : s;
}

char *kinds_greet(const char *name)
{
	return format("%s, it is server", name);
}

void kinds_split(const char *path, char **folder, char **file)
{
	const char *slash = strchr(path, '/');

	*folder = strndup(path, slash ? (size_t)(slash - path) : 0);
	*file = strdup(slash ? slash + 1 : path);
}

void kinds_upper(char **text)
{
	for (char *p = *text; *p; p++)
		*p = (char)toupper((unsigned char)*p);
}

int kinds_total(size_t values_sz, const int *values)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < values_sz; i++)
		sum += (unsigned int)values[i];
	return (int)sum;
}

void kinds_range(int first, int last, size_t *values_sz, int **values)
{
	long count = (long)last - first + 1;

	if (count < 1 || count > 1000)
		return;
	*values = malloc((size_t)count * sizeof(int));
	for (*values_sz = 0; *values && *values_sz < (size_t)count; ++*values_sz)
		(*values)[*values_sz] = (int)(first + (long)*values_sz);
}

static int compare(const void *a, const void *b)
{
	int first = *(const int *)a, second = *(const int *)b;

	return (first > second) - (first < second);
}

void kinds_sort(size_t *values_sz, int **values)
{
	qsort(*values, *values_sz, sizeof(int), compare);
}

int kinds_truths(size_t values_sz, const bool *values)
{
	int n = 0;

	for (size_t i = 0; i < values_sz; i++)
		n += values[i];
	return n;
}

char *kinds_join(size_t words_sz, char **words, const char *between)
{
	size_t length = 1;
	char *s;

	for (size_t i = 0; i < words_sz; i++)
		length += strlen(words[i]) + strlen(between);
	s = calloc(length, 1);
	for (size_t i = 0; s && i < words_sz; i++) {
		strcat(s, i ? between : "");
		strcat(s, words[i]);
	}
	return s;
}

void kinds_words(const char *text, size_t *words_sz, char ***words)
{
	char *copy = strdup(text), *rest = NULL, *word;

	*words = calloc(strlen(text) + 1, sizeof(char *));
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		(*words)[(*words_sz)++] = strdup(word);
	free(copy);
}

void kinds_reverse(size_t *words_sz, char ***words)
{
	for (size_t i = 0; i < *words_sz / 2; i++) {
		char *word = (*words)[i];

		(*words)[i] = (*words)[*words_sz - 1 - i];
		(*words)[*words_sz - 1 - i] = word;
	}
}

point_t kinds_mirror(point_t p)
{
	return (point_t){ (int32_t)-(uint32_t)p.x, (int32_t)-(uint32_t)p.y };
}

void kinds_move(point_t *p, const point_t *by)
{
	p->x = (int32_t)((uint32_t)p->x + (uint32_t)by->x);
	p->y = (int32_t)((uint32_t)p->y + (uint32_t)by->y);
}

shade_t kinds_darker(shade_t shade)
{
	return shade == SHADE_LIGHT ? SHADE_MIDDLE : SHADE_DARK;
}

int64_t kinds_area(size_t points_sz, const point_t *points)
{
	uint64_t twice = 0;

	for (size_t i = 0; i < points_sz; i++) {
		const point_t *a = &points[i], *b = &points[(i + 1) % points_sz];

		twice += (uint64_t)((int64_t)a->x * b->y) - (uint64_t)((int64_t)b->x * a->y);
	}
	return (int64_t)twice / 2;
}

/* A pointer that came is checked like everything that came: both ends of what it names. */
uint32_t kinds_checksum(dataport_ptr_t where, size_t length)
{
	const unsigned char *bytes = dataport_unwrap_ptr(where);
	uint32_t sum = 0;

	if (!bytes || length > bulk_get_size() || where.offset > bulk_get_size() - length)
		return 0;
	for (size_t i = 0; i < length; i++)
		sum += bytes[i];
	return sum;
}

char *kinds_fill(size_t length)
{
	char *s = length < 4096 ? malloc(length + 1) : NULL;

	if (s) {
		memset(s, 'y', length);
		s[length] = '\0';
	}
	return s;
}

char *visit_who(void)
{
	char *s = NULL;

	return asprintf(&s, "client %llu", (unsigned long long)visit_get_sender_id()) < 0 ? NULL : s;
}

char *visit_say(const char *text)
{
	return strdup(text);
}

/* Of the interface's thread, before it serves. */
int visit__run(void)
{
	printf("visitors are welcome\n");
	return 0;
}

static void on_ready(void *argument)
{
	rounds_post();
	ready_reg_callback(on_ready, argument);
}

int run(void)
{
	printf("order: %s\n", order);
	ready_reg_callback(on_ready, NULL);
	rounds_wait();
	board_acquire();
	printf("board: %s\n", board->text);
	strcpy(board->text, "READ BY THE SERVER");
	board->lines++;
	board_release();
	done_emit();

	rounds_wait();
	done_emit();
	for (int i = 0; i < 3; i++)	/* lets the callback take the first */
		seL4_Yield();
	done_emit();

	rounds_wait();
	done_emit();
	return 0;
}
