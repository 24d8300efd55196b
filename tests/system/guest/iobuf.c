// SPDX-License-Identifier: BSD-2-Clause
// A device VM gone wrong: writes into the iobuf behind the back of kmod-sel4-virt.
//	iobuf PATTERN		what the table below says, into page `device`; then rings the driver's VMM
//	iobuf driver		a write to page `driver`, which this VM may only read
// Needs iomem=relaxed on the kernel's command line: the module has the BARs.
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "iobuf.h"

// Device memory: volatile words, no memcpy (it may use accesses that Device memory does not allow).
struct pages {
	volatile uint8_t *registers;
	volatile struct iobuf_page *driver, *device;
};

static uint64_t random_state = 0x5eed;

static uint32_t next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 20);
}

// The next message of the ring, all 0 but for what the pattern sets; publish() makes it count.
static volatile uint64_t *slot(const struct pages *p)
{
	volatile uint64_t *word = p->device->ring[p->device->produced % IOBUF_RING_SLOTS].word;

	for (unsigned int i = 0; i < IOBUF_MESSAGE_WORDS; i++)
		word[i] = 0;
	return word;
}

static void publish(const struct pages *p)
{
	__sync_synchronize();
	p->device->produced++;
}

static void message(const struct pages *p, uint32_t op, uint32_t tag, uint32_t space, uint64_t addr)
{
	volatile uint64_t *word = slot(p);

	word[0] = (uint64_t)tag << 32 | op;
	word[1] = space;
	word[2] = addr;
	publish(p);
}

static void bad_op(const struct pages *p) { message(p, 0x77, 0x1234, 0, 0); }
static void bad_direction(const struct pages *p) { message(p, IOBUF_MMIO_READ, 0x1234, 0, 0); }
static void bad_tag(const struct pages *p) { message(p, IOBUF_COMPLETE, 0xdeadbeef, 0, 0); }
static void bad_space(const struct pages *p) { message(p, IOBUF_DOORBELL_SET, 1, 4096, 0); }
static void bad_produced(const struct pages *p) { p->device->produced += 1000; }
static void bad_magic(const struct pages *p) { p->device->magic = 0; p->device->epoch += 1; }

// A function with a BAR of 2^255 bytes.
static void bad_field(const struct pages *p)
{
	volatile uint64_t *word = slot(p);

	word[0] = 1ull << 32 | IOBUF_PCI_ADD;
	word[1] = 8;
	word[4] = 0xff;
	publish(p);
}

// Seen when the driver's VMM puts its next message.
static void bad_consumed(const struct pages *p) { p->device->consumed += 100; }

// Breaks no rule: MSIs that no function has. Applied with the next that the module counts; the total
// stays its own, or this side would lose its wake-ups.
static void counters(const struct pages *p)
{
	for (unsigned int round = 0; round < 100; round++) {
		for (unsigned int i = 0; i < IOBUF_MSIS; i++)
			if (i > 8)
				p->device->counter[i] += next() % 5;
		for (unsigned int i = 0; i < IOBUF_GROUPS; i++)
			p->device->group_total[i] += 1;
		__sync_synchronize();
		*(volatile uint32_t *)p->registers = 1;
	}
}

static void chaos(const struct pages *p)
{
	volatile uint32_t *word = (volatile uint32_t *)p->device;

	for (unsigned int round = 0; round < 50; round++) {
		for (unsigned int i = 0; i < 1024; i++)
			word[i] = next() % 4 ? next() : next() % 256;
		*(volatile uint32_t *)p->registers = 1;
	}
	p->device->peer_epoch = p->driver->epoch;	// as if the link were up
	for (unsigned int round = 0; round < 50; round++) {
		for (unsigned int i = 16; i < 1024; i++)
			word[i] = next() % 4 ? next() : next() % 256;
		*(volatile uint32_t *)p->registers = 1;
	}
}

// The epoch alone stands: the ring, its indices and the counters are noise while the link is up.
static void noise(const struct pages *p)
{
	volatile uint32_t *word = (volatile uint32_t *)p->device;

	for (unsigned int i = 16; i < 1024; i++)
		word[i] = next();
}

static const struct pattern {
	const char *name;
	void (*write)(const struct pages *p);
} patterns[] = {
	{ "op", bad_op }, { "direction", bad_direction }, { "tag", bad_tag }, { "space", bad_space },
	{ "field", bad_field }, { "produced", bad_produced }, { "consumed", bad_consumed },
	{ "magic", bad_magic }, { "counters", counters }, { "noise", noise }, { "chaos", chaos },
};

static void *map(unsigned int bar, size_t size)
{
	char pattern[64];
	glob_t found;
	void *at = MAP_FAILED;

	// The connector is the function with the iobuf's BAR 2.
	snprintf(pattern, sizeof(pattern), "/sys/bus/pci/devices/*/resource%u", bar);
	if (!glob(pattern, 0, NULL, &found)) {
		int fd = open(found.gl_pathv[0], O_RDWR | O_SYNC);

		if (fd >= 0)
			at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	}
	if (at == MAP_FAILED) {
		perror(pattern);
		exit(2);
	}
	return at;
}

static void on_bus_error(int number)
{
	static const char text[] = "SIGBUS\n";

	(void)number;
	if (write(1, text, sizeof(text) - 1) < 0)
		_exit(4);
	_exit(3);
}

int main(int argc, char **argv)
{
	uint8_t *iobuf = map(CONNECTOR_BAR_IOBUF, CONNECTOR_IOBUF_SIZE);
	struct pages p = {
		.registers = map(CONNECTOR_BAR_REGISTERS, CONNECTOR_REGISTERS_SIZE),
		.driver = (struct iobuf_page *)(iobuf + CONNECTOR_IOBUF_DRIVER),
		.device = (struct iobuf_page *)(iobuf + CONNECTOR_IOBUF_DEVICE),
	};

	if (argc == 2 && !strcmp(argv[1], "driver")) {
		signal(SIGBUS, on_bus_error);
		p.driver->epoch = 0;
		puts("written");
		return 1;
	}
	for (size_t i = 0; argc == 2 && i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (!strcmp(argv[1], patterns[i].name)) {
			patterns[i].write(&p);
			__sync_synchronize();
			*(volatile uint32_t *)p.registers = 1;
			return 0;
		}
	fputs("usage: iobuf PATTERN\n", stderr);
	return 2;
}
