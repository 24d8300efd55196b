/* SPDX-License-Identifier: BSD-2-Clause */
#include "invariants.h"

#include <stdlib.h>
#include <string.h>

#include <kernel/account.h>
#include <kernel/asid.h>
#include <kernel/core.h>
#include <kernel/endpoint.h>
#include <kernel/notification.h>
#include <kernel/object.h>

#include "../../../kernel/object/vcpu.h"
#include "derivation.h"
#include "world.h"

#define MAX_SLOTS	16384u
#define HASH		(4 * MAX_SLOTS)
#define ROOT_SLOTS	4096u

/* All slots of the tree, in the order of its lists. */
static const struct slot *slots[MAX_SLOTS];
static unsigned int count;
static const struct slot *hash[HASH];

static unsigned int hash_of(const struct slot *slot)
{
	return (unsigned int)((uintptr_t)slot * 0x9e3779b97f4a7c15UL >> 40) % HASH;
}

static bool is_known(const struct slot *slot)
{
	unsigned int i = hash_of(slot);

	while (hash[i] && hash[i] != slot)
		i = (i + 1) % HASH;
	return hash[i] == slot;
}

static void add(const struct slot *slot)
{
	unsigned int i = hash_of(slot);

	assert_true(count < MAX_SLOTS);
	slots[count++] = slot;
	while (hash[i])
		i = (i + 1) % HASH;
	hash[i] = slot;
}

static void add_list(const struct slot *slot)
{
	while (cdt_prev(slot)) {
		assert_ptr_equal(cdt_next(cdt_prev(slot)), slot);
		slot = cdt_prev(slot);
	}
	for (; slot; slot = cdt_next(slot)) {
		assert_false(is_known(slot));
		assert_false(slot_is_empty(slot));
		assert_true(!cdt_next(slot) || cdt_prev(cdt_next(slot)) == slot);
		add(slot);
	}
}

/* No capability is outside of the tree, and no empty slot in it. */
static void check_slots(const struct slot *first, u64 n)
{
	for (u64 i = 0; i < n; i++) {
		if (slot_is_empty(&first[i]))
			assert_true(!first[i].prev && !cdt_next(&first[i]));
		else
			assert_true(is_known(&first[i]));
	}
}

static void check_containers(void)
{
	for (unsigned int i = 0; i < count; i++) {
		struct cap cap = slots[i]->cap;

		if (cap_type(cap) == CAP_CNODE)
			check_slots(cnode_slots(cap), 1UL << cap_cnode_radix(cap));
		else if (cap_type(cap) == CAP_ZOMBIE)
			check_slots(cap_object(cap), cap_zombie_left(cap));
		else if (cap_type(cap) == CAP_THREAD)
			check_slots(tcb_of(cap)->slots, TCB_SLOTS);
	}
}

static void collect(void)
{
	const struct slot *root = world_slot(0);

	memset(hash, 0, sizeof(hash));
	count = 0;
	for (unsigned int i = 0; i < ROOT_SLOTS; i++)
		if (!slot_is_empty(&root[i]) && !is_known(&root[i]))
			add_list(&root[i]);
	/* What answers a thread begins in its TCB. */
	for (unsigned int i = 0; i < count; i++) {
		struct cap cap = slots[i]->cap;
		const struct slot *reply;

		if (cap_type(cap) != CAP_THREAD &&
		    !(cap_type(cap) == CAP_ZOMBIE && cap_zombie_tcb(cap)))
			continue;
		reply = &tcb_of(cap)->slots[TCB_REPLY];
		if (!slot_is_empty(reply) && !is_known(reply))
			add_list(reply);
	}
	check_slots(root, ROOT_SLOTS);
	check_containers();
}

/* ---- Objects and the memory they are in. */

struct object {
	u64 start, end;
	const struct slot *slot;
};

static struct object objects[MAX_SLOTS];
static unsigned int object_count;

