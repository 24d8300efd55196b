/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each wire has a way that fits its two cells (choose_way). Where it meets a box it has a slot of
 * that side; where it turns in a channel it has a track of its own. A channel is as wide as its
 * tracks, and the labels to both sides of them, want it; a label stands at the wire's end.
 */
#include <stdlib.h>
#include <string.h>

#include "view.h"

#define SLOT_FIRST	42	/* below a box's top; right of its left */
#define SLOT_PITCH	42	/* at the left and right sides: two lines of a label */
#define SLOT_ACROSS	130	/* at the top and the bottom: a label's width */
#define TRACK_PITCH	16
#define PLAIN_ZONE	26	/* of a channel without a label at that side */
#define LABEL_HEIGHT	40
#define LETTER		73	/* tenths of a pixel, at 12 px */

/* One channel: tracks in the middle, a zone for labels before and behind. */
struct channel {
	int before, behind;
	int tracks;
	int at;			/* where it begins */
};

struct route {
	struct view *v;
	struct channel *columns;	/* columns + 1 */
	struct channel *rows;
	int *column_x;
	int *row_y, *row_height;
	int *across;			/* slot pitch at top and bottom, by column */
};

int route_label(const struct view_wire *w)
{
	size_t what = strlen(w->what), how = strlen(w->how);

	return (int)(what > how ? what : how) * LETTER / 10 + 20;
}

static int larger(int a, int b)
{
	return a > b ? a : b;
}

static void choose_way(struct view_wire *w)
{
	int dx = w->to->column - w->from->column, dy = w->to->row - w->from->row;

	w->way = abs(dx) + abs(dy) == 1 ? VIEW_STRAIGHT : abs(dx) == 1 || dx == 0 ? VIEW_BY_COLUMNS :
		 abs(dy) <= 1 ? VIEW_BY_ROWS : VIEW_BY_BOTH;
	if ((w->way == VIEW_STRAIGHT && dx) || w->way == VIEW_BY_COLUMNS || w->way == VIEW_BY_BOTH) {
		w->leaves = dx < 0 ? VIEW_LEFT : VIEW_RIGHT;
		w->enters = dx > 0 ? VIEW_LEFT : dx < 0 ? VIEW_RIGHT : w->leaves;
	} else {
		w->leaves = dy > 0 ? VIEW_BOTTOM : VIEW_TOP;
		w->enters = dy > 0 ? VIEW_TOP : dy < 0 ? VIEW_BOTTOM : w->leaves;
	}
	if (w->way == VIEW_BY_BOTH)
		w->enters = dy > 0 ? VIEW_TOP : VIEW_BOTTOM;
	w->column_channel = w->from->column + (w->leaves == VIEW_RIGHT);
	w->row_channel = w->way == VIEW_BY_BOTH ? w->to->row + (w->enters == VIEW_BOTTOM) :
			 w->from->row + (w->leaves == VIEW_BOTTOM);
}

/* Where the other end lies along a side: before (-1), beside (0) or behind (1). */
static int direction(const struct view_wire *w, bool leaves)
{
	const struct view_box *here = leaves ? w->from : w->to, *there = leaves ? w->to : w->from;
	enum view_side side = leaves ? w->leaves : w->enters;
	int d = side == VIEW_LEFT || side == VIEW_RIGHT ? there->row - here->row : there->column - here->column;

	return d < 0 ? -1 : d > 0;
}

static void take(struct view_box *b, enum view_side side, unsigned int slot)
{
	if (b->slots[side] <= slot)
		b->slots[side] = slot + 1;
}

/* Slots of the ends that lead to one direction, in the order of the assembly. */
static void give_slots(struct view *v, int which)
{
	struct view_wire *w;

	for (w = v->wires; w; w = w->next) {
		if (w->way == VIEW_STRAIGHT)
			continue;
		if (direction(w, true) == which)
			w->leaves_slot = w->from->slots[w->leaves]++;
		if (direction(w, false) == which)
			w->enters_slot = w->to->slots[w->enters]++;
	}
}

