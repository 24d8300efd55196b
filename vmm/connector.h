/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of one connection: the PCI function by which a device VM's kernel module reaches
 * the pages and is told of an upcall. Registers and BARs are interconnect/iobuf.h's.
 */
#ifndef VMM_CONNECTOR_H
#define VMM_CONNECTOR_H

#include "config.h"
#include "pci.h"

struct vm;

struct connector {
	struct vm *vm;
	const struct config_connection *is;
	struct pci_function *function;
	uint32_t status;
	unsigned int line;	/* of the host bridge */
	int spi;		/* its MSI, -1: none */
	uint64_t mapped;	/* where BAR 2's pages are; 0: nowhere */
	uint64_t table;		/* where the page table that it brought hangs; 0: nowhere */
	bool table_made;
	uint64_t upcalls;
	uint32_t reports;	/* failures to map BAR 2 */
};

/* index: which connector of the VM; its device number is one more. */
void connector_init(struct connector *connector, struct vm *vm, unsigned int index,
		    const struct config_connection *is);
void connector_reset(struct connector *connector);
void connector_upcall(struct connector *connector);

#endif
