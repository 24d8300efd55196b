/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The driver's side of one connection: a PCI segment whose functions a device VM serves.
 * docs/interconnect.md has the protocol. The device VM is not trusted: what breaks a rule costs it
 * the connection, with a log line; what it asks for and cannot have is answered NAK.
 */
#ifndef VMM_IO_PROXY_H
#define VMM_IO_PROXY_H

#include "config.h"
#include "deadline.h"
#include "doorbell.h"
#include "pci.h"
#include "ring.h"

struct vm;
struct vcpu;

#define PROXY_MSIX_ENTRIES	512	/* of all functions of the segment */
#define PROXY_STEPS		(IOBUF_PCI_BARS + 1)	/* of restoring a function */

/* An entry of a function's MSI-X table, as the guest last wrote it. */
struct proxy_vector {
	struct pci_function *function;	/* NULL: free */
	uint16_t index;
	int16_t spi;			/* in the v2m frame; -1: none */
	uint32_t data;
	uint64_t address;
};

/*
 * A function that went with its link while the guest had it in use. When the backend is back and adds
 * the same function, its BARs and command are written again: a guest that waits for the device's answer
 * to a reset (Linux does so before it reboots) gets one.
 */
struct proxy_ghost {
	bool used;
	struct iobuf_pci_function is;
	uint8_t header[PCI_HEADER_END];
};

/* What the device VM, or resets of this one, can have logged again and again. */
enum proxy_report {
	PROXY_REPORT_STATUS,		/* and on, each status of the link by itself */
	PROXY_REPORT_STATUS_LAST = PROXY_REPORT_STATUS + RING_FAILED,
	PROXY_REPORT_FUNCTION,
	PROXY_REPORT_RESTART,
	PROXY_REPORT_WAITING,
	PROXY_REPORT_WITHOUT,
	PROXY_REPORT_HOLDS,
	PROXY_REPORT_TIMEOUT,
	PROXY_REPORTS
};

struct io_proxy {
	struct vm *vm;
	const struct config_connection *is;
	struct pci_host host;
	struct ring_link link;
	struct ring_tags requests;
	struct vcpu *waiting[RING_TAGS_MAX];
	struct doorbells doorbells;
	struct proxy_vector vector[PROXY_MSIX_ENTRIES];
	struct proxy_ghost ghost[PCI_FUNCTIONS];
	gpa_t dead_address;		/* last write to where no function is: what a read there gives */
	uint64_t dead_value;
	uint8_t dead_size;
	unsigned int restored;		/* step of restoring: ghost * PROXY_STEPS + BAR, or command */
	uint8_t level;			/* lines that the device holds up */
	uint8_t held;			/* resampled lines that wait for the guest's end of interrupt */
	bool started;			/* VM_START: the functions are complete */
	bool published;			/* something was put into the page: look whether to signal */
	unsigned int budget;		/* work that the peer may cause before the next pause */
	bool paused;			/* it used that up: its signals wait for `retry`, too */
	struct deadline retry;		/* the peer was not done when a service round ended */
	struct deadline watch;		/* while a request is open: when to look how old it is */
	uint8_t age[RING_TAGS_MAX];	/* of an unanswered request, in looks */
	enum ring_status said;		/* as last logged */
	uint32_t reports[PROXY_REPORTS];	/* how often each was due */
	uint64_t unbound;		/* MSIs of an SPI that is not this connection's */
};

void io_proxy_init(struct io_proxy *proxy, struct vm *vm, const struct config_connection *is);
/* A new run: everything is dropped on both sides. At start, and at a reset of the VM. */
void io_proxy_restart(struct io_proxy *proxy, const char *why);
/* The downcall arrived. */
void io_proxy_service(struct io_proxy *proxy);
/*
 * Does no backend of an earlier run write this VM's RAM any more? One that only sees a window of it
 * never did.
 */
bool io_proxy_released(const struct io_proxy *proxy);
/* After an event that set `published`: signals the device VM if it must be. */
void io_proxy_settle(struct io_proxy *proxy);

/* mmio_handlers; device is the proxy. */
enum mmio_result io_proxy_window_mmio(void *device, struct mmio_access *access);

#endif
