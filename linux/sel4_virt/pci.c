// SPDX-License-Identifier: GPL-2.0-only
/* The connector: the PCI function that a device VM has for each driver VM it serves. */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "connection.h"

DEFINE_MUTEX(sel4_connections_lock);
LIST_HEAD(sel4_connections);

static void free_connection(struct kref *ref)
{
	struct sel4_connection *c = container_of(ref, struct sel4_connection, ref);

	pci_dev_put(c->pdev);
	kfree(c);
}

void sel4_connection_put(struct sel4_connection *c)
{
	kref_put(&c->ref, free_connection);
}

/* A message-signalled interrupt needs no register access: nothing else can have raised it. */
static irqreturn_t interrupt(int irq, void *arg)
{
	struct sel4_connection *c = arg;

	if (!c->message_signalled) {
		if (!(readl(c->registers + CONNECTOR_STATUS) & CONNECTOR_STATUS_UPCALL))
			return IRQ_NONE;
		writel(CONNECTOR_STATUS_UPCALL, c->registers + CONNECTOR_STATUS);
	}
	WRITE_ONCE(c->stats.interrupts, c->stats.interrupts + 1);
	sel4_link_run(c);
	return IRQ_HANDLED;
}

static void run_again(struct work_struct *work)
{
	sel4_link_run(container_of(work, struct sel4_connection, again));
}

static void read_name(const void __iomem *registers, char *name)
{
	unsigned int i;

	for (i = 0; i < CONNECTOR_VM_NAME_SIZE; i += 4) {
		u32 word = readl(registers + CONNECTOR_VM_NAME + i);

		memcpy(name + i, &word, sizeof(word));
	}
	name[SEL4_NAME_SIZE - 1] = '\0';
}

static void read_facts(struct sel4_connection *c)
{
	const void __iomem *r = c->registers;
	struct sel4_facts *f = &c->facts;
	u32 spis = readl(r + CONNECTOR_SPIS);

	f->id = readl(r + CONNECTOR_VM_ID);
	f->sharing = readl(r + CONNECTOR_SHARING);
	f->first_spi = spis & 0xffff;
	f->spis = spis >> 16;
	f->ram_base = readq(r + CONNECTOR_RAM_BASE);
	f->ram_size = readq(r + CONNECTOR_RAM_SIZE);
	f->memdev_base = readq(r + CONNECTOR_MEMDEV_BASE);
	f->memdev_size = readq(r + CONNECTOR_MEMDEV_SIZE);
	f->memdev_local = readq(r + CONNECTOR_MEMDEV_LOCAL);
	f->window_base = readq(r + CONNECTOR_WINDOW_BASE);
	f->window_size = readq(r + CONNECTOR_WINDOW_SIZE);
	f->v2m = readq(r + CONNECTOR_V2M);
	f->downcall = readq(r + CONNECTOR_DOWNCALL);
	read_name(r, f->name);
}

/* The connector is this VM's own monitor's work; what does not fit is refused all the same. */
static int check_facts(struct sel4_connection *c)
{
	struct sel4_facts *f = &c->facts;

	if (f->sharing > CONNECTOR_SHARING_SWIOTLB || f->spis > 128 || f->first_spi > 1019) {
		dev_err(&c->pdev->dev, "registers make no sense: sharing %u, %u SPIs from %u\n",
			f->sharing, f->spis, f->first_spi);
		return -ENODEV;
	}
	if (f->memdev_size && !sel4_mmap_usable(f)) {
		dev_err(&c->pdev->dev,
			"memdev %#llx, size %#llx, is not reserved memory of this VM: not mapped\n",
			f->memdev_local, f->memdev_size);
		f->memdev_size = 0;
	}
	return 0;
}

