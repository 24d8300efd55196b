/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ABI section 1: system calls under seL4's names.
 *
 * Message registers 0 to 3 travel in CPU registers; the plain calls take them
 * from the IPC buffer and put them back, the ...WithMRs calls do not touch it
 * (a null pointer means: not interested).
 */
#ifndef SEL4_SYSCALLS_H
#define SEL4_SYSCALLS_H

#include <sel4/trap.h>
#include <sel4/types.h>

/*
 * The IPC buffer of this thread. Weak, so that every file may define it and
 * no library is needed. Programs whose threads have TLS define
 * SEL4_THREAD_LOCAL, in all their files: components do, the root task does not.
 */
#ifdef SEL4_THREAD_LOCAL
__attribute__((weak)) __thread seL4_IPCBuffer *__sel4_ipc_buffer;
#else
__attribute__((weak)) seL4_IPCBuffer *__sel4_ipc_buffer;
#endif

static inline void seL4_SetIPCBuffer(seL4_IPCBuffer *buffer)
{
	__sel4_ipc_buffer = buffer;
}

static inline seL4_IPCBuffer *seL4_GetIPCBuffer(void)
{
	return __sel4_ipc_buffer;
}

static inline seL4_Word seL4_GetMR(seL4_Word i)
{
	return __sel4_ipc_buffer->msg[i];
}

static inline void seL4_SetMR(seL4_Word i, seL4_Word value)
{
	__sel4_ipc_buffer->msg[i] = value;
}

static inline seL4_Word seL4_GetBadge(seL4_Word i)
{
	return __sel4_ipc_buffer->caps_or_badges[i];
}

static inline seL4_CPtr seL4_GetCap(seL4_Word i)
{
	return __sel4_ipc_buffer->caps_or_badges[i];
}

static inline void seL4_SetCap(seL4_Word i, seL4_CPtr cptr)
{
	__sel4_ipc_buffer->caps_or_badges[i] = cptr;
}

static inline void seL4_SetUserData(seL4_Word data)
{
	__sel4_ipc_buffer->userData = data;
}

static inline seL4_Word seL4_GetUserData(void)
{
	return __sel4_ipc_buffer->userData;
}

static inline void seL4_SetCapReceivePath(seL4_CPtr cnode, seL4_CPtr index, seL4_Word depth)
{
	__sel4_ipc_buffer->receiveCNode = cnode;
	__sel4_ipc_buffer->receiveIndex = index;
	__sel4_ipc_buffer->receiveDepth = depth;
}

/* Words 0 to 3 between the IPC buffer and the registers of the trap. */
static inline void sel4_load_mrs(struct sel4_trap *trap)
{
	for (unsigned int i = 0; i < SEL4_MSG_REGISTERS; i++)
		trap->mr[i] = __sel4_ipc_buffer->msg[i];
}

static inline void sel4_store_mrs(const struct sel4_trap *trap)
{
	for (unsigned int i = 0; i < SEL4_MSG_REGISTERS; i++)
		__sel4_ipc_buffer->msg[i] = trap->mr[i];
}

static inline void sel4_load_mr_pointers(struct sel4_trap *trap, const seL4_Word *mr0,
					 const seL4_Word *mr1, const seL4_Word *mr2,
					 const seL4_Word *mr3)
{
	trap->mr[0] = mr0 ? *mr0 : 0;
	trap->mr[1] = mr1 ? *mr1 : 0;
	trap->mr[2] = mr2 ? *mr2 : 0;
	trap->mr[3] = mr3 ? *mr3 : 0;
}

static inline void sel4_store_mr_pointers(const struct sel4_trap *trap, seL4_Word *mr0,
					  seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
	if (mr0)
		*mr0 = trap->mr[0];
	if (mr1)
		*mr1 = trap->mr[1];
	if (mr2)
		*mr2 = trap->mr[2];
	if (mr3)
		*mr3 = trap->mr[3];
}

static inline seL4_MessageInfo_t sel4_info(const struct sel4_trap *trap)
{
	return (seL4_MessageInfo_t){{trap->info}};
}

/*
 * A receive that a notification completes leaves x1 alone, as does a poll that
 * finds nothing: receives enter with x1 = 0 so that the info is then empty.
 */
static inline seL4_MessageInfo_t sel4_receive(long number, seL4_CPtr src, seL4_Word *sender)
{
	struct sel4_trap trap = {.x0 = src};

	sel4_trap(number, &trap);
	sel4_store_mrs(&trap);
	if (sender)
		*sender = trap.x0;
	return sel4_info(&trap);
}

static inline void sel4_send(long number, seL4_CPtr dest, seL4_MessageInfo_t info)
{
	struct sel4_trap trap = {.x0 = dest, .info = info.words[0]};

	sel4_load_mrs(&trap);
	sel4_trap(number, &trap);
}

static inline void seL4_Send(seL4_CPtr dest, seL4_MessageInfo_t info)
{
	sel4_send(SEL4_SYS_SEND, dest, info);
}

static inline void seL4_NBSend(seL4_CPtr dest, seL4_MessageInfo_t info)
{
	sel4_send(SEL4_SYS_NB_SEND, dest, info);
}

static inline void seL4_Reply(seL4_MessageInfo_t info)
{
	sel4_send(SEL4_SYS_REPLY, 0, info);
}

static inline void seL4_Signal(seL4_CPtr dest)
{
	struct sel4_trap trap = {.x0 = dest};

	sel4_trap(SEL4_SYS_SEND, &trap);
}

static inline void seL4_Yield(void)
{
	struct sel4_trap trap = {0};

	sel4_trap(SEL4_SYS_YIELD, &trap);
}

