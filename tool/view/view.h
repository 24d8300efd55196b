/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An assembly as a picture. Boxes stand in the cells of a grid; between columns and rows of cells lie
 * channels, and wires run in these only, so that none crosses a box.
 *
 *	scene.c	model to boxes and wires
 *	place.c	which box in which cell
 *	route.c	ways of the wires, widths of the channels, all coordinates
 *	draw.c	SVG
 */
#ifndef TOOL_VIEW_H
#define TOOL_VIEW_H

#include <stdio.h>

#include "../model/model.h"

#define VIEW_WIDTH	280	/* of a box */
#define VIEW_LINE	17
#define VIEW_MARGIN	24
#define VIEW_HEAD	72	/* above the boxes: title, sentence */
#define VIEW_POINTS	6

enum view_class { VIEW_PLAIN, VIEW_HARDWARE, VIEW_RISK };

struct view_line {
	struct view_line *next;
	const char *text;
	enum view_class class;
};

enum view_kind { VIEW_VM, VIEW_COMPONENT, VIEW_HARDWARE_BOX };

enum view_side { VIEW_LEFT, VIEW_RIGHT, VIEW_TOP, VIEW_BOTTOM, VIEW_SIDES };

struct view_box {
	struct view_box *next;
	const void *of;			/* model_vm, model_component */
	const char *title;
	enum view_kind kind;
	const char *vmm;		/* of a VM */
	struct view_line *lines, **lines_end;
	int line_count;
	int column, row;
	unsigned int slots[VIEW_SIDES];	/* how many places at a side are in use */
	int x, y, height;
};

enum view_mode { VIEW_WINDOW, VIEW_RAM, VIEW_CALL, VIEW_EVENT, VIEW_MEMORY, VIEW_DEVICE, VIEW_MODES };

/* How a wire goes: straight, or by a track of a channel between columns, of one between rows, of both. */
enum view_way { VIEW_STRAIGHT, VIEW_BY_COLUMNS, VIEW_BY_ROWS, VIEW_BY_BOTH };

struct view_wire {
	struct view_wire *next;
	struct view_box *from, *to;
	enum view_mode mode;
	bool forth, back;		/* arrows; memory: who writes */
	const char *what;		/* above the wire */
	const char *how;		/* below it */
	enum view_way way;
	enum view_side leaves, enters;
	unsigned int leaves_slot, enters_slot;
	int column_channel, row_channel;	/* the channel left of column N, above row N */
	int column_track, row_track;
	int x[VIEW_POINTS], y[VIEW_POINTS];
	int points;
	int label_x, label_y;		/* of its first line */
};

struct view {
	struct arena *arena;
	struct view_box *boxes, **boxes_end;
	struct view_wire *wires, **wires_end;
	int box_count, wire_count;
	int columns, rows;
	int width, height;
};

/* scene.c */
void scene_build(struct view *v, const struct model *m);
/* place.c: columns, rows, and the cell of each box. */
void place_boxes(struct view *v);
/* route.c: the rest of both structs. */
void route_wires(struct view *v);
int route_label(const struct view_wire *w);	/* pixels of its label */

/* draw.c. False: cannot be written, said why. "-" is the standard output. */
bool view_write(const struct model *m, const char *title, const char *path);

#endif
