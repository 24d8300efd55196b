/* SPDX-License-Identifier: BSD-2-Clause */
/* Last steps: threads get their spaces, priority, registers, and run when we are gone. */
#include "console.h"
#include "entropy.h"
#include "roottask.h"

#define START_REGISTERS	9	/* pc, sp, spsr, x0, x1, x2 to x5: its seed */

static int set_spaces(const struct capdl_thread *thread, seL4_CPtr tcb)
{
	bool ipc = thread->ipc_memory != CAPDL_NONE;
	seL4_CPtr vspace = object_cptr(thread->vspace, 0);
	seL4_CPtr buffer = ipc ? object_cptr(thread->ipc_memory, thread->ipc_page) : vspace;

	return (int)seL4_TCB_Configure(tcb, thread->fault_endpoint,
				       object_cptr(thread->cspace, 0), thread->cspace_guard,
				       vspace, 0, ipc ? thread->ipc_vaddr : 0, buffer);
}

static int set_registers(const struct capdl_thread *thread, seL4_CPtr tcb)
{
	uint64_t seed[4];
	seL4_UserContext context = {
		.pc = thread->pc, .sp = thread->sp, .x0 = thread->x0, .x1 = thread->x1,
	};

	entropy_seed((uint32_t)(thread - roottask.spec.threads), seed);
	context.x2 = seed[0];
	context.x3 = seed[1];
	context.x4 = seed[2];
	context.x5 = seed[3];

	return (int)seL4_TCB_WriteRegisters(tcb, 0, 0, START_REGISTERS, &context);
}

/* Without accounts, which a kernel of seL4's interface need not have, the system runs all the same. */
static int set_account(const struct capdl_thread *thread, seL4_CPtr tcb)
{
	seL4_Error error;

	if (!thread->account || roottask.uncharged)
		return 0;
	error = peervisor_Domain_SetAccount(seL4_CapDomain, tcb, thread->account, thread->weight,
					    thread->band);
	roottask.uncharged = error == seL4_IllegalOperation;
	return roottask.uncharged ? 0 : (int)error;
}

static void configure(const struct capdl_thread *thread)
{
	seL4_CPtr tcb = object_cptr(thread->tcb, 0);
	const char *step = "TCB_Configure";
	int error;

	if (thread->core >= roottask.boot->numNodes)
		fatal("thread '%s' is for core %u, but the kernel runs %u: build the image without "
		      "--kernel, or with one of several cores", object_name(thread->tcb), thread->core,
		      (unsigned int)roottask.boot->numNodes);
	error = set_spaces(thread, tcb);
	if (!error) {
		step = "TCB_SetSchedParams";
		error = (int)seL4_TCB_SetSchedParams(tcb, seL4_CapInitThreadTCB, thread->mcp,
						     thread->priority);
	}
#ifdef SEL4_SMP
	if (!error) {
		step = "TCB_SetAffinity";
		error = (int)seL4_TCB_SetAffinity(tcb, thread->core);
	}
#endif
	if (!error) {
		step = "Domain_SetAccount";
		error = set_account(thread, tcb);
	}
	if (!error && thread->bound_notification != CAPDL_NONE) {
		step = "TCB_BindNotification";
		error = (int)seL4_TCB_BindNotification(
			tcb, object_cptr(thread->bound_notification, 0));
	}
	if (!error) {
		step = "TCB_WriteRegisters";
		error = set_registers(thread, tcb);
	}
	if (error)
		fatal("thread '%s': %s: %s", object_name(thread->tcb), step, error_name(error));
}

void threads_configure(void)
{
	entropy_init(roottask.boot);
	for (uint32_t i = 0; i < roottask.spec.header->num_threads; i++)
		configure(&roottask.spec.threads[i]);
	entropy_forget();
}

void threads_resume(void)
{
	for (uint32_t i = 0; i < roottask.spec.header->num_threads; i++) {
		const struct capdl_thread *thread = &roottask.spec.threads[i];
		int error = thread->resume ?
			    (int)seL4_TCB_Resume(object_cptr(thread->tcb, 0)) : 0;

		if (error)
			fatal("thread '%s': TCB_Resume: %s", object_name(thread->tcb),
			      error_name(error));
	}
}
