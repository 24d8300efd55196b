/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler may call. Aligned words where both sides allow it: images are large. */
#include "loader.h"

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int byte, size_t bytes);

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
	u8 *d = to;
	const u8 *s = from;

	if (!(((u64)d | (u64)s) & 7))
		for (; bytes >= 8; bytes -= 8, d += 8, s += 8)
			*(u64 *)d = *(const u64 *)s;
	while (bytes--)
		*d++ = *s++;
	return to;
}

void *memset(void *to, int byte, size_t bytes)
{
	u8 *d = to;

	if (!byte && !((u64)d & 7))
		for (; bytes >= 8; bytes -= 8, d += 8)
			*(u64 *)d = 0;
	while (bytes--)
		*d++ = (u8)byte;
	return to;
}
