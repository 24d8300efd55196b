// SPDX-License-Identifier: BSD-2-Clause
// pattern BYTES: that much pseudo-random text, the same wherever it runs. The build computes the sum of
// what the demonstration has to read back with it.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// xorshift64 with Marsaglia's shifts 13, 7, 17
static uint64_t next(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

int main(int argc, char **argv)
{
	uint64_t x = 0x70656572766973ULL;
	long left = argc == 2 ? strtol(argv[1], NULL, 0) : 0;

	if (left <= 0) {
		fputs("usage: pattern BYTES\n", stderr);
		return 2;
	}
	while (left--) {
		x = next(x);
		if (putchar_unlocked(left % 64 ? "0123456789abcdef"[x >> 60] : '\n') == EOF)
			return 1;
	}
	return fflush(stdout) ? 1 : 0;
}
