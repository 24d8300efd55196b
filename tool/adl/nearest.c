/* SPDX-License-Identifier: BSD-2-Clause */
#include "nearest.h"

#include <string.h>

#define NAME_MAX_COMPARED 62u

/* Levenshtein's distance: letters to insert, remove or replace. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[NAME_MAX_COMPARED + 2], i, j, above, left, n = (unsigned int)strlen(b);

	if (n > NAME_MAX_COMPARED)
		return 99;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 1; a[i - 1]; i++) {
		above = row[0];
		row[0] = i;
		for (j = 1; j <= n; j++) {
			left = row[j - 1] + 1;
			left = left < row[j] + 1 ? left : row[j] + 1;
			above += a[i - 1] != b[j - 1];
			left = left < above ? left : above;
			above = row[j];
			row[j] = left;
		}
	}
	return row[n];
}

struct nearest nearest_start(const char *name, unsigned int limit)
{
	return (struct nearest){ .name = name, .least = limit + 1 };
}

void nearest_offer(struct nearest *n, const char *known)
{
	size_t a = strlen(n->name), b = strlen(known);
	unsigned int d;

	if ((a > b ? a - b : b - a) >= n->least)
		return;
	d = distance(n->name, known);
	if (d < n->least) {
		n->least = d;
		n->best = known;
	}
}
