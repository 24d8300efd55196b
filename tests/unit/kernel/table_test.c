/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs invocations.txt, the table of each invocation's answers, one row in one fresh world. After
 * an error nothing may differ from before. Each label needs a row that succeeds, one that fails
 * and, where it takes words, one with a word too few.
 *
 *	NAME: CALL			a slot gets this name; the call fills it (fixture, every row)
 *	> CALL				for the next row only, must succeed
 *	LABEL | condition | CALL | answer
 *
 * CALL is [LABEL] object words ; caps. In rows the label is the row's, unless given. Numbers are C's;
 * names are slots or constants; both may be added with + and -. "!VERB ..." is in verbs[].
 */
#include "world.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE		400
#define LINES		800
#define WORDS		48
#define NAMES		128
#define FIRST_SLOT	100
#define UNTYPED_USED	0x200000

static const char *const labels[] = {
#define L(name) [name] = #name
	L(InvalidInvocation), L(UntypedRetype), L(TCBReadRegisters), L(TCBWriteRegisters),
	L(TCBCopyRegisters), L(TCBConfigure), L(TCBSetPriority), L(TCBSetMCPriority),
	L(TCBSetSchedParams), L(TCBSetIPCBuffer), L(TCBSetSpace), L(TCBSuspend), L(TCBResume),
	L(TCBBindNotification), L(TCBUnbindNotification), L(TCBSetTLSBase), L(TCBSetFlags),
	L(CNodeRevoke), L(CNodeDelete), L(CNodeCancelBadgedSends), L(CNodeCopy), L(CNodeMint),
	L(CNodeMove), L(CNodeMutate), L(CNodeRotate), L(CNodeSaveCaller), L(IRQIssueIRQHandler),
	L(IRQAckIRQ), L(IRQSetIRQHandler), L(IRQClearIRQHandler), L(DomainSetSet),
	L(DomainScheduleConfigure), L(DomainScheduleSetStart), L(ARMVSpaceClean_Data),
	L(ARMVSpaceInvalidate_Data), L(ARMVSpaceCleanInvalidate_Data),
	L(ARMVSpaceUnify_Instruction), L(ARMSMCCall), L(ARMPageTableMap), L(ARMPageTableUnmap),
	L(ARMPageMap), L(ARMPageUnmap), L(ARMPageClean_Data), L(ARMPageInvalidate_Data),
	L(ARMPageCleanInvalidate_Data), L(ARMPageUnify_Instruction), L(ARMPageGetAddress),
	L(ARMASIDControlMakePool), L(ARMASIDPoolAssign), L(ARMVCPUSetTCB), L(ARMVCPUInjectIRQ),
	L(ARMVCPUReadReg), L(ARMVCPUWriteReg), L(ARMVCPUAckVPPI),
	L(ARMIRQIssueIRQHandlerTrigger), L(ARMIRQIssueSGISignal),
};

#define LABELS	(sizeof(labels) / sizeof(labels[0]))

static const char *const errors[] = {
	"ok", "InvalidArgument", "InvalidCapability", "IllegalOperation", "RangeError",
	"AlignmentError", "FailedLookup", "TruncatedMessage", "DeleteFirst", "RevokeFirst",
	"NotEnoughMemory",
};

struct name {
	char text[32];
	u64 value;
};

static const struct name constants[] = {
	{ "null", 0 }, { "self", S_TCB }, { "root", S_CNODE }, { "vspace", S_VSPACE },
	{ "irqs", S_IRQ_CONTROL }, { "asids", S_ASID_CONTROL }, { "pool", S_ASID_POOL },
	{ "domain", S_DOMAIN }, { "smc", SEL4_SLOT_SMC },
	{ "big", S_UNTYPED }, { "dev", S_DEVICE }, { "far", S_FAR_DEVICE },
	{ "InvalidRoot", seL4_InvalidRoot }, { "MissingCapability", seL4_MissingCapability },
	{ "DepthMismatch", seL4_DepthMismatch }, { "GuardMismatch", seL4_GuardMismatch },
	{ "Untyped", seL4_UntypedObject }, { "TCB", seL4_TCBObject },
	{ "Endpoint", seL4_EndpointObject }, { "Notification", seL4_NotificationObject },
	{ "CNode", seL4_CapTableObject }, { "HugePage", seL4_ARM_HugePageObject },
	{ "VSpace", seL4_ARM_VSpaceObject }, { "SmallPage", seL4_ARM_SmallPageObject },
	{ "LargePage", seL4_ARM_LargePageObject }, { "PageTable", seL4_ARM_PageTableObject },
	{ "VCPU", seL4_ARM_VCPUObject }, { "top", SEL4_USER_TOP }, { "LR", PEERVISOR_VCPU_LR },
	{ "ELRSR", PEERVISOR_VCPU_ELRSR }, { "VMCR", PEERVISOR_VCPU_VMCR },
	{ "APR", PEERVISOR_VCPU_APR }, { "HCR", PEERVISOR_VCPU_HCR },
	{ "SHORT", PEERVISOR_VCPU_SHORT_FAULTS },
};

