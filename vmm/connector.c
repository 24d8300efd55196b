/* SPDX-License-Identifier: BSD-2-Clause */
#include "connector.h"

#include <sel4/sel4.h>
#include <string.h>

#include "vm.h"

/* PCI 3.0, 6.8.1: MSI capability, 64-bit address, one vector. */
#define MSI_CAPABILITY	0x50u
#define MSI_ID		0x05u
#define MSI_CONTROL	(MSI_CAPABILITY + 2)
#define MSI_ADDRESS	(MSI_CAPABILITY + 4)
#define MSI_DATA	(MSI_CAPABILITY + 12)
#define MSI_ENABLE	0x0001u
#define MSI_64		0x0080u

#define TABLE_COVERS	(2ull << 20)

/* ---- BAR 0 ---- */

static uint64_t name_word(const struct connector *c, uint64_t offset)
{
	char name[CONNECTOR_VM_NAME_SIZE] = { 0 };
	uint64_t word;

	strncpy(name, c->is->peer, sizeof(name) - 1);
	memcpy(&word, name + offset, sizeof(word));
	return word;
}

/* A 64-bit word of the registers; narrower reads take their part of it. */
static uint64_t register_word(const struct connector *c, uint64_t offset)
{
	const struct config_connection *is = c->is;

	switch (offset) {
	case CONNECTOR_DOORBELL:	/* write-only; with CONNECTOR_STATUS above it */
		return (uint64_t)c->status << 32;
	case CONNECTOR_SHARING:
		return is->swiotlb ? CONNECTOR_SHARING_SWIOTLB : CONNECTOR_SHARING_RAM;
	case CONNECTOR_RAM_BASE:	return is->ram.base;
	case CONNECTOR_RAM_SIZE:	return is->ram.size;
	case CONNECTOR_MEMDEV_BASE:	return is->memdev.base;
	case CONNECTOR_MEMDEV_SIZE:	return is->memdev.size;
	case CONNECTOR_MEMDEV_LOCAL:	return is->memdev_local;
	case CONNECTOR_VM_ID:		/* with CONNECTOR_SPIS above it */
		return (is->driver_v2m_first | is->driver_v2m_count << 16) << 32 |
		       (uint32_t)is->peer_id;
	case CONNECTOR_WINDOW_BASE:	return is->driver_window.base;
	case CONNECTOR_WINDOW_SIZE:	return is->driver_window.size;
	case CONNECTOR_V2M:		return is->driver_v2m;
	case CONNECTOR_DOWNCALL:	return is->downcall;
	}
	if (offset >= CONNECTOR_VM_NAME && offset < CONNECTOR_VM_NAME + CONNECTOR_VM_NAME_SIZE)
		return name_word(c, offset - CONNECTOR_VM_NAME);
	return 0;
}

/* Connectors whose devices swizzle to one line share it. */
static void update_line(struct connector *connector)
{
	struct vm *vm = connector->vm;
	bool up = false;
	unsigned int i;

	for (i = 0; i < vm->connectors; i++) {
		const struct connector *c = &vm->connector[i];
		uint32_t command = pci_config_read(c->function, PCI_COMMAND, 2);
		uint32_t control = pci_config_read(c->function, MSI_CONTROL, 2);

		if (c->line == connector->line && c->status &&
		    !(command & PCI_COMMAND_NO_INTX) && !(control & MSI_ENABLE))
			up = true;
	}
	vgic_set_level(&vm->gic, 0, (unsigned int)vm->config.pci_intx + connector->line, up);
}

static void write_register(struct connector *c, uint64_t offset, uint64_t value)
{
	if (offset == CONNECTOR_DOORBELL && c->is->signal) {
		seL4_Signal(c->is->signal);
	} else if (offset == CONNECTOR_STATUS) {
		c->status &= ~(uint32_t)value;
		update_line(c);
	}
}

static enum mmio_result bar_access(struct pci_function *function, unsigned int bar,
				   struct mmio_access *access)
{
	struct connector *c = function->owner;
	uint64_t offset = access->offset;

