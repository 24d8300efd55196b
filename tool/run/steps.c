/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --expect CONSOLE=TEXT, --send CONSOLE=LINE and --until CONSOLE=TEXT, in the order given: a run
 * without a person waits for a text on a console, types a line on one, and ends.
 */
#include "run.h"

#include <string.h>

bool steps_add(struct run_options *o, enum step_kind kind, const char *argument)
{
	const char *equals = strchr(argument, '=');
	struct run_step *step = &o->steps[o->step_count];

	if (!equals || equals == argument || (size_t)(equals - argument) >= CONSOLE_LABEL ||
	    !equals[1] || o->step_count == RUN_STEPS)
		return false;
	memcpy(step->console, argument, (size_t)(equals - argument));
	step->text = equals + 1;
	step->kind = kind;
	o->step_count++;
	return true;
}

bool steps_waiting_for(const struct run_options *o, unsigned int next, const char *console,
		       const char *line, size_t length)
{
	const struct run_step *step = &o->steps[next];

	return next < o->step_count && step->kind != STEP_SEND && strcmp(step->console, console) == 0 &&
	       memmem(line, length, step->text, strlen(step->text));
}
