/* SPDX-License-Identifier: BSD-2-Clause */
/* Stated policies, held against the distribution. */
#include <errno.h>
#include <string.h>

#include "../adl/source.h"
#include "audit.h"

#define POLICY_LIMIT (1u << 20)
#define POLICY_WORDS 32u

struct policy {
	const struct audit *a;
	const struct audit_options *options;
	FILE *out;
	unsigned int line;
	unsigned int rules;
	unsigned int breaches;
	unsigned int cautions;
	unsigned int mistakes;
	bool *trusted;			/* by domain */
	uint32_t from;			/* domain */
	uint32_t to;			/* domain, or AUDIT_NO_PART: */
	uint32_t object;
	const char *text;
};

static void say(struct policy *p, const char *kind, const char *what, const char *why)
{
	const char *file = p->options->require;

	if (!p->options->json) {
		fprintf(p->out, "%s:%u: %s: %s%s%s\n", file, p->line, kind, what, *why ? ": " : "", why);
		return;
	}
	fputs(p->breaches + p->cautions > 1 ? ",\n" : "\n", p->out);
	fprintf(p->out, "{\"line\": %u, \"kind\": \"%s\", \"rule\": ", p->line, kind);
	audit_json_string(p->out, what);
	fputs(", \"path\": ", p->out);
	audit_json_string(p->out, why);
	fputc('}', p->out);
}

static void mistake(struct policy *p, const char *format, const char *word)
{
	p->mistakes++;
	fprintf(stderr, "%s:%u: error: ", p->options->require, p->line);
	fprintf(stderr, "%s '%s'", format, word);
	fputs("; rules are `A -> B`, `A ->> B`, `A reads B`, `A writes B`, `A signals B`, `A calls B`, each also "
	      "with `!`, and `trust A`\n", stderr);
}

static void breach(struct policy *p, const char *why)
{
	p->breaches++;
	say(p, "breach", p->text, why);
}

/* A rule that holds for software, but not for a device that A can program. */
static void caution(struct policy *p)
{
	const struct audit *a = p->a;
	uint32_t i;

	for (i = 0; i < a->num_parts; i++)
		if (a->parts[i].domain == p->from && a->parts[i].dma != CAPDL_NONE)
			break;
	if (i == a->num_parts)
		return;
	*(p->options->strict ? &p->breaches : &p->cautions) += 1;
	say(p, p->options->strict ? "breach" : "caution", p->text,
	    arena_format(a->arena, "%s by DMA of %s: no SMMU is driven", a->parts[i].name,
			 audit_name(a, a->parts[i].dma)));
}

static void judge(struct policy *p, bool not, bool found, const char *why, bool dma)
{
	if (found == not)
		breach(p, not ? why : "there is no way");
	else if (not && dma)
		caution(p);
}

static void check_flow(struct policy *p, bool not)
{
	struct audit_step step = { 0 };
	unsigned int ways = audit_flow(p->a, p->from, p->to, &step);
	const char *why = "";

	if (ways)
		why = audit_step_text(p->a, &step);
	if (ways > 1)
		why = arena_format(p->a->arena, "%s (and %u more)", why, ways - 1);
	judge(p, not, ways > 0, why, true);
}

static void check_far(struct policy *p, bool not)
{
	struct audit_step *steps = NULL;
	unsigned int n = audit_flow_far(p->a, p->from, p->to, p->trusted, &steps), i;
	const char *why = "";

	for (i = 0; i < n; i++)
		why = arena_format(p->a->arena, "%s%s%s", why, i ? "; " : "", audit_step_text(p->a, &steps[i]));
	judge(p, not, n > 0, why, true);
}

/* Whether an object is B itself, or B's end of what the verb means. */
static bool meant(const struct policy *p, uint32_t object, unsigned int access)
{
	uint32_t i;

	if (audit_banked(p->a, object))
		return false;
	if (p->to == AUDIT_NO_PART)
		return object == p->object;
	for (i = 0; i < p->a->num_parts; i++)
		if (p->a->parts[i].domain == p->to && audit_access(p->a, i, object) & access)
			return true;
	return false;
}

static void check_access(struct policy *p, bool not, const char *verb, unsigned int mine, unsigned int theirs,
			 enum capdl_object_type type)
{
	const struct audit *a = p->a;
	unsigned int ways = 0;
	const char *why = "";
	uint32_t i, o;

	for (i = 0; i < a->num_parts; i++)
		for (o = 0; a->parts[i].domain == p->from && o < a->num_objects; o++) {
			if (!(audit_access(a, i, o) & mine) || !meant(p, o, theirs) ||
			    a->distribution->objects[o].type != type)
				continue;
			if (!ways++)
				why = arena_format(a->arena, "%s %s %s", a->parts[i].name, verb,
						   audit_name(a, o));
		}
	if (ways > 1)
		why = arena_format(a->arena, "%s (and %u more)", why, ways - 1);
	judge(p, not, ways > 0, why, type == CAPDL_MEMORY);
}