static char lines[LINES][LINE];
static unsigned int line_count;
static struct name names[NAMES];
static unsigned int name_count, here, wrong;
static bool seen[LABELS][3];		/* a row that succeeds, one that fails, a truncated one */
static unsigned int rows;

#define COMPLAIN(...) do { \
	fprintf(stderr, "invocations.txt:%u: ", here + 1); \
	fprintf(stderr, __VA_ARGS__); \
	fputc('\n', stderr); \
	wrong++; \
} while (0)

static bool find(const char *text, u64 *value)
{
	for (unsigned int i = 0; i < name_count; i++)
		if (!strcmp(names[i].text, text)) {
			*value = names[i].value;
			return true;
		}
	for (unsigned int i = 0; i < sizeof(constants) / sizeof(constants[0]); i++)
		if (!strcmp(constants[i].text, text)) {
			*value = constants[i].value;
			return true;
		}
	return false;
}

/* A number, a name, or several with + and - between. */
static u64 value_of(const char *text)
{
	u64 sum = 0;

	for (const char *at = text; *at;) {
		bool minus = *at == '-';
		char part[64];
		size_t n;
		u64 value;

		at += *at == '+' || *at == '-';
		n = strcspn(at, "+-");
		assert_in_range(n, 1, sizeof(part) - 1);
		memcpy(part, at, n);
		part[n] = 0;
		if (isdigit((unsigned char)part[0]))
			value = strtoul(part, NULL, 0);
		else if (!find(part, &value))
			COMPLAIN("unknown name %s", part);
		sum += minus ? -value : value;
		at += n;
	}
	return sum;
}

static int label_of(const char *text)
{
	for (unsigned int i = 0; i < LABELS; i++)
		if (!strcmp(labels[i], text))
			return (int)i;
	return -1;
}

/* The thread blocks on a notification or endpoint; the root goes on. */
static void verb_wait(u64 tcb, u64 object)
{
	world_run(tcb_of(world_slot(tcb)->cap));
	world_trap(SEL4_SYS_RECV, object, 0);
	world_run(world_root);
}

/* The thread calls an endpoint that the root then receives from. */
static void verb_call(u64 tcb, u64 endpoint)
{
	world_run(tcb_of(world_slot(tcb)->cap));
	world_trap(SEL4_SYS_CALL, endpoint, 0);
	world_run(world_root);
	world_trap(SEL4_SYS_RECV, endpoint, 0);
}

static void verb_thread(u64 tcb, u64 priority)
{
	world_thread(tcb, (u8)priority);
}

/* A deletion that is stopped half-way and leaves a zombie. */
static void verb_zombie(u64 slot, u64 unused)
{
	for (unsigned int i = 0; cap_type(world_slot(slot)->cap) != CAP_ZOMBIE; i++) {
		assert_true(i < 10);
		fake_irq_waiting = true;
		world_delete(slot);
	}
	fake_irq_waiting = false;
}

/* ASID pools as many as there may be; the untyped is spared. */
static void verb_pools(u64 untyped, u64 unused)
{
	for (u64 slot = 3000; slot < 3300; slot += 2) {
		world_retype(S_UNTYPED, seL4_UntypedObject, 12, slot, 1);
		world_set_caps(2, slot, (u64)S_CNODE);
		if (world_call(S_ASID_CONTROL, ARMASIDControlMakePool, 2, 2, slot + 1, 64UL).label)
			return;
	}
	fail();
}

