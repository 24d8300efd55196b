/* SPDX-License-Identifier: BSD-2-Clause */
/* The model as boxes and arrows, and these as SVG. Letters are of one width, so that all fits. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../image/output.h"
#include "view.h"

#define LINE_LETTERS	33u	/* in a box, at 12 px */
#define LABEL_LETTERS	27u	/* at an arrow, at 12 px */
#define FLOOR		76

static void put(FILE *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '&': fputs("&amp;", out); break;
		case '"': fputs("&quot;", out); break;
		default: fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
		}
}

static void text_at(FILE *out, int x, int y, const char *class, const char *text, unsigned int letters)
{
	fprintf(out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
	if (strlen(text) > letters) {
		fputs("<title>", out);
		put(out, text);
		fputs("</title>", out);
		for (; letters > 1; letters--, text++)
			put(out, (char[]){ *text, '\0' });
		text = "~";
	}
	put(out, text);
	fputs("</text>\n", out);
}

static void add_line(struct view *v, struct view_node *n, bool hardware, const char *text)
{
	struct view_line *l = ARENA_NEW(v->arena, struct view_line);

	l->text = text;
	l->hardware = hardware;
	*n->lines_end = l;
	n->lines_end = &l->next;
	n->line_count++;
}

static void add_vm(struct view *v, const struct model_vm *vm)
{
	struct view_node *n = view_node(v, vm, vm->name);
	const struct model_range *r;
	const struct model_node *d;
	const struct model_irq *i;

	n->vmm = arena_format(v->arena, "%s.vmm", vm->name);
	add_line(v, n, false, arena_format(v->arena, "1 vCPU, RAM %llu MiB at 0x%llx",
					   (unsigned long long)vm->ram_size >> 20,
					   (unsigned long long)vm->ram_base));
	add_line(v, n, false, arena_format(v->arena, "%s%s%s", vm->kernel->name, vm->initrd ? " + " : "",
					   vm->initrd ? vm->initrd->name : ""));
	if (!vm->mmios && !vm->irqs && !vm->nodes)
		add_line(v, n, false, "no hardware");
	for (d = vm->nodes; d; d = d->next)
		add_line(v, n, true, arena_format(v->arena, "device %s", d->name));
	for (r = vm->mmios; r; r = r->next)
		add_line(v, n, true, arena_format(v->arena, "MMIO 0x%llx, %llu KiB", (unsigned long long)r->paddr,
						  (unsigned long long)(r->size + 1023) >> 10));
	for (i = vm->irqs; i; i = i->next)
		add_line(v, n, true, arena_format(v->arena, "interrupt %u, %s", i->intid,
						  i->edge ? "edge" : "level"));
}

static void add_component(struct view *v, const struct model_component *c)
{
	struct view_node *n = view_node(v, c, c->instance->name);

	add_line(v, n, false, arena_format(v->arena, "component %s", c->type->name));
	add_line(v, n, false, arena_format(v->arena, "heap %llu KiB, stack %llu KiB",
					   (unsigned long long)c->heap_size >> 10,
					   (unsigned long long)c->stack_size >> 10));
}

static struct view_node *node_of(const struct view *v, const void *of)
{
	struct view_node *n = v->nodes;

	while (n && n->of != of)
		n = n->next;
	return n;
}

static bool targets(const struct model_vm *driver, const char *target)
{
	const char *name = driver->instance->name;

	return strcmp(name, target) == 0 || strcmp(driver->name, target) == 0 ||
	       (strncmp(name, "vm_", 3) == 0 && strcmp(name + 3, target) == 0);
}

static void add_link(struct view *v, const struct model_link *l)
{
	const struct adl_value *s, *type, *target;
	const char *served = "";

	for (s = l->device->serves ? l->device->serves->items : NULL; s; s = s->next) {
		type = adl_key(s, "type");
		target = adl_key(s, "target");
		if (type && target && type->kind == VALUE_STRING && target->kind == VALUE_STRING &&
		    targets(l->driver, target->string))
			served = arena_format(v->arena, "%s%s%s", served, *served ? "," : "", type->string);
	}
	view_edge(v, node_of(v, l->device), node_of(v, l->driver),
		  arena_format(v->arena, "%s, %s", *served ? served : "virtio",
			       l->driver->sharing ? l->driver->sharing : "swiotlb"), false);
}

static void add_connection(struct view *v, const struct model_connection *c)
{
	static const char *const kinds[] = { "calls", "event", "memory" };
	const struct model_end *from, *to;

	for (from = c->from; from; from = from->next)
		for (to = c->to; to; to = to->next)
			view_edge(v, node_of(v, from->component), node_of(v, to->component),
				  arena_format(v->arena, "%s %s", kinds[c->kind], c->source->name), true);
}

static void draw_node(const struct view_node *n, FILE *out)
{
	const struct view_line *l;
	int y = n->y + 42;

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"%s\"/>\n", n->x, n->y,
		VIEW_WIDTH, n->height, n->vmm ? "vm" : "component");
	text_at(out, n->x + 12, n->y + 22, "title", n->title, 26);
	for (l = n->lines; l; l = l->next, y += VIEW_LINE) {
		if (l->hardware)
			fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" class=\"hardware\"/>\n",
				n->x + 8, y - 13, VIEW_WIDTH - 16, VIEW_LINE);
		text_at(out, n->x + 12, y, "line", l->text, LINE_LETTERS);
	}
	if (!n->vmm)
		return;
	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"22\" rx=\"4\" class=\"vmm\"/>\n", n->x + 8,
		n->y + n->height - 30, VIEW_WIDTH - 16);
	text_at(out, n->x + 14, n->y + n->height - 15, "line", n->vmm, LINE_LETTERS - 1);
}

