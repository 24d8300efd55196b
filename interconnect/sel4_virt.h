/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * /dev/sel4: what a virtual machine monitor in the device VM (QEMU) asks of kmod-sel4-virt.
 *
 * Life of a descriptor:
 *   CREATE_VM on /dev/sel4 gives a VM descriptor (exclusive). CREATE_VPCI_DEVICE for each function,
 *   START_VM, then read/poll requests and answer each with COMPLETE_IO.
 *   When the driver VM resets (or its monitor restarts) read gives one SEL4_REQ_RESET and every
 *   other call ends with ENOTCONN until it is answered. Answer it by COMPLETE_IO after devices are
 *   reset: requests, functions, ioeventfds and irqfds that still exist are forgotten then, and
 *   everything is created again, START_VM included. Deassign works in between, without a message.
 *   Closing the descriptor restarts the device side: the driver VM sees failed devices.
 * mmap of the VM descriptor gives memdev at offset = guest physical; lseek(fd, 0, SEEK_END) gives the
 * end of memdev (QEMU takes RAM from no descriptor without it).
 * Calls that wait for the driver's monitor (CREATE_/DESTROY_VPCI_DEVICE, START_VM, IOEVENTFD) wait
 * for the link to come up first; a fatal signal ends them, ENOTCONN if the link goes meanwhile,
 * EAGAIN if 16 callers that were killed still have no answer. What the monitor refuses ends with its
 * errno if that is ENOENT, ENOMEM, EEXIST, EINVAL, ENOSPC, EOPNOTSUPP or EADDRINUSE, else with EIO.
 *
 * Everything that a descriptor holds in the kernel is bounded: see SEL4_*_MAX below. What is more ends
 * with ENOSPC (mmap, and what splits a mapping: ENOMEM). The memory counts for the caller's cgroup.
 */
#ifndef INTERCONNECT_SEL4_VIRT_H
#define INTERCONNECT_SEL4_VIRT_H

#include <linux/ioctl.h>
#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/stddef.h>
#else
#include <stddef.h>
#include <stdint.h>
#endif

#define SEL4_API_VERSION	1
#define SEL4_DEVICE_PATH	"/dev/sel4"
#define SEL4_NAME_SIZE		64

/* Of one VM descriptor. An irqfd counts until it is deassigned or its eventfd is closed. */
#define SEL4_IOEVENTFDS_MAX	120
#define SEL4_IRQFDS_MAX		256
#define SEL4_LINE_IRQFDS_MAX	8	/* of these, on one of the four lines */
#define SEL4_MAPPINGS_MAX	64

/* By id, or by name if SEL4_CREATE_BY_NAME. EBUSY: somebody has it. ENODEV: no such connection. */
#define SEL4_CREATE_BY_NAME	(1u << 0)
struct sel4_create_vm {
	uint32_t flags;
	uint32_t id;
	char name[SEL4_NAME_SIZE];	/* NUL-terminated */
};

enum sel4_request_type {
	SEL4_REQ_MMIO_READ	= 1,
	SEL4_REQ_MMIO_WRITE	= 2,
	SEL4_REQ_CFG_READ	= 3,	/* space = bus/device/function, addr = offset */
	SEL4_REQ_CFG_WRITE	= 4,
	SEL4_REQ_RESET		= 5,	/* the driver side restarted: see above */
};

/* What read gives: as many whole ones as fit. Blocks, or EAGAIN with O_NONBLOCK. */
struct sel4_request {
	uint32_t id;			/* for COMPLETE_IO */
	uint32_t type;
	uint32_t space;
	uint32_t len;			/* 1, 2, 4 or 8 */
	uint64_t addr;
	uint64_t data;
};

/* ENOENT: no such unanswered request (it went with its link). */
struct sel4_completion {
	uint32_t id;
	uint32_t status;		/* 0, or a positive errno: a read then gives all ones */
	uint64_t data;
};

#define SEL4_VPCI_BARS		6
#define SEL4_VPCI_NO_MSIX	0xff
#define SEL4_BAR_64		(1u << 0)	/* takes the next entry as well, which must be 0 */
#define SEL4_BAR_PREFETCH	(1u << 1)
struct sel4_vpci_bar {
	uint64_t size;			/* 0, or a power of two from 16; memory BARs only */
	uint32_t flags;
	uint32_t reserved;
};

struct sel4_vpci_device {
	uint32_t bdf;			/* bus << 8 | device << 3 | function */
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;		/* 24 bits */
	uint8_t revision;
	uint8_t msix_bar;		/* or SEL4_VPCI_NO_MSIX */
	uint16_t msix_entries;
	uint32_t msix_offset;		/* of the table in its BAR */
	uint32_t reserved;
	struct sel4_vpci_bar bar[SEL4_VPCI_BARS];
};

struct sel4_vpci_destroy {
	uint32_t bdf;
	uint32_t reserved;
};

/* The bridge's lines INTA to INTD after swizzling; no line of these reaches an SPI of a function. */
enum sel4_irqline_action {
	SEL4_IRQLINE_CLEAR	= 0,
	SEL4_IRQLINE_SET	= 1,
	SEL4_IRQLINE_PULSE	= 2,
};
struct sel4_irqline {
	uint32_t line;			/* 0 to 3 */
	uint32_t action;
};