static int map_function(struct sel4_connection *c, void **iobuf)
{
	struct pci_dev *pdev = c->pdev;
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	if (pci_resource_len(pdev, CONNECTOR_BAR_REGISTERS) < CONNECTOR_REGISTERS_SIZE ||
	    pci_resource_len(pdev, CONNECTOR_BAR_IOBUF) < CONNECTOR_IOBUF_SIZE) {
		dev_err(&pdev->dev, "a BAR is missing or too small\n");
		return -ENODEV;
	}
	c->registers = pcim_iomap(pdev, CONNECTOR_BAR_REGISTERS, CONNECTOR_REGISTERS_SIZE);
	if (!c->registers)
		return -ENOMEM;
	*iobuf = devm_memremap(&pdev->dev, pci_resource_start(pdev, CONNECTOR_BAR_IOBUF),
			       CONNECTOR_IOBUF_SIZE, MEMREMAP_WB);
	return PTR_ERR_OR_ZERO(*iobuf);
}

static int request_interrupt(struct sel4_connection *c)
{
	struct pci_dev *pdev = c->pdev;
	int ret;

	pci_set_master(pdev);
	ret = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_ALL_TYPES);
	if (ret < 0)
		return ret;
	c->message_signalled = pci_dev_msi_enabled(pdev);
	ret = request_irq(pci_irq_vector(pdev, 0), interrupt,
			  c->message_signalled ? 0 : IRQF_SHARED, "sel4_virt", c);
	if (ret)
		pci_free_irq_vectors(pdev);
	return ret;
}

static struct sel4_connection *new_connection(struct pci_dev *pdev)
{
	struct sel4_connection *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	kref_init(&c->ref);
	c->pdev = pci_dev_get(pdev);
	mutex_init(&c->ioctls);
	spin_lock_init(&c->lock);
	init_waitqueue_head(&c->wait);
	INIT_WORK(&c->again, run_again);
	INIT_WORK(&c->hung_up, sel4_irqfd_drop_hung_up);
	mutex_init(&c->irqfd_lock);
	INIT_LIST_HEAD(&c->irqfds);
	return c;
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct sel4_connection *c = new_connection(pdev);
	void *iobuf;
	int ret;

	if (!c)
		return -ENOMEM;
	ret = map_function(c, &iobuf);
	if (ret)
		goto put;
	read_facts(c);
	ret = check_facts(c);
	if (ret)
		goto put;
	sel4_link_start(c, iobuf);
	ret = request_interrupt(c);
	if (ret)
		goto put;
	pci_set_drvdata(pdev, c);
	mutex_lock(&sel4_connections_lock);
	list_add_tail(&c->entry, &sel4_connections);
	mutex_unlock(&sel4_connections_lock);
	sel4_link_run(c);
	dev_info(&pdev->dev, "driver VM %u (%s), memdev %llu MiB, %s\n", c->facts.id,
		 c->facts.name, c->facts.memdev_size >> 20,
		 c->message_signalled ? "MSI" : "INTx");
	return 0;
put:
	sel4_connection_put(c);
	return ret;
}

static void remove(struct pci_dev *pdev)
{
	struct sel4_connection *c = pci_get_drvdata(pdev);

	mutex_lock(&sel4_connections_lock);
	list_del(&c->entry);
	mutex_unlock(&sel4_connections_lock);
	sel4_link_stop(c);
	free_irq(pci_irq_vector(pdev, 0), c);
	pci_free_irq_vectors(pdev);
	cancel_work_sync(&c->again);
	sel4_connection_put(c);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(CONNECTOR_VENDOR, CONNECTOR_DEVICE) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver driver = {
	.name = "sel4_virt",
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};

static int __init sel4_virt_init(void)
{
	int ret = sel4_vm_register();

	if (ret)
		return ret;
	ret = pci_register_driver(&driver);
	if (ret)
		sel4_vm_unregister();
	return ret;
}

static void __exit sel4_virt_exit(void)
{
	pci_unregister_driver(&driver);
	sel4_vm_unregister();
	rcu_barrier();	/* eventfds whose last users free them */
}

module_init(sel4_virt_init);
module_exit(sel4_virt_exit);
MODULE_DESCRIPTION("Serves devices to peer virtual machines on seL4");
MODULE_LICENSE("GPL");
