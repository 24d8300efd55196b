/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-2-Clause */
/*
 * The porting surface of ring.h: every access to a shared word goes through one of these.
 * A Linux kernel brings its own; everything else is a C11 compiler with gcc's __atomic built-ins
 * (the fields are plain integers, which C11's _Atomic types would not let the kernel share).
 */
#ifndef INTERCONNECT_ATOMICS_H
#define INTERCONNECT_ATOMICS_H

#ifdef __KERNEL__

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/barrier.h>

static inline uint32_t shared_load(const uint32_t *word)
{
	return READ_ONCE(*word);
}

static inline uint32_t shared_load_acquire(const uint32_t *word)
{
	return smp_load_acquire(word);
}

static inline void shared_store(uint32_t *word, uint32_t value)
{
	WRITE_ONCE(*word, value);
}

static inline void shared_store_release(uint32_t *word, uint32_t value)
{
	smp_store_release(word, value);
}

static inline uint64_t shared_load64(const uint64_t *word)
{
	return READ_ONCE(*word);
}

static inline void shared_store64(uint64_t *word, uint64_t value)
{
	WRITE_ONCE(*word, value);
}

/* Orders the loads before it before everything after it. */
static inline void shared_acquire_fence(void)
{
	smp_rmb();
}

/* Orders everything: the store before it is visible before the load after it is made. */
static inline void shared_full_fence(void)
{
	smp_mb();
}

#else

#include <stdint.h>

static inline uint32_t shared_load(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline uint32_t shared_load_acquire(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

static inline void shared_store(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline void shared_store_release(uint32_t *word, uint32_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELEASE);
}

static inline uint64_t shared_load64(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void shared_store64(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

static inline void shared_acquire_fence(void)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static inline void shared_full_fence(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#endif
#endif
