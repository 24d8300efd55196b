/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Times system calls by CNTPCT_EL0 and prints "bench: NAME TICKS ROUNDS FREQUENCY". Under -icount
 * shift=0 a nanosecond is an instruction. The loop's own instructions are in a figure of their own.
 */
#include <inttypes.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <sel4/sel4.h>

#define ROUNDS		2000u
#define EMPTY_SLOT	199u	/* no component of the assembly has so many capabilities */

static uint64_t counter(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(value) : : "memory");
	return value;
}

static void report(const char *name, uint64_t start)
{
	uint64_t ticks = counter() - start, frequency;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	log_info("bench: %s %" PRIu64 " %u %" PRIu64, name, ticks, ROUNDS, frequency);
}

#define MEASURE(name, statement) do {					\
	uint64_t start_;						\
									\
	for (unsigned int i_ = 0; i_ < 50; i_++)			\
		statement;						\
	start_ = counter();						\
	for (unsigned int i_ = 0; i_ < ROUNDS; i_++)			\
		statement;						\
	report(name, start_);						\
} while (0)

int main(void)
{
	seL4_CPtr server = config_u64(CONFIG_ROOT, "server-slot");
	seL4_CPtr wake = config_u64(CONFIG_ROOT, "wake-slot");
	seL4_MessageInfo_t nothing = seL4_MessageInfo_new(0, 0, 0, 0);

	MEASURE("loop", __asm__ volatile("" ::: "memory"));
	MEASURE("nbsend-empty", seL4_NBSend(EMPTY_SLOT, nothing));
	MEASURE("yield", seL4_Yield());
	MEASURE("call-reply", seL4_CallWithMRs(server, nothing, NULL, NULL, NULL, NULL));
	MEASURE("signal-wake", seL4_Signal(wake));
	log_info("bench: end");
	event_loop(config_u64(CONFIG_ROOT, "notification-slot"), NULL);
}
