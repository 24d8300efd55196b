/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks on one word and a notification.
 *
 * A mutex: who finds it taken waits; who gives it back while others wait signals, and that signal
 * is the lock: exactly one of them gets it before there can be another. A semaphore's signals may
 * fall together, so a signal only says "look again", and who takes one while more are left and
 * others wait passes the word on.
 */
#include <stddef.h>
#include <peervisor/lock.h>
#include <sel4/sel4.h>

int lock_take(struct lock *l)
{
	if (__atomic_fetch_add(&l->taken, 1, __ATOMIC_ACQUIRE) > 0)
		seL4_Wait(l->slot, NULL);
	return 0;
}

int lock_give(struct lock *l)
{
	if (__atomic_load_n(&l->taken, __ATOMIC_RELAXED) <= 0)
		return -1;
	if (__atomic_fetch_sub(&l->taken, 1, __ATOMIC_RELEASE) > 1)
		seL4_Signal(l->slot);
	return 0;
}

int semaphore_trywait(struct semaphore *s)
{
	int32_t count = __atomic_load_n(&s->count, __ATOMIC_SEQ_CST);

	while (count > 0)
		if (__atomic_compare_exchange_n(&s->count, &count, count - 1, 0, __ATOMIC_SEQ_CST,
						__ATOMIC_SEQ_CST)) {
			if (count > 1 && __atomic_load_n(&s->waiting, __ATOMIC_SEQ_CST) > 0)
				seL4_Signal(s->slot);
			return 0;
		}
	return -1;
}

int semaphore_wait(struct semaphore *s)
{
	while (semaphore_trywait(s)) {
		__atomic_fetch_add(&s->waiting, 1, __ATOMIC_SEQ_CST);
		/* A post before the line above did not see us: look once more. */
		if (__atomic_load_n(&s->count, __ATOMIC_SEQ_CST) == 0)
			seL4_Wait(s->slot, NULL);
		__atomic_fetch_sub(&s->waiting, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

int semaphore_post(struct semaphore *s)
{
	int32_t count = __atomic_load_n(&s->count, __ATOMIC_SEQ_CST);

	do {
		if (count >= s->most)
			return s->most == 1 ? 0 : -1;
	} while (!__atomic_compare_exchange_n(&s->count, &count, count + 1, 0, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	if (__atomic_load_n(&s->waiting, __ATOMIC_SEQ_CST) > 0)
		seL4_Signal(s->slot);
	return 0;
}
