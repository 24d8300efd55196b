/* SPDX-License-Identifier: BSD-2-Clause */
#include "pattern.h"

#include <stdint.h>
#include <string.h>

#define ATOMS_MAX 62

struct atom {
	const char *start;
	const char *end;
	char repeat;		/* *, +, ? or 0 */
};

/* Number of atoms; -1: not valid. */
static int split(const char *p, struct atom *atoms)
{
	const char *close;
	int n = 0;

	p += *p == '^';
	for (; *p && !(p[0] == '$' && !p[1]); n++) {
		if (n == ATOMS_MAX || strchr("(){}|*+?^$", *p))
			return -1;
		atoms[n].start = p;
		close = *p == '[' ? strchr(p + 1 + (p[1] == '^') + 1, ']') : p;
		if (*p == '[' && (!p[1] || !p[2] || !close))
			return -1;
		if (*p == '\\' && !*++close)
			return -1;
		p = atoms[n].end = close + 1;
		atoms[n].repeat = *p && strchr("*+?", *p) ? *p++ : '\0';
	}
	return n;
}

static bool in_set(const char *p, const char *end, char c)
{
	bool other = *++p == '^', found = false;

	for (p += other; p < end; p++) {
		if (p + 2 < end && p[1] == '-') {
			found |= c >= p[0] && c <= p[2];
			p += 2;
		} else {
			found |= c == *p;
		}
	}
	return found != other;
}

static bool fits(const struct atom *a, char c)
{
	switch (*a->start) {
	case '.': return true;
	case '\\': return a->start[1] == c;
	case '[': return in_set(a->start, a->end - 1, c);
	default: return *a->start == c;
	}
}

/* Bit i set: atom i may come next; bit n: all were matched. Passes over what may be left out. */
static uint64_t skip(const struct atom *atoms, int n, uint64_t state)
{
	int i;

	for (i = 0; i < n; i++)
		if ((state >> i & 1) && (atoms[i].repeat == '*' || atoms[i].repeat == '?'))
			state |= 1ull << (i + 1);
	return state;
}

bool pattern_valid(const char *pattern)
{
	struct atom atoms[ATOMS_MAX];

	return split(pattern, atoms) >= 0;
}

bool pattern_matches(const char *pattern, const char *text)
{
	struct atom atoms[ATOMS_MAX];
	int i, n = split(pattern, atoms);
	uint64_t state = skip(atoms, n, 1), next;

	for (; *text && state; text++) {
		next = 0;
		for (i = 0; i < n; i++) {
			if (!(state >> i & 1) || !fits(&atoms[i], *text))
				continue;
			next |= 1ull << (i + 1);
			if (atoms[i].repeat == '*' || atoms[i].repeat == '+')
				next |= 1ull << i;
		}
		state = skip(atoms, n, next);
	}
	return state >> n & 1;
}