static void verb_fill(u64 pool, u64 unused)
{
	for (u64 slot = 3000; slot < 3600; slot++) {
		world_retype(S_UNTYPED, seL4_ARM_VSpaceObject, 0, slot, 1);
		world_set_caps(1, slot);
		if (world_call(pool, ARMASIDPoolAssign, 1, 0).label)
			return;
	}
	fail();
}

static const struct {
	const char *name;
	void (*run)(u64, u64);
} verbs[] = {
	{ "!wait", verb_wait }, { "!call", verb_call }, { "!thread", verb_thread },
	{ "!zombie", verb_zombie }, { "!pools", verb_pools }, { "!fill", verb_fill },
};

static void run_verb(char *text)
{
	char *verb = strtok(text, " "), *a = strtok(NULL, " "), *b = strtok(NULL, " ");

	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(verbs[i].name, verb)) {
			verbs[i].run(value_of(a), b ? value_of(b) : 0);
			return;
		}
	COMPLAIN("unknown verb %s", verb);
}

struct call {
	u64 object;
	int label;
	u64 words[WORDS], caps[3];
	unsigned int length, extra;
};

static struct call parse_call(char *text, int label)
{
	struct call call = { .label = label };
	char *caps = strchr(text, ';'), *word;

	if (caps)
		*caps++ = 0;
	word = strtok(text, " \t");
	if (word && label_of(word) >= 0) {
		call.label = label_of(word);
		word = strtok(NULL, " \t");
	}
	if (!word || call.label < 0) {
		COMPLAIN("no call here");
		return call;
	}
	call.object = value_of(word);
	while ((word = strtok(NULL, " \t")) && call.length < WORDS)
		call.words[call.length++] = value_of(word);
	for (word = caps ? strtok(caps, " \t") : NULL; word && call.extra < 3;
	     word = strtok(NULL, " \t"))
		call.caps[call.extra++] = value_of(word);
	return call;
}

static struct answer make_call(const struct call *call)
{
	for (unsigned int i = 0; i < call->length; i++)
		world_set_mr(i, call->words[i]);
	for (unsigned int i = 0; i < call->extra; i++)
		world_buffer(world_root)[SEL4_IPC_BUFFER_CAPS / 8 + i] = call->caps[i];
	world_trap(SEL4_SYS_CALL, call->object,
		   message_info((u64)call->label, 0, call->extra, call->length));
	return world_answer(world_root);
}

static void must_succeed(char *text)
{
	struct call call;
	struct answer answer;

	while (*text == ' ' || *text == '\t')
		text++;
	if (*text == '!') {
		run_verb(text);
		return;
	}
	call = parse_call(text, -1);
	answer = make_call(&call);
	if (answer.label)
		COMPLAIN("%s gives %s", labels[call.label], errors[answer.label]);
}

/* "name: call". The name counts from here on, also in the call. */
static bool fixture_line(const char *line)
{
	const char *colon = strchr(line, ':');
	char text[LINE];

	if (!colon || strchr(line, '|') || line[0] == '>')
		return false;
	assert_in_range(colon - line, 1, sizeof(names[0].text) - 1);
	assert_in_range(name_count, 0, NAMES - 1);
	snprintf(names[name_count].text, (size_t)(colon - line) + 1, "%s", line);
	names[name_count].value = FIRST_SLOT + 2 * name_count;
	name_count++;
	snprintf(text, sizeof(text), "%s", colon + 1);
	must_succeed(text);
	return true;
}

static void make_fixture(void)
{
	unsigned int row = here;

	world_setup(NULL);
	irq_set_timer(26);
	irq_set_reserved(27);
	name_count = 0;
	for (here = 0; here < line_count; here++)
		fixture_line(lines[here]);
	here = row;
}

/* The lines "> call" above the row. */
static void prepare(void)
{
	unsigned int row = here, first = here;

	while (first > 0 && lines[first - 1][0] == '>')
		first--;
	for (here = first; here < row; here++) {
		char text[LINE];

		snprintf(text, sizeof(text), "%s", lines[here] + 1);
		must_succeed(text);
	}
	here = row;
}

/* What an error must leave alone: memory, but for the caller's registers and buffer. */
static struct {
	u8 low[0x100000], objects[UNTYPED_USED];
	bool irq_enabled[1020];
	struct tcb caller;
} before;

static u8 *objects(void)
{
	return cap_object(world_slot(S_UNTYPED)->cap);
}

