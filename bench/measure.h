/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times a statement by CNTPCT_EL0 and logs "bench: NAME TICKS ROUNDS FREQUENCY". Under -icount
 * shift=0 a nanosecond is an instruction. The including file says how many ROUNDS.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <inttypes.h>
#include <peervisor/log.h>

#define WARM_UP	50u

static inline uint64_t measure_counter(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(value) : : "memory");
	return value;
}

static inline void measure_report(const char *name, uint64_t start)
{
	uint64_t ticks = measure_counter() - start, frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	log_info("bench: %s %" PRIu64 " %u %" PRIu64, name, ticks, ROUNDS, frequency);
}

#define MEASURE(name, statement) do {					\
	uint64_t start_;						\
									\
	for (unsigned int i_ = 0; i_ < WARM_UP; i_++)			\
		statement;						\
	start_ = measure_counter();					\
	for (unsigned int i_ = 0; i_ < ROUNDS; i_++)			\
		statement;						\
	measure_report(name, start_);					\
} while (0)

#endif
