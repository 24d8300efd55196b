/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file that is replaced as a whole or not at all: written beside its place, then renamed. What is
 * half written goes away again, also when a signal ends the program.
 */
#ifndef TOOL_OUTPUT_H
#define TOOL_OUTPUT_H

#include <stdbool.h>

#include "../adl/arena.h"

struct output {
	const char *path;	/* links resolved */
	const char *beside;
	int fd;
};

/* False: errno says why; EINVAL: there is something that is no regular file. */
bool output_open(struct output *o, struct arena *a, const char *path);
/* `good`: what was to be written is written. False: errno says why; the old file is as it was. */
bool output_close(struct output *o, bool good);

#endif
