/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes and semaphores between the threads of one component. A free lock is taken and given back
 * without a system call; who must wait does so on the lock's notification.
 */
#ifndef PEERVISOR_LOCK_H
#define PEERVISOR_LOCK_H

#include <stdint.h>

struct lock {
	int32_t taken;		/* by the owner and those who wait */
	uint64_t slot;
};

int lock_take(struct lock *l);
int lock_give(struct lock *l);		/* -1: nobody has it */

struct semaphore {
	int32_t count;
	int32_t waiting;
	int32_t most;		/* 1: binary */
	uint64_t slot;
};

int semaphore_wait(struct semaphore *s);
int semaphore_trywait(struct semaphore *s);	/* -1: it would have to wait */
int semaphore_post(struct semaphore *s);

#endif
