/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../adl/nearest.h"
#include "command.h"

#define SLIPS 3		/* letters by which a name may differ from the one that was meant */

struct line {
	const struct command *command;
	struct settings *settings;
	char **v;
	int count;
	int next;
};

int option_wrong(const struct command *c, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "peervisor %s: ", c->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	help_synopsis(c, stderr);
	fprintf(stderr, "`peervisor %s --help` says more.\n", c->name);
	return COMMAND_USAGE;
}

bool option_number(const char *text, unsigned int most, unsigned int *n)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	*n = (unsigned int)value;
	return *text >= '0' && *text <= '9' && !*end && value > 0 && value <= most;
}

static const struct option *find(const struct command *c, const char *name, size_t length, char letter)
{
	const struct option *const *table, *o;

	for (table = c->options; *table; table++)
		for (o = *table; o->name; o++)
			if (letter ? o->letter == letter
				   : strncmp(o->name, name, length) == 0 && !o->name[length])
				return o;
	return NULL;
}

static int unknown(const struct command *c, const char *name)
{
	struct nearest n = nearest_start(name, SLIPS);
	const struct option *const *table, *o;

	for (table = c->options; *table; table++)
		for (o = *table; o->name; o++)
			nearest_offer(&n, o->name);
	nearest_offer(&n, "help");
	if (n.best)
		return option_wrong(c, "no option '--%s'; did you mean '--%s'?", name, n.best);
	return option_wrong(c, "no option '--%s'", name);
}

/* `attached`: what follows in the same word, or NULL. */
static int set(struct line *l, const struct option *o, const char *attached, const char *shown)
{
	const char *values[2] = { attached, NULL };
	unsigned int n = attached ? 1 : 0;

	if (!o->values && attached)
		return option_wrong(l->command, "'%s' takes no value", shown);
	while (n < o->values) {
		if (l->next == l->count)
			return option_wrong(l->command, "'%s' needs %s", shown, o->argument);
		values[n++] = l->v[l->next++];
	}
	if (o->set(l->settings, values))
		return COMMAND_DONE;
	return option_wrong(l->command, "'%s %s' cannot be; it takes %s", shown, values[0] ? values[0] : "",
			    o->argument ? o->argument : "no value");
}

static int long_option(struct line *l, char *word)
{
	const char *equals = strchr(word, '=');
	size_t length = equals ? (size_t)(equals - word) : strlen(word);
	const struct option *o = find(l->command, word + 2, length - 2, 0);
	const char *shown = arena_copy(&l->settings->arena, word, length);

	if (!o)
		return unknown(l->command, shown + 2);
	return set(l, o, equals ? equals + 1 : NULL, shown);
}

static int short_options(struct line *l, const char *word)
{
	const struct option *o;
	int result = COMMAND_DONE;

	for (word++; *word && result == COMMAND_DONE; word++) {
		o = find(l->command, NULL, 0, *word);
		if (!o)
			return option_wrong(l->command, "no option '-%c'", *word);
		result = set(l, o, o->values && word[1] ? word + 1 : NULL, (char[]){ '-', *word, '\0' });
		if (o->values)
			break;
	}
	return result;
}

static int operand(struct line *l, const char *word)
{
	struct settings *s = l->settings;

	if (s->operand_count == l->command->most)
		return option_wrong(l->command, "'%s' is one word too many", word);
	s->operands[s->operand_count++] = word;
	return COMMAND_DONE;
}

int option_parse(struct settings *s, const struct command *c, int argc, char **argv, bool *help)
{
	struct line l = { .command = c, .settings = s, .v = argv, .count = argc };
	int result = COMMAND_DONE;
	bool only_operands = false;
	char *word;

	*help = false;
	while (l.next < argc && result == COMMAND_DONE) {
		word = argv[l.next++];
		if (only_operands || word[0] != '-' || !word[1]) {
			result = operand(&l, word);
		} else if (strcmp(word, "--") == 0) {
			only_operands = true;
		} else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
			*help = true;
			return COMMAND_DONE;
		} else {
			result = word[1] == '-' ? long_option(&l, word) : short_options(&l, word);
		}
	}
	if (result == COMMAND_DONE && s->operand_count < c->least)
		result = option_wrong(c, "what? Name %s", c->assembly ? "a file" : c->synopsis[0]);
	return result;
}
