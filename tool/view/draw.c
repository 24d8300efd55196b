/* SPDX-License-Identifier: BSD-2-Clause */
/* Boxes and wires as SVG. Letters are of one width, so that all fits. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../image/output.h"
#include "view.h"

#define LINE_LETTERS	34u	/* in a box, at 12 px */
#define LABEL_LETTERS	30u	/* at a wire, at 12 px */
#define FLOOR		78
#define LEGEND_WIDTH	340
#define LEGEND_LINE	22
#define BEND		8	/* radius */
#define LEAST_WIDTH	640

static const struct {
	const char *class;
	const char *meaning;
} modes[VIEW_MODES] = {
	[VIEW_WINDOW] = { "window", "virtio: serves it, sees a window of it" },
	[VIEW_RAM] = { "ram", "virtio: serves it, sees ALL its RAM" },
	[VIEW_CALL] = { "call", "calls a procedure of it" },
	[VIEW_EVENT] = { "event", "sends an event to it" },
	[VIEW_MEMORY] = { "memory", "shares memory: written to read" },
	[VIEW_DEVICE] = { "device", "registers, interrupts of hardware" },
};

static const char *const boxes[] = { [VIEW_VM] = "vm", [VIEW_COMPONENT] = "component",
				     [VIEW_HARDWARE_BOX] = "amber" };

static void put(FILE *out, const char *text, size_t most)
{
	for (; *text && most; text++, most--)
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
		}
}

static void text_at(FILE *out, int x, int y, const char *class, const char *text, size_t letters)
{
	size_t length = strlen(text);

	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	if (length > letters) {
		fputs("<title>", out);
		put(out, text, length);
		fputs("</title>", out);
		put(out, text, letters - 1);
		fputs("~", out);
	} else {
		put(out, text, length);
	}
	fputs("</text>\n", out);
}

static void rectangle(FILE *out, int x, int y, int width, int height, int radius, const char *class)
{
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\" class=\"%s\"/>\n", x, y, width,
		height, radius, class);
}

static void draw_box(const struct view_box *b, FILE *out)
{
	static const char *const classes[] = { "line", "line", "line risk" };
	const struct view_line *l;
	int y = b->y + 44;

	rectangle(out, b->x, b->y, VIEW_WIDTH, b->height, 6, boxes[b->kind]);
	text_at(out, b->x + 12, b->y + 23, "title", b->title, 27);
	for (l = b->lines; l; l = l->next, y += VIEW_LINE) {
		if (l->class == VIEW_HARDWARE)
			rectangle(out, b->x + 8, y - 13, VIEW_WIDTH - 16, VIEW_LINE, 0, "hardware");
		text_at(out, b->x + 12, y, classes[l->class], l->text, LINE_LETTERS);
	}
	if (!b->vmm)
		return;
	rectangle(out, b->x + 8, b->y + b->height - 30, VIEW_WIDTH - 16, 22, 4, "vmm");
	text_at(out, b->x + 14, b->y + b->height - 15, "line", b->vmm, LINE_LETTERS);
}

static int sign(int n)
{
	return n > 0 ? 1 : n < 0 ? -1 : 0;
}

/* How far a bend at point i may reach: half of the shorter piece. */
static int bend(const struct view_wire *w, int i)
{
	int before = abs(w->x[i] - w->x[i - 1]) + abs(w->y[i] - w->y[i - 1]);
	int behind = abs(w->x[i + 1] - w->x[i]) + abs(w->y[i + 1] - w->y[i]);
	int least = (before < behind ? before : behind) / 2;

	return least < BEND ? least : BEND;
}

