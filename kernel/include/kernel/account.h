/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CPU time accounts. Strict priorities alone let a thread take as much time as it likes, and the
 * time of a monitor, which runs at a higher priority than any guest, would be charged to nobody. So
 * the threads of a VM (its vCPUs and its monitor) share an account, and the accounts of a band
 * share each core in proportion to their weights:
 *
 * - In each round an account may run for its quantum, weight / 100 times 10 ms, on each core. What
 *   is charged is the time between two changes of account, kernel entries included, so a thread
 *   that sleeps when the tick comes saves nothing.
 * - While an account has time left, its threads are scheduled by their priorities as ever.
 * - The threads of an account that has spent its time are parked. They run again when no thread of
 *   a priority at or above their band is ready: that begins the band's next round, in which the
 *   accounts take their turns in the order in which they were parked. Time that was taken beyond
 *   the quantum is a debt that the next rounds pay.
 *
 * Two kinds of threads are never parked: those without an account, and servers, whose time is
 * charged to the account of the thread that they serve.
 */
#ifndef KERNEL_ACCOUNT_H
#define KERNEL_ACCOUNT_H

#include <kernel/core.h>
#include <sel4/abi.h>

#define ACCOUNTS		PEERVISOR_ACCOUNTS
#define ACCOUNT_NONE		0	/* nobody pays */
#define ACCOUNT_CALLER		PEERVISOR_ACCOUNT_CALLER	/* only as a thread's own number */
#define ACCOUNT_WEIGHT_MIN	10
#define ACCOUNT_WEIGHT_MAX	1000

/* All accounts have no time and no thread; the quantum of weight 100 is that many counter ticks. */
void account_init(u64 quantum);
/* Weight and band of an account that is not ACCOUNT_NONE. */
void account_configure(unsigned int account, unsigned int weight, u8 band);
/* The thread, in no queue, is charged to the account from now on. */
void account_assign(struct tcb *tcb, u8 account);
/* A new thread has its maker's account, so that nobody gets more time by making threads. */
static inline void account_inherit(struct tcb *tcb, const struct tcb *maker)
{
	tcb->account = maker->account;
	tcb->charged = maker->charged;
}

/* From now on this core's time is charged to the account. */
void account_switch(struct core *core, u8 account);
/* Charges the time until now. */
void account_charge(struct core *core);
/* Has the account of the thread, which is not the current one's, spent its time on its core? */
bool account_is_spent(const struct tcb *tcb);

/*
 * The server received a message or a signal that the account stands for. Anybody else's account
 * stays. ACCOUNT_CALLER as the payer: an interrupt, which whoever was served last pays for.
 */
void account_serve(struct tcb *server, u8 payer);
/*
 * The running thread gives way to one that is charged to another account: with a message that "to"
 * serves, or with a reply. False: "to" has spent its time, nothing was done.
 */
bool account_cross(struct tcb *to, bool serves);

/* A runnable thread that is in no queue and whose account is spent waits for its turn. */
void account_park(struct tcb *tcb);
void account_unpark(struct tcb *tcb);
/* The highest band of which a thread is parked on the core, or -1. */
int account_highest_band(const struct core *core, unsigned int domain);
/* The first parked account of the highest band has its turn; its threads become ready if it can pay. */
void account_take_turn(struct core *core, unsigned int domain);

#endif