static unsigned int bits_of(struct cap cap)
{
	switch (cap_type(cap)) {
	case CAP_FRAME:
		return cap_frame_bits(cap);
	case CAP_UNTYPED:
		return cap_untyped_bits(cap);
	case CAP_CNODE:
		return cap_cnode_radix(cap) + SEL4_SLOT_BITS;
	case CAP_ZOMBIE:
		return cap_zombie_tcb(cap) ? SEL4_TCB_BITS :
		       (unsigned int)cap_field(cap.w[0], 44, 6) + SEL4_SLOT_BITS;
	case CAP_THREAD:
		return SEL4_TCB_BITS;
	case CAP_ENDPOINT:
		return SEL4_ENDPOINT_BITS;
	case CAP_NOTIFICATION:
		return SEL4_NOTIFICATION_BITS;
	case CAP_PAGE_TABLE: case CAP_VSPACE: case CAP_ASID_POOL: case CAP_VCPU:
		return 12;
	default:
		return 0;
	}
}

static int by_start(const void *a, const void *b)
{
	const struct object *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return (x->end > y->end) - (x->end < y->end);
}

static void check_overlap(void)
{
	object_count = 0;
	for (unsigned int i = 0; i < count; i++) {
		struct cap cap = slots[i]->cap;
		u64 start = cap_paddr(cap).v;

		if (cap_type(cap) != CAP_UNTYPED && bits_of(cap))
			objects[object_count++] = (struct object){
				start, start + (1UL << bits_of(cap)), slots[i] };
	}
	qsort(objects, object_count, sizeof(objects[0]), by_start);
	for (unsigned int i = 1; i < object_count; i++) {
		const struct object *a = &objects[i - 1], *b = &objects[i];

		if (a->end > b->start)
			assert_true(object_same(a->slot->cap, b->slot->cap));
	}
}

/* The object at an address, or NULL. */
static const struct slot *object_at(u64 start, enum cap_type type)
{
	unsigned int low = 0, high = object_count;

	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (objects[middle].start < start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < object_count && objects[low].start == start; low++)
		if (cap_type(objects[low].slot->cap) == type)
			return objects[low].slot;
	return NULL;
}

static bool is_inside(struct cap untyped, struct cap cap)
{
	u64 base = cap_paddr(untyped).v, at = cap_paddr(cap).v;

	return bits_of(cap) && at >= base &&
	       at + (1UL << bits_of(cap)) <= base + (1UL << cap_untyped_bits(untyped));
}

/* Everything inside an untyped follows it without a gap, and lies below its watermark. */
static void check_untyped(unsigned int index)
{
	struct cap untyped = slots[index]->cap;
	u64 mark = cap_paddr(untyped).v + cap_untyped_mark(untyped);
	unsigned int i = index + 1;

	for (; i < count && is_inside(untyped, slots[i]->cap); i++) {
		assert_true(cap_paddr(slots[i]->cap).v + (1UL << bits_of(slots[i]->cap)) <= mark);
		assert_true(cdt_is_parent(slots[index], slots[i]));
	}
	for (; i < count; i++)
		if (is_inside(untyped, slots[i]->cap))
			assert_true(cap_type(slots[i]->cap) == CAP_UNTYPED &&
				    bits_of(slots[i]->cap) == bits_of(untyped));
}

/* ---- Address spaces. */

struct translation {
	u64 vmid, address, entry;
	unsigned int level;
	bool current;			/* met in this walk of the tables */
};

#define MAX_TLB	4096u

static struct translation tlb[MAX_TLB];
static unsigned int tlb_count;

static void tlb_flushed(u64 vmid, u64 address, bool all)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < tlb_count; i++) {
		u64 size = 1UL << (12 + 9 * (3 - tlb[i].level));
		bool hit = tlb[i].vmid == vmid && (all || address - tlb[i].address < size);

		if (!hit)
			tlb[kept++] = tlb[i];
	}
	tlb_count = kept;
}

static void tlb_add(struct translation new)
{
	for (unsigned int i = 0; i < tlb_count; i++)
		if (tlb[i].vmid == new.vmid && tlb[i].address == new.address &&
		    tlb[i].level == new.level) {
			assert_int_equal(tlb[i].entry, new.entry);	/* else a flush was missed */
			tlb[i].current = true;
			return;
		}
	assert_true(tlb_count < MAX_TLB);
	tlb[tlb_count++] = new;
}

