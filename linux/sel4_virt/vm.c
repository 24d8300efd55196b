// SPDX-License-Identifier: GPL-2.0-only
/* /dev/sel4 and the VM descriptor: the calls of interconnect/sel4_virt.h. */
#include <linux/anon_inodes.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "connection.h"

_Static_assert((int)SEL4_SHARING_RAM == (int)CONNECTOR_SHARING_RAM, "one numbering");
_Static_assert((int)SEL4_SHARING_SWIOTLB == (int)CONNECTOR_SHARING_SWIOTLB, "one numbering");
_Static_assert(SEL4_VPCI_BARS == IOBUF_PCI_BARS, "one number of BARs");
_Static_assert(SEL4_IOEVENTFDS_MAX == IOBUF_DOORBELLS, "one number of doorbells");
_Static_assert(SEL4_BAR_64 == IOBUF_BAR_64 && SEL4_BAR_PREFETCH == IOBUF_BAR_PREFETCH, "flags");

/* ---- requests ---- */

static int wait_readable(struct sel4_connection *c, struct file *file)
{
	if (READ_ONCE(c->gone))
		return -ENODEV;
	if (sel4_link_readable(c))
		return 0;
	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(c->wait, sel4_link_readable(c) || READ_ONCE(c->gone));
}

static ssize_t vm_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	struct sel4_connection *c = file->private_data;
	struct sel4_request request;
	size_t done = 0;
	int ret;

	if (size < sizeof(request))
		return -EINVAL;
	do {
		ret = wait_readable(c, file);
		if (ret)
			return ret;
		while (size - done >= sizeof(request) && sel4_link_next(c, &request)) {
			if (copy_to_user(buffer + done, &request, sizeof(request))) {
				sel4_link_unread(c, request.id);
				return done ? (ssize_t)done : -EFAULT;
			}
			done += sizeof(request);
		}
	} while (!done);	/* another reader took it */
	return (ssize_t)done;
}

static __poll_t vm_poll(struct file *file, poll_table *table)
{
	struct sel4_connection *c = file->private_data;

	poll_wait(file, &c->wait, table);
	if (READ_ONCE(c->gone))
		return EPOLLERR | EPOLLHUP;
	return sel4_link_readable(c) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* ---- calls; each gets a copy of its argument ---- */

static int complete_io(struct sel4_connection *c, void __user *user)
{
	struct sel4_completion arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return sel4_link_complete(c, &arg);
}

static int start_vm(struct sel4_connection *c, void __user *user)
{
	struct iobuf_message m = { .op = IOBUF_VM_START };

	return sel4_link_request(c, &m);
}

/* False: not something that a BAR can be. */
static bool pack_bar(struct iobuf_pci_function *f, unsigned int i, const struct sel4_vpci_bar *bar)
{
	if (bar->reserved || bar->flags & ~(SEL4_BAR_64 | SEL4_BAR_PREFETCH))
		return false;
	if (!bar->size)
		return !bar->flags;
	if (!is_power_of_2(bar->size))
		return false;
	f->bar_log2[i] = (u8)ilog2(bar->size);
	f->bar_flags[i] = (u8)bar->flags;
	return true;
}

static int create_vpci_device(struct sel4_connection *c, void __user *user)
{
	struct iobuf_message m = { .op = IOBUF_PCI_ADD };
	struct iobuf_pci_function f = { };
	struct sel4_vpci_device arg;
	unsigned int i;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.bdf > 0xffff || arg.class_code > 0xffffff || arg.reserved)
		return -EINVAL;
	for (i = 0; i < SEL4_VPCI_BARS; i++)
		if (!pack_bar(&f, i, &arg.bar[i]))
			return -EINVAL;
	f.bdf = (u16)arg.bdf;
	f.vendor = arg.vendor;
	f.device = arg.device;
	f.class_code = arg.class_code;
	f.revision = arg.revision;
	f.msix_bar = arg.msix_bar;
	f.msix_entries = arg.msix_entries;
	f.msix_offset = arg.msix_offset;
	iobuf_pci_pack(&m, &f);
	if (ring_check_message(RING_DEVICE, &m) != RING_RULE_NONE)
		return -EINVAL;
	return sel4_link_request(c, &m);
}

