/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci.h"

#include <stddef.h>
#include <string.h>

#define ECAM_FUNCTION_SHIFT	12
#define ECAM_OFFSET		0xfffu
#define BAR_FLAG_BITS		0xfu
#define BAR_TYPE_64		0x4u
#define BAR_PREFETCH		0x8u

void pci_init(struct pci_host *host, gpa_t window, uint64_t window_size)
{
	memset(host, 0, sizeof(*host));
	host->window = window;
	host->window_size = window_size;
}

uint32_t pci_config_read(const struct pci_function *function, unsigned int offset,
			 unsigned int size)
{
	uint32_t value = 0;
	unsigned int i;

	for (i = 0; i < size; i++)
		if (offset + i < PCI_CONFIG_COPY)
			value |= (uint32_t)function->config[offset + i] << (i * 8);
	return value;
}

void pci_config_set(struct pci_function *function, unsigned int offset, unsigned int size,
		    uint32_t value)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		function->config[offset + i] = (uint8_t)(value >> (i * 8));
}

static void make_writable(struct pci_function *function, unsigned int offset, unsigned int size,
			  uint64_t bits)
{
	unsigned int i;

	for (i = 0; i < size; i++)
		function->writable[offset + i] = (uint8_t)(bits >> (i * 8));
}

static void make_bar(struct pci_function *function, unsigned int bar)
{
	unsigned int offset = PCI_BAR + bar * 4;
	uint64_t size = 1ull << function->is.bar_log2[bar];
	uint32_t flags = 0;

	if (!function->is.bar_log2[bar])
		return;
	if (function->is.bar_flags[bar] & IOBUF_BAR_64)
		flags |= BAR_TYPE_64;
	if (function->is.bar_flags[bar] & IOBUF_BAR_PREFETCH)
		flags |= BAR_PREFETCH;
	pci_config_set(function, offset, 4, flags);
	make_writable(function, offset, flags & BAR_TYPE_64 ? 8 : 4,
		      ~(size - 1) & ~(uint64_t)BAR_FLAG_BITS);
}

static void make_header(struct pci_function *function)
{
	const struct iobuf_pci_function *is = &function->is;
	unsigned int i;

	pci_config_set(function, 0, 4, (uint32_t)is->device << 16 | is->vendor);
	pci_config_set(function, 8, 4, is->class_code << 8 | is->revision);
	pci_config_set(function, PCI_SUBSYSTEM, 4, (uint32_t)is->device << 16 | is->vendor);
	make_writable(function, PCI_COMMAND, 2,
		      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX);
	make_writable(function, PCI_INTERRUPT_LINE, 1, 0xff);
	for (i = 0; i < IOBUF_PCI_BARS; i++)
		make_bar(function, i);
}

struct pci_function *pci_find(struct pci_host *host, unsigned int bdf)
{
	unsigned int i;

	for (i = 0; i < PCI_FUNCTIONS; i++)
		if (host->function[i].present && host->function[i].bdf == bdf)
			return &host->function[i];
	return NULL;
}

struct pci_function *pci_add(struct pci_host *host, const struct iobuf_pci_function *is,
			     const struct pci_operations *operations, void *owner)
{
	struct pci_function *function = NULL;
	unsigned int i;

	if (is->bdf > 0xff || pci_find(host, is->bdf))
		return NULL;
	for (i = 0; i < PCI_FUNCTIONS && !function; i++)
		if (!host->function[i].present)
			function = &host->function[i];
	if (!function)
		return NULL;
	memset(function, 0, sizeof(*function));
	function->present = true;
	function->bdf = is->bdf;
	function->operations = operations;
	function->owner = owner;
	function->is = *is;
	make_header(function);
	return function;
}

void pci_remove(struct pci_function *function)
{
	function->present = false;
}

static void write_copy(struct pci_function *function, unsigned int offset, unsigned int size,
		       uint32_t value)
{
	unsigned int i;

	if (offset + size > PCI_CONFIG_COPY)
		return;
	for (i = 0; i < size; i++) {
		uint8_t bits = function->writable[offset + i];
		uint8_t byte = (uint8_t)(value >> (i * 8));
		uint8_t *at = &function->config[offset + i];

		*at = (uint8_t)((*at & ~bits) | (byte & bits));
	}
}

static enum mmio_result config_access(struct pci_function *function, struct mmio_access *access,
				      unsigned int offset)
{
	const struct pci_operations *operations = function->operations;

	if (access->write) {
		write_copy(function, offset, access->size, (uint32_t)mmio_write_value(access));
		if (operations->changed)
			operations->changed(function);
	}
	if (operations->config)
		return operations->config(function, access, offset);
	if (!access->write)
		access->value = pci_config_read(function, offset, access->size);
	return MMIO_DONE;
}

enum mmio_result pci_ecam_mmio(void *device, struct mmio_access *access)
{
	struct pci_host *host = device;
	struct pci_function *function;

	if (access->size > 4 || (access->offset & (access->size - 1u)))
		return MMIO_UNHANDLED;
	function = pci_find(host, (unsigned int)(access->offset >> ECAM_FUNCTION_SHIFT));
	if (function && !host->hidden)
		return config_access(function, access, access->offset & ECAM_OFFSET);
	access->value = ~0ull;		/* nobody answers: all ones, as on a bus */
	return MMIO_DONE;
}

bool pci_bar(const struct pci_host *host, const struct pci_function *function, unsigned int bar,
	     gpa_t *base, uint64_t *size)
{
	uint64_t address, length = 1ull << function->is.bar_log2[bar];

	if (!function->is.bar_log2[bar])
		return false;
	if (!(pci_config_read(function, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		return false;
	address = pci_config_read(function, PCI_BAR + bar * 4, 4) & ~BAR_FLAG_BITS;
	if (function->is.bar_flags[bar] & IOBUF_BAR_64)
		address |= (uint64_t)pci_config_read(function, PCI_BAR + bar * 4 + 4, 4) << 32;
	if (address < host->window.value || length > host->window_size ||
	    address - host->window.value > host->window_size - length)
		return false;
	*base = gpa(address);
	*size = length;
	return true;
}

struct pci_function *pci_route(struct pci_host *host, gpa_t at, uint64_t length,
			       unsigned int *bar, uint64_t *offset)
{
	unsigned int i, b;
	uint64_t size;
	gpa_t base;

	for (i = 0; i < PCI_FUNCTIONS; i++) {
		struct pci_function *function = &host->function[i];

		for (b = 0; function->present && b < IOBUF_PCI_BARS; b++) {
			if (!pci_bar(host, function, b, &base, &size) ||
			    at.value < base.value || at.value - base.value >= size ||
			    length > size - (at.value - base.value))
				continue;
			*bar = b;
			*offset = at.value - base.value;
			return function;
		}
	}
	return NULL;
}

enum mmio_result pci_window_mmio(void *device, struct mmio_access *access)
{
	struct pci_host *host = device;
	struct pci_function *function;
	unsigned int bar;
	uint64_t offset;

	function = pci_route(host, access->address, access->size, &bar, &offset);
	if (!function) {
		access->value = ~0ull;
		return MMIO_DONE;
	}
	access->offset = offset;
	return function->operations->bar(function, bar, access);
}
