/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patterns as in regular expressions, without groups: letters, '.', [sets], \x, and *, + or ? behind one
 * of these. Matched in one pass, so that no pattern takes long.
 */
#ifndef TOOL_PATTERN_H
#define TOOL_PATTERN_H

#include <stdbool.h>

bool pattern_valid(const char *pattern);
/* The whole text; the pattern is valid. */
bool pattern_matches(const char *pattern, const char *text);

#endif
