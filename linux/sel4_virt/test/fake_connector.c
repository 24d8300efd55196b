// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connector made of memory, to test sel4_virt.ko without a hypervisor: a PCI host bridge with
 * one function whose BARs lie in RAM that this kernel was told not to use (mem=). A test program
 * maps registers and iobuf through /dev/fake_connector, plays the driver's monitor, and raises the
 * interrupt by writing to the file. BAR 0 is plain memory: CONNECTOR_STATUS is not cleared by writes.
 */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqdesc.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "iobuf.h"

static unsigned long window;	/* physical address of 1 MiB that is RAM, but not this kernel's */
module_param(window, ulong, 0444);
static unsigned long memdev, memdev_size, memdev_base;
module_param(memdev, ulong, 0444);
module_param(memdev_size, ulong, 0444);
module_param(memdev_base, ulong, 0444);

#define WINDOW_SIZE	0x100000ul
#define DOMAIN		5

static u8 config[256];
static const u32 bar_size[6] = {
	[CONNECTOR_BAR_REGISTERS] = CONNECTOR_REGISTERS_SIZE,
	[CONNECTOR_BAR_IOBUF] = CONNECTOR_IOBUF_SIZE,
};
static struct pci_host_bridge *bridge;
static struct resource memory = { .name = "fake connector", .flags = IORESOURCE_MEM };
static struct resource bus_numbers = { .name = "fake bus", .flags = IORESOURCE_BUS };
static int irq;

static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	*value = ~0u;
	if (bus->number || devfn)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (where + size > (int)sizeof(config))
		return PCIBIOS_BAD_REGISTER_NUMBER;
	*value = 0;
	memcpy(value, config + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static void bar_write(unsigned int bar, u32 value)
{
	value &= ~(bar_size[bar] - 1);
	if (bar_size[bar])
		memcpy(config + PCI_BASE_ADDRESS_0 + 4 * bar, &value, sizeof(value));
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (bus->number || devfn)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (where >= PCI_BASE_ADDRESS_0 && where <= PCI_BASE_ADDRESS_5 && size == 4)
		bar_write((where - PCI_BASE_ADDRESS_0) / 4, value);
	else if (where == PCI_COMMAND || where == PCI_INTERRUPT_LINE)
		memcpy(config + where, &value, min(size, 2));
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops ops = { .read = config_read, .write = config_write };

static int map_irq(const struct pci_dev *pdev, u8 slot, u8 pin)
{
	return irq;
}

/*
 * One at a time: an interrupt that is raised while its handler runs on another CPU is dropped, where
 * an interrupt controller keeps it pending.
 */
static ssize_t raise(struct file *file, const char __user *buffer, size_t size, loff_t *offset)
{
	static DEFINE_MUTEX(one_at_a_time);
	unsigned long flags;

	mutex_lock(&one_at_a_time);
	local_irq_save(flags);
	generic_handle_irq_safe(irq);
	local_irq_restore(flags);
	mutex_unlock(&one_at_a_time);
	return size;
}

static unsigned long bar_address(unsigned int bar)
{
	u32 value;

	memcpy(&value, config + PCI_BASE_ADDRESS_0 + 4 * bar, sizeof(value));
	return value & ~0xfu;
}

/* Page 0: registers, pages 1 and 2: iobuf, from page 3: memdev. */
static int map(struct file *file, struct vm_area_struct *vma)
{
	unsigned long size = vma->vm_end - vma->vm_start, at;

	if (!vma->vm_pgoff)
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	at = vma->vm_pgoff ? bar_address(CONNECTOR_BAR_IOBUF) : bar_address(0);
	return remap_pfn_range(vma, vma->vm_start, PHYS_PFN(at), size, vma->vm_page_prot);
}

static const struct file_operations fops = {
	.owner = THIS_MODULE,
	.write = raise,
	.mmap = map,
};
static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR, .name = "fake_connector", .fops = &fops, .mode = 0600,
};

static void fill_config(void)
{
	config[PCI_VENDOR_ID] = CONNECTOR_VENDOR & 0xff;
	config[PCI_VENDOR_ID + 1] = CONNECTOR_VENDOR >> 8;
	config[PCI_DEVICE_ID] = CONNECTOR_DEVICE;
	config[PCI_CLASS_DEVICE] = 0x40;
	config[PCI_CLASS_DEVICE + 1] = 0x0b;
	config[PCI_INTERRUPT_PIN] = 1;
}

static int fill_registers(void)
{
	void __iomem *r = ioremap(bar_address(0), CONNECTOR_REGISTERS_SIZE);

	if (!r)
		return -ENOMEM;
	memset_io(r, 0, CONNECTOR_REGISTERS_SIZE);
	writel(CONNECTOR_STATUS_UPCALL, r + CONNECTOR_STATUS);
	writel(CONNECTOR_SHARING_RAM, r + CONNECTOR_SHARING);
	writeq(memdev_base, r + CONNECTOR_RAM_BASE);
	writeq(memdev_size, r + CONNECTOR_RAM_SIZE);
	writeq(memdev_base, r + CONNECTOR_MEMDEV_BASE);
	writeq(memdev_size, r + CONNECTOR_MEMDEV_SIZE);
	writeq(memdev, r + CONNECTOR_MEMDEV_LOCAL);
	writel(7, r + CONNECTOR_VM_ID);
	writel(128u << 16 | 256, r + CONNECTOR_SPIS);
	memcpy_toio(r + CONNECTOR_VM_NAME, "workload", 8);
	writeq(0x10000000, r + CONNECTOR_WINDOW_BASE);
	writeq(0x01000000, r + CONNECTOR_WINDOW_SIZE);
	writeq(0x08020000, r + CONNECTOR_V2M);
	iounmap(r);
	return 0;
}

static int make_irq(void)
{
	irq = irq_alloc_desc(NUMA_NO_NODE);
	if (irq < 0)
		return irq;
	irq_set_chip_and_handler(irq, &dummy_irq_chip, handle_simple_irq);
	irq_modify_status(irq, IRQ_NOREQUEST | IRQ_NOAUTOEN, 0);
	return 0;
}

static int make_bus(void)
{
	int ret;

	memory.start = window;
	memory.end = window + WINDOW_SIZE - 1;
	bus_numbers.end = 0;
	ret = request_resource(&iomem_resource, &memory);
	if (ret)
		return ret;
	bridge = pci_alloc_host_bridge(0);
	if (!bridge)
		return -ENOMEM;
	pci_add_resource(&bridge->windows, &memory);
	pci_add_resource(&bridge->windows, &bus_numbers);
	bridge->ops = &ops;
	bridge->map_irq = map_irq;
	bridge->domain_nr = DOMAIN;
	ret = pci_scan_root_bus_bridge(bridge);
	if (ret)
		return ret;
	pci_bus_assign_resources(bridge->bus);
	return 0;
}

static int __init fake_connector_init(void)
{
	int ret;

	fill_config();
	ret = make_irq();
	if (!ret)
		ret = make_bus();
	if (!ret)
		ret = fill_registers();
	if (!ret)
		ret = misc_register(&device);
	if (!ret)
		pci_bus_add_devices(bridge->bus);
	return ret;	/* a test's machine: what is half made goes with it */
}

module_init(fake_connector_init);
MODULE_DESCRIPTION("A connector made of memory, for tests");
MODULE_LICENSE("GPL");
