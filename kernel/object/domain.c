/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scheduling domains (ABI 2.8, 10.1): a list of (domain, ticks), run from its start index until an
 * entry of no duration, then from the start again.
 */
#include <arch/clamp.h>
#include <kernel/account.h>
#include <kernel/domain.h>
#include <kernel/invocation.h>
#include <kernel/sched.h>

#define DURATION_LIMIT	(1UL << 56)

/* Not in the kernel that has none of our extensions. */
#ifdef KERNEL_PLAIN
#define ACCOUNTS_OFFERED	false
#else
#define ACCOUNTS_OFFERED	true
#endif

struct period {
	u8 domain;
	u64 ticks;
};

static struct period schedule[DOMAIN_SCHEDULE_LENGTH] = { { 0, 60 } };
static unsigned int start;

static void next_period(struct core *core)
{
	core->domain_index++;
	if (core->domain_index >= DOMAIN_SCHEDULE_LENGTH || schedule[core->domain_index].ticks == 0)
		core->domain_index = start;
	core->domain_ticks = schedule[core->domain_index].ticks;
}

bool domain_tick(void)
{
	struct core *core = core_self();
	u8 before = core->domain;

	if (core->domain_ticks > 1) {
		core->domain_ticks--;
		return false;
	}
	next_period(core);
	core->domain = schedule[core->domain_index].domain;
	return core->domain != before;
}

/* Before and after what decides when the thread runs is changed. False: not now, nothing was done. */
static bool take_out(struct tcb *tcb)
{
	if (!sched_may_hold(tcb))
		return false;
	sched_hold(tcb);
	sched_dequeue(tcb);
	return true;
}

static void put_back(struct tcb *tcb)
{
	if (tcb == core_of(tcb)->current)
		sched_reconsider(tcb);
	else if (tcb_runnable(tcb))
		sched_enqueue_head(tcb);
	sched_reschedule();
}

static enum invoke decode_set(struct invocation *inv)
{
	u64 domain = invocation_mr(inv, 0);
	struct tcb *tcb;

	if (inv->length < 1 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (domain >= DOMAIN_COUNT)
		return error_argument(inv, 0);
	if (cap_type(invocation_extra(inv, 0)) != CAP_THREAD)
		return error_argument(inv, 1);

	tcb = tcb_of(invocation_extra(inv, 0));
	if (!take_out(tcb))
		return INVOKE_PREEMPTED;
	tcb->domain = (u8)index_clamp(domain, DOMAIN_COUNT);
	put_back(tcb);
	return INVOKE_OK;
}

/* Ours (docs/kernel.md, "CPU time"): whoever may set domains says what each thread is charged to. */
static enum invoke decode_set_account(struct invocation *inv)
{
	u64 account = invocation_mr(inv, 0), weight = invocation_mr(inv, 1);
	u64 band = invocation_mr(inv, 2);
	struct tcb *tcb;

	if (inv->length < 3 || inv->extras < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (account >= ACCOUNTS && account != ACCOUNT_CALLER)
		return error_range(inv, 0, ACCOUNTS - 1);
	if (weight < ACCOUNT_WEIGHT_MIN || weight > ACCOUNT_WEIGHT_MAX)
		return error_range(inv, ACCOUNT_WEIGHT_MIN, ACCOUNT_WEIGHT_MAX);
	if (band > SEL4_MAX_PRIORITY)
		return error_range(inv, 0, SEL4_MAX_PRIORITY);
	if (cap_type(invocation_extra(inv, 0)) != CAP_THREAD)
		return error_argument(inv, 3);

	tcb = tcb_of(invocation_extra(inv, 0));
	if (!take_out(tcb))
		return INVOKE_PREEMPTED;
	if (account != ACCOUNT_CALLER && account != ACCOUNT_NONE)
		account_configure((unsigned int)index_clamp(account, ACCOUNTS), (unsigned int)weight,
				  (u8)band);
	account_assign(tcb, (u8)account);
	put_back(tcb);
	return INVOKE_OK;
}

static enum invoke decode_configure(struct invocation *inv)
{
	u64 i = invocation_mr(inv, 0), domain = invocation_mr(inv, 1);
	u64 ticks = invocation_mr(inv, 2);

	if (inv->length < 3)
		return error_plain(inv, seL4_TruncatedMessage);
	if (i >= DOMAIN_SCHEDULE_LENGTH - 1)
		return error_range(inv, 0, DOMAIN_SCHEDULE_LENGTH - 2);
	if (domain >= DOMAIN_COUNT)
		return error_range(inv, 0, DOMAIN_COUNT - 1);
	if (ticks >= DURATION_LIMIT)
		return error_argument(inv, 2);
	if (ticks == 0 && domain != 0)
		return error_argument(inv, 1);
	if (ticks == 0 && i == start)
		return error_argument(inv, 2);

	schedule[index_clamp(i, DOMAIN_SCHEDULE_LENGTH)] = (struct period){ (u8)domain, ticks };
	return INVOKE_OK;
}

static enum invoke decode_set_start(struct invocation *inv)
{
	u64 first = invocation_mr(inv, 0);

	if (inv->length < 1)
		return error_plain(inv, seL4_TruncatedMessage);
	if (first >= DOMAIN_SCHEDULE_LENGTH)
		return error_range(inv, 0, DOMAIN_SCHEDULE_LENGTH - 1);
	if (schedule[index_clamp(first, DOMAIN_SCHEDULE_LENGTH)].ticks == 0)
		return error_argument(inv, 0);

	start = (unsigned int)first;
	for (unsigned int i = 0; i < KERNEL_CORES; i++) {
		cores[i].domain_index = DOMAIN_SCHEDULE_LENGTH;	/* the next tick begins at the start */
		cores[i].domain_ticks = 0;
	}
	return INVOKE_OK;
}

enum invoke domain_decode(struct invocation *inv)
{
	switch (inv->label) {
	case DomainSetSet:
		return decode_set(inv);
	case DomainScheduleConfigure:
		return decode_configure(inv);
	case DomainScheduleSetStart:
		return decode_set_start(inv);
	case PEERVISOR_DOMAIN_SET_ACCOUNT:
		if (ACCOUNTS_OFFERED)
			return decode_set_account(inv);
		/* fall through */
	default:
		return error_plain(inv, seL4_IllegalOperation);
	}
}
