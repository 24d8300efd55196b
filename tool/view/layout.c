/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Layers by the longest way from a source. An edge over several layers has a place of its own in
 * each that it passes, so that it never crosses a box; order within a layer by the neighbours' means.
 */
#include "view.h"

#define SWEEPS 6

struct view_node *view_node(struct view *v, const void *of, const char *title)
{
	struct view_node *n = ARENA_NEW(v->arena, struct view_node);

	n->of = of;
	n->title = title;
	n->lines_end = &n->lines;
	*v->nodes_end = n;
	v->nodes_end = &n->next;
	return n;
}

void view_edge(struct view *v, struct view_node *from, struct view_node *to, const char *label, bool native)
{
	struct view_edge *e = ARENA_NEW(v->arena, struct view_edge);

	e->from = from;
	e->to = to;
	e->label = label;
	e->native = native;
	*v->edges_end = e;
	v->edges_end = &e->next;
}

static bool leads_to(const struct view *v, const struct view_node *from, const struct view_node *to,
		     const struct view_edge *before)
{
	const struct view_edge *e;

	if (from == to)
		return true;
	/* The edges so far have no cycle: this ends. */
	for (e = v->edges; e != before; e = e->next)
		if (e->from == from && leads_to(v, e->to, to, before))
			return true;
	return false;
}

/* Connections of components may form cycles: the edge that closes one is turned for the layout. */
static void break_cycles(struct view *v)
{
	struct view_edge *e;
	struct view_node *n;

	for (e = v->edges; e; e = e->next)
		if (e->from != e->to && leads_to(v, e->to, e->from, e)) {
			n = e->from;
			e->from = e->to;
			e->to = n;
			e->back = true;
		}
}

static void find_layers(struct view *v)
{
	const struct view_edge *e;
	bool more = true;

	while (more) {
		more = false;
		for (e = v->edges; e; e = e->next)
			if (e->from != e->to && e->to->layer <= e->from->layer) {
				e->to->layer = e->from->layer + 1;
				more = true;
			}
	}
}

static void split_long(struct view *v)
{
	struct view_edge *e, *rest;
	struct view_node *n;

	for (e = v->edges; e; e = e->next) {
		if (e->to->layer <= e->from->layer + 1)
			continue;
		n = view_node(v, NULL, NULL);
		n->layer = e->from->layer + 1;
		rest = ARENA_NEW(v->arena, struct view_edge);
		*rest = *e;
		rest->from = n;
		e->to = n;
		e->label = NULL;
		e->next = rest;
		if (!rest->next)
			v->edges_end = &rest->next;
	}
}

static struct view_node *nth(const struct view *v, unsigned int layer, struct view_node *after)
{
	struct view_node *n, *best = NULL;

	for (n = v->nodes; n; n = n->next) {
		if (n->layer != layer || (after && (n == after || n->order <= after->order)))
			continue;
		if (!best || n->order < best->order)
			best = n;
	}
	return best;
}

/* Numbers 0, 1, ... in the present order; equal ones in the order of the assembly. */
static void renumber(struct view *v)
{
	struct view_node *n;
	unsigned int layer;
	double tie = 0, number;

	for (n = v->nodes; n; n = n->next, tie += 1e-6)
		n->order += tie;
	for (layer = 0; layer < v->layers; layer++) {
		number = 0;
		for (n = nth(v, layer, NULL); n; n = nth(v, layer, n))
			n->y = (int)number++;
	}
	for (n = v->nodes; n; n = n->next)
		n->order = n->y;
}

static void sweep(struct view *v, bool forward)
{
	const struct view_edge *e;
	struct view_node *n;
	double sum, count;

	for (n = v->nodes; n; n = n->next) {
		sum = count = 0;
		for (e = v->edges; e; e = e->next)
			if ((forward ? e->to : e->from) == n) {
				sum += (forward ? e->from : e->to)->order;
				count++;
			}
		if (count > 0)
			n->order = sum / count;
	}
	renumber(v);
}

static void place(struct view *v)
{
	unsigned int layer, ports;
	struct view_node *n;
	int y, tallest = 0;

	for (layer = 0; layer < v->layers; layer++) {
		y = VIEW_MARGIN + 56;
		for (n = nth(v, layer, NULL); n; n = nth(v, layer, n)) {
			ports = n->in > n->out ? n->in : n->out;
			n->height = n->title ? 34 + (int)n->line_count * VIEW_LINE + (n->vmm ? 34 : 8) : VIEW_PORT;
			if (n->height < (int)ports * VIEW_PORT)
				n->height = (int)ports * VIEW_PORT;
			n->x = VIEW_MARGIN + (int)layer * (VIEW_WIDTH + VIEW_GAP);
			n->y = y;
			y += n->height + 30;
		}
		tallest = y > tallest ? y : tallest;
	}
	v->width = VIEW_MARGIN * 2 + (int)v->layers * VIEW_WIDTH + ((int)v->layers - 1) * VIEW_GAP;
	v->height = tallest;
}

void view_layout(struct view *v)
{
	const struct view_edge *e;
	struct view_node *n;
	unsigned int i;

	break_cycles(v);
	find_layers(v);
	split_long(v);
	for (n = v->nodes, i = 0; n; n = n->next) {
		n->order = i++;
		v->layers = n->layer >= v->layers ? n->layer + 1 : v->layers;
	}
	for (e = v->edges; e; e = e->next) {
		e->from->out++;
		e->to->in++;
	}
	renumber(v);
	for (i = 0; i < SWEEPS; i++)
		sweep(v, i % 2 == 0);
	place(v);
}