/* Straight wires have one slot at both ends; those that go up or left are before them. */
static void give_all_slots(struct view *v)
{
	struct view_wire *w;

	give_slots(v, -1);
	for (w = v->wires; w; w = w->next) {
		if (w->way != VIEW_STRAIGHT)
			continue;
		w->leaves_slot = w->from->slots[w->leaves];
		if (w->to->slots[w->enters] > w->leaves_slot)
			w->leaves_slot = w->to->slots[w->enters];
		w->enters_slot = w->leaves_slot;
		take(w->from, w->leaves, w->leaves_slot);
		take(w->to, w->enters, w->leaves_slot);
	}
	give_slots(v, 0);
	give_slots(v, 1);
}

static int end_y(const struct route *r, const struct view_wire *w, bool leaves)
{
	const struct view_box *b = leaves ? w->from : w->to;

	return r->row_y[b->row] + SLOT_FIRST + SLOT_PITCH * (int)(leaves ? w->leaves_slot : w->enters_slot);
}

static int end_x(const struct route *r, const struct view_wire *w, bool leaves)
{
	const struct view_box *b = leaves ? w->from : w->to;

	return r->column_x[b->column] + SLOT_FIRST +
	       r->across[b->column] * (int)(leaves ? w->leaves_slot : w->enters_slot);
}

/*
 * Order of two wires in a channel, so that they cross as little as can be. `near`: where a wire comes
 * in from the side of the first track, `far`: where it goes out.
 */
static bool precedes(int near, int far, int other_near, int other_far)
{
	bool down = far > near, other_down = other_far > other_near;

	if (down != other_down)
		return other_down;
	return down ? near > other_near : near < other_near;
}

struct span {
	int *track;
	int near, far;
};

static void give_tracks(struct span *s, int n)
{
	int i, k;

	for (i = 0; i < n; i++) {
		*s[i].track = 0;
		for (k = 0; k < n; k++)
			if (k != i && (precedes(s[k].near, s[k].far, s[i].near, s[i].far) ||
				       (k < i && !precedes(s[i].near, s[i].far, s[k].near, s[k].far))))
				++*s[i].track;
	}
}

/* A wire by both turns into its row channel; its slots tell nothing there. */
static struct span column_span(const struct route *r, struct view_wire *w)
{
	int from = end_y(r, w, true), to = end_y(r, w, false);

	if (w->way == VIEW_BY_BOTH)
		to = r->row_y[w->to->row] - (w->enters == VIEW_TOP ? 1 : -r->row_height[w->to->row]);
	if (w->from->column == w->to->column)	/* there and back: long ones outside */
		return (struct span){ &w->column_track, abs(to - from), abs(to - from) - 1 };
	return w->leaves == VIEW_RIGHT ? (struct span){ &w->column_track, from, to } :
					 (struct span){ &w->column_track, to, from };
}

static struct span row_span(const struct route *r, struct view_wire *w)
{
	int from = w->way == VIEW_BY_BOTH ? r->column_x[w->column_channel < r->v->columns ? w->column_channel :
							r->v->columns - 1] : end_x(r, w, true);
	int to = end_x(r, w, false);

	if (w->leaves == w->enters)
		return (struct span){ &w->row_track, abs(to - from), abs(to - from) - 1 };
	return w->enters == VIEW_TOP ? (struct span){ &w->row_track, from, to } :
				       (struct span){ &w->row_track, to, from };
}

static bool by_columns(const struct view_wire *w)
{
	return w->way == VIEW_BY_COLUMNS || w->way == VIEW_BY_BOTH;
}

static bool by_rows(const struct view_wire *w)
{
	return w->way == VIEW_BY_ROWS || w->way == VIEW_BY_BOTH;
}

/* All tracks of one channel; how many. */
static int fill_channel(struct route *r, int channel, bool columns)
{
	struct span *spans = arena_alloc(r->v->arena, sizeof(*spans) * (size_t)(r->v->wire_count + 1));
	struct view_wire *w;
	int n = 0;

	for (w = r->v->wires; w; w = w->next)
		if (columns && by_columns(w) && w->column_channel == channel)
			spans[n++] = column_span(r, w);
		else if (!columns && by_rows(w) && w->row_channel == channel)
			spans[n++] = row_span(r, w);
	give_tracks(spans, n);
	return n;
}

