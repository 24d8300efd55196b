/* SPDX-License-Identifier: BSD-2-Clause */
#include "world.h"

#include <string.h>

#include <kernel/debug.h>

#include "../../../kernel/object/space.h"
#include "../../../kernel/object/vcpu.h"

#define ROOT_TCB_AT	(FAKE_RAM_BASE + 0x1000)
#define ROOT_BUFFER_AT	(FAKE_RAM_BASE + 0x2000)
#define ROOT_CNODE_AT	(FAKE_RAM_BASE + 0x20000)
#define ROOT_VSPACE_AT	(FAKE_RAM_BASE + 0x4000)
#define ROOT_POOL_AT	(FAKE_RAM_BASE + 0x6000)
#define UNTYPED_AT	(FAKE_RAM_BASE + 0x1000000)
#define UNTYPED_BITS	24

struct tcb *world_root;

struct slot *world_slot(u64 cptr)
{
	return (struct slot *)arch_phys_to_ptr(paddr(ROOT_CNODE_AT)) + cptr;
}

u64 *world_buffer(struct tcb *tcb)
{
	return tcb_buffer(tcb, true);
}

static struct cap root_vspace(void)
{
	return cap_with_mapping(cap_with_mapped(cap_make(CAP_VSPACE, paddr(ROOT_VSPACE_AT)), true),
				1, vaddr(0));
}

static void make_root(struct slot *slots)
{
	struct cap buffer = cap_frame(paddr(ROOT_BUFFER_AT), FRAME_SMALL, 3, false);

	world_root = arch_phys_to_ptr(paddr(ROOT_TCB_AT));
	tcb_create(world_root, 0);
	cdt_insert_root(&slots[S_TCB], cap_make(CAP_THREAD, paddr(ROOT_TCB_AT)));
	cdt_insert_root(&slots[S_CNODE], cap_cnode(paddr(ROOT_CNODE_AT), 12, 52, 0));
	cdt_insert_root(&slots[S_VSPACE], root_vspace());
	cdt_insert_root(&slots[10], buffer);
	cdt_insert(&world_root->slots[TCB_CSPACE], slots[S_CNODE].cap, &slots[S_CNODE]);
	cdt_insert(&world_root->slots[TCB_VSPACE], slots[S_VSPACE].cap, &slots[S_VSPACE]);
	cdt_insert(&world_root->slots[TCB_BUFFER], buffer, &slots[10]);
	world_root->buffer = vaddr(0x10000);
	world_root->priority = world_root->mcp = 255;
}

int world_setup(void **state)
{
	struct slot *slots = world_slot(0);

	vcpu_flush();
	fake_cpu_reset();
	memset(fake_ram, 0, 0x100000);
	fake_irq_waiting = false;
	fake_irq_next = ARCH_IRQ_NONE;
	irq_init();
	debug_init();
	make_root(slots);
	cdt_insert_root(&slots[S_IRQ_CONTROL], cap_plain(CAP_IRQ_CONTROL, 0));
	asid_boot(paddr(ROOT_POOL_AT), paddr(ROOT_VSPACE_AT));
	cdt_insert_root(&slots[S_ASID_CONTROL], cap_plain(CAP_ASID_CONTROL, 0));
	cdt_insert_root(&slots[S_ASID_POOL], cap_make(CAP_ASID_POOL, paddr(ROOT_POOL_AT)));
	cdt_insert_root(&slots[S_DOMAIN], cap_plain(CAP_DOMAIN, 0));
	cdt_insert_root(&slots[SEL4_SLOT_SMC], cap_plain(CAP_SMC, 0));
	cdt_insert_root(&slots[S_UNTYPED], cap_untyped(paddr(UNTYPED_AT), UNTYPED_BITS, false,
						       1UL << UNTYPED_BITS));
	cdt_insert_root(&slots[S_DEVICE], cap_untyped(paddr(0x8000000), 20, true, 1UL << 20));
	cdt_insert_root(&slots[S_FAR_DEVICE], cap_untyped(paddr(0x4000000000), 12, true, 0));
	sched_init(world_root);
	assert_ptr_equal(sched_run(), world_root);
	return 0;
}