/* One MSI as a function of the main loop would store it. EINVAL: not of this frame. */
struct sel4_msi {
	uint64_t address;		/* the v2m frame + 0x40 */
	uint32_t data;			/* INTID */
	uint32_t flags;			/* 0 */
};

#define SEL4_IOEVENTFD_DEASSIGN	(1u << 0)
#define SEL4_IOEVENTFD_MATCH	(1u << 1)	/* datamatch; needs a length, and fits into it */
/* EEXIST: one write could signal two. */
struct sel4_ioeventfd {
	int32_t fd;
	uint32_t flags;
	uint64_t addr;			/* guest physical, in a function's BAR */
	uint64_t datamatch;
	uint32_t len;			/* 0 = any, else 1, 2, 4 or 8 */
	uint32_t reserved;
};

#define SEL4_IRQFD_DEASSIGN	(1u << 0)
#define SEL4_IRQFD_RESAMPLE	(1u << 1)	/* with SEL4_IRQFD_LINE only */
#define SEL4_IRQFD_LINE		(1u << 2)	/* irq is a line, 0 to 3 (needs RESAMPLE to assign); else an
						 * INTID of the frame */
/*
 * EBUSY: the eventfd, or the resamplefd, is in an irqfd already. An eventfd has one consumer, so a
 * second interrupt of it would never come; that holds across descriptors, KVM's irqfds included.
 */
struct sel4_irqfd {
	int32_t fd;
	int32_t resamplefd;		/* signalled when the guest ended the interrupt */
	uint32_t flags;
	uint32_t irq;
};

enum sel4_link_state {
	SEL4_LINK_DOWN		= 0,
	SEL4_LINK_UP		= 1,
	SEL4_LINK_LOST		= 2,	/* a SEL4_REQ_RESET is to be answered */
	SEL4_LINK_FAILED	= 3,	/* a rule was broken; the kernel log says which */
};

enum sel4_sharing {
	SEL4_SHARING_NONE	= 0,
	SEL4_SHARING_RAM	= 1,
	SEL4_SHARING_SWIOTLB	= 2,
};

struct sel4_vm_info {
	uint32_t id;
	uint32_t sharing;		/* enum sel4_sharing */
	uint32_t link;			/* enum sel4_link_state */
	uint32_t epoch;			/* this side's */
	uint32_t peer_epoch;
	uint32_t first_spi;		/* INTID */
	uint32_t spis;
	uint32_t reserved;
	uint64_t ram_base;		/* all guest physical in the driver VM */
	uint64_t ram_size;
	uint64_t memdev_base;		/* what mmap of the VM descriptor reaches, at this offset */
	uint64_t memdev_size;
	uint64_t window_base;		/* PCI memory window of the segment */
	uint64_t window_size;
	uint64_t v2m_base;
	char name[SEL4_NAME_SIZE];
};

struct sel4_vm_stats {
	uint64_t interrupts;		/* of the connector */
	uint64_t requests;		/* given to read */
	uint64_t completions;
	uint64_t doorbells;		/* eventfds signalled */
	uint64_t msis;			/* counted towards the driver */
	uint64_t rings;			/* signals sent to the driver's monitor */
	uint64_t resets;
	uint64_t broken_rules;
	uint64_t resamples;
	uint64_t reserved[7];
};

#define SEL4_IOC		0xb5

/* On /dev/sel4 */
#define SEL4_GET_API_VERSION	_IO(SEL4_IOC, 0x00)
#define SEL4_CREATE_VM		_IOW(SEL4_IOC, 0x01, struct sel4_create_vm)
/* On a VM descriptor */
#define SEL4_COMPLETE_IO	_IOW(SEL4_IOC, 0x10, struct sel4_completion)
#define SEL4_START_VM		_IO(SEL4_IOC, 0x11)
#define SEL4_CREATE_VPCI_DEVICE	_IOW(SEL4_IOC, 0x12, struct sel4_vpci_device)
#define SEL4_DESTROY_VPCI_DEVICE _IOW(SEL4_IOC, 0x13, struct sel4_vpci_destroy)
#define SEL4_SET_IRQLINE	_IOW(SEL4_IOC, 0x14, struct sel4_irqline)
#define SEL4_SIGNAL_MSI		_IOW(SEL4_IOC, 0x15, struct sel4_msi)
#define SEL4_IOEVENTFD		_IOW(SEL4_IOC, 0x16, struct sel4_ioeventfd)
#define SEL4_IRQFD		_IOW(SEL4_IOC, 0x17, struct sel4_irqfd)
#define SEL4_VM_INFO		_IOR(SEL4_IOC, 0x18, struct sel4_vm_info)
#define SEL4_VM_STATS		_IOR(SEL4_IOC, 0x19, struct sel4_vm_stats)

_Static_assert(sizeof(struct sel4_create_vm) == 72, "create_vm");
_Static_assert(sizeof(struct sel4_request) == 32, "request");
_Static_assert(sizeof(struct sel4_completion) == 16, "completion");
_Static_assert(sizeof(struct sel4_vpci_device) == 120, "vpci_device");
_Static_assert(sizeof(struct sel4_msi) == 16, "msi");
_Static_assert(sizeof(struct sel4_ioeventfd) == 32, "ioeventfd");
_Static_assert(sizeof(struct sel4_irqfd) == 16, "irqfd");
_Static_assert(sizeof(struct sel4_vm_info) == 152, "vm_info");
_Static_assert(sizeof(struct sel4_vm_stats) == 128, "vm_stats");

#endif