/* The label stands where the wire enters: it widens the zone of that side. */
static void make_zones(struct route *r)
{
	const struct view_wire *w;
	struct channel *c;
	int *zone, i;

	for (i = 0; i <= r->v->columns; i++)
		r->columns[i].before = r->columns[i].behind = i && i < r->v->columns ? PLAIN_ZONE : 0;
	for (i = 0; i <= r->v->rows; i++)
		r->rows[i].before = r->rows[i].behind = i && i < r->v->rows ? PLAIN_ZONE : 0;
	for (w = r->v->wires; w; w = w->next) {
		if (w->enters == VIEW_LEFT || w->enters == VIEW_RIGHT) {
			c = &r->columns[w->to->column + (w->enters == VIEW_RIGHT)];
			zone = w->enters == VIEW_RIGHT ? &c->before : &c->behind;
			*zone = larger(*zone, route_label(w) + 8);
		} else {
			c = &r->rows[w->to->row + (w->enters == VIEW_BOTTOM)];
			zone = w->enters == VIEW_BOTTOM ? &c->before : &c->behind;
			*zone = larger(*zone, LABEL_HEIGHT * (1 + (int)w->enters_slot / 2) + 16);
		}
	}
	for (w = r->v->wires; w; w = w->next) {		/* and room to turn at an outer side */
		c = &r->columns[w->column_channel];
		zone = w->leaves == VIEW_RIGHT ? &c->before : &c->behind;
		if (by_columns(w))
			*zone = larger(*zone, PLAIN_ZONE);
		c = &r->rows[w->row_channel];
		zone = w->leaves == VIEW_BOTTOM ? &c->before : &c->behind;
		if (by_rows(w) && w->way != VIEW_BY_BOTH)
			*zone = larger(*zone, PLAIN_ZONE);
	}
}

/* Only straight wires: no track parts the zones, so the labels of both stand in one. */
static void merge_zones(struct channel *c)
{
	if (c->tracks || !c->before || !c->behind)
		return;
	c->behind = larger(c->before, c->behind) + PLAIN_ZONE;
	c->before = 0;
}

static int channel_width(const struct channel *c)
{
	return c->before + c->behind + (c->tracks ? TRACK_PITCH * (c->tracks - 1) : 0);
}

static void size_boxes(struct route *r)
{
	struct view_box *b;
	int i, slots;

	for (i = 0; i < r->v->columns; i++)
		r->across[i] = SLOT_ACROSS;
	for (b = r->v->boxes; b; b = b->next) {
		b->height = 34 + b->line_count * VIEW_LINE + (b->vmm ? 34 : 6);
		slots = larger((int)b->slots[VIEW_LEFT], (int)b->slots[VIEW_RIGHT]);
		b->height = larger(b->height, SLOT_FIRST + SLOT_PITCH * slots - 8);
		slots = larger((int)b->slots[VIEW_TOP], (int)b->slots[VIEW_BOTTOM]);
		if (slots > 2 && (VIEW_WIDTH - 2 * SLOT_FIRST) / (slots - 1) < r->across[b->column])
			r->across[b->column] = (VIEW_WIDTH - 2 * SLOT_FIRST) / (slots - 1);
		r->row_height[b->row] = larger(r->row_height[b->row], b->height);
	}
}

static void place_cells(struct route *r)
{
	struct view *v = r->v;
	int i, at = VIEW_MARGIN;

	for (i = 0; i <= v->columns; i++) {
		r->columns[i].at = at;
		at += channel_width(&r->columns[i]);
		if (i < v->columns) {
			r->column_x[i] = at;
			at += VIEW_WIDTH;
		}
	}
	v->width = at + VIEW_MARGIN;
	at = VIEW_HEAD;
	for (i = 0; i <= v->rows; i++) {
		r->rows[i].at = at;
		at += channel_width(&r->rows[i]);
		if (i < v->rows) {
			r->row_y[i] = at;
			at += r->row_height[i];
		}
	}
	v->height = at;
}

