/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The bytes between a driver VM's monitor and a device VM: the two iobuf pages, their messages,
 * and the registers of the connector. Layout only; ring.h has the operations, docs/interconnect.md
 * the prose. Little-endian, natural alignment, every hole has a name.
 */
#ifndef INTERCONNECT_IOBUF_H
#define INTERCONNECT_IOBUF_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/stddef.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#define IOBUF_MAGIC		0x5e140b0fu
#define IOBUF_VERSION		1u
#define IOBUF_PAGE_SIZE		4096u

#define IOBUF_RING_SLOTS	32u
#define IOBUF_MESSAGE_WORDS	8u
#define IOBUF_COUNTERS		128u
#define IOBUF_GROUPS		8u
#define IOBUF_GROUP_SIZE	16u
#define IOBUF_LINES		4u	/* INTA to INTD of the host bridge, after swizzling */

/* Unanswered requests that a side may have; a ring has room for both kinds, so it never fills. */
#define IOBUF_DRIVER_REQUESTS	8u	/* towards the device: one per vCPU */
#define IOBUF_DEVICE_REQUESTS	16u	/* towards the driver */

/* What the counters of a page count. */
#define IOBUF_DOORBELLS		120u	/* page driver: 0 to 119, doorbells */
#define IOBUF_EOI_FIRST		120u	/* page driver: 120 to 123, end of interrupt of a line */
#define IOBUF_MSIS		120u	/* page device: 0 to 119, SPI first + i */
#define IOBUF_ASSERT_FIRST	124u	/* page device: 124 to 127, assertions of a resampled line */

/* iobuf_page.state. Only IOBUF_STATE_FAILED means anything to the other side. */
enum iobuf_state {
	IOBUF_STATE_DOWN	= 0,
	IOBUF_STATE_READY	= 1,	/* started, the other side not seen yet */
	IOBUF_STATE_RUNNING	= 2,	/* adopted the other side's run */
	IOBUF_STATE_FAILED	= 3,	/* the other side broke a rule; a restart of either mends it */
};

enum iobuf_op {
	/* driver to device: requests, answered by COMPLETE with the same tag */
	IOBUF_MMIO_READ		= 0x01,	/* addr guest physical, len 1 2 4 8 */
	IOBUF_MMIO_WRITE	= 0x02,	/* and data */
	IOBUF_CFG_READ		= 0x03,	/* space bus/device/function, addr offset, len 1 2 4 */
	IOBUF_CFG_WRITE		= 0x04,
	/* driver to device: answers to a device's request */
	IOBUF_ACK		= 0x08,	/* tag */
	IOBUF_NAK		= 0x09,	/* tag, status = Linux errno, positive */
	/* device to driver: answer to a driver's request */
	IOBUF_COMPLETE		= 0x10,	/* tag, data, status = 0 or errno (then read as all ones) */
	/* device to driver: requests, answered by ACK or NAK with the same tag */
	IOBUF_PCI_ADD		= 0x11,	/* space, arg[0..3]: iobuf_pci_* below */
	IOBUF_PCI_REMOVE	= 0x12,	/* space */
	IOBUF_DOORBELL_SET	= 0x13,	/* space = index, addr, len (0 = any), data, arg[0] flags */
	IOBUF_DOORBELL_CLEAR	= 0x14,	/* space = index */
	IOBUF_VM_START		= 0x15,	/* "my functions are complete" */
};

/* DOORBELL_SET, arg[0] */
#define IOBUF_DOORBELL_MATCH	(1ull << 0)	/* only writes of `data`; needs len 1, 2, 4 or 8 */

struct iobuf_message {
	uint32_t op;		/* enum iobuf_op */
	uint32_t tag;		/* the requester's choice, unique among its unanswered requests */
	uint32_t space;
	uint16_t len;
	uint16_t status;
	uint64_t addr;
	uint64_t data;
	uint64_t arg[4];
};

/* A message as it lies in a ring: moved by whole words, so that each access is atomic. */
struct iobuf_slot {
	uint64_t word[IOBUF_MESSAGE_WORDS];
};

