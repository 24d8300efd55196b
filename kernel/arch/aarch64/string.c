/* SPDX-License-Identifier: BSD-2-Clause */
/* What the compiler may call, and zeroing. */
#include <kernel/arch.h>

#include "machine.h"

/* used: with link-time optimisation the compiler's own calls come after the last look at who calls. */
__attribute__((used)) void *memcpy(void *restrict dst, const void *restrict src, size_t n);
__attribute__((used)) void *memmove(void *dst, const void *src, size_t n);
__attribute__((used)) void *memset(void *dst, int c, size_t n);
__attribute__((used)) int memcmp(const void *a, const void *b, size_t n);

void *memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	for (; n >= 8 && !(((u64)d | (u64)s) & 7); n -= 8, d += 8, s += 8)
		*(u64 *)d = *(const u64 *)s;
	while (n--)
		*d++ = *s++;
	return dst;
}

void *memmove(void *dst, const void *src, size_t n)
{
	u8 *d = dst;
	const u8 *s = src;

	if (d <= s)
		return memcpy(dst, src, n);
	while (n--)
		d[n] = s[n];
	return dst;
}

void *memset(void *dst, int c, size_t n)
{
	u64 word = (u8)c * 0x0101010101010101UL;
	u8 *d = dst;

	for (; n >= 8 && !((u64)d & 7); n -= 8, d += 8)
		*(u64 *)d = word;
	while (n--)
		*d++ = (u8)c;
	return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
	const u8 *x = a, *y = b;

	for (; n; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

#define DCZID_PROHIBITED	16UL
#define DCZID_BLOCK(dczid)	(4UL << ((dczid) & 15))

static void zero_words(u64 *word, u64 bytes)
{
	for (u64 *end = word + bytes / 8; word < end; word += 2) {
		word[0] = 0;
		word[1] = 0;
	}
}

void arch_zero(struct paddr at, u64 bytes)
{
	char *start = arch_phys_to_ptr(at);
	u64 dczid = sysreg_read(dczid_el0), block = DCZID_BLOCK(dczid);

	if ((dczid & DCZID_PROHIBITED) || (((u64)start | bytes) & (block - 1)))
		zero_words((u64 *)start, bytes);
	else
		for (char *p = start; p < start + bytes; p += block)
			__asm__ volatile("dc zva, %0" : : "r"(p) : "memory");
	cache_clean_poc(start, bytes);
}
