/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver VM without Linux: by MODE,
 *	READ	reads its device's configuration space three times, with how long each took
 *	AGAIN	says whether its RAM changes under it, then resets itself, three times
 *	WAIT	does nothing for a while
 *	STAY	runs until the machine ends
 */
#include "guest.h"

enum mode { READ, AGAIN, WAIT, STAY };

#define FUNCTION	0x4010008000ul
#define SHARED		0x40800000ul		/* what the device VM of mode HOLD writes */
#define RUN		0x41000000ul

static void wait(unsigned int ms)
{
	uint64_t until = ticks() + ms * ticks_per_ms();

	while (ticks() < until)
		;
}

static void read_config(void)
{
	for (unsigned int i = 0; i < 3; i++) {
		uint32_t value;

		/* until the function is there: the bus answers for one that is not */
		do {
			value = load(FUNCTION);
		} while (i == 2 && value);
		put("read ");
		put_hex(value);
		put("\n");
	}
	firmware(SYSTEM_OFF);
}

static void again(void)
{
	uint32_t run = load(RUN) == 0x5e1f0001 ? 1 : load(RUN) == 0x5e1f0002 ? 2 : 0;
	uint32_t before = load(SHARED);

	wait(200);
	put(load(SHARED) == before ? "quiet\n" : "changed\n");
	if (run == 2)
		firmware(SYSTEM_OFF);
	store(RUN, 0x5e1f0001 + run);
	firmware(SYSTEM_RESET);
}

static void wait_and_end(void)
{
	wait(3000);
	put("waited\n");
	firmware(SYSTEM_OFF);
}

static void stay(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

void guest_main(void)
{
	static void (*const modes[])(void) = { read_config, again, wait_and_end, stay };

	modes[MODE]();
}
