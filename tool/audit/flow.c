/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions about the graph: who falls with whom, and by which ways information goes. */
#include <string.h>

#include "audit.h"

uint32_t audit_find(const struct audit *a, const char *name)
{
	uint32_t i;

	for (i = 0; i < a->num_parts; i++)
		if (strcmp(a->parts[i].name, name) == 0)
			return i;
	return AUDIT_NO_PART;
}

uint32_t audit_find_object(const struct audit *a, const char *name)
{
	uint32_t i;

	for (i = 0; i < a->num_objects; i++)
		if (strcmp(audit_name(a, i), name) == 0)
			return i;
	return CAPDL_NONE;
}

void audit_taken(const struct audit *a, uint32_t part, bool *taken)
{
	bool more = true;
	uint32_t x, y;

	memset(taken, 0, a->num_parts);
	taken[part] = true;
	while (more) {
		more = false;
		for (x = 0; x < a->num_parts; x++)
			for (y = 0; taken[x] && y < a->num_parts; y++)
				if (!taken[y] && audit_controls(a, x, y))
					more = taken[y] = true;
	}
}

uint32_t audit_receiver(const struct audit *a, uint32_t object, uint32_t after)
{
	uint32_t i = after == AUDIT_NO_PART ? 0 : after + 1;

	for (; i < a->num_parts; i++)
		if (audit_access(a, i, object) & AUDIT_RECEIVE)
			return i;
	return AUDIT_NO_PART;
}

bool audit_interrupted(const struct audit *a, uint32_t part, uint32_t irq)
{
	const struct capdl_irq_binding *b;
	size_t i;

	for (i = 0; i < a->distribution->num_irqs; i++) {
		b = &a->distribution->irqs[i];
		if (b->irq == irq && audit_access(a, part, b->notification) & AUDIT_RECEIVE)
			return true;
	}
	return false;
}

/* What part x does to part y by the object, or NULL. */
static const char *verb(const struct audit *a, uint32_t x, uint32_t y, uint32_t object)
{
	unsigned int from = audit_access(a, x, object), to = audit_access(a, y, object);

	if (!from || !to || audit_banked(a, object))
		return NULL;
	if (from & AUDIT_WRITE && to & (AUDIT_READ | AUDIT_EXECUTE))
		return "writes";
	if (from & AUDIT_CALL && to & AUDIT_RECEIVE)
		return "calls";
	if (from & AUDIT_SEND && to & AUDIT_RECEIVE)
		return a->distribution->objects[object].type == CAPDL_ENDPOINT ? "sends to" : "signals";
	if (from & AUDIT_RECEIVE && to & AUDIT_CALL)
		return "answers";
	return NULL;
}

unsigned int audit_flow(const struct audit *a, uint32_t from, uint32_t to, struct audit_step *first)
{
	unsigned int ways = 0;
	uint32_t x, y, o;
	const char *how;

	for (x = 0; x < a->num_parts; x++) {
		if (a->parts[x].domain != from)
			continue;
		for (y = 0; y < a->num_parts; y++) {
			if (a->parts[y].domain != to)
				continue;
			for (o = 0; o < a->num_objects; o++) {
				how = verb(a, x, y, o);
				if (how && !ways++)
					*first = (struct audit_step){ x, y, o, how };
			}
		}
	}
	return ways;
}

struct search {
	const struct audit *a;
	const bool *trusted;
	struct audit_step *came;	/* by domain; .verb NULL: not reached */
	bool *spread;			/* by object: all who hear of it are reached already */
	uint32_t *queue;
	uint32_t length;
};

/* Each object carries on what is known only once: whoever hears of it has then been reached. */
static void spread(struct search *s, uint32_t domain, uint32_t x, uint32_t object)
{
	const struct audit *a = s->a;
	uint32_t y, other;
	const char *how;

	for (y = 0; y < a->num_parts; y++) {
		other = a->parts[y].domain;
		if (other == domain || s->came[other].verb)
			continue;
		how = verb(a, x, y, object);
		if (!how)
			continue;
		s->came[other] = (struct audit_step){ x, y, object, how };
		if (!s->trusted[other])
			s->queue[s->length++] = other;
	}
}

static void search(struct search *s, uint32_t from)
{
	const struct audit *a = s->a;
	uint32_t next = 0, x, o;
	unsigned int access;

	s->came[from].verb = "starts";
	s->queue[s->length++] = from;
	for (; next < s->length; next++)
		for (x = 0; x < a->num_parts; x++) {
			if (a->parts[x].domain != s->queue[next])
				continue;
			for (o = 0; o < a->num_objects; o++) {
				access = audit_access(a, x, o);
				/* What an answer carries depends on who asked: not once for all. */
				if (!access || (s->spread[o] && !(access & AUDIT_RECEIVE)))
					continue;
				if (access & (AUDIT_WRITE | AUDIT_SEND | AUDIT_RECEIVE))
					spread(s, s->queue[next], x, o);
				s->spread[o] = s->spread[o] || access & (AUDIT_WRITE | AUDIT_SEND);
			}
		}
}

unsigned int audit_flow_far(const struct audit *a, uint32_t from, uint32_t to, const bool *trusted,
			    struct audit_step **steps)
{
	struct search s = {
		.a = a, .trusted = trusted,
		.came = arena_alloc(a->arena, sizeof(*s.came) * (a->num_parts + 1)),
		.spread = arena_alloc(a->arena, a->num_objects + 1),
		.queue = arena_alloc(a->arena, sizeof(*s.queue) * (a->num_parts + 1)),
	};
	unsigned int n = 0;
	uint32_t at;

	search(&s, from);
	if (!s.came[to].verb)
		return 0;
	for (at = to; at != from; at = a->parts[s.came[at].from].domain)
		n++;
	*steps = arena_alloc(a->arena, sizeof(**steps) * (n + 1));
	for (at = to; at != from; at = a->parts[s.came[at].from].domain)
		(*steps)[--n] = s.came[at];
	for (at = to; at != from; at = a->parts[s.came[at].from].domain)
		n++;
	return n;
}

const char *audit_step_text(const struct audit *a, const struct audit_step *s)
{
	const char *x = a->parts[s->from].name, *y = a->parts[s->to].name;

	if (strcmp(s->verb, "writes") != 0)
		return arena_format(a->arena, "%s %s %s", x, s->verb, y);
	return arena_format(a->arena, "%s writes %s, %s %s it", x, audit_name(a, s->object), y,
			    audit_access(a, s->to, s->object) & AUDIT_READ ? "reads" : "executes");
}
