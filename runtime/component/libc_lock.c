/* SPDX-License-Identifier: BSD-2-Clause */
/* The locks of the C library (its heap) and of the log, which all threads of a component share. */
#include <stddef.h>
#include <peervisor/component.h>
#include <peervisor/config.h>
#include <peervisor/lock.h>
#include <sel4/sel4.h>
#include <sys/lock.h>
#include "../startup.h"

/* The C library's lock: recursive, owned by a thread, which its IPC buffer tells from others. */
struct __lock {
	struct lock lock;
	const void *owner;
	unsigned int depth;
};

struct __lock __lock___libc_recursive_mutex;
static struct lock log_mutex;

void component_lock_init(void)
{
	__lock___libc_recursive_mutex.lock.slot = config_u64(CONFIG_ROOT, "libc-lock-slot");
	log_mutex.slot = config_u64(CONFIG_ROOT, "log-lock-slot");
}

void log_lock(void)
{
	lock_take(&log_mutex);
}

void log_unlock(void)
{
	lock_give(&log_mutex);
}

void __retarget_lock_init(_LOCK_T *l)
{
}

void __retarget_lock_init_recursive(_LOCK_T *l)
{
}

void __retarget_lock_close(_LOCK_T l)
{
}

void __retarget_lock_close_recursive(_LOCK_T l)
{
}

void __retarget_lock_acquire_recursive(_LOCK_T l)
{
	const void *self = seL4_GetIPCBuffer();

	if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) != self) {
		lock_take(&l->lock);
		__atomic_store_n(&l->owner, self, __ATOMIC_RELAXED);
	}
	l->depth++;
}

void __retarget_lock_release_recursive(_LOCK_T l)
{
	if (--l->depth)
		return;
	__atomic_store_n(&l->owner, NULL, __ATOMIC_RELAXED);
	lock_give(&l->lock);
}

void __retarget_lock_acquire(_LOCK_T l)
{
	__retarget_lock_acquire_recursive(l);
}

void __retarget_lock_release(_LOCK_T l)
{
	__retarget_lock_release_recursive(l);
}

int __retarget_lock_try_acquire_recursive(_LOCK_T l)
{
	__retarget_lock_acquire_recursive(l);
	return 1;
}

int __retarget_lock_try_acquire(_LOCK_T l)
{
	return __retarget_lock_try_acquire_recursive(l);
}