static bool frame_says_so(u16 asid, struct translation t)
{
	unsigned int rights = (unsigned int)(t.entry >> 6) & 3;

	for (unsigned int i = 0; i < count; i++) {
		struct cap cap = slots[i]->cap;

		if (cap_type(cap) == CAP_FRAME && cap_asid(cap) == asid &&
		    cap_mapped_at(cap).v == t.address &&
		    cap_paddr(cap).v == (t.entry & 0xfffffffff000) &&
		    3 - (unsigned int)cap_frame_size(cap) == t.level &&
		    (cap_frame_rights(cap) & rights) == rights)
			return true;
	}
	return false;
}

/* A table: each entry has its cap. vmid 256: the space has none. */
static void check_table(u64 table, unsigned int level, u64 base, u16 asid, u64 vmid)
{
	const u64 *entries = arch_phys_to_ptr(paddr(table));

	for (u64 i = 0; i < 512; i++) {
		u64 at = base + (i << (12 + 9 * (3 - level)));
		struct translation t = { vmid, at, entries[i], level, true };
		const struct slot *slot;

		if (!(entries[i] & 1))
			continue;
		if (level == 3 || (entries[i] & 3) == 1) {
			assert_true(frame_says_so(asid, t));
			if (vmid < 256)
				tlb_add(t);
			continue;
		}
		slot = object_at(entries[i] & 0xfffffffff000, CAP_PAGE_TABLE);
		assert_non_null(slot);
		assert_true(cap_is_mapped(slot->cap));
		assert_int_equal(cap_asid(slot->cap), asid);
		assert_int_equal(cap_mapped_at(slot->cap).v, at);
		check_table(entries[i] & 0xfffffffff000, level + 1, at, asid, vmid);
	}
}

static void check_pool(struct cap pool)
{
	const u64 *entries = cap_object(pool);

	for (unsigned int i = 0; i < 512; i++) {
		u16 asid = (u16)(cap_asid(pool) + i);
		u64 space = entries[i] & ~0xfffUL;
		const struct slot *slot;

		if (!entries[i])
			continue;
		slot = object_at(space, CAP_VSPACE);
		assert_non_null(slot);
		assert_true(cap_is_valid_vspace(slot->cap));
		assert_int_equal(cap_asid(slot->cap), asid);
		check_table(space, 0, 0, asid, entries[i] & 1 ? entries[i] >> 1 & 0xff : 256);
	}
}

/* What the TLB kept is still what the tables say. */
static void check_tlb(void)
{
	for (unsigned int i = 0; i < tlb_count; i++)
		assert_true(tlb[i].current);
}

/* ---- Threads and what they wait for. */

static struct tcb *live(struct tcb *tcb)
{
	u64 at = arch_ptr_to_phys(tcb).v;

	assert_true(object_at(at, CAP_THREAD) || object_at(at, CAP_ZOMBIE));
	return tcb;
}

static void check_queue(u64 head, u64 tail, u64 object, bool (*state_fits)(enum thread_state))
{
	const struct tcb *before = NULL;
	unsigned int n = 0;

	for (struct tcb *tcb = (struct tcb *)head; tcb; tcb = tcb->wait_next) {
		assert_true(n++ < 1000);
		live(tcb);
		assert_ptr_equal(tcb->wait_prev, before);
		assert_true(state_fits(tcb->state));
		assert_int_equal(tcb->blocked_on.v, object);
		before = tcb;
	}
	assert_ptr_equal(before, (struct tcb *)(tail & ~3UL));
}

static bool is_sending(enum thread_state state)
{
	return state == THREAD_BLOCKED_SEND;
}

static bool is_receiving(enum thread_state state)
{
	return state == THREAD_BLOCKED_RECEIVE;
}

static bool is_waiting(enum thread_state state)
{
	return state == THREAD_BLOCKED_NOTIFICATION;
}

static void check_endpoint(struct cap cap)
{
	const struct endpoint *ep = endpoint_of(cap);

	if ((ep->tail & 3) == ENDPOINT_IDLE)
		assert_true(!ep->tail && !ep->head);
	else
		check_queue(ep->head, ep->tail, cap_paddr(cap).v,
			    (ep->tail & 3) == ENDPOINT_SENDERS ? is_sending : is_receiving);
}

static void check_notification(struct cap cap)
{
	const struct notification *ntfn = notification_of(cap);

	if (notification_state(ntfn) == NOTIFICATION_WAITING)
		check_queue(ntfn->head, ntfn->tail, cap_paddr(cap).v, is_waiting);
	if (ntfn->bound)
		assert_ptr_equal(live(ntfn->bound)->bound_notification, ntfn);
}