	/* BAR 2 is mapped: what still faults there is a write to the other side's page. */
	if (bar == CONNECTOR_BAR_IOBUF && c->mapped)
		return MMIO_READ_ONLY;
	access->value = access->write ? access->value : ~0ull;
	if (bar != CONNECTOR_BAR_REGISTERS || (offset & (access->size - 1u)))
		return MMIO_DONE;
	if (access->write)
		write_register(c, offset, mmio_write_value(access));
	else
		access->value = register_word(c, offset & ~7ull) >> (offset & 7) * 8;
	return MMIO_DONE;
}

/* ---- BAR 2: the pages ---- */

/*
 * Page tables for the 2 MiB around a BAR where nothing else is mapped. Each connector brings one, and
 * they serve all connectors of the VM, because several BARs may lie in the same 2 MiB. A table that
 * pages hang in stays where it is. There is always a spare one: the pages of a connector lie in one
 * table, and those of the connector that asks are not mapped.
 */
static bool table_in_use(const struct vm *vm, uint64_t table)
{
	unsigned int i;

	for (i = 0; i < vm->connectors; i++)
		if (vm->connector[i].mapped &&
		    (vm->connector[i].mapped & ~(TABLE_COVERS - 1)) == table)
			return true;
	return false;
}

static struct connector *spare_table(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->connectors; i++) {
		struct connector *c = &vm->connector[i];

		if (c->is->table_untyped && c->is->table_slot &&
		    (!c->table || !table_in_use(vm, c->table)))
			return c;
	}
	return NULL;
}

static bool make_table(struct connector *c)
{
	if (!c->table_made)
		c->table_made = !seL4_Untyped_Retype(c->is->table_untyped, seL4_ARM_PageTableObject,
						     0, c->vm->config.cnode, 0, 0,
						     c->is->table_slot, 1);
	return c->table_made;
}

static bool hang_table(struct vm *vm, uint64_t base)
{
	struct connector *c = spare_table(vm);

	if (!c || !make_table(c))
		return false;
	if (c->table)
		seL4_ARM_PageTable_Unmap(c->is->table_slot);
	c->table = 0;
	base &= ~(TABLE_COVERS - 1);
	if (seL4_ARM_PageTable_Map(c->is->table_slot, vm->config.vspace, base, SEL4_ATTR_CACHEABLE))
		return false;
	c->table = base;
	return true;
}

static seL4_Error map_page(struct connector *c, uint64_t slot, uint64_t at, seL4_Word rights)
{
	seL4_Error error;
	const seL4_Word attributes = SEL4_ATTR_CACHEABLE | SEL4_ATTR_EXECUTE_NEVER;

	error = seL4_ARM_Page_Map(slot, c->vm->config.vspace, at, seL4_CapRights_from(rights),
				  attributes);
	if (error == seL4_FailedLookup && hang_table(c->vm, at))
		error = seL4_ARM_Page_Map(slot, c->vm->config.vspace, at,
					  seL4_CapRights_from(rights), attributes);
	return error;
}

static void unmap(struct connector *c)
{
	if (!c->mapped)
		return;
	seL4_ARM_Page_Unmap(c->is->frame_driver);
	seL4_ARM_Page_Unmap(c->is->frame_device);
	c->mapped = 0;
}

static void map(struct connector *c, uint64_t base)
{
	seL4_Error error;

	error = map_page(c, c->is->frame_driver, base + CONNECTOR_IOBUF_DRIVER, SEL4_RIGHT_READ);
	if (!error)
		error = map_page(c, c->is->frame_device, base + CONNECTOR_IOBUF_DEVICE,
				 SEL4_RIGHT_READ | SEL4_RIGHT_WRITE);
	c->mapped = base;
	if (error) {
		unmap(c);
		vm_report(c->vm, &c->reports,
			  "connector of %s: BAR 2 at 0x%llx cannot be mapped: kernel error %d",
			  c->is->peer, (unsigned long long)base, (int)error);
	}
}

/* ---- configuration space ---- */

static void bind_msi(struct connector *c)
{
	struct gicv2m *frame = &c->vm->v2m;
	uint64_t address = pci_config_read(c->function, MSI_ADDRESS, 4) |
			   (uint64_t)pci_config_read(c->function, MSI_ADDRESS + 4, 4) << 32;
	int spi = -1;

	if (pci_config_read(c->function, MSI_CONTROL, 2) & MSI_ENABLE)
		spi = gicv2m_spi(frame, address, pci_config_read(c->function, MSI_DATA, 2));
	if (spi == c->spi)
		return;
	gicv2m_unbind(frame, c->spi, c);
	c->spi = spi;
	gicv2m_bind(frame, spi, c);
}

