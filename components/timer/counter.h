/* SPDX-License-Identifier: BSD-2-Clause */
/* The EL1 physical timer. counter.c has it on the machine; a host test brings its own. */
#ifndef TIMER_COUNTER_H
#define TIMER_COUNTER_H

#include <stdint.h>

#define COUNTER_NEVER	UINT64_MAX

uint64_t counter_now(void);
uint64_t counter_frequency(void);
void counter_program(uint64_t deadline);	/* interrupt at that count; COUNTER_NEVER: off */

#endif