static int port(const struct view_node *n, unsigned int count, unsigned int used)
{
	return n->y + n->height * (int)(2 * used + 1) / (int)(2 * count);
}

static void draw_self(const struct view_edge *e, FILE *out)
{
	int x = e->from->x + VIEW_WIDTH, y = port(e->from, e->from->out, e->from->out_used++);

	e->to->in_used++;
	fprintf(out, "<path d=\"M%d %d h24 v-12 h-22\" class=\"%s\" marker-end=\"url(#arrow)\"/>\n", x, y,
		e->native ? "native" : "virtio");
	text_at(out, x + 30, y, "label", e->label, LABEL_LETTERS);
}

static void draw_edge(const struct view_edge *e, FILE *out)
{
	int x = e->from->x + VIEW_WIDTH, end = e->to->x, y, target;

	if (e->from == e->to) {
		draw_self(e, out);
		return;
	}
	y = port(e->from, e->from->out, e->from->out_used++);
	target = port(e->to, e->to->in, e->to->in_used++);
	if (!e->from->title)
		fprintf(out, "<path d=\"M%d %d H%d\" class=\"%s\"/>\n", e->from->x, y, x,
			e->native ? "native" : "virtio");
	fprintf(out, "<path d=\"M%d %d C%d %d %d %d %d %d H%d\" class=\"%s\"%s%s/>\n", x, y, x + VIEW_CURVE / 2, y,
		x + VIEW_CURVE / 2, target, x + VIEW_CURVE, target, end - (e->label ? 2 : 0),
		e->native ? "native" : "virtio", e->label && !e->back ? " marker-end=\"url(#arrow)\"" : "",
		e->back && e->from->title ? " marker-start=\"url(#arrow)\"" : "");
	if (e->label)
		text_at(out, x + VIEW_CURVE + 4, target - 6, "label", e->label, LABEL_LETTERS);
}

/* Edges in the order of their far ends, so that those of one box do not cross. */
static void draw_edges(const struct view *v, FILE *out)
{
	size_t count = 0, i, k;
	struct view_edge *e, **all;

	for (e = v->edges; e; e = e->next)
		count++;
	all = arena_alloc(v->arena, sizeof(*all) * (count + 1));
	for (e = v->edges, i = 0; e; e = e->next, i++) {
		for (k = i; k && (all[k - 1]->from->y > e->from->y || (all[k - 1]->from->y == e->from->y &&
				  all[k - 1]->to->y > e->to->y)); k--)
			all[k] = all[k - 1];
		all[k] = e;
	}
	for (i = 0; i < count; i++)
		draw_edge(all[i], out);
}

