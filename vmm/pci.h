/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PCI host bridge with one bus of type-0 functions: configuration space by ECAM, one window of
 * memory for BARs of any kind. A function is local (its configuration space is here: the connector)
 * or remote (it is the backend's; here is a copy of what routes its accesses: the BARs and the
 * command register).
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include "iobuf.h"
#include "mmio.h"

#define PCI_FUNCTIONS		32	/* of one host */
#define PCI_CONFIG_COPY		256

/* Type 0 header, PCI 3.0, 6.1 */
#define PCI_COMMAND		0x04
#define PCI_STATUS		0x06
#define PCI_BAR			0x10
#define PCI_SUBSYSTEM		0x2c
#define PCI_CAPABILITIES	0x34
#define PCI_INTERRUPT_LINE	0x3c
#define PCI_INTERRUPT_PIN	0x3d
#define PCI_HEADER_END		0x40

#define PCI_COMMAND_MEMORY	0x0002u
#define PCI_COMMAND_MASTER	0x0004u
#define PCI_COMMAND_NO_INTX	0x0400u
#define PCI_STATUS_INTX		0x0008u
#define PCI_STATUS_CAPABILITIES	0x0010u

struct pci_function;

struct pci_operations {
	/* Remote: an access to configuration space, after its effect on the copy. NULL: local. */
	enum mmio_result (*config)(struct pci_function *function, struct mmio_access *access,
				   unsigned int offset);
	/* access->offset is the offset in the BAR. */
	enum mmio_result (*bar)(struct pci_function *function, unsigned int bar,
				struct mmio_access *access);
	/* Something of the copy changed: BARs, command, a local one's capabilities. May be NULL. */
	void (*changed)(struct pci_function *function);
};

struct pci_function {
	bool present;
	uint16_t bdf;
	const struct pci_operations *operations;
	void *owner;
	struct iobuf_pci_function is;
	uint8_t config[PCI_CONFIG_COPY];
	uint8_t writable[PCI_CONFIG_COPY];	/* bits that the guest may change */
};

struct pci_host {
	gpa_t window;
	uint64_t window_size;
	bool hidden;		/* the guest finds no function here yet */
	struct pci_function function[PCI_FUNCTIONS];
};

void pci_init(struct pci_host *host, gpa_t window, uint64_t window_size);

/* NULL: its bdf is taken, not on bus 0, or there is no room. */
struct pci_function *pci_add(struct pci_host *host, const struct iobuf_pci_function *is,
			     const struct pci_operations *operations, void *owner);
struct pci_function *pci_find(struct pci_host *host, unsigned int bdf);
void pci_remove(struct pci_function *function);

/* mmio_handlers; device is the host. */
enum mmio_result pci_ecam_mmio(void *device, struct mmio_access *access);
enum mmio_result pci_window_mmio(void *device, struct mmio_access *access);

/* Where the guest put the BAR; false: nowhere (no BAR, memory disabled, outside the window). */
bool pci_bar(const struct pci_host *host, const struct pci_function *function, unsigned int bar,
	     gpa_t *base, uint64_t *size);
/* The function and BAR that [at, at + length) lies in, or NULL. */
struct pci_function *pci_route(struct pci_host *host, gpa_t at, uint64_t length,
			       unsigned int *bar, uint64_t *offset);

uint32_t pci_config_read(const struct pci_function *function, unsigned int offset,
			 unsigned int size);
/* Whatever `writable` says. */
void pci_config_set(struct pci_function *function, unsigned int offset, unsigned int size,
		    uint32_t value);

#endif