static void draw_wire(const struct view_wire *w, FILE *out)
{
	int i, r;

	fprintf(out, "<path d=\"M%d %d", w->x[0], w->y[0]);
	for (i = 1; i < w->points - 1; i++) {
		r = bend(w, i);
		fprintf(out, " L%d %d Q%d %d %d %d", w->x[i] - r * sign(w->x[i] - w->x[i - 1]),
			w->y[i] - r * sign(w->y[i] - w->y[i - 1]), w->x[i], w->y[i],
			w->x[i] + r * sign(w->x[i + 1] - w->x[i]), w->y[i] + r * sign(w->y[i + 1] - w->y[i]));
	}
	fprintf(out, " L%d %d\" class=\"wire %s\"", w->x[i], w->y[i], modes[w->mode].class);
	if (w->forth)
		fprintf(out, " marker-end=\"url(#%s)\"", modes[w->mode].class);
	if (w->back)
		fprintf(out, " marker-start=\"url(#%s)\"", modes[w->mode].class);
	fputs("/>\n", out);
}

static void draw_label(const struct view_wire *w, FILE *out)
{
	bool level = w->enters == VIEW_LEFT || w->enters == VIEW_RIGHT;

	text_at(out, w->label_x, w->label_y, "label bold", w->what, LABEL_LETTERS);
	text_at(out, w->label_x, w->label_y + (level ? 21 : 15), w->mode == VIEW_RAM ? "label risk" : "label",
		w->how, LABEL_LETTERS);
}

static const char style[] =
	"<style>text{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#223}"
	".head{font-size:18px;font-weight:bold}.title{font-size:15px;font-weight:bold}"
	".line,.label{font-size:12px}.label{stroke:#fff;stroke-width:4;paint-order:stroke;stroke-linejoin:round}"
	".bold{font-weight:bold}.risk{fill:#b3261e}"
	".vm{fill:#e8f0fb;stroke:#35588f;stroke-width:1.5}"
	".component{fill:#eef6ea;stroke:#4a7a39;stroke-width:1.5}.vmm{fill:#fff;stroke:#35588f}"
	".hardware{fill:#fbe3b5}.amber{fill:#fbe3b5;stroke:#a86a00;stroke-width:1.5}.device{stroke:#a86a00}.floor{fill:#f3f3f3;stroke:#888}.wire{fill:none;stroke-width:2}"
	".window{stroke:#35588f}.ram{stroke:#b3261e}.call{stroke:#3d6b2e}"
	".event{stroke:#3d6b2e;stroke-dasharray:7 4}.memory{stroke:#7a4b9a;stroke-dasharray:2 3}</style>\n";

static void draw_markers(FILE *out)
{
	static const char *const colours[VIEW_MODES] = { "#35588f", "#b3261e", "#3d6b2e", "#3d6b2e", "#7a4b9a",
						      "#a86a00" };
	int i;

	fputs("<defs>", out);
	for (i = 0; i < VIEW_MODES; i++)
		fprintf(out, "<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"10\" refY=\"5\" markerWidth=\"11\" "
			"markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto-start-reverse\">"
			"<path d=\"M0 0L10 5L0 10z\" fill=\"%s\"/></marker>", modes[i].class, colours[i]);
	fputs("</defs>\n", out);
}

/* Whether the picture has what line i of the legend explains. */
static bool occurs(const struct view *v, int i)
{
	const struct view_wire *w;
	const struct view_box *b;
	const struct view_line *l;

	for (b = v->boxes; b && i < 3; b = b->next) {
		if ((int)b->kind == i)
			return true;
		for (l = b->lines; i == 2 && l; l = l->next)
			if (l->class == VIEW_HARDWARE)
				return true;
	}
	for (w = v->wires; w && i >= 3; w = w->next)
		if ((int)w->mode == i - 3)
			return true;
	return false;
}

/* What occurs in the picture, in as many columns as there is room for; the height, drawn or not. */
static int draw_legend(const struct view *v, int top, FILE *out)
{
	int per_line = (v->width - 2 * VIEW_MARGIN) / LEGEND_WIDTH, n = 0, i, x, y;
	static const char *const texts[] = { "a VM, with its monitor", "a native component",
					     "hardware" };

	for (i = 0; i < 3 + VIEW_MODES; i++) {
		if (!occurs(v, i))
			continue;
		x = VIEW_MARGIN + LEGEND_WIDTH * (n % per_line);
		y = top + LEGEND_LINE * (n / per_line);
		n++;
		if (!out)
			continue;
		if (i < 3)
			rectangle(out, x, y, 36, 14, 3, boxes[i]);
		else
			fprintf(out, "<path d=\"M%d %d h36\" class=\"wire %s\" marker-end=\"url(#%s)\"/>\n", x, y + 7,
				modes[i - 3].class, modes[i - 3].class);
		text_at(out, x + 46, y + 11, "line", i < 3 ? texts[i] : modes[i - 3].meaning, 40);
	}
	return LEGEND_LINE * ((n + per_line - 1) / per_line);
}