static void point(struct view_wire *w, int x, int y)
{
	if (w->points < VIEW_POINTS) {
		w->x[w->points] = x;
		w->y[w->points++] = y;
	}
}

static void side_point(const struct route *r, struct view_wire *w, bool leaves)
{
	const struct view_box *b = leaves ? w->from : w->to;

	switch (leaves ? w->leaves : w->enters) {
	case VIEW_LEFT: point(w, b->x, end_y(r, w, leaves)); break;
	case VIEW_RIGHT: point(w, b->x + VIEW_WIDTH, end_y(r, w, leaves)); break;
	case VIEW_TOP: point(w, end_x(r, w, leaves), b->y); break;
	default: point(w, end_x(r, w, leaves), b->y + b->height); break;
	}
}

/*
 * Above and below a wire that comes from the side, right of one that comes from above or below; in
 * the middle of a channel without tracks, else at the wire's end.
 */
static void place_label(const struct route *r, struct view_wire *w)
{
	int x = w->x[w->points - 1], y = w->y[w->points - 1], step = LABEL_HEIGHT * (int)(w->enters_slot / 2);
	int width = route_label(w);
	bool straight = w->way == VIEW_STRAIGHT;

	w->label_x = x + 9;
	if (w->enters == VIEW_TOP || w->enters == VIEW_BOTTOM) {
		w->label_y = w->enters == VIEW_TOP ? y - 34 - step : y + 24 + step;
		if (straight && !r->rows[w->row_channel].tracks && !step)
			w->label_y = (y + w->y[0]) / 2 - 3;
		return;
	}
	w->label_x = w->enters == VIEW_LEFT ? x + 8 - width : x + 16;
	if (straight && !r->columns[w->column_channel].tracks)
		w->label_x = (x + w->x[0] - width) / 2 + 8;
	w->label_y = y - 6;
}

static void trace(const struct route *r, struct view_wire *w)
{
	const struct channel *c = &r->columns[w->column_channel], *d = &r->rows[w->row_channel];
	int x = c->at + c->before + TRACK_PITCH * w->column_track;
	int y = d->at + d->before + TRACK_PITCH * w->row_track;

	w->points = 0;
	side_point(r, w, true);
	if (by_columns(w))
		point(w, x, w->y[0]);
	if (w->way == VIEW_BY_COLUMNS)
		point(w, x, end_y(r, w, false));
	if (w->way == VIEW_BY_BOTH)
		point(w, x, y);
	if (w->way == VIEW_BY_ROWS)
		point(w, w->x[0], y);
	if (by_rows(w))
		point(w, end_x(r, w, false), y);
	side_point(r, w, false);
	place_label(r, w);
}

void route_wires(struct view *v)
{
	size_t n = sizeof(int) * (size_t)(v->columns + v->rows + 2);
	struct arena *a = v->arena;
	struct route r = { v, arena_alloc(a, sizeof(struct channel) * (size_t)(v->columns + 1)),
			   arena_alloc(a, sizeof(struct channel) * (size_t)(v->rows + 1)), arena_alloc(a, n),
			   arena_alloc(a, n), arena_alloc(a, n), arena_alloc(a, n) };
	struct view_wire *w;
	struct view_box *b;
	int i;

	for (w = v->wires; w; w = w->next)
		choose_way(w);
	give_all_slots(v);
	size_boxes(&r);
	make_zones(&r);
	place_cells(&r);	/* for the order of the tracks; their number then moves things apart */
	for (i = 0; i <= v->columns; i++)
		r.columns[i].tracks = fill_channel(&r, i, true);
	for (i = 0; i <= v->rows; i++)
		r.rows[i].tracks = fill_channel(&r, i, false);
	for (i = 0; i <= v->columns; i++)
		merge_zones(&r.columns[i]);
	for (i = 0; i <= v->rows; i++)
		merge_zones(&r.rows[i]);
	place_cells(&r);
	for (b = v->boxes; b; b = b->next) {
		b->x = r.column_x[b->column];
		b->y = r.row_y[b->row];
	}
	for (w = v->wires; w; w = w->next)
		trace(&r, w);
}