/* Where the guest wants the pages; 0: nowhere. */
static uint64_t wanted(const struct connector *c)
{
	gpa_t base = gpa(0);
	uint64_t size;

	pci_bar(&c->vm->pci, c->function, CONNECTOR_BAR_IOBUF, &base, &size);
	return base.value;
}

/* The pages of another connector may have been in the way of some, and are not any more. */
static void map_missing(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->connectors; i++) {
		struct connector *c = &vm->connector[i];

		if (!c->mapped && wanted(c))
			map(c, wanted(c));
	}
}

static void changed(struct pci_function *function)
{
	struct connector *c = function->owner;

	bind_msi(c);
	update_line(c);
	if (wanted(c) == c->mapped)
		return;
	unmap(c);
	map_missing(c->vm);
}

static const struct pci_operations operations = {
	.bar = bar_access,
	.changed = changed,
};

static void put_msi(struct pci_function *f)
{
	f->writable[MSI_CONTROL] = MSI_ENABLE;
	memset(&f->writable[MSI_ADDRESS], 0xff, 8);
	f->writable[MSI_ADDRESS] = 0xfc;
	memset(&f->writable[MSI_DATA], 0xff, 2);
	pci_config_set(f, MSI_CAPABILITY, 4, MSI_64 << 16 | MSI_ID);
	pci_config_set(f, PCI_CAPABILITIES, 1, MSI_CAPABILITY);
	pci_config_set(f, PCI_STATUS, 2, PCI_STATUS_CAPABILITIES);
}

static void make_function(struct connector *c, unsigned int device)
{
	struct iobuf_pci_function is = {
		.bdf = (uint16_t)(device << 3),
		.vendor = CONNECTOR_VENDOR,
		.device = CONNECTOR_DEVICE,
		.class_code = CONNECTOR_CLASS,
		.msix_bar = IOBUF_PCI_NO_MSIX,
	};

	is.bar_log2[CONNECTOR_BAR_REGISTERS] = (uint8_t)__builtin_ctz(CONNECTOR_REGISTERS_SIZE);
	is.bar_log2[CONNECTOR_BAR_IOBUF] = (uint8_t)__builtin_ctz(CONNECTOR_IOBUF_SIZE);
	c->function = pci_add(&c->vm->pci, &is, &operations, c);
	pci_config_set(c->function, PCI_INTERRUPT_PIN, 1, 1);
	if (c->vm->v2m.count)
		put_msi(c->function);
}

/* ---- what happens to it ---- */

void connector_upcall(struct connector *c)
{
	c->upcalls++;
	c->status |= CONNECTOR_STATUS_UPCALL;
	if (c->spi >= 0)
		gicv2m_raise(&c->vm->v2m, c->spi, c);
	else
		update_line(c);
}

/*
 * The guest is gone, and with it who answers: its page counts for nobody until the next run of it
 * starts a new epoch, so that the driver's side waits for nothing.
 */
static void withdraw(struct connector *c)
{
	struct iobuf_page *page = (struct iobuf_page *)(uintptr_t)c->is->page_device;

	if (!page)
		return;
	__atomic_store_n(&page->peer_epoch, 0, __ATOMIC_SEQ_CST);
	if (c->is->signal)
		seL4_Signal(c->is->signal);
}

void connector_reset(struct connector *c)
{
	unsigned int device = c->function->bdf >> 3;

	unmap(c);
	withdraw(c);
	c->status = 0;
	gicv2m_unbind(&c->vm->v2m, c->spi, c);
	c->spi = -1;
	pci_remove(c->function);
	make_function(c, device);
	update_line(c);
}

void connector_init(struct connector *c, struct vm *vm, unsigned int index,
		    const struct config_connection *is)
{
	memset(c, 0, sizeof(*c));
	c->vm = vm;
	c->is = is;
	c->spi = -1;
	c->line = (index + 1) % IOBUF_LINES;
	make_function(c, index + 1);
}
