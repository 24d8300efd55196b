/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One lock for the whole kernel: taken at entry, released at exit, in the order of arrival. A
 * kernel for one core has none.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <stdatomic.h>

#include <kernel/types.h>

/* Whoever draws a ticket is served when all before it have left. */
struct ticket_lock {
	atomic_uint next, serving;
};

/*
 * The order of tickets is all that is needed here. What the holder before did is seen by
 * lock_is_served()'s acquire, which reads what its release wrote.
 */
static inline unsigned int lock_draw(struct ticket_lock *lock)
{
	return atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);
}

static inline bool lock_is_served(struct ticket_lock *lock, unsigned int ticket)
{
	return atomic_load_explicit(&lock->serving, memory_order_acquire) == ticket;
}

/* Release: all that was done under the lock is seen by whoever is served next. */
static inline void lock_release(struct ticket_lock *lock)
{
	unsigned int ticket = atomic_load_explicit(&lock->serving, memory_order_relaxed);

	atomic_store_explicit(&lock->serving, ticket + 1, memory_order_release);
}

/* By the holder: does somebody wait? A hint, so no order. */
static inline bool lock_has_waiter(struct ticket_lock *lock)
{
	return atomic_load_explicit(&lock->next, memory_order_relaxed) !=
	       atomic_load_explicit(&lock->serving, memory_order_relaxed) + 1;
}

#endif