static const char style[] =
	"<defs><marker id=\"arrow\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"8\" "
	"markerHeight=\"8\" orient=\"auto-start-reverse\"><path d=\"M0 0L10 5L0 10z\" fill=\"#334\"/></marker>"
	"</defs>\n<style>text{font-family:'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#223}"
	".head{font-size:18px;font-weight:bold}.title{font-size:15px;font-weight:bold}"
	".line,.label{font-size:12px}.vm{fill:#e8f0fb;stroke:#35588f;stroke-width:1.5}"
	".component{fill:#eef6ea;stroke:#4a7a39;stroke-width:1.5}.vmm{fill:#fff;stroke:#35588f}"
	".hardware{fill:#fbe3b5}.floor{fill:#f3f3f3;stroke:#888}"
	".virtio{fill:none;stroke:#334;stroke-width:1.8}"
	".native{fill:none;stroke:#4a7a39;stroke-width:1.5;stroke-dasharray:5 3}</style>\n";

static void draw_floor(const struct view *v, const struct model *m, FILE *out)
{
	const struct platform *p = m->platform;
	int y = v->height, w = v->width - 2 * VIEW_MARGIN;
	unsigned int letters = (unsigned int)(w - 24) * 10 / 73;

	fprintf(out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"6\" class=\"floor\"/>\n",
		VIEW_MARGIN, y, w, FLOOR);
	text_at(out, VIEW_MARGIN + 12, y + 20, "line", arena_format(v->arena, "serial: all consoles and logs; "
		"UART 0x%llx, interrupt %u", (unsigned long long)p->uart.base, p->uart_intid), letters);
	text_at(out, VIEW_MARGIN + 12, y + 42, "line", arena_format(v->arena, "timer: every VMM calls it; "
		"interrupt %u", p->timer_intid), letters);
	text_at(out, VIEW_MARGIN + 12, y + 64, "line", arena_format(v->arena, "seL4 on %s", p->name), letters);
}

static void draw(struct view *v, const struct model *m, const char *title, FILE *out)
{
	const struct view_node *n;
	int width, height;

	if (v->width < 560)
		v->width = 560;
	width = v->width;
	height = v->height + FLOOR + VIEW_MARGIN + 20;
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n%s", width, height, width, height, width, height,
		style);
	text_at(out, VIEW_MARGIN, 32, "head", title, (unsigned int)(width - 2 * VIEW_MARGIN) / 11);
	text_at(out, VIEW_MARGIN, 54, "line", "solid arrow: device VM to driver VM, with device types and sharing",
		200);
	draw_edges(v, out);
	for (n = v->nodes; n; n = n->next)
		if (n->title)
			draw_node(n, out);
	draw_floor(v, m, out);
	text_at(out, VIEW_MARGIN, height - 14, "line", "amber: hardware; green, dashed: native", 80);
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
	const struct model_connection *c;
	const struct model_component *n;
	const struct model_link *l;
	const struct model_vm *vm;
	bool ok;

	v.nodes_end = &v.nodes;
	v.edges_end = &v.edges;
	for (vm = m->vms; vm; vm = vm->next)
		add_vm(&v, vm);
	for (n = m->components; n; n = n->next)
		add_component(&v, n);
	for (l = m->links; l; l = l->next)
		add_link(&v, l);
	for (c = m->connections; c; c = c->next)
		add_connection(&v, c);
	view_layout(&v);
	ok = write_picture(&v, m, title, path);
	if (!ok)
		diagnostic_plain(m->diagnostics, "cannot write %s: %s; choose another place with -o", path,
				 errno == EINVAL ? "it is no regular file" : strerror(errno));
	return ok;
}
