/* SPDX-License-Identifier: BSD-2-Clause */
/* Several fake cores: a test says which one it is. */
#ifndef ARCH_CORE_H
#define ARCH_CORE_H

struct core;

extern struct core *fake_core;

static inline struct core *arch_core(void)
{
	return fake_core;
}

/* Called while this core waits for another one: lets that one do what it was asked for. */
void arch_core_relax(void);

#endif