/* One page, written by its owner alone; the other side's mapping is read-only. */
struct iobuf_page {
	uint32_t magic;				/* 0x000 */
	uint32_t version;
	uint32_t epoch;				/* names this run of the owner; 0 = never started */
	uint32_t peer_epoch;			/* the run of the other side this page counts for */
	uint32_t state;
	uint32_t reserved_014[11];
	uint32_t produced;			/* 0x040: messages ever put into this ring */
	uint32_t reserved_044[15];
	uint32_t consumed;			/* 0x080: messages taken from the other page's ring */
	uint32_t reserved_084[15];
	uint32_t wake_produced;			/* 0x0c0: signal me when you pass this */
	uint32_t wake_counters;
	uint32_t reserved_0c8[14];
	uint32_t counter[IOBUF_COUNTERS];	/* 0x100: only ever incremented */
	uint64_t level;				/* 0x300: page device, bit n = line n asserted */
	uint32_t reserved_308[14];
	uint32_t counters_total;		/* 0x340: increments of counters, changes of level */
	uint32_t reserved_344[15];
	uint32_t group_total[IOBUF_GROUPS];	/* 0x380: the same per 16 counters */
	uint32_t reserved_3a0[24];
	struct iobuf_slot ring[IOBUF_RING_SLOTS];	/* 0x400 */
	uint32_t reserved_c00[256];
};

_Static_assert(sizeof(struct iobuf_message) == 64, "message is 64 bytes");
_Static_assert(offsetof(struct iobuf_message, len) == 12, "len");
_Static_assert(offsetof(struct iobuf_message, addr) == 16, "addr");
_Static_assert(offsetof(struct iobuf_message, arg) == 32, "arg");
_Static_assert(sizeof(struct iobuf_slot) == sizeof(struct iobuf_message), "a slot is a message");
_Static_assert(sizeof(struct iobuf_page) == IOBUF_PAGE_SIZE, "iobuf page is one frame");
_Static_assert(offsetof(struct iobuf_page, produced) == 0x040, "produced");
_Static_assert(offsetof(struct iobuf_page, consumed) == 0x080, "consumed");
_Static_assert(offsetof(struct iobuf_page, wake_produced) == 0x0c0, "wake_produced");
_Static_assert(offsetof(struct iobuf_page, wake_counters) == 0x0c4, "wake_counters");
_Static_assert(offsetof(struct iobuf_page, counter) == 0x100, "counter");
_Static_assert(offsetof(struct iobuf_page, level) == 0x300, "level");
_Static_assert(offsetof(struct iobuf_page, counters_total) == 0x340, "counters_total");
_Static_assert(offsetof(struct iobuf_page, group_total) == 0x380, "group_total");
_Static_assert(offsetof(struct iobuf_page, ring) == 0x400, "ring");
_Static_assert(IOBUF_GROUPS * IOBUF_GROUP_SIZE == IOBUF_COUNTERS, "groups cover the counters");
_Static_assert(IOBUF_DRIVER_REQUESTS + IOBUF_DEVICE_REQUESTS <= IOBUF_RING_SLOTS,
	       "requests and answers fit a ring");

/*
 * PCI_ADD. space: bus << 8 | device << 3 | function.
 * arg[0] BAR 0 to 3, arg[1] BAR 4 and 5, 16 bits each: low byte log2 of the size (0 = no BAR),
 * high byte IOBUF_BAR_*. A 64-bit BAR takes the next entry, which is then 0. Memory BARs only.
 * arg[2] MSI-X: bits 0-7 BAR of the table (0xff = no MSI-X), 8-23 entries, 32-63 table offset.
 * arg[3] bits 0-15 vendor, 16-31 device, 32-39 revision, 40-63 class code.
 */
#define IOBUF_PCI_BARS		6u
#define IOBUF_PCI_NO_MSIX	0xffu
#define IOBUF_PCI_MSIX_ENTRIES	2048u
#define IOBUF_BAR_64		0x01u
#define IOBUF_BAR_PREFETCH	0x02u

struct iobuf_pci_function {
	uint16_t bdf;
	uint16_t vendor;
	uint16_t device;
	uint8_t revision;
	uint32_t class_code;			/* 24 bits: class, subclass, interface */
	uint8_t bar_log2[IOBUF_PCI_BARS];	/* 0 = no BAR */
	uint8_t bar_flags[IOBUF_PCI_BARS];
	uint8_t msix_bar;			/* IOBUF_PCI_NO_MSIX or 0 to 5 */
	uint16_t msix_entries;
	uint32_t msix_offset;
};

