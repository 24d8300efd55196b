/* SPDX-License-Identifier: BSD-2-Clause */
#include "progress.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static bool shown;

void progress_clear(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = false;
}

void progress_show(const char *format, ...)
{
	va_list args;

	if (!isatty(STDERR_FILENO))
		return;
	progress_clear();
	shown = true;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputs("...\r", stderr);	/* what others write goes over it */
	fflush(stderr);
}
