/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where everything lies in physical memory: the image where the machine's loader puts it, guest RAM
 * behind it; what does not fit there goes to the end of native memory.
 */
#include "model.h"

struct pool {
	uint64_t low;		/* free: [low, low_end) and [high, high_end), taken from its end */
	uint64_t low_end;
	uint64_t high;
	uint64_t high_end;
};

static uint64_t round_up(uint64_t n)
{
	return (n + MODEL_LARGE - 1) & ~(MODEL_LARGE - 1);
}

static bool place_ram(struct pool *p, struct model_vm *vm)
{
	if (p->low_end - p->low >= vm->ram_size) {
		vm->ram_paddr = p->low;
		p->low += vm->ram_size;
		return true;
	}
	if (p->high_end - p->high >= vm->ram_size) {
		p->high_end -= vm->ram_size;
		vm->ram_paddr = p->high_end;
		return true;
	}
	return false;
}

/* The largest first: what does not fit in one piece of the low part goes up whole. */
static struct model_vm *largest_unplaced(const struct model *m)
{
	struct model_vm *vm, *best = NULL;

	for (vm = m->vms; vm; vm = vm->next)
		if (!vm->ram_paddr && (!best || vm->ram_size > best->ram_size))
			best = vm;
	return best;
}

static void say_missing(const struct model *m, const struct pool *p, const struct model_vm *vm)
{
	uint64_t low = p->low_end - p->low, high = p->high_end - p->high;
	uint64_t best = low > high ? low : high;

	diagnostic_error(
		m->diagnostics, vm->instance->at,
		"%llu MiB for %s do not fit the machine's memory: "
		"the largest free piece has %llu MiB, %llu MiB are missing; make ram_size of a VM "
		"smaller",
		(unsigned long long)(vm->ram_size >> 20), vm->name,
		(unsigned long long)(best >> 20),
		(unsigned long long)((vm->ram_size - best) >> 20));
}

/* Guest physical addresses where the driver VM's memory appears in the device VM. */
static void place_memdev(struct model *m)
{
	struct model_link *l, *o;
	uint64_t end;

	for (l = m->links; l; l = l->next) {
		if (l->device->identity) {	/* DMA: guest physical = physical, hence disjoint */
			l->memdev_ipa = l->driver->ram_paddr;
			continue;
		}
		end = l->device->ram_base + l->device->ram_size;
		for (o = m->links; o != l; o = o->next)
			if (o->device == l->device && o->memdev_ipa + o->driver->ram_size > end)
				end = o->memdev_ipa + o->driver->ram_size;
		l->memdev_ipa = round_up(end);
	}
}

bool memory_plan(struct model *m, uint64_t fixed_size)
{
	const struct platform *p = m->platform;
	struct pool pool = {
		.low = round_up(p->image_base + fixed_size),
		.low_end = p->guest_memory.base + p->guest_memory.size,
		.high = p->native_memory.base + p->native_minimum,
		.high_end = p->native_memory.base + p->native_memory.size,
	};
	struct model_blob *b;
	struct model_vm *vm;

	for (b = m->blobs; b; b = b->next) {
		b->paddr = pool.low;
		pool.low += round_up(b->size);
	}
	if (pool.low > pool.low_end) {
		diagnostic_plain(m->diagnostics,
				 "the image has %llu MiB, but the machine's memory for it ends "
				 "at 0x%llx: %llu MiB are missing; use smaller guest files",
				 (unsigned long long)((pool.low - p->image_base) >> 20),
				 (unsigned long long)pool.low_end,
				 (unsigned long long)((pool.low - pool.low_end) >> 20));
		return false;
	}
	for (vm = m->vms; vm; vm = vm->next)
		vm->ram_paddr = 0;
	for (vm = largest_unplaced(m); vm; vm = largest_unplaced(m)) {
		if (!place_ram(&pool, vm)) {
			say_missing(m, &pool, vm);
			return false;
		}
		if (vm->identity)
			vm->ram_base = vm->ram_paddr;
	}
	place_memdev(m);
	return true;
}
