/* SPDX-License-Identifier: BSD-2-Clause */
/* Which known name was meant: the nearest one, if it is near enough to be a slip of the finger. */
#ifndef TOOL_NEAREST_H
#define TOOL_NEAREST_H

struct nearest {
	const char *name;
	const char *best;	/* NULL: none is near */
	unsigned int least;
};

/* At most `limit` letters may differ. */
struct nearest nearest_start(const char *name, unsigned int limit);
void nearest_offer(struct nearest *n, const char *known);

#endif