void world_trap(long nr, u64 cptr, u64 info)
{
	struct tcb *tcb = sched_current;

	tcb->context.fault_ip = 0x1000;
	tcb->context.next_ip = 0x1004;
	tcb->context.x[0] = cptr;
	tcb->context.x[1] = info;
	tcb->context.x[7] = (u64)nr;
	kernel_syscall(nr);
}

void world_set_mr(unsigned int i, u64 value)
{
	ipc_set_mr(sched_current, world_buffer(sched_current), i, value);
}

void world_set_caps(unsigned int count, ...)
{
	va_list args;

	va_start(args, count);
	for (unsigned int i = 0; i < count; i++)
		world_buffer(sched_current)[SEL4_IPC_BUFFER_CAPS / 8 + i] = va_arg(args, u64);
	va_end(args);
}

struct answer world_answer(struct tcb *tcb)
{
	u64 info = tcb->context.x[1];
	struct answer answer = {
		.label = message_label(info),
		.length = message_length(info),
		.caps = message_caps(info),
		.unwrapped = (unsigned int)(info >> SEL4_MSG_UNWRAPPED_SHIFT) & 7,
		.badge = tcb->context.x[0],
	};

	for (unsigned int i = 0; i < answer.length; i++)
		answer.mr[i] = i < 4 ? tcb->context.x[2 + i] : world_buffer(tcb)[1 + i];
	return answer;
}

struct answer world_call(u64 cptr, u64 label, unsigned int caps, unsigned int count, ...)
{
	struct tcb *tcb = sched_current;
	va_list args;

	va_start(args, count);
	for (unsigned int i = 0; i < count; i++)
		world_set_mr(i, va_arg(args, u64));
	va_end(args);
	world_trap(SEL4_SYS_CALL, cptr, message_info(label, 0, caps, count));
	return world_answer(tcb);
}

u64 world_retype(u64 untyped, seL4_ObjectType type, unsigned int bits, u64 first, unsigned int n)
{
	world_set_caps(1, (u64)S_CNODE);
	return world_call(untyped, UntypedRetype, 1, 6, (u64)type, (u64)bits, 0UL, 0UL, first,
			  (u64)n).label;
}

u64 world_copy(u64 to, u64 from, u64 rights)
{
	world_set_caps(1, (u64)S_CNODE);
	return world_call(S_CNODE, CNodeCopy, 1, 5, to, 64UL, from, 64UL, rights).label;
}

u64 world_mint(u64 to, u64 from, u64 rights, u64 badge)
{
	world_set_caps(1, (u64)S_CNODE);
	return world_call(S_CNODE, CNodeMint, 1, 6, to, 64UL, from, 64UL, rights, badge).label;
}

u64 world_delete(u64 cptr)
{
	return world_call(S_CNODE, CNodeDelete, 0, 2, cptr, 64UL).label;
}

u64 world_revoke(u64 cptr)
{
	return world_call(S_CNODE, CNodeRevoke, 0, 2, cptr, 64UL).label;
}

struct tcb *world_thread(u64 tcb, u8 priority)
{
	struct tcb *thread;

	assert_int_equal(world_retype(S_UNTYPED, seL4_TCBObject, 0, tcb, 1), 0);
	assert_int_equal(world_retype(S_UNTYPED, seL4_ARM_SmallPageObject, 0, tcb + 1, 1), 0);
	world_set_caps(3, (u64)S_CNODE, (u64)S_VSPACE, tcb + 1);
	assert_int_equal(world_call(tcb, TCBConfigure, 3, 4, 0UL, 0UL, 0UL, 0x20000UL).label, 0);
	world_set_caps(1, (u64)S_TCB);
	assert_int_equal(world_call(tcb, TCBSetPriority, 1, 1, (u64)priority).label, 0);
	thread = tcb_of(world_slot(tcb)->cap);
	assert_int_equal(world_call(tcb, TCBResume, 0, 0).label, 0);
	return thread;
}

void world_run(struct tcb *tcb)
{
	for (unsigned int i = 0; i < 1000 && sched_current != tcb; i++)
		world_trap(SEL4_SYS_YIELD, 0, 0);
	assert_ptr_equal(sched_current, tcb);
}