static inline seL4_MessageInfo_t seL4_Recv(seL4_CPtr src, seL4_Word *sender)
{
	return sel4_receive(SEL4_SYS_RECV, src, sender);
}

static inline seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr src, seL4_Word *sender)
{
	return sel4_receive(SEL4_SYS_NB_RECV, src, sender);
}

static inline void seL4_Wait(seL4_CPtr src, seL4_Word *sender)
{
	struct sel4_trap trap = {.x0 = src};

	sel4_trap(SEL4_SYS_RECV, &trap);
	if (sender)
		*sender = trap.x0;
}

static inline seL4_MessageInfo_t seL4_Poll(seL4_CPtr src, seL4_Word *sender)
{
	return sel4_receive(SEL4_SYS_NB_RECV, src, sender);
}

static inline seL4_MessageInfo_t seL4_Call(seL4_CPtr dest, seL4_MessageInfo_t info)
{
	struct sel4_trap trap = {.x0 = dest, .info = info.words[0]};

	sel4_load_mrs(&trap);
	sel4_trap(SEL4_SYS_CALL, &trap);
	sel4_store_mrs(&trap);
	return sel4_info(&trap);
}

/* When a bound notification completes it the returned info means nothing: look at the badge. */
static inline seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr src, seL4_MessageInfo_t info,
						seL4_Word *sender)
{
	struct sel4_trap trap = {.x0 = src, .info = info.words[0]};

	sel4_load_mrs(&trap);
	sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	sel4_store_mrs(&trap);
	if (sender)
		*sender = trap.x0;
	return sel4_info(&trap);
}

static inline void seL4_SendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
				    seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
	struct sel4_trap trap = {.x0 = dest, .info = info.words[0]};

	sel4_load_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	sel4_trap(SEL4_SYS_SEND, &trap);
}

static inline void seL4_NBSendWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info, seL4_Word *mr0,
				      seL4_Word *mr1, seL4_Word *mr2, seL4_Word *mr3)
{
	struct sel4_trap trap = {.x0 = dest, .info = info.words[0]};

	sel4_load_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	sel4_trap(SEL4_SYS_NB_SEND, &trap);
}

static inline void seL4_ReplyWithMRs(seL4_MessageInfo_t info, seL4_Word *mr0, seL4_Word *mr1,
				     seL4_Word *mr2, seL4_Word *mr3)
{
	struct sel4_trap trap = {.info = info.words[0]};

	sel4_load_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	sel4_trap(SEL4_SYS_REPLY, &trap);
}

static inline seL4_MessageInfo_t seL4_RecvWithMRs(seL4_CPtr src, seL4_Word *sender,
						  seL4_Word *mr0, seL4_Word *mr1,
						  seL4_Word *mr2, seL4_Word *mr3)
{
	struct sel4_trap trap = {.x0 = src};

	sel4_trap(SEL4_SYS_RECV, &trap);
	sel4_store_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	if (sender)
		*sender = trap.x0;
	return sel4_info(&trap);
}

static inline seL4_MessageInfo_t seL4_CallWithMRs(seL4_CPtr dest, seL4_MessageInfo_t info,
						  seL4_Word *mr0, seL4_Word *mr1,
						  seL4_Word *mr2, seL4_Word *mr3)
{
	struct sel4_trap trap = {.x0 = dest, .info = info.words[0]};

	sel4_load_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	sel4_trap(SEL4_SYS_CALL, &trap);
	sel4_store_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	return sel4_info(&trap);
}

static inline seL4_MessageInfo_t seL4_ReplyRecvWithMRs(seL4_CPtr src, seL4_MessageInfo_t info,
						       seL4_Word *sender, seL4_Word *mr0,
						       seL4_Word *mr1, seL4_Word *mr2,
						       seL4_Word *mr3)
{
	struct sel4_trap trap = {.x0 = src, .info = info.words[0]};

	sel4_load_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	sel4_trap(SEL4_SYS_REPLY_RECV, &trap);
	sel4_store_mr_pointers(&trap, mr0, mr1, mr2, mr3);
	if (sender)
		*sender = trap.x0;
	return sel4_info(&trap);
}

/* Debug kernels only: elsewhere these fault (UnknownSyscall). */
static inline void seL4_DebugPutChar(char c)
{
	struct sel4_trap trap = {.x0 = (unsigned char)c};

	sel4_trap(SEL4_SYS_DEBUG_PUT_CHAR, &trap);
}

static inline void seL4_DebugPutString(const char *s)
{
	while (*s)
		seL4_DebugPutChar(*s++);
}

static inline void seL4_DebugDumpScheduler(void)
{
	struct sel4_trap trap = {0};

	sel4_trap(SEL4_SYS_DEBUG_DUMP_SCHEDULER, &trap);
}

static inline void seL4_DebugHalt(void)
{
	struct sel4_trap trap = {0};

	sel4_trap(SEL4_SYS_DEBUG_HALT, &trap);
}

static inline seL4_Word seL4_DebugCapIdentify(seL4_CPtr cap)
{
	struct sel4_trap trap = {.x0 = cap};

	sel4_trap(SEL4_SYS_DEBUG_CAP_IDENTIFY, &trap);
	return trap.x0;
}

static inline void seL4_DebugNameThread(seL4_CPtr tcb, const char *name)
{
	char *to = (char *)__sel4_ipc_buffer->msg;
	struct sel4_trap trap = {.x0 = tcb};
	size_t i;

	for (i = 0; name[i] && i < sizeof(__sel4_ipc_buffer->msg) - 1; i++)
		to[i] = name[i];
	to[i] = '\0';
	sel4_trap(SEL4_SYS_DEBUG_NAME_THREAD, &trap);
}

#endif
