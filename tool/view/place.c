/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cells for boxes: several shapes of grid are tried, and in each the boxes change places as long as
 * that makes wires shorter, straighter and less often crossed. Always the same way for one assembly.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "view.h"

#define SEARCH_MOST	16	/* boxes; with more they stand in the order of the assembly */
#define WIRES_MOST	60
#define STARTS		24	/* per shape, from different orders */

struct end {
	int from, to;
};

struct place {
	int boxes, wires, columns, rows;
	struct end *ends;
	int *cell;		/* of each box */
	int *box;		/* in each cell, or -1 */
};

static int column(const struct place *p, int box)
{
	return p->cell[box] % p->columns;
}

static int row(const struct place *p, int box)
{
	return p->cell[box] / p->columns;
}

/* In tenths: what the way of route.c for these two cells looks like. */
static int wire_cost(const struct place *p, const struct end *e)
{
	int dx = column(p, e->to) - column(p, e->from), dy = row(p, e->to) - row(p, e->from);
	int x = abs(dx), y = abs(dy), against = (dx < 0 ? 5 : 0) + (dx == 0 && dy < 0 ? 3 : 0);

	if (x + y == 1)
		return against + (x ? 10 : 14);
	if (x == 1)
		return against + 30 + 6 * y;
	if (y == 1)
		return against + 40 + 10 * x;
	return against + (x && y ? 80 : 60) + 10 * (x + y);
}

static int turn(const struct place *p, int a, int b, int c)
{
	int n = (column(p, b) - column(p, a)) * (row(p, c) - row(p, a)) -
		(row(p, b) - row(p, a)) * (column(p, c) - column(p, a));

	return n > 0 ? 1 : n < 0 ? -1 : 0;
}

static bool cross(const struct place *p, const struct end *a, const struct end *b)
{
	if (a->from == b->from || a->from == b->to || a->to == b->from || a->to == b->to)
		return false;
	return turn(p, a->from, a->to, b->from) * turn(p, a->from, a->to, b->to) < 0 &&
	       turn(p, b->from, b->to, a->from) * turn(p, b->from, b->to, a->to) < 0;
}

static int cost(const struct place *p)
{
	int sum = 0, i, k;

	for (i = 0; i < p->wires; i++) {
		sum += wire_cost(p, &p->ends[i]);
		for (k = 0; k < i; k++)
			sum += cross(p, &p->ends[i], &p->ends[k]) ? 40 : 0;
	}
	return sum;
}

static void swap(struct place *p, int one, int other)
{
	int box = p->box[one];

	p->box[one] = p->box[other];
	p->box[other] = box;
	if (p->box[one] >= 0)
		p->cell[p->box[one]] = one;
	if (p->box[other] >= 0)
		p->cell[p->box[other]] = other;
}

static int descend(struct place *p)
{
	int cells = p->columns * p->rows, best = cost(p), now, i, k;
	bool more = true;

	while (more) {
		more = false;
		for (i = 0; i < cells; i++)
			for (k = i + 1; k < cells; k++) {
				if (p->box[i] < 0 && p->box[k] < 0)
					continue;
				swap(p, i, k);
				now = cost(p);
				if (now < best) {
					best = now;
					more = true;
				} else {
					swap(p, i, k);
				}
			}
	}
	return best;
}

static void fill(struct place *p, uint32_t *random)
{
	int cells = p->columns * p->rows, i;

	for (i = 0; i < cells; i++)
		p->box[i] = i < p->boxes ? i : -1;
	for (i = 0; i < p->boxes; i++)
		p->cell[i] = i;
	for (i = cells - 1; *random && i > 0; i--) {
		*random = *random * 1664525u + 1013904223u;
		swap(p, i, (int)((*random >> 8) % (uint32_t)(i + 1)));
	}
}

/* Wide pictures are read more easily than tall ones; empty cells are room lost. */
static int shape_cost(const struct place *p)
{
	int spare = p->columns * p->rows - p->boxes;

	return 4 * spare + 12 * (p->rows > p->columns ? p->rows - p->columns : 0) +
	       6 * (p->columns > 4 ? p->columns - 4 : 0);
}

static void search(struct place *p, struct view *v)
{
	int *best = arena_alloc(v->arena, sizeof(int) * (size_t)p->boxes), least = INT32_MAX, now, start;
	uint32_t random;

	for (p->columns = 1; p->columns <= p->boxes; p->columns++) {
		p->rows = (p->boxes + p->columns - 1) / p->columns;
		for (start = 0; start < (p->boxes > 9 ? 3 : STARTS); start++) {
			random = (uint32_t)start * 2654435761u;
			fill(p, &random);
			now = descend(p) + shape_cost(p);
			if (now >= least)
				continue;
			least = now;
			v->columns = p->columns;
			v->rows = p->rows;
			memcpy(best, p->cell, sizeof(int) * (size_t)p->boxes);
		}
	}
	memcpy(p->cell, best, sizeof(int) * (size_t)p->boxes);
	p->columns = v->columns;
}

/* Too many to search: rows of a square in the order of the assembly. */
static void square(struct place *p, struct view *v)
{
	uint32_t in_order = 0;

	for (p->columns = 1; p->columns * p->columns < p->boxes; p->columns++)
		;
	p->rows = (p->boxes + p->columns - 1) / p->columns;
	fill(p, &in_order);
	v->columns = p->columns;
	v->rows = p->rows;
}

static int number(const struct view *v, const struct view_box *box)
{
	const struct view_box *b;
	int n = 0;

	for (b = v->boxes; b != box; b = b->next)
		n++;
	return n;
}

void place_boxes(struct view *v)
{
	struct place p = { .boxes = v->box_count };
	size_t cells = (size_t)v->box_count * 2 + 2;
	const struct view_wire *w;
	struct view_box *b;
	int i = 0;

	if (!p.boxes)
		return;
	p.cell = arena_alloc(v->arena, sizeof(int) * cells);
	p.box = arena_alloc(v->arena, sizeof(int) * cells);
	if (p.boxes > SEARCH_MOST || v->wire_count > WIRES_MOST) {
		square(&p, v);
	} else {
		p.ends = arena_alloc(v->arena, sizeof(*p.ends) * (size_t)(v->wire_count + 1));
		for (w = v->wires; w; w = w->next)
			if (w->from != w->to)
				p.ends[p.wires++] = (struct end){ number(v, w->from), number(v, w->to) };
		search(&p, v);
	}
	for (b = v->boxes; b; b = b->next, i++) {
		b->column = column(&p, i);
		b->row = row(&p, i);
	}
}