static inline void iobuf_pci_pack(struct iobuf_message *m, const struct iobuf_pci_function *f)
{
	unsigned int i;

	m->space = f->bdf;
	m->arg[0] = 0;
	m->arg[1] = 0;
	for (i = 0; i < IOBUF_PCI_BARS; i++)
		m->arg[i / 4] |= ((uint64_t)f->bar_flags[i] << 8 | f->bar_log2[i]) << (i % 4 * 16);
	m->arg[2] = (uint64_t)f->msix_offset << 32 | (uint64_t)f->msix_entries << 8 | f->msix_bar;
	m->arg[3] = (uint64_t)(f->class_code & 0xffffffu) << 40 | (uint64_t)f->revision << 32 |
		    (uint64_t)f->device << 16 | f->vendor;
}

static inline void iobuf_pci_unpack(const struct iobuf_message *m, struct iobuf_pci_function *f)
{
	unsigned int i;

	f->bdf = (uint16_t)m->space;
	for (i = 0; i < IOBUF_PCI_BARS; i++) {
		uint64_t bar = m->arg[i / 4] >> (i % 4 * 16);

		f->bar_log2[i] = (uint8_t)bar;
		f->bar_flags[i] = (uint8_t)(bar >> 8);
	}
	f->msix_bar = (uint8_t)m->arg[2];
	f->msix_entries = (uint16_t)(m->arg[2] >> 8);
	f->msix_offset = (uint32_t)(m->arg[2] >> 32);
	f->vendor = (uint16_t)m->arg[3];
	f->device = (uint16_t)(m->arg[3] >> 16);
	f->revision = (uint8_t)(m->arg[3] >> 32);
	f->class_code = (uint32_t)(m->arg[3] >> 40);
}

/*
 * The connector: the PCI function of a connection in the device VM.
 * BAR 0: registers, 4 KiB, device memory. BAR 2: iobuf, 8 KiB: page driver, then page device.
 */
#define CONNECTOR_VENDOR		0x5e14u
#define CONNECTOR_DEVICE		0x0001u
#define CONNECTOR_CLASS			0x0b4000u	/* co-processor */
#define CONNECTOR_BAR_REGISTERS		0u
#define CONNECTOR_BAR_IOBUF		2u
#define CONNECTOR_REGISTERS_SIZE	0x1000u
#define CONNECTOR_IOBUF_SIZE		0x2000u
#define CONNECTOR_IOBUF_DRIVER		0x0000u
#define CONNECTOR_IOBUF_DEVICE		0x1000u

/* BAR 0: 32-bit registers unless "64"; those are read as one 64-bit or two 32-bit words. */
#define CONNECTOR_DOORBELL	0x00u	/* W: any value signals the driver's monitor */
#define CONNECTOR_STATUS	0x04u	/* R/W1C: CONNECTOR_STATUS_UPCALL; INTx stays up while set */
#define CONNECTOR_SHARING	0x08u	/* R: enum connector_sharing */
#define CONNECTOR_RAM_BASE	0x10u	/* R 64: RAM of the driver VM, guest physical */
#define CONNECTOR_RAM_SIZE	0x18u	/* R 64 */
#define CONNECTOR_MEMDEV_BASE	0x20u	/* R 64: memdev as the driver VM addresses it */
#define CONNECTOR_MEMDEV_SIZE	0x28u	/* R 64 */
#define CONNECTOR_MEMDEV_LOCAL	0x30u	/* R 64: memdev as this VM addresses it */
#define CONNECTOR_VM_ID		0x38u	/* R: the driver VM's id */
#define CONNECTOR_SPIS		0x3cu	/* R: bits 0-15 first INTID of the v2m frame, 16-31 count */
#define CONNECTOR_VM_NAME	0x40u	/* R: 64 bytes, NUL-padded */
#define CONNECTOR_WINDOW_BASE	0x80u	/* R 64: the segment's memory window, guest physical */
#define CONNECTOR_WINDOW_SIZE	0x88u	/* R 64 */
#define CONNECTOR_V2M		0x90u	/* R 64: the driver VM's v2m frame; MSIs go to + 0x40 */
#define CONNECTOR_DOWNCALL	0x98u	/* R 64: cptr to signal by hvc; 0 = use the doorbell */

#define CONNECTOR_STATUS_UPCALL	0x1u
#define CONNECTOR_VM_NAME_SIZE	64u
#define CONNECTOR_V2M_SETSPI	0x40u	/* GICv2m: MSI_SETSPI_NS within the frame */

enum connector_sharing {
	CONNECTOR_SHARING_NONE		= 0,
	CONNECTOR_SHARING_RAM		= 1,	/* memdev is all of the driver VM's RAM */
	CONNECTOR_SHARING_SWIOTLB	= 2,	/* memdev is the connection's bounce window */
};

#endif
