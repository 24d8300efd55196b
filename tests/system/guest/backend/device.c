/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A device VM without QEMU: connects, announces a function, and then, by MODE,
 *	MUTE	says start, adopts each new run, and answers no request of the first two runs
 *	HOLD	never says start, writes the driver VM's RAM, and goes on with that for two seconds and more
 *		when there is a new run; the next run it leaves alone
 *	FLOOD	adds and removes its function without end
 *	CHURN	restarts without end
 *	MOVE	has two connectors, and moves BAR 2 of one of them
 */
#include "guest.h"

#include "interconnect/ring.h"

enum mode { MUTE, HOLD, FLOOD, CHURN, MOVE };

#define ECAM(device)	(0x4010f00000ul + (device) * 0x8000ul)
#define BAR(n)		(0x10u + (n) * 4u)
#define WINDOW		0x1f000000u
#define BDF		8u
#define DOWNCALL	2u

static struct ring_link ring;

void *memset(void *to, int byte, size_t length)
{
	volatile uint8_t *at = to;

	while (length--)
		*at++ = (uint8_t)byte;
	return to;
}

void *memcpy(void *to, const void *from, size_t length)
{
	volatile uint8_t *at = to;
	const volatile uint8_t *source = from;

	while (length--)
		*at++ = *source++;
	return to;
}

/* seL4_Signal of this connection's downcall. */
static void notify(void)
{
	register uint64_t x0 __asm__("x0") = DOWNCALL;
	register uint64_t x1 __asm__("x1") = 0;
	register uint64_t x7 __asm__("x7") = (uint64_t)-3;

	__asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x7)
			 : : "x2", "x3", "x4", "x5", "x6", "memory");
}

static void place(unsigned int device, uint32_t registers, uint32_t pages)
{
	store(ECAM(device) + BAR(0), registers);
	store(ECAM(device) + BAR(2), pages);
	store(ECAM(device) + 4, 6);
}

static void connect(void)
{
	place(1, WINDOW, WINDOW + 0x2000);
	ring_start(&ring, RING_DEVICE, (struct iobuf_page *)(WINDOW + 0x3000ul),
		   (const struct iobuf_page *)(WINDOW + 0x2000ul));
	notify();
}

/* True: a new run of the driver's side was adopted. */
static bool poll(void)
{
	bool adopted = ring_poll(&ring) == RING_CHANGED;

	if (adopted) {
		ring_adopt(&ring);
		ring_poll(&ring);
	}
	if (ring_must_signal(&ring))
		notify();
	return adopted;
}

static void send(const struct iobuf_message *m)
{
	ring_put(&ring, m);
	if (ring_must_signal(&ring))
		notify();
}

static uint32_t next_tag(void)
{
	static uint32_t tag;

	return tag++;
}

static void send_add(void)
{
	struct iobuf_message m = { .op = IOBUF_PCI_ADD, .tag = next_tag() };
	struct iobuf_pci_function f = { .bdf = BDF, .vendor = 0x1af4, .device = 0x1042,
		.msix_bar = IOBUF_PCI_NO_MSIX, .bar_log2 = { 0, 12 } };

	iobuf_pci_pack(&m, &f);
	send(&m);
}

static void send_remove(void)
{
	send(&(struct iobuf_message){ .op = IOBUF_PCI_REMOVE, .tag = next_tag(), .space = BDF });
}

static bool is_request(const struct iobuf_message *m)
{
	return m->op == IOBUF_CFG_READ || m->op == IOBUF_CFG_WRITE;
}

static void mute(void)
{
	struct iobuf_message m;
	unsigned int runs = 0;
	bool announced = false;

	for (;;) {
		if (poll()) {
			runs++;
			announced = false;
		}
		if (ring.status == RING_UP && !announced) {
			announced = true;
			send_add();
			send(&(struct iobuf_message){ .op = IOBUF_VM_START, .tag = next_tag() });
		}
		while (ring.status == RING_UP && ring_take(&ring, &m))
			if (is_request(&m) && runs >= 2)
				send(&(struct iobuf_message){ .op = IOBUF_COMPLETE, .tag = m.tag });
	}
}

/* The driver VM's RAM is in this one's memory: BAR 0 says where. */
static void hold(void)
{
	uint64_t ram = load(WINDOW + CONNECTOR_MEMDEV_LOCAL) |
		       (uint64_t)load(WINDOW + CONNECTOR_MEMDEV_LOCAL + 4) << 32;
	uint64_t until;

	while (ring.status != RING_UP)
		poll();
	for (;;) {
		until = ticks() + 2000 * ticks_per_ms();
		while (ring_poll(&ring) != RING_CHANGED || ticks() < until)
			store(ram + 0x800000, load(ram + 0x800000) + 1);
		poll();
		while (ring_poll(&ring) != RING_CHANGED)
			;
	}
}

static void flood(void)
{
	struct iobuf_message m;

	for (;;) {
		poll();
		while (ring.status == RING_UP && ring_take(&ring, &m))
			;
		if (ring.status == RING_UP &&
		    ring.produced - shared_load(&ring.peer->consumed) < IOBUF_DEVICE_REQUESTS - 1) {
			send_add();
			send_remove();
		}
		notify();
	}
}

static void churn(void)
{
	for (;;) {
		ring_restart(&ring);
		notify();
		poll();
	}
}

static void move(void)
{
	const struct iobuf_page *first, *second = (const struct iobuf_page *)(WINDOW + 0x6000ul);

	place(2, WINDOW + 0x4000, WINDOW + 0x6000);
	first = (const struct iobuf_page *)(WINDOW + 0x2000ul);
	while (shared_load(&first->magic) != IOBUF_MAGIC || shared_load(&second->magic) != IOBUF_MAGIC)
		;		/* the drivers' monitors are there */
	store(ECAM(1) + BAR(2), WINDOW + 0x402000);
	first = (const struct iobuf_page *)(WINDOW + 0x402000ul);
	put("pages ");
	put_hex(shared_load(&first->magic));
	put(" ");
	put_hex(shared_load(&second->magic));
	put("\n");
	firmware(SYSTEM_OFF);
}

void guest_main(void)
{
	static void (*const modes[])(void) = { mute, hold, flood, churn, move };

	connect();
	modes[MODE]();
}
