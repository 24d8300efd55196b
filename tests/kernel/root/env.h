/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every kernel test stands on: a console, objects from a sandbox that is revoked after each
 * test, threads, address spaces, a clock. A test returns at the first check that fails.
 */
#ifndef TESTS_KERNEL_ENV_H
#define TESTS_KERNEL_ENV_H

#include <sel4/bootinfo.h>
#include <sel4/sel4.h>
#include <stdbool.h>

#define PAGE		4096ul
#define ROOT_CNODE	seL4_CapInitThreadCNode
#define ROOT_SPACE	seL4_CapInitThreadVSpace

extern seL4_BootInfo *boot;

struct test {
	const char *name;
	void (*run)(void);
};

/* Each file's tests, ended by an empty name. */
extern const struct test tests_boot[], tests_space[], tests_ipc[], tests_fault[], tests_time[], tests_timer[],
	tests_vcpu[], tests_message[], tests_wait[], tests_order[], tests_cap[], tests_smp[], tests_vcpu_smp[],
	tests_calls_smp[], tests_hold_smp[];

#define CONSOLE_AT	0x1f000000ul	/* the UART's registers */
void console_init(void);
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

extern bool test_failed;
void test_fail(const char *file, int line, const char *what, seL4_Word got, seL4_Word want);

#define CHECK(x) do { \
	if (!(x)) { \
		test_fail(__FILE__, __LINE__, #x, 0, 1); \
		return; \
	} \
} while (0)

#define CHECK_IS(got, want) do { \
	seL4_Word got_ = (seL4_Word)(got), want_ = (seL4_Word)(want); \
	if (got_ != want_) { \
		test_fail(__FILE__, __LINE__, #got, got_, want_); \
		return; \
	} \
} while (0)

#define CHECK_OK(call)	CHECK_IS(call, seL4_NoError)

/* Of the kernel for several cores, and how often a test looks at what another one of them does. */
#define CORES		4
#define PATIENCE	400000000ul

#define UNTIL(x) do { \
	seL4_Word looks_ = 0; \
	while (!(x)) { \
		if (++looks_ == PATIENCE) { \
			test_fail(__FILE__, __LINE__, "until " #x, 0, 1); \
			return; \
		} \
	} \
} while (0)

/* Objects. A new object's slot, or 0 (and the test has failed). */
void sandbox_open(void);
void sandbox_close(void);		/* revokes everything */
extern seL4_CPtr sandbox;
seL4_CPtr slot_new(void);
seL4_CPtr object_new(seL4_Word type, seL4_Word size_bits);
seL4_CPtr cap_copy(seL4_CPtr from);
seL4_CPtr cap_badge(seL4_CPtr from, seL4_Word badge);
/* A frame of the device memory at an address that starts an untyped, once for the whole run. */
seL4_CPtr device_frame(seL4_Word paddr);

/* Address spaces. space_new(): empty; space_twin(): maps this image as it is here. */
seL4_CPtr space_new(void);
seL4_CPtr space_twin(void);
/* Maps frame, adding the tables that are missing. */
seL4_Error space_map(seL4_CPtr space, seL4_CPtr frame, seL4_Word at, seL4_CapRights_t rights,
		     seL4_Word attributes);
/* A new frame in the given space at the address; 0 if it failed. */
seL4_CPtr space_page(seL4_CPtr space, seL4_Word at);

/* Where tests may map things in this space. */
#define SCRATCH		0x20000000ul

/*
 * Threads, below this one's priority of 255. A thread is a function in this image with a stack of
 * its own; it must not use the IPC buffer (there is one pointer for the image), so only traps.
 * Its capability space is ours. Faults go to the endpoint with the badge.
 */
struct thread {
	seL4_CPtr tcb;
	seL4_CPtr space;
};
#define THREADS_MAX	12
bool thread_new(struct thread *thread, seL4_CPtr space, seL4_CPtr fault);
bool thread_start(const struct thread *thread, void (*entry)(seL4_Word), seL4_Word argument,
		  seL4_Word priority);

static inline seL4_Word raw_call(seL4_CPtr to, struct sel4_trap *trap, seL4_Word label,
				 seL4_Word length)
{
	trap->x0 = to;
	trap->info = seL4_MessageInfo_new(label, 0, 0, length).words[0];
	sel4_trap(SEL4_SYS_CALL, trap);
	return trap->info >> SEL4_MSG_LABEL_SHIFT;
}

static inline seL4_Word raw_wait(seL4_CPtr from)
{
	struct sel4_trap trap = { .x0 = from };

	sel4_trap(SEL4_SYS_RECV, &trap);
	return trap.x0;
}

/* A message received: label, length, badge; words by seL4_GetMR(). */
struct message {
	seL4_Word label, length, badge;
};
struct message message_wait(seL4_CPtr endpoint);
void message_reply(seL4_Word length);

/* The clock: EL1 physical timer through its interrupt. */
bool clock_open(void);
void clock_close(void);
void clock_start(seL4_Word milliseconds);	/* the notification comes then */
void clock_sleep(seL4_Word milliseconds);
extern seL4_CPtr clock_handler, clock_notification;
static inline seL4_Word clock_now(void)
{
	seL4_Word now;

	__asm__ volatile("isb\n\tmrs %0, cntpct_el0" : "=r"(now));
	return now;
}

#endif
