/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations of kernel objects: what a decode function gets and how it answers.
 *
 * A decode function checks everything first; then it acts. It returns INVOKE_OK (results put by
 * invocation_result()), INVOKE_PREEMPTED (the trap is executed again later; what was done so far
 * stays) or, by "return error_...(inv, ...)", INVOKE_ERROR. inv->caller may have been suspended or
 * deleted by what was done; the dispatcher copes with that.
 */
#ifndef KERNEL_INVOCATION_H
#define KERNEL_INVOCATION_H

#include <kernel/cdt.h>
#include <kernel/lookup.h>
#include <kernel/tcb.h>

enum invoke { INVOKE_OK, INVOKE_ERROR, INVOKE_PREEMPTED };

struct error_record {
	seL4_Error code;
	u64 argument;		/* InvalidArgument, InvalidCapability */
	u64 low, high;		/* RangeError */
	u64 free;		/* NotEnoughMemory */
	bool source;		/* FailedLookup */
	struct lookup_failure lookup;
};

struct invocation {
	struct tcb *caller;
	u64 cptr;
	struct slot *slot;		/* the invoked cap's place */
	struct cap cap;			/* and a copy of it */
	u64 label;
	unsigned int length;		/* message words that can be read */
	struct slot *extra[SEL4_MSG_MAX_EXTRA_CAPS];
	unsigned int extras;
	const u64 *buffer;		/* the caller's IPC buffer, or NULL */
	bool blocking, call;
	struct error_record error;
	unsigned int results;
	u64 result[SEL4_TCB_REGISTERS];
};

/* Message register i of the caller, read from memory each time: read once, check, use. */
u64 invocation_mr(const struct invocation *inv, unsigned int i);

static inline struct cap invocation_extra(const struct invocation *inv, unsigned int i)
{
	return i < inv->extras ? inv->extra[i]->cap : cap_null();
}

static inline void invocation_result(struct invocation *inv, u64 value)
{
	inv->result[inv->results++] = value;
}

enum invoke error_plain(struct invocation *inv, seL4_Error code);	/* codes without detail */
enum invoke error_argument(struct invocation *inv, u64 argument);
enum invoke error_capability(struct invocation *inv, u64 number);
enum invoke error_range(struct invocation *inv, u64 low, u64 high);
enum invoke error_lookup(struct invocation *inv, bool source, struct lookup_failure why);
enum invoke error_memory(struct invocation *inv, u64 free);

/*
 * The slot at index, depth below root (CNode operations, destinations of new caps). NULL with the
 * error recorded; the caller returns INVOKE_ERROR.
 */
struct slot *invocation_slot(struct invocation *inv, struct cap root, u64 index, u64 depth,
			     bool source);
/* As above, and it must be empty (DeleteFirst). */
struct slot *invocation_empty_slot(struct invocation *inv, struct cap root, u64 index, u64 depth);

/* One decode function per cap type. */
enum invoke untyped_decode(struct invocation *inv);
enum invoke tcb_decode(struct invocation *inv);
enum invoke cnode_decode(struct invocation *inv);
enum invoke irq_control_decode(struct invocation *inv);
enum invoke irq_handler_decode(struct invocation *inv);
enum invoke sgi_decode(struct invocation *inv);
enum invoke domain_decode(struct invocation *inv);
/* Address spaces and vCPUs. */
enum invoke vspace_decode(struct invocation *inv);
enum invoke frame_decode(struct invocation *inv);
enum invoke page_table_decode(struct invocation *inv);
enum invoke asid_control_decode(struct invocation *inv);
enum invoke asid_pool_decode(struct invocation *inv);
enum invoke vcpu_decode(struct invocation *inv);
enum invoke smc_decode(struct invocation *inv);

#endif