static void draw_floor(const struct view *v, const struct model *m, FILE *out)
{
	const struct platform *p = m->platform;
	int y = v->height + 26, w = v->width - 2 * VIEW_MARGIN;
	unsigned int letters = (unsigned int)(w - 24) * 10 / 73;

	rectangle(out, VIEW_MARGIN, y, w, FLOOR, 6, "floor");
	text_at(out, VIEW_MARGIN + 12, y + 21, "line", arena_format(v->arena, "serial: all consoles and logs; "
		"UART 0x%llx, interrupt %u", (unsigned long long)p->uart.base, p->uart_intid), letters);
	text_at(out, VIEW_MARGIN + 12, y + 43, "line", arena_format(v->arena, "timer: every monitor calls it; "
		"interrupt %u", p->timer_intid), letters);
	text_at(out, VIEW_MARGIN + 12, y + 65, "line", arena_format(v->arena, "microkernel on %s", p->name), letters);
}

static const char *counts(const struct view *v, const struct model *m)
{
	const struct view_box *b;
	unsigned int vms = 0, others = 0;

	for (b = v->boxes; b; b = b->next)
		*(b->kind == VIEW_VM ? &vms : &others) += 1;
	return arena_format(v->arena, "%u VM%s, %u component%s, %d connection%s, on %s", vms, vms == 1 ? "" : "s",
			    others, others == 1 ? "" : "s", v->wire_count, v->wire_count == 1 ? "" : "s",
			    m->platform->name);
}

static void draw(struct view *v, const struct model *m, const char *title, FILE *out)
{
	const struct view_wire *w;
	const struct view_box *b;
	int top = v->height + 26 + FLOOR + 22, height;

	if (v->width < LEAST_WIDTH)
		v->width = LEAST_WIDTH;
	height = top + draw_legend(v, 0, NULL) + VIEW_MARGIN - 8;
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n%s", v->width, height, v->width, height, v->width,
		height, style);
	draw_markers(out);
	text_at(out, VIEW_MARGIN, 34, "head", title, (unsigned int)(v->width - 2 * VIEW_MARGIN) / 11);
	text_at(out, VIEW_MARGIN, 55, "line", counts(v, m), 200);
	for (w = v->wires; w; w = w->next)
		draw_wire(w, out);
	for (b = v->boxes; b; b = b->next)
		draw_box(b, out);
	for (w = v->wires; w; w = w->next)
		draw_label(w, out);
	draw_floor(v, m, out);
	draw_legend(v, top, out);
	fputs("</svg>\n", out);
}

static bool write_picture(struct view *v, const struct model *m, const char *title, const char *path)
{
	struct output file;
	FILE *out;
	bool ok;

	if (strcmp(path, "-") == 0) {
		draw(v, m, title, stdout);
		return fflush(stdout) == 0 && !ferror(stdout);
	}
	if (!output_open(&file, m->arena, path))
		return false;
	out = fdopen(dup(file.fd), "w");
	if (!out)
		return output_close(&file, false);
	draw(v, m, title, out);
	ok = !ferror(out);
	return output_close(&file, fclose(out) == 0 && ok);
}

bool view_write(const struct model *m, const char *title, const char *path)
{
	struct view v = { .arena = m->arena };
	const char *slash = strrchr(title, '/');
	bool ok;

	scene_build(&v, m);
	place_boxes(&v);
	route_wires(&v);
	ok = write_picture(&v, m, slash ? slash + 1 : title, path);
	if (!ok)
		diagnostic_plain(m->diagnostics, "cannot write %s: %s; choose another place with -o", path,
				 errno == EINVAL ? "it is no regular file" : strerror(errno));
	return ok;
}
