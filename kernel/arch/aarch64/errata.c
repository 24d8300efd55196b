/* SPDX-License-Identifier: BSD-2-Clause */
/* Which of the errata that need code here the cores of this machine have (docs/hardware.md). */
#include "machine.h"

#define MIDR_CORE	0xff00fff0UL	/* implementer, part */
#define MIDR_REVISION(midr)	(((midr) >> 16 & 0xf0) | ((midr) & 15))	/* 0x12: r1p2 */
#define ALL_REVISIONS	0xffUL
#define CORTEX_A53	0x4100d030UL
#define CORTEX_A57	0x4100d070UL
#define CORTEX_A72	0x4100d080UL

static const struct {
	u64 core, last_revision;
	unsigned int errata;
} affected[] = {
	{ CORTEX_A53, ALL_REVISIONS, ERRATUM_CACHE_CLEAN },
	{ CORTEX_A57, 0x12, ERRATUM_STAGE2_FAULT },
	{ CORTEX_A57, ALL_REVISIONS, ERRATUM_SPECULATIVE_AT },
	{ CORTEX_A72, ALL_REVISIONS, ERRATUM_SPECULATIVE_AT },
};

unsigned int errata;

/* Of any core: a thread may meet all of them. */
void errata_start_core(void)
{
	u64 midr = sysreg_read(midr_el1);

	for (unsigned int i = 0; i < sizeof(affected) / sizeof(affected[0]); i++)
		if ((midr & MIDR_CORE) == affected[i].core &&
		    MIDR_REVISION(midr) <= affected[i].last_revision)
			__atomic_fetch_or(&errata, affected[i].errata, __ATOMIC_RELAXED);
}