static int destroy_vpci_device(struct sel4_connection *c, void __user *user)
{
	struct iobuf_message m = { .op = IOBUF_PCI_REMOVE };
	struct sel4_vpci_destroy arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.bdf > 0xffff || arg.reserved)
		return -EINVAL;
	m.space = arg.bdf;
	return sel4_link_request(c, &m);
}

/* A pulse is an assertion that the guest's end of interrupt takes back: state, so never missed. */
static int set_irqline(struct sel4_connection *c, void __user *user)
{
	struct sel4_irqline arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.line >= IOBUF_LINES)
		return -EINVAL;
	switch (arg.action) {
	case SEL4_IRQLINE_CLEAR:
		return sel4_link_level(c, arg.line, false);
	case SEL4_IRQLINE_SET:
		return sel4_link_level(c, arg.line, true);
	case SEL4_IRQLINE_PULSE:
		return sel4_link_count(c, IOBUF_ASSERT_FIRST + arg.line);
	default:
		return -EINVAL;
	}
}

static int signal_msi(struct sel4_connection *c, void __user *user)
{
	struct sel4_msi arg;
	int counter;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags || arg.address != c->facts.v2m + CONNECTOR_V2M_SETSPI)
		return -EINVAL;
	counter = sel4_irqfd_counter(c, arg.data);
	return counter < 0 ? counter : sel4_link_count(c, counter);
}

static int ioeventfd(struct sel4_connection *c, void __user *user)
{
	struct sel4_ioeventfd arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return sel4_ioeventfd(c, &arg);
}

static int irqfd(struct sel4_connection *c, void __user *user)
{
	struct sel4_irqfd arg;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	return sel4_irqfd(c, &arg);
}

static u32 link_state(const struct sel4_connection *c)
{
	if (c->reset != SEL4_RESET_NONE)
		return SEL4_LINK_LOST;
	switch (c->link.status) {
	case RING_UP:
		return SEL4_LINK_UP;
	case RING_FAILED:
	case RING_PEER_FAILED:
		return SEL4_LINK_FAILED;
	default:
		return SEL4_LINK_DOWN;
	}
}

static int vm_info(struct sel4_connection *c, void __user *user)
{
	const struct sel4_facts *f = &c->facts;
	struct sel4_vm_info info = {
		.id = f->id, .sharing = f->sharing, .first_spi = f->first_spi, .spis = f->spis,
		.ram_base = f->ram_base, .ram_size = f->ram_size,
		.memdev_base = f->memdev_base, .memdev_size = f->memdev_size,
		.window_base = f->window_base, .window_size = f->window_size,
		.v2m_base = f->v2m,
	};

	memcpy(info.name, f->name, sizeof(info.name));
	spin_lock_irq(&c->lock);
	info.link = link_state(c);
	info.epoch = c->link.epoch;
	info.peer_epoch = c->link.peer_epoch;
	spin_unlock_irq(&c->lock);
	return copy_to_user(user, &info, sizeof(info)) ? -EFAULT : 0;
}

static int vm_stats(struct sel4_connection *c, void __user *user)
{
	struct sel4_vm_stats stats;

	spin_lock_irq(&c->lock);
	stats = c->stats;
	spin_unlock_irq(&c->lock);
	return copy_to_user(user, &stats, sizeof(stats)) ? -EFAULT : 0;
}

/* A call with `alone` waits for the driver's monitor or changes the doorbells: one at a time. */
static const struct call {
	unsigned int number;
	bool alone;
	int (*handle)(struct sel4_connection *c, void __user *user);
} calls[] = {
	{ SEL4_COMPLETE_IO,		false,	complete_io },
	{ SEL4_START_VM,		true,	start_vm },
	{ SEL4_CREATE_VPCI_DEVICE,	true,	create_vpci_device },
	{ SEL4_DESTROY_VPCI_DEVICE,	true,	destroy_vpci_device },
	{ SEL4_SET_IRQLINE,		false,	set_irqline },
	{ SEL4_SIGNAL_MSI,		false,	signal_msi },
	{ SEL4_IOEVENTFD,		true,	ioeventfd },
	{ SEL4_IRQFD,			false,	irqfd },
	{ SEL4_VM_INFO,			false,	vm_info },
	{ SEL4_VM_STATS,		false,	vm_stats },
};

