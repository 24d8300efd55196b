/* SPDX-License-Identifier: BSD-2-Clause */
/* What a line on a console says about the run: nothing, a VM's end, or that nothing more will come. */
#include <string.h>

#include "run.h"

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/* Before the first label: loader, kernel, root task. They stop at an error, without a word to QEMU. */
static bool system_failed(const char *line)
{
	if (starts(line, "boot: ") || starts(line, "kernel bug: ") || starts(line, "loader: "))
		return true;
	return starts(line, "roottask: ") && !strstr(line, "holds only");
}

/* Panics are a component's own lines, faults the serial server's. */
static bool component_failed(const char *line)
{
	const char *error = strstr(line, ": error: ");

	return error && (starts(error, ": error: PANIC at ") || starts(error, ": error: FAULT in thread '"));
}

enum verdict verdict_of(const char *label, const char *line)
{
	size_t n = strlen(label);

	if (strcmp(label, "system") == 0)
		return system_failed(line) ? VERDICT_DEAD : VERDICT_NONE;
	if (strcmp(label, "serial") == 0)	/* it has no port for its log */
		return starts(line, "serial: error: PANIC at ") ? VERDICT_DEAD : VERDICT_NONE;
	if (n < 4 || strcmp(label + n - 4, ".log") != 0)
		return VERDICT_NONE;	/* a guest may print what it likes */
	if (component_failed(line))
		return strcmp(label, "timer.log") == 0 ? VERDICT_DEAD : VERDICT_FAILED;
	if (strstr(line, "stopped:"))
		return VERDICT_STOPPED;
	return strstr(line, ": powered off") ? VERDICT_OFF : VERDICT_NONE;
}
