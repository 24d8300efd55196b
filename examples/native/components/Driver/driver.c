/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Drives the machine's real-time clock, a PL031: reads it, sets its alarm, waits for the interrupt; then
 * tells its listeners. What the device tree says of another device is mapped, too.
 */
#include <camkes.h>
#include <stdio.h>

/* Registers: Arm DDI 0224, PrimeCell Real Time Clock (PL031), chapter 3 */
#define RTCDR	0x000	/* seconds, read */
#define RTCMR	0x004	/* alarm when the seconds are this */
#define RTCIMSC	0x010	/* interrupt mask */
#define RTCICR	0x01c	/* clear */
#define RTCPID0	0xfe0	/* identification: 0x31 */

static volatile uint32_t *reg(unsigned int offset)
{
	return (volatile uint32_t *)((char *)registers + offset);
}

static void set_alarm(void)
{
	*reg(RTCMR) = *reg(RTCDR) + 1;
	*reg(RTCIMSC) = 1;
}

static void quiet(void)
{
	*reg(RTCIMSC) = 0;
	*reg(RTCICR) = 1;
	alarm_acknowledge();
}

static void on_alarm(void *argument)
{
	quiet();
	printf("alarm: callback\n");
	bell_emit();
}

int run(void)
{
	uint32_t start = *reg(RTCDR);

	/* Virtio over MMIO begins with "virt" (Virtual I/O Device 1.2, 4.2.2). */
	printf("transport: %s, %s\n", *(volatile uint32_t *)transport_0 == 0x74726976 ? "virt" : "another",
	       transport_acknowledge() == 0 ? "with an interrupt" : "no interrupt");
	printf("clock: PL0%x, %s\n", *reg(RTCPID0), start > 1600000000 ? "set" : "not set");
	set_alarm();
	alarm_wait();
	quiet();
	printf("alarm: wait, after %s\n", *reg(RTCDR) > start ? "a second" : "nothing");
	alarm_reg_callback(on_alarm, NULL);
	set_alarm();
	return 0;
}
