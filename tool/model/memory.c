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

static bool take(struct pool *p, uint64_t size, uint64_t *paddr)
{
	if (p->low_end - p->low >= size) {
		*paddr = p->low;
		p->low += size;
		return true;
	}
	if (p->high_end - p->high >= size) {
		p->high_end -= size;
		*paddr = p->high_end;
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

static void say_missing(const struct model *m, const struct pool *p, const struct token *at,
			uint64_t size, const char *what)
{
	uint64_t low = p->low_end - p->low, high = p->high_end - p->high;
	uint64_t best = low > high ? low : high;

	diagnostic_error(
		m->diagnostics, at,
		"%llu MiB for %s do not fit the machine's memory: "
		"the largest free piece has %llu MiB, %llu MiB are missing; make ram_size of a VM "
		"smaller",
		(unsigned long long)(size >> 20), what, (unsigned long long)(best >> 20),
		(unsigned long long)((size - best) >> 20));
}

static bool place_all_ram(struct model *m, struct pool *pool)
{
	struct model_vm *vm;

	for (vm = m->vms; vm; vm = vm->next)
		vm->ram_paddr = 0;
	for (vm = largest_unplaced(m); vm; vm = largest_unplaced(m)) {
		if (!take(pool, vm->ram_size, &vm->ram_paddr)) {
			say_missing(m, pool, vm->instance->at, vm->ram_size, vm->name);
			return false;
		}
		if (vm->identity)
			vm->ram_base = vm->ram_paddr;
	}
	return true;
}

static bool place_windows(struct model *m, struct pool *pool)
{
	struct model_link *l;

	for (l = m->links; l; l = l->next) {
		if (!l->confined || take(pool, l->window_size, &l->window_paddr))
			continue;
		say_missing(m, pool, l->window_at, l->window_size,
			    arena_format(m->arena, "the window between %s and %s", l->device->name,
					 l->driver->name));
		return false;
	}
	return true;
}

bool memory_overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/*
 * End of what lies in [base, base + size) of the guest-physical addresses of `vm`: its RAM, its
 * windows, what its driver VMs share with it. 0: free. `but` and its window do not count.
 */
static uint64_t occupied(const struct model *m, const struct model_vm *vm, uint64_t base,
			 uint64_t size, const struct model_link *but)
{
	const struct model_link *l;

	if (memory_overlap(base, size, vm->ram_base, vm->ram_size))
		return vm->ram_base + vm->ram_size;
	for (l = m->links; l; l = l->next) {
		if (l->driver == vm && l != but && l->window_base &&
		    memory_overlap(base, size, l->window_base, l->window_size))
			return l->window_base + l->window_size;
		if (l->device == vm && l->memdev_ipa &&
		    memory_overlap(base, size, l->memdev_ipa, link_shared_size(l)))
			return l->memdev_ipa + link_shared_size(l);
	}
	return 0;
}

static uint64_t first_free(const struct model *m, const struct model_vm *vm, uint64_t size)
{
	uint64_t base = round_up(vm->ram_base + vm->ram_size), end;

	for (end = occupied(m, vm, base, size, NULL); end; end = occupied(m, vm, base, size, NULL))
		base = round_up(end);
	return base;
}

/*
 * Guest-physical addresses: where a window lies in the driver VM, and where the window or all RAM of
 * the driver VM appears in the device VM. A VM with devices that do DMA sees what is physical.
 */
static bool place_shared(struct model *m)
{
	struct model_link *l;

	for (l = m->links; l; l = l->next) {
		l->memdev_ipa = 0;
		l->window_base = l->confined ? l->window_given : 0;
	}
	for (l = m->links; l; l = l->next) {
		if (l->window_given && occupied(m, l->driver, l->window_given, l->window_size, l)) {
			diagnostic_error(m->diagnostics, l->window_at,
					 "the window of %s at 0x%llx lies on its RAM or on another "
					 "window; leave swiotlb_base out, or move it",
					 l->driver->name, (unsigned long long)l->window_given);
			return false;
		}
		if (l->confined && !l->window_given)
			l->window_base = l->driver->identity ?
						 l->window_paddr :
						 first_free(m, l->driver, l->window_size);
		l->memdev_ipa = l->device->identity ?
					link_shared_paddr(l) :
					first_free(m, l->device, link_shared_size(l));
	}
	return true;
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
	return place_all_ram(m, &pool) && place_windows(m, &pool) && place_shared(m);
}