/* It waits with threads of its own account only, and the scheduler knows of them. */
static void check_parked(const struct tcb *tcb)
{
	const struct tcb *next = tcb->run_next;

	assert_true(tcb->queued && tcb->account != ACCOUNT_NONE && tcb->account != ACCOUNT_CALLER);
	if (next)
		assert_true(next->parked && next->run_prev == tcb && next->account == tcb->account);
	assert_true(core_self()->highest[0] >= account_highest_band(core_self(), 0));
	assert_true(account_highest_band(core_self(), 0) >= 0);
}

static void check_thread(struct tcb *tcb)
{
	const struct slot *reply = &tcb->slots[TCB_REPLY];

	if (tcb_runnable(tcb))
		assert_true(tcb == sched_current || tcb->queued);
	else
		assert_false(tcb->queued);
	if (tcb == sched_current)
		assert_false(tcb->queued);
	if (tcb->parked)
		check_parked(tcb);
	if (tcb->bound_notification) {
		u64 at = arch_ptr_to_phys(tcb->bound_notification).v;

		assert_ptr_equal(tcb->bound_notification->bound, tcb);
		assert_non_null(object_at(at, CAP_NOTIFICATION));
	}
	if (tcb->vcpu) {
		assert_ptr_equal(tcb->vcpu->tcb, tcb);
		assert_non_null(object_at(arch_ptr_to_phys(tcb->vcpu).v, CAP_VCPU));
	} else {
		assert_int_equal(tcb->context.spsr & 15, 0);
	}
	if (!slot_is_empty(reply))
		assert_true(cap_reply_master(reply->cap) && tcb_of(reply->cap) == tcb);
}

/* A reply names a thread that waits for it, right behind that thread's own. */
static void check_reply(const struct slot *slot)
{
	struct tcb *tcb = live(tcb_of(slot->cap));

	if (cap_reply_master(slot->cap)) {
		assert_ptr_equal(slot, &tcb->slots[TCB_REPLY]);
		return;
	}
	assert_int_equal(tcb->state, THREAD_BLOCKED_REPLY);
	assert_ptr_equal(cdt_prev(slot), &tcb->slots[TCB_REPLY]);
}

static void check_run_queues(void)
{
	for (unsigned int i = 0; i < SCHED_PRIORITIES; i++) {
		const struct run_queue *queue = &core_self()->queues[0][i];
		const struct tcb *before = NULL;
		bool marked = core_self()->occupied[0][i / 64] >> i % 64 & 1;

		assert_int_equal(marked, queue->head != NULL);
		for (struct tcb *tcb = queue->head; tcb; tcb = tcb->run_next) {
			assert_true(tcb->queued && tcb->priority == i && tcb_runnable(tcb));
			assert_ptr_equal(tcb->run_prev, before);
			before = tcb;
		}
		assert_true(!queue->head || queue->tail == before);
	}
	if (core_self()->vcpu)
		assert_non_null(object_at(arch_ptr_to_phys(core_self()->vcpu).v, CAP_VCPU));
}

static void check_object(unsigned int i)
{
	struct cap cap = slots[i]->cap;

	switch (cap_type(cap)) {
	case CAP_UNTYPED:
		check_untyped(i);
		break;
	case CAP_ENDPOINT:
		check_endpoint(cap);
		break;
	case CAP_NOTIFICATION:
		check_notification(cap);
		break;
	case CAP_THREAD:
		check_thread(tcb_of(cap));
		break;
	case CAP_REPLY:
		check_reply(slots[i]);
		break;
	case CAP_ASID_POOL:
		check_pool(cap);
		break;
	default:
		break;
	}
}

void invariants_reset(void)
{
	derivation_reset();
	tlb_count = 0;
	fake_tlb_flushed = tlb_flushed;
}

void invariants_check(void)
{
	collect();
	check_overlap();
	for (unsigned int i = 0; i < tlb_count; i++)
		tlb[i].current = false;
	for (unsigned int i = 0; i < count; i++)
		check_object(i);
	check_tlb();
	check_run_queues();
	derivation_check();
}
