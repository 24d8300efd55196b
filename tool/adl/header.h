/* SPDX-License-Identifier: BSD-2-Clause */
/* The built-in headers as files, while the preprocessor runs: it takes them from a folder only. */
#ifndef TOOL_HEADER_H
#define TOOL_HEADER_H

#include <stdbool.h>

#define HEADER_PATH 256

/* Makes a folder with them. False: cannot (errno); then nothing is left behind. */
bool header_write(char folder[HEADER_PATH]);
void header_remove(const char *folder);

#endif
