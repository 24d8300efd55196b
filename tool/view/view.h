/* SPDX-License-Identifier: BSD-2-Clause */
/* Draws an assembly: layers from left to right, devices' owners first. */
#ifndef TOOL_VIEW_H
#define TOOL_VIEW_H

#include <stdio.h>

#include "../model/model.h"

#define VIEW_WIDTH	270	/* of a box */
#define VIEW_LINE	17
#define VIEW_PORT	44	/* between two edges at one side of a box */
#define VIEW_GAP	320	/* between layers: curves, then labels */
#define VIEW_CURVE	110
#define VIEW_MARGIN	24

struct view_line {
	struct view_line *next;
	const char *text;
	bool hardware;
};

/* A VM, a component, or a place where an edge passes a layer (lines NULL). */
struct view_node {
	struct view_node *next;
	const void *of;			/* model_vm, model_component */
	const char *title;
	const char *vmm;		/* NULL: no VM */
	struct view_line *lines, **lines_end;
	unsigned int line_count;
	unsigned int layer;
	double order;
	unsigned int in, out;		/* edges */
	unsigned int in_used, out_used;
	int x, y, height;
};

struct view_edge {
	struct view_edge *next;
	struct view_node *from;
	struct view_node *to;
	const char *label;		/* at its end; NULL: a piece that goes on */
	bool back;			/* drawn against its direction */
	bool native;
};

struct view {
	struct arena *arena;
	struct view_node *nodes, **nodes_end;
	struct view_edge *edges, **edges_end;
	unsigned int layers;
	int width, height;
};

/* Decides places. */
void view_layout(struct view *v);
struct view_node *view_node(struct view *v, const void *of, const char *title);
void view_edge(struct view *v, struct view_node *from, struct view_node *to, const char *label,
	       bool native);

/* False: cannot be written, said why. */
bool view_write(const struct model *m, const char *title, const char *path);

#endif