static void remember(void)
{
	memcpy(before.low, fake_ram, sizeof(before.low));
	memcpy(before.objects, objects(), sizeof(before.objects));
	memcpy(before.irq_enabled, fake_irq_enabled, sizeof(before.irq_enabled));
	before.caller = *world_root;
}

static bool unchanged(void)
{
	struct tcb now = *world_root;
	u8 buffer[SEL4_IPC_BUFFER_MSG + SEL4_MSG_MAX_LENGTH * 8 + 64];
	u8 *at = (u8 *)world_buffer(world_root);
	bool same;

	memcpy(buffer, at, sizeof(buffer));
	memcpy(at, before.low + (at - fake_ram), sizeof(buffer));
	world_root->context = before.caller.context;
	same = !memcmp(before.low, fake_ram, sizeof(before.low)) &&
	       !memcmp(before.objects, objects(), sizeof(before.objects)) &&
	       !memcmp(before.irq_enabled, fake_irq_enabled, sizeof(before.irq_enabled));
	world_root->context = now.context;
	memcpy(at, buffer, sizeof(buffer));
	return same;
}

static void compare(char *text, const struct answer *answer)
{
	char *word = strtok(text, " \t");
	unsigned int n = 0;

	if (!word || strcmp(word, errors[answer->label]))
		COMPLAIN("answers %s", errors[answer->label]);
	while ((word = strtok(NULL, " \t"))) {
		if (n < answer->length && strcmp(word, "?") && answer->mr[n] != value_of(word))
			COMPLAIN("word %u is %#lx", n, answer->mr[n]);
		n++;
	}
	if (n != answer->length)
		COMPLAIN("%u words", answer->length);
	if (answer->badge || answer->caps || answer->unwrapped)
		COMPLAIN("badge %lx, %u caps", answer->badge, answer->caps);
	if (answer->label && !unchanged())
		COMPLAIN("changed something, though it failed");
}

static void run_row(void)
{
	char text[LINE], *field[4], *at = text;
	struct answer answer;
	struct call call;
	int label;

	snprintf(text, sizeof(text), "%s", lines[here]);
	for (unsigned int i = 0; i < 4; i++) {
		field[i] = strsep(&at, "|");
		if (!field[i]) {
			COMPLAIN("a row has four fields");
			return;
		}
	}
	field[0][strcspn(field[0], " \t")] = 0;
	label = label_of(field[0]);
	make_fixture();
	prepare();
	call = parse_call(field[2], label);
	if (label < 0 || call.label < 0)
		return;
	remember();
	answer = make_call(&call);
	assert_ptr_equal(sched_current, world_root);
	compare(field[3], &answer);
	rows++;
	seen[label][answer.label ? 1 : 0] = true;
	if (answer.label == seL4_TruncatedMessage)
		seen[label][2] = true;
}

/* Those that take neither words nor caps. */
static bool takes_nothing(unsigned int label)
{
	switch (label) {
	case TCBSuspend: case TCBResume: case TCBUnbindNotification: case IRQAckIRQ:
	case IRQClearIRQHandler: case ARMPageTableUnmap: case ARMPageUnmap: case ARMPageGetAddress:
		return true;
	default:
		return false;
	}
}

static void table(void **state)
{
	for (here = 0; here < line_count; here++)
		if (strchr(lines[here], '|') && lines[here][0] != '#')
			run_row();
	for (unsigned int i = 1; i < LABELS; i++) {
		if (!seen[i][0])
			COMPLAIN("no row in which %s succeeds", labels[i]);
		if (!seen[i][1])
			COMPLAIN("no row in which %s fails", labels[i]);
		if (!seen[i][2] && !takes_nothing(i))
			COMPLAIN("no row in which the message of %s is too short", labels[i]);
	}
	print_message("%u rows\n", rows);
	assert_int_equal(wrong, 0);
}

_Static_assert(LABELS == ARMIRQIssueSGISignal + 1, "a label is missing");

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(table) };
	FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;

	if (!file) {
		fprintf(stderr, "usage: %s invocations.txt\n", argv[0]);
		return 2;
	}
	while (line_count < LINES && fgets(lines[line_count], LINE, file)) {
		lines[line_count][strcspn(lines[line_count], "\n")] = 0;
		if (lines[line_count][0] == '#')
			lines[line_count][0] = 0;
		line_count++;
	}
	fclose(file);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
