/* SPDX-License-Identifier: BSD-2-Clause */
/* CPU time accounts (account.h): deficit round robin among the accounts of a band, per core. */
#include <kernel/account.h>
#include <kernel/arch.h>
#include <kernel/sched.h>

#define PERCENT		100

static struct {
	u32 quantum;			/* counter ticks in each round */
	u8 band;
} settings[ACCOUNTS];

/* What an account has on one core. */
struct account {
	struct tcb *head, *tail;	/* its parked threads */
	s64 balance;			/* counter ticks left in its round; negative: debt */
	u32 round;			/* of its band, when the balance was right */
	u8 next, prev;			/* in the list of accounts with parked threads; 0: none */
	u8 domain;			/* of that list and of all its parked threads */
};

static struct account accounts[KERNEL_CORES][ACCOUNTS];
/* Ordered by band, the highest first, then by the time of parking. */
static struct {
	u8 first, last;
} parked[KERNEL_CORES][DOMAIN_COUNT];
static u32 rounds[KERNEL_CORES][SCHED_PRIORITIES];
static u64 unit;

void account_init(u64 quantum)
{
	unit = quantum;
	for (unsigned int i = 1; i < ACCOUNTS; i++)
		account_configure(i, PERCENT, 0);
	for (unsigned int i = 0; i < KERNEL_CORES; i++) {
		for (unsigned int j = 0; j < ACCOUNTS; j++)
			accounts[i][j] = (struct account){ .head = NULL };
		for (unsigned int j = 0; j < SCHED_PRIORITIES; j++)
			rounds[i][j] = 1;
		for (unsigned int j = 0; j < DOMAIN_COUNT; j++)
			parked[i][j].first = parked[i][j].last = 0;
	}
}

void account_configure(unsigned int account, unsigned int weight, u8 band)
{
	settings[account].quantum = (u32)(unit * weight / PERCENT);
	settings[account].band = band;
}

void account_assign(struct tcb *tcb, u8 account)
{
	tcb->account = account;
	tcb->charged = account == ACCOUNT_CALLER ? ACCOUNT_NONE : account;
	if (tcb == sched_current)
		account_switch(core_self(), tcb->charged);
}

/* The account with what the rounds since it was last looked at gave it: never more than a quantum. */
static struct account *account_at(const struct core *core, unsigned int number)
{
	struct account *account = &accounts[core_number(core)][number];
	u32 missed = rounds[core_number(core)][settings[number].band] - account->round;
	s64 quantum = settings[number].quantum;

	if (!missed)
		return account;
	account->round += missed;
	account->balance += missed * quantum;
	if (account->balance > quantum)
		account->balance = quantum;
	return account;
}

void account_charge(struct core *core)
{
	u64 now = arch_counter();

	if (core->charged != ACCOUNT_NONE)
		account_at(core, core->charged)->balance -= (s64)(now - core->charged_since);
	core->charged_since = now;
}

void account_switch(struct core *core, u8 account)
{
	account_charge(core);
	core->charged = account;
}

bool account_is_spent(const struct tcb *tcb)
{
	const struct account *account;

	if (tcb->account == ACCOUNT_NONE || tcb->account == ACCOUNT_CALLER)
		return false;
	account = account_at(core_of(tcb), tcb->account);
	if (account->head && account->domain != tcb->domain)
		return false;		/* one list at a time; a system puts a VM into one domain */
	return account->balance <= 0;
}

void account_serve(struct tcb *server, u8 payer)
{
	if (server->account != ACCOUNT_CALLER || payer == ACCOUNT_CALLER)
		return;
	server->charged = payer;
	if (server == sched_current)
		account_switch(core_self(), payer);
}

bool account_cross(struct tcb *to, bool serves)
{
	if (to->account == ACCOUNT_CALLER && serves)
		to->charged = sched_current->charged;
	else if (account_is_spent(to))
		return false;
	else
		account_switch(core_self(), to->charged);
	return true;
}

/* Behind the last account of its band or a higher one. */
static void list_account(const struct core *core, unsigned int domain, u8 number)
{
	struct account *all = accounts[core_number(core)];
	u8 *first = &parked[core_number(core)][domain].first;
	u8 *last = &parked[core_number(core)][domain].last;
	u8 before = *last;

	while (before && settings[before].band < settings[number].band)
		before = all[before].prev;
	all[number].domain = (u8)domain;
	all[number].prev = before;
	all[number].next = before ? all[before].next : *first;
	*(before ? &all[before].next : first) = number;
	*(all[number].next ? &all[all[number].next].prev : last) = number;
}

static void unlist_account(const struct core *core, unsigned int domain, u8 number)
{
	struct account *all = accounts[core_number(core)];
	u8 *first = &parked[core_number(core)][domain].first;
	u8 *last = &parked[core_number(core)][domain].last;

	*(all[number].prev ? &all[all[number].prev].next : first) = all[number].next;
	*(all[number].next ? &all[all[number].next].prev : last) = all[number].prev;
}

void account_park(struct tcb *tcb)
{
	struct account *account = account_at(core_of(tcb), tcb->account);

	if (!account->head)
		list_account(core_of(tcb), tcb->domain, tcb->account);
	tcb->parked = true;
	tcb->run_prev = account->tail;
	tcb->run_next = NULL;
	*(account->tail ? &account->tail->run_next : &account->head) = tcb;
	account->tail = tcb;
}

void account_unpark(struct tcb *tcb)
{
	struct account *account = account_at(core_of(tcb), tcb->account);

	tcb->parked = false;
	*(tcb->run_prev ? &tcb->run_prev->run_next : &account->head) = tcb->run_next;
	*(tcb->run_next ? &tcb->run_next->run_prev : &account->tail) = tcb->run_prev;
	if (!account->head)
		unlist_account(core_of(tcb), tcb->domain, tcb->account);
}

int account_highest_band(const struct core *core, unsigned int domain)
{
	u8 first = parked[core_number(core)][domain].first;

	return first ? settings[first].band : -1;
}

/*
 * Whoever is first and had this round's time already spent it, and so did all others of the band
 * that are ready: a new round begins.
 */
void account_take_turn(struct core *core, unsigned int domain)
{
	u8 number = parked[core_number(core)][domain].first;
	u32 *round = &rounds[core_number(core)][settings[number].band];
	struct account *account = &accounts[core_number(core)][number];

	if (account->round == *round)
		++*round;
	account_at(core, number);
	if (account->balance <= 0) {
		unlist_account(core, domain, number);
		list_account(core, domain, number);
		return;
	}
	while (account->head) {
		struct tcb *tcb = account->head;

		sched_dequeue(tcb);
		sched_enqueue_tail(tcb);
	}
}
