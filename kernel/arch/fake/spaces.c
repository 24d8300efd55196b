/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces and vCPUs of the fake machine: caps exist, nothing is mapped. */
#include <arch/fake.h>
#include <kernel/asid.h>
#include <kernel/invocation.h>
#include <kernel/vcpu.h>
#include <kernel/vspace.h>

void frame_create(struct paddr at, enum frame_size size, bool device)
{
}

void page_table_create(struct paddr at)
{
}

void vspace_create(struct paddr at)
{
}

void frame_finalise(struct cap cap)
{
}

void page_table_finalise(struct cap cap, bool final)
{
}

void vspace_finalise(struct cap cap, bool final)
{
}

void asid_pool_finalise(struct cap cap, bool final)
{
}

bool fake_short_faults;
struct vcpu_idle fake_idle;

bool vcpu_short_faults(const struct vcpu *vcpu)
{
	return fake_short_faults;
}

struct vcpu_idle vcpu_idle(const struct vcpu *vcpu)
{
	return fake_idle;
}

void vcpu_create(struct paddr at)
{
}

void vcpu_finalise(struct cap cap, bool final)
{
}

void vcpu_thread_finalise(struct tcb *tcb)
{
	tcb->vcpu = NULL;
}

enum invoke vspace_decode(struct invocation *inv)
{
	return error_plain(inv, seL4_IllegalOperation);
}

enum invoke frame_decode(struct invocation *inv)
{
	return error_plain(inv, seL4_IllegalOperation);
}

enum invoke page_table_decode(struct invocation *inv)
{
	return error_plain(inv, seL4_IllegalOperation);
}

enum invoke asid_control_decode(struct invocation *inv)
{
	return error_plain(inv, seL4_IllegalOperation);
}

enum invoke asid_pool_decode(struct invocation *inv)
{
	return error_plain(inv, seL4_IllegalOperation);
}

enum invoke vcpu_decode(struct invocation *inv)
{
	return error_plain(inv, seL4_IllegalOperation);
}
