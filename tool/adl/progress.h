/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tool does at the moment, for a person who waits: one line on a terminal, gone when the next
 * line is written. Nothing is written where standard error is no terminal.
 */
#ifndef TOOL_PROGRESS_H
#define TOOL_PROGRESS_H

void progress_show(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the line away: before anything else is written. */
void progress_clear(void);

#endif