static int call_handle(struct sel4_connection *c, const struct call *call, void __user *user)
{
	int ret;

	if (!call->alone)
		return call->handle(c, user);
	if (mutex_lock_killable(&c->ioctls))
		return -EINTR;
	ret = call->handle(c, user);
	mutex_unlock(&c->ioctls);
	return ret;
}

static long vm_ioctl(struct file *file, unsigned int number, unsigned long arg)
{
	struct sel4_connection *c = file->private_data;
	unsigned int i;

	if (READ_ONCE(c->gone))
		return -ENODEV;
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].number == number)
			return call_handle(c, &calls[i], (void __user *)arg);
	return -ENOTTY;
}

/* Its size ends where memdev does: for those who ask by lseek before they map. */
static loff_t vm_llseek(struct file *file, loff_t offset, int whence)
{
	struct sel4_connection *c = file->private_data;

	return fixed_size_llseek(file, offset, whence,
				 (loff_t)(c->facts.memdev_base + c->facts.memdev_size));
}

static int vm_release(struct inode *inode, struct file *file)
{
	struct sel4_connection *c = file->private_data;

	mutex_lock(&c->ioctls);
	sel4_ioeventfd_drop_all(c);
	mutex_unlock(&c->ioctls);
	sel4_irqfd_drop_all(c);
	cancel_work_sync(&c->hung_up);	/* no eventfd is left to schedule it */
	sel4_link_release(c);
	sel4_connection_put(c);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.read = vm_read,
	.poll = vm_poll,
	.llseek = vm_llseek,
	.mmap = sel4_mmap,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.release = vm_release,
};

/* ---- /dev/sel4 ---- */

static struct sel4_connection *find_connection(const struct sel4_create_vm *arg)
{
	struct sel4_connection *c;

	list_for_each_entry(c, &sel4_connections, entry)
		if (arg->flags & SEL4_CREATE_BY_NAME ? !strcmp(c->facts.name, arg->name) :
		    c->facts.id == arg->id)
			return c;
	return NULL;
}

/* Takes the connection for the caller alone, with a reference. */
static struct sel4_connection *claim(const struct sel4_create_vm *arg)
{
	struct sel4_connection *c;
	int ret = -ENODEV;

	mutex_lock(&sel4_connections_lock);
	c = find_connection(arg);
	if (c)
		ret = sel4_link_claim(c);
	if (!ret)
		kref_get(&c->ref);
	mutex_unlock(&sel4_connections_lock);
	return ret ? ERR_PTR(ret) : c;
}

static int create_vm(void __user *user)
{
	struct sel4_create_vm arg;
	struct sel4_connection *c;
	int fd;

	if (copy_from_user(&arg, user, sizeof(arg)))
		return -EFAULT;
	if (arg.flags & ~SEL4_CREATE_BY_NAME || strnlen(arg.name, SEL4_NAME_SIZE) == SEL4_NAME_SIZE)
		return -EINVAL;
	c = claim(&arg);
	if (IS_ERR(c))
		return PTR_ERR(c);
	fd = anon_inode_getfd("sel4-vm", &vm_fops, c, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		sel4_link_release(c);
		sel4_connection_put(c);
	}
	return fd;
}

static long device_ioctl(struct file *file, unsigned int number, unsigned long arg)
{
	switch (number) {
	case SEL4_GET_API_VERSION:
		return SEL4_API_VERSION;
	case SEL4_CREATE_VM:
		return create_vm((void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "sel4",
	.fops = &device_fops,
	.mode = 0660,	/* of a group that may serve, if the administrator names one */
};

int sel4_vm_register(void)
{
	return misc_register(&device);
}

void sel4_vm_unregister(void)
{
	misc_deregister(&device);
}
