// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory of the driver VM that this VM may reach, in the address space of QEMU and vhost. It
 * is reserved memory with struct pages, so its pages are handed out as pages: get_user_pages and
 * direct I/O work on them.
 */
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "connection.h"

#define CHUNK	512u	/* pages inserted at a time */

/* Every page has a struct page that this kernel will never allocate: else others' memory leaks. */
bool sel4_mmap_usable(const struct sel4_facts *f)
{
	unsigned long pfn, end;

	if (!PAGE_ALIGNED(f->memdev_base) || !PAGE_ALIGNED(f->memdev_size) ||
	    !PAGE_ALIGNED(f->memdev_local) || f->memdev_base + f->memdev_size < f->memdev_base ||
	    f->memdev_local + f->memdev_size < f->memdev_local)
		return false;
	end = PHYS_PFN(f->memdev_local + f->memdev_size);
	for (pfn = PHYS_PFN(f->memdev_local); pfn < end; pfn++) {
		if (!pfn_valid(pfn) || !pfn_is_map_memory(pfn) ||
		    !PageReserved(pfn_to_page(pfn)))
			return false;
		if (!(pfn % SZ_64K))
			cond_resched();
	}
	return true;
}

/* Page of memdev at `pgoff`, the page number in the driver VM. */
static struct page *memdev_page(const struct sel4_facts *f, unsigned long pgoff)
{
	unsigned long first = PHYS_PFN(f->memdev_base);

	if (pgoff < first || pgoff - first >= PHYS_PFN(f->memdev_size))
		return NULL;
	return pfn_to_page(PHYS_PFN(f->memdev_local) + pgoff - first);
}

/*
 * Only what madvise took out again comes here: mmap fills the whole range. Of a function that went
 * nothing new is mapped; what is mapped stays, since the memory is not the function's.
 */
static vm_fault_t memdev_fault(struct vm_fault *vmf)
{
	struct sel4_connection *c = vmf->vma->vm_file->private_data;
	struct page *page = memdev_page(&c->facts, vmf->pgoff);

	if (!page || READ_ONCE(c->gone))
		return VM_FAULT_SIGBUS;
	get_page(page);
	vmf->page = page;
	return 0;
}

static struct sel4_connection *connection_of(const struct vm_area_struct *vma)
{
	return vma->vm_file->private_data;
}

/* Also one of a fork, which cannot be refused here. */
static void memdev_open(struct vm_area_struct *vma)
{
	atomic_inc(&connection_of(vma)->mappings);
}

static void memdev_close(struct vm_area_struct *vma)
{
	atomic_dec(&connection_of(vma)->mappings);
}

static int memdev_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return atomic_read(&connection_of(vma)->mappings) < SEL4_MAPPINGS_MAX ? 0 : -ENOMEM;
}

static const struct vm_operations_struct memdev_vm_ops = {
	.open = memdev_open,
	.close = memdev_close,
	.may_split = memdev_may_split,
	.fault = memdev_fault,
};

static int insert_all(const struct sel4_facts *f, struct vm_area_struct *vma)
{
	unsigned long addr = vma->vm_start, pgoff = vma->vm_pgoff, left, i;
	struct page **pages = kmalloc_array(CHUNK, sizeof(*pages),
					     GFP_KERNEL_ACCOUNT);
	int ret = 0;

	if (!pages)
		return -ENOMEM;
	for (left = vma_pages(vma); left && !ret; left -= i) {
		unsigned long rest;

		for (i = 0; i < min_t(unsigned long, left, CHUNK); i++)
			pages[i] = memdev_page(f, pgoff++);
		rest = i;
		ret = vm_insert_pages(vma, addr, pages, &rest);
		addr += i * PAGE_SIZE;
		if (!ret && fatal_signal_pending(current))
			ret = -EINTR;
		cond_resched();
	}
	kfree(pages);
	return ret;
}

int sel4_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct sel4_connection *c = file->private_data;
	const struct sel4_facts *f = &c->facts;
	unsigned long first = PHYS_PFN(f->memdev_base), pages = PHYS_PFN(f->memdev_size);
	int ret = -ENOMEM;

	if (READ_ONCE(c->gone) || !pages)
		return -ENODEV;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_pgoff < first || vma->vm_pgoff - first >= pages ||
	    vma_pages(vma) > pages - (vma->vm_pgoff - first))
		return -EINVAL;
	if (atomic_inc_return(&c->mappings) <= SEL4_MAPPINGS_MAX) {
		vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
		vma->vm_ops = &memdev_vm_ops;
		ret = insert_all(f, vma);
	}
	if (ret)
		atomic_dec(&c->mappings);
	return ret;
}
