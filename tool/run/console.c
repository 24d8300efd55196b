/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Takes the UART's bytes apart: `0x1e LABEL 0x1e` says whose bytes follow (docs/bindings.md). What
 * comes before the first label is the kernel's and the root task's: console `system`.
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "run.h"

#define MARK 0x1e

static const char *log_name(struct consoles *all, const char *label)
{
	size_t n = strlen(label);
	bool log = n > 4 && strcmp(label + n - 4, ".log") == 0;

	return arena_format(all->arena, "%s/%s%s", all->log_dir, label, log ? "" : ".console");
}

/* A run is worth more than its log: it goes on without. */
static void open_log(struct consoles *all, struct console *c)
{
	const char *path = log_name(all, c->label);

	c->log = fopen(path, "w");
	if (c->log || all->complained)
		return;
	all->complained = true;
	fprintf(stderr, "[peervisor] cannot write %s: %s\r\n", path, strerror(errno));
}

struct console *console_get(struct consoles *all, const char *label)
{
	struct console **end, *c;

	for (end = &all->list; *end; end = &(*end)->next)
		if (strcmp((*end)->label, label) == 0)
			return *end;
	c = ARENA_NEW(all->arena, struct console);
	strncpy(c->label, label, sizeof(c->label) - 1);
	if (all->log_dir)
		open_log(all, c);
	*end = c;
	return c;
}

static void end_line(struct consoles *all, struct console *c)
{
	while (c->line_length && c->line[c->line_length - 1] == '\r')
		c->line_length--;
	c->line[c->line_length] = '\0';
	c->line_length = 0;
	all->line(all->context, c, c->line);
}

static void feed_console(struct consoles *all, struct console *c, const char *bytes, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		c->kept[c->kept_total++ % CONSOLE_KEPT] = bytes[i];
		if (bytes[i] == '\n' || c->line_length == sizeof(c->line) - 1)
			end_line(all, c);
		if (bytes[i] != '\n')
			c->line[c->line_length++] = bytes[i];
	}
	if (c->log) {
		fwrite(bytes, 1, length, c->log);
		fflush(c->log);
	}
	all->bytes(all->context, c, bytes, length);
}

/* A label comes from our own server, but becomes a file name: anything odd is replaced. */
static void label_byte(struct consoles *all, char byte)
{
	if (byte == MARK) {
		all->in_label = false;
		all->label[all->label_length] = '\0';
		if (all->label_length)
			all->current = console_get(all, all->label);
		return;
	}
	if (!isalnum((unsigned char)byte) && !strchr("_-.", byte))
		byte = '_';
	if (byte == '.' && all->label_length == 0)
		byte = '_';
	if (all->label_length < CONSOLE_LABEL - 1)
		all->label[all->label_length++] = byte;
}

void console_feed(struct consoles *all, const char *bytes, size_t length)
{
	size_t i, start = 0;

	if (!all->current)
		all->current = console_get(all, "system");
	for (i = 0; i < length; i++) {
		if (!all->in_label && bytes[i] != MARK)
			continue;
		if (!all->in_label) {
			feed_console(all, all->current, bytes + start, i - start);
			all->in_label = true;
			all->label_length = 0;
		} else {
			label_byte(all, bytes[i]);
		}
		start = i + 1;
	}
	if (start < length)
		feed_console(all, all->current, bytes + start, length - start);
}

void console_close(struct consoles *all)
{
	struct console *c;

	for (c = all->list; c; c = c->next) {
		if (c->line_length)
			end_line(all, c);
		if (c->log)
			fclose(c->log);
		c->log = NULL;
	}
}