static const struct verb {
	const char *word;
	unsigned int mine;
	unsigned int theirs;
	enum capdl_object_type type;
} verbs[] = {
	{ "reads", AUDIT_READ | AUDIT_EXECUTE, AUDIT_WRITE, CAPDL_MEMORY },
	{ "writes", AUDIT_WRITE, AUDIT_READ | AUDIT_EXECUTE, CAPDL_MEMORY },
	{ "signals", AUDIT_SEND, AUDIT_RECEIVE, CAPDL_NOTIFICATION },
	{ "calls", AUDIT_SEND, AUDIT_RECEIVE, CAPDL_ENDPOINT },
};

#define VERBS (sizeof(verbs) / sizeof(*verbs))

static bool find_ends(struct policy *p, const char *from, const char *to, bool objects)
{
	uint32_t one = audit_find(p->a, from), other = audit_find(p->a, to);

	if (one == AUDIT_NO_PART) {
		mistake(p, "no part of the system is called", from);
		return false;
	}
	p->from = p->a->parts[one].domain;
	p->to = other == AUDIT_NO_PART ? other : p->a->parts[other].domain;
	p->object = audit_find_object(p->a, to);
	if (other == AUDIT_NO_PART && (!objects || p->object == CAPDL_NONE)) {
		mistake(p, objects ? "no part and no object is called" : "no part of the system is called", to);
		return false;
	}
	if (p->from == p->to) {
		mistake(p, "a guest and its VMM count as one; name two that are apart, not", to);
		return false;
	}
	return true;
}

static void check_rule(struct policy *p, const char *from, const char *word, const char *to)
{
	bool not = word[0] == '!', arrow;
	const struct verb *v;

	p->text = arena_format(p->a->arena, "%s %s %s", from, word, to);
	word += not;
	arrow = strcmp(word, "->") == 0 || strcmp(word, "->>") == 0;
	for (v = verbs; v < verbs + VERBS && strcmp(v->word, word) != 0; v++)
		;
	if (!arrow && v == verbs + VERBS) {
		mistake(p, "no such rule:", word);
		return;
	}
	if (!find_ends(p, from, to, !arrow))
		return;
	p->rules++;
	if (!arrow)
		check_access(p, not, v->word, v->mine, v->theirs, v->type);
	else if (word[2])
		check_far(p, not);
	else
		check_flow(p, not);
}

static void trust(struct policy *p, char **words, unsigned int n)
{
	uint32_t part;
	unsigned int i;

	for (i = 1; i < n; i++) {
		part = audit_find(p->a, words[i]);
		if (part == AUDIT_NO_PART)
			mistake(p, "no part of the system is called", words[i]);
		else
			p->trusted[p->a->parts[part].domain] = true;
	}
}

static void check_line(struct policy *p, char *line)
{
	char *words[POLICY_WORDS], *rest = line, *word;
	unsigned int n = 0;

	line[strcspn(line, "#")] = '\0';
	while (n < POLICY_WORDS && (word = strtok_r(rest, " \t\r", &rest)))
		words[n++] = word;
	if (!n)
		return;
	if (strcmp(words[0], "trust") == 0 && n > 1)
		trust(p, words, n);
	else if (n != 3)
		mistake(p, "a rule has three words; this line begins with", words[0]);
	else
		check_rule(p, words[0], words[1], words[2]);
}

static void summary(const struct policy *p)
{
	if (p->options->json)
		fprintf(p->out, "],\n\"rules\": %u, \"breaches\": %u}\n", p->rules, p->breaches);
	else if (!p->breaches && !p->mistakes)
		fprintf(p->out, "%s: %u rule%s hold%s\n", p->options->require, p->rules, p->rules == 1 ? "" : "s",
			p->rules == 1 ? "s" : "");
}

int audit_require(const struct audit *a, const struct audit_options *o, FILE *out)
{
	struct policy p = { .a = a, .options = o, .out = out };
	size_t length = 0;
	char *text = source_read_file(a->arena, o->require, POLICY_LIMIT, &length), *line;

	if (!text) {
		fprintf(stderr, "peervisor: cannot read %s: %s\n", o->require, strerror(errno));
		return 2;
	}
	if (memchr(text, '\0', length)) {
		fprintf(stderr, "peervisor: %s is no text file\n", o->require);
		return 2;
	}
	text = arena_copy(a->arena, text, length);
	p.trusted = arena_alloc(a->arena, a->num_parts + 1);
	if (o->json)
		fputs("{\"findings\": [", out);
	for (line = text; line; line = text) {
		text = strchr(line, '\n');
		if (text)
			*text++ = '\0';
		p.line++;
		check_line(&p, line);
	}
	summary(&p);
	return p.mistakes ? 2 : p.breaches ? 1 : 0;
}
