/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The vGIC on a kernel that models list registers (gich.c) against a model of what a guest sees
 * (gicv2_model.c): random accesses to distributor and CPU interface, on one and several CPUs.
 *
 * PEERVISOR_SEED=n runs that seed alone. A run that differs is made shorter by leaving out what is not
 * needed for a difference, and printed.
 */
#include "fake_kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/gicv2.h"
#include "gicv2_model.h"
#include "vgic_mmio.h"

#define SEEDS		60u
#define LENGTH		600u
#define STORM		64u		/* maintenance events without an instruction between */
#define KEPT		1u		/* with EOImode 1: not deactivated; of more GICv2 does not say which one is */

enum kind {
	ENABLE, DISABLE, PEND, UNPEND, ACTIVATE, DEACTIVATE, PRIORITY, TARGETS, GROUP, CONTROL, SGI,
	SET_SOURCE, CLEAR_SOURCE, RAISE, LOWER, TAKE, END, DIR, MASK, BINARY_POINT, INTERFACE, SWITCH,
	KINDS
};

static const char *const names[KINDS] = {
	"enable", "disable", "pend", "unpend", "activate", "deactivate", "priority", "targets", "group",
	"GICD_CTLR", "SGI", "set source", "clear source", "raise", "lower", "take", "end", "DIR", "PMR", "BPR",
	"GICC_CTLR", "switch",
};

/* What happens most: interrupts come, are taken and ended. */
static const uint8_t weights[KINDS] = {
	[ENABLE] = 6, [DISABLE] = 3, [PEND] = 10, [UNPEND] = 2, [ACTIVATE] = 1, [DEACTIVATE] = 1,
	[PRIORITY] = 4, [TARGETS] = 2, [GROUP] = 1, [CONTROL] = 1, [SGI] = 8, [SET_SOURCE] = 1,
	[CLEAR_SOURCE] = 1, [RAISE] = 6, [LOWER] = 5, [TAKE] = 22, [END] = 14, [DIR] = 4, [MASK] = 1,
	[BINARY_POINT] = 1, [INTERFACE] = 1, [SWITCH] = 3,
};

struct op {
	uint8_t kind, cpu;
	uint16_t intid;
	uint32_t value;
};

/* A few of each sort. */
static const uint16_t intids[] = {
	0, 1, 2, 15, 20, 21, 27, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 63,
};
#define INTIDS	(sizeof(intids) / sizeof(intids[0]))

static struct run {
	enum kernel_kind kernel;
	unsigned int cpus;
	bool eoi_mode, edges;
	struct op ops[LENGTH];
	unsigned int length;
	char wrong[160];
	struct { uint32_t word; } kept[MODEL_CPUS][KEPT];
	unsigned int keeps[MODEL_CPUS];
} r;
static struct model m;

static void differs(const char *what, unsigned int cpu, uint64_t seen, uint64_t right)
{
	if (!r.wrong[0])
		snprintf(r.wrong, sizeof(r.wrong), "cpu %u: %s is 0x%llx, not 0x%llx", cpu, what,
			 (unsigned long long)seen, (unsigned long long)right);
}

/* ---- the guest ---- */

static uint32_t access(unsigned int cpu, uint64_t offset, unsigned int size, bool write, uint32_t value)
{
	struct mmio_access a = { .vcpu = &vm.vcpu[cpu], .offset = offset, .value = value,
				 .value_known = true, .write = write, .size = (uint8_t)size };

	fake_num_calls = 0;
	assert_int_equal(vgic_mmio(&vm.gic, &a), MMIO_DONE);
	vm_settle(&vm);
	return (uint32_t)a.value;
}

static void set_bit(const struct op *op, uint64_t offset)
{
	access(op->cpu, offset + op->intid / 32 * 4, 4, true, 1u << op->intid % 32);
}

/* What the kernel does about a maintenance interrupt, until there is none. */
static void maintain(unsigned int cpu)
{
	struct gich *g = &guest[cpu].gich;

	for (unsigned int i = 0; gich_asserted(g); i++) {
		uint32_t ended = gich_ended(g);
		unsigned int index = (unsigned int)__builtin_ctz(ended | 1u << 31);

		if (ended) {
			g->lr[index] &= ~GICH_LR_EOI;
			guest[cpu].saved[index] = g->lr[index];
		}
		fault_of(cpu, seL4_Fault_VGICMaintenance, 1, ended ? index : ~0ull, 0, 0, 0);
		vm.caller = NULL;
		vm.reply = vm.reply_done = false;
		if (i == STORM) {
			differs("maintenance without end, control", cpu, g->hcr, 0);
			return;
		}
	}
}

static void maintain_all(void)
{
	for (unsigned int cpu = 0; cpu < r.cpus; cpu++)
		maintain(cpu);
}

static void check_unique(unsigned int cpu)
{
	const uint32_t *lr = guest[cpu].gich.lr;

	for (unsigned int a = 0; a < GICH_LRS; a++)
		for (unsigned int b = a + 1; b < GICH_LRS; b++)
			if ((lr[a] & GICH_LR_STATE) && (lr[b] & GICH_LR_STATE) &&
			    (lr[a] & GICH_LR_VIRTUALID) == (lr[b] & GICH_LR_VIRTUALID))
				differs("INTID in two list registers", cpu, lr[a], lr[b]);
}

/* ---- each operation on both; what the architecture leaves unpredictable is left out ---- */

static bool is_sgi(const struct op *op)
{
	return op->intid < GIC_SGIS;
}

/* Without a look at list registers nothing but this can be promised: what is stopped is not taken. */
static void take_blindly(unsigned int cpu, uint32_t iar)
{
	struct model_cpu *c = &m.cpu[cpu];

	if (iar >= GIC_SPURIOUS - 1)
		return;
	if (!model_open(&m, cpu, iar & 1023))
		differs("IAR of a stopped interrupt", cpu, iar, GIC_SPURIOUS);
	c->stack[c->depth++].word = iar;
}

static void take(const struct op *op)
{
	uint32_t iar;

	if (m.cpu[op->cpu].depth == MODEL_DEPTH || r.keeps[op->cpu] == KEPT)
		return;
	iar = gich_read_iar(&guest[op->cpu].gich);
	if (r.kernel == SEL4)
		take_blindly(op->cpu, iar);
	else if (!model_take(&m, op->cpu, iar))
		differs("IAR", op->cpu, iar, 0);
	if (r.eoi_mode && iar < GIC_SPURIOUS - 1)
		r.kept[op->cpu][r.keeps[op->cpu]++].word = iar;
}

static void end(const struct op *op)
{
	struct model_cpu *c = &m.cpu[op->cpu];

	if (!c->depth)
		return;
	gich_write_eoir(&guest[op->cpu].gich, c->stack[c->depth - 1].word);
	if (r.kernel == SEL4)
		c->depth--;
	else
		model_end(&m, op->cpu);
}

/* Of what has dropped its priority, the first or the last. */
static void deactivate(const struct op *op)
{
	unsigned int cpu = op->cpu, n = r.keeps[cpu], which;

	if (!r.eoi_mode || n <= m.cpu[cpu].depth)
		return;
	which = op->value & 1 ? 0 : n - m.cpu[cpu].depth - 1;
	gich_write_dir(&guest[cpu].gich, r.kept[cpu][which].word);
	model_deactivate(&m, cpu, r.kept[cpu][which].word);
	for (; which + 1 < n; which++)
		r.kept[cpu][which] = r.kept[cpu][which + 1];
	r.keeps[cpu]--;
}

static void set_line(const struct op *op, bool up)
{
	struct model_irq *irq = model_irq(&m, op->cpu, op->intid);

	if (is_sgi(op))
		return;
	if (irq->edge) {
		vgic_pulse(&vm.gic, op->cpu, op->intid);
		irq->latch = true;
	} else {
		vgic_set_level(&vm.gic, op->cpu, op->intid, up);
		irq->line = up;
	}
	vm_settle(&vm);
}

/* The end of one that was acknowledged before must not be mistaken for this one's. */
static void set_active(const struct op *op, bool active)
{
	struct model_irq *irq = model_irq(&m, op->cpu, op->intid);

	if (irq->unended && (active || (!is_sgi(op) && r.cpus > 1) || r.eoi_mode))
		return;
	if (r.eoi_mode)
		return;		/* of several that are active it is not known which one DIR is of */
	set_bit(op, active ? GICD_ISACTIVER : GICD_ICACTIVER);
	irq->active = active;
}

static void set_sources(const struct op *op, bool set)
{
	uint32_t mask = op->value & ((1u << r.cpus) - 1), offset = set ? GICD_SPENDSGIR : GICD_CPENDSGIR;
	struct model_irq *irq = model_irq(&m, op->cpu, op->intid);

	if (!is_sgi(op))
		return;
	access(op->cpu, offset + op->intid, 1, true, mask);
	irq->sources = (uint8_t)(set ? irq->sources | mask : irq->sources & ~mask);
}

static void send(const struct op *op)
{
	unsigned int to = op->value % r.cpus, intid = op->intid % 4;

	access(op->cpu, GICD_SGIR, 4, true, 1u << (16 + to) | intid);
	model_sgi(&m, op->cpu, to, intid);
}

static void set_interface(const struct op *op)
{
	struct model_cpu *c = &m.cpu[op->cpu];
	uint32_t *vmcr = &guest[op->cpu].gich.vmcr;

	c->group0 = op->value % 8 != 0;
	c->group1 = op->value & 8;
	c->ack_ctl = op->value & 16;
	*vmcr &= ~(VMCR_GROUP0 | VMCR_GROUP1 | VMCR_ACK_CTL | VMCR_EOI_MODE);
	*vmcr |= (c->group0 ? VMCR_GROUP0 : 0) | (c->group1 ? VMCR_GROUP1 : 0) |
		 (c->ack_ctl ? VMCR_ACK_CTL : 0) | (c->eoi_mode ? VMCR_EOI_MODE : 0);
}

/* The kernel runs another vCPU: what it last saw of list registers is how they are. */
static void switch_out(unsigned int cpu)
{
	memcpy(guest[cpu].saved, guest[cpu].gich.lr, sizeof(guest[cpu].saved));
}

static void set_group(const struct op *op)
{
	uint64_t offset = GICD_IGROUPR + op->intid / 32u * 4u;
	uint32_t bit = 1u << op->intid % 32, word = access(op->cpu, offset, 4, false, 0) & ~bit;

	access(op->cpu, offset, 4, true, op->value & 1 ? word | bit : word);
}

static void configure(const struct op *op)
{
	struct model_irq *irq = model_irq(&m, op->cpu, op->intid);

	switch (op->kind) {
	case PRIORITY:
		access(op->cpu, GICD_IPRIORITYR + op->intid, 1, true, op->value & 0xf8);
		irq->priority = op->value & 0xf8;
		break;
	case TARGETS:
		if (op->intid < GIC_PRIVATE)
			break;
		irq->targets = (uint8_t)(op->value & ((1u << r.cpus) - 1));
		access(op->cpu, GICD_ITARGETSR + op->intid, 1, true, irq->targets);
		break;
	case GROUP:
		if (irq->active || irq->unended)
			break;
		irq->group1 = op->value & 1;
		set_group(op);
		break;
	case CONTROL:
		m.ctlr = op->value % 8 ? 3 : op->value >> 3 & 3;
		access(op->cpu, GICD_CTLR, 4, true, m.ctlr);
		break;
	case MASK:
		m.cpu[op->cpu].mask = op->value & 1 ? 0xf8 : op->value & 0xf8;
		gich_write_pmr(&guest[op->cpu].gich, m.cpu[op->cpu].mask);
		break;
	case BINARY_POINT:
		m.cpu[op->cpu].binary_point = GICH_BP_MIN + op->value % 4;
		gich_write_bpr(&guest[op->cpu].gich, m.cpu[op->cpu].binary_point);
		break;
	case INTERFACE:
		set_interface(op);
		break;
	}
}

static void apply(const struct op *op)
{
	struct model_irq *irq = model_irq(&m, op->cpu, op->intid);

	switch (op->kind) {
	case ENABLE:	set_bit(op, GICD_ISENABLER); irq->enabled = true; break;
	case DISABLE:	set_bit(op, GICD_ICENABLER); irq->enabled = false; break;
	case PEND:	set_bit(op, GICD_ISPENDR); irq->latch |= !is_sgi(op); break;
	case UNPEND:	set_bit(op, GICD_ICPENDR); irq->latch = false; break;
	case ACTIVATE:	set_active(op, true); break;
	case DEACTIVATE: set_active(op, false); break;
	case SGI:	send(op); break;
	case SET_SOURCE: set_sources(op, true); break;
	case CLEAR_SOURCE: set_sources(op, false); break;
	case RAISE:	set_line(op, true); break;
	case LOWER:	set_line(op, false); break;
	case TAKE:	take(op); break;
	case END:	end(op); break;
	case DIR:	deactivate(op); break;
	case SWITCH:	switch_out(op->cpu); break;
	default:	configure(op); break;
	}
	maintain_all();
}

/* ---- what the distributor says, compared ---- */

static void check_word(unsigned int cpu, unsigned int first)
{
	uint32_t enabled = 0, pending = 0, active = 0, known = 0;

	for (unsigned int i = 0; i < INTIDS; i++) {
		const struct model_irq *irq = model_irq(&m, cpu, intids[i]);
		unsigned int bit = intids[i] % 32;

		if (intids[i] / 32 * 32 != first)
			continue;
		known |= 1u << bit;
		enabled |= (uint32_t)irq->enabled << bit;
		pending |= (uint32_t)model_pending(irq) << bit;
		active |= (uint32_t)irq->active << bit;
	}
	first /= 8;
	if ((access(cpu, GICD_ISENABLER + first, 4, false, 0) & known) != enabled)
		differs("ISENABLER", cpu, access(cpu, GICD_ISENABLER + first, 4, false, 0) & known, enabled);
	if ((access(cpu, GICD_ISPENDR + first, 4, false, 0) & known) != pending)
		differs("ISPENDR", cpu, access(cpu, GICD_ISPENDR + first, 4, false, 0) & known, pending);
	if ((access(cpu, GICD_ISACTIVER + first, 4, false, 0) & known) != active)
		differs("ISACTIVER", cpu, access(cpu, GICD_ISACTIVER + first, 4, false, 0) & known, active);
}

static void check_cpu(unsigned int cpu)
{
	check_unique(cpu);
	if (r.kernel == SEL4)
		return;
	check_word(cpu, 0);
	check_word(cpu, 32);
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t seen = access(cpu, GICD_SPENDSGIR + i, 1, false, 0);

		if (seen != model_irq(&m, cpu, i)->sources)
			differs("SPENDSGIR", cpu, seen, model_irq(&m, cpu, i)->sources);
	}
	if (gich_read_rpr(&guest[cpu].gich) != model_running(&m, cpu))
		differs("RPR", cpu, gich_read_rpr(&guest[cpu].gich), model_running(&m, cpu));
}

static void set_up(void)
{
	start_vm(r.kernel, r.cpus);
	model_reset(&m, r.cpus);
	memset(r.keeps, 0, sizeof(r.keeps));
	r.wrong[0] = 0;
	for (unsigned int cpu = 0; cpu < r.cpus; cpu++) {
		const struct op on = { .cpu = (uint8_t)cpu, .value = 0x1f };

		if (cpu) {
			assert_true(vcpu_start(&vm.vcpu[cpu], 0x40000000, 0));
			vgic_cpu_online(&vm.gic, cpu, true);
		}
		m.cpu[cpu].eoi_mode = r.eoi_mode;
		m.cpu[cpu].mask = 0xf8;
		m.cpu[cpu].binary_point = GICH_BP_MIN;
		gich_write_bpr(&guest[cpu].gich, GICH_BP_MIN);
		set_interface(&on);
	}
	for (unsigned int i = GIC_PRIVATE; i < MODEL_INTIDS; i++) {
		m.shared[i].edge = r.edges ? i % 2 : i % 4 == 0;
		access(0, GICD_ICFGR + i / 16 * 4, 4, true,
		       access(0, GICD_ICFGR + i / 16 * 4, 4, false, 0) |
		       (uint32_t)m.shared[i].edge << (i % 16 * 2 + 1));
	}
	m.ctlr = 3;
	access(0, GICD_CTLR, 4, true, 3);
}

/* How many operations it takes to differ; 0: it does not. */
static unsigned int run(void)
{
	set_up();
	for (unsigned int i = 0; i < r.length; i++) {
		apply(&r.ops[i]);
		for (unsigned int cpu = 0; cpu < r.cpus; cpu++)
			check_cpu(cpu);
		if (r.wrong[0])
			return i + 1;
	}
	return 0;
}

/* ---- seeds ---- */

static uint64_t random_state;

static uint32_t random_word(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 16);
}

static uint8_t random_kind(void)
{
	unsigned int sum = 0, n;
	uint8_t kind = 0;

	for (unsigned int i = 0; i < KINDS; i++)
		sum += weights[i];
	n = random_word() % sum;
	while (n >= weights[kind])
		n -= weights[kind++];
	return kind;
}

static void make(uint64_t seed)
{
	static const struct { enum kernel_kind kernel; unsigned int cpus; } machines[] = {
		{ LISTS, 1 }, { LISTS, 2 }, { LISTS, 4 }, { SEL4, 1 }, { SEL4, 2 },
	};
	unsigned int which = (unsigned int)(seed % (sizeof(machines) / sizeof(machines[0]))), spread;

	random_state = (seed + 1) * 0x9e3779b97f4a7c15ull;
	r = (struct run){ .kernel = machines[which].kernel, .cpus = machines[which].cpus, .length = LENGTH };
	r.eoi_mode = random_word() % 4 == 0 && r.kernel != SEL4;
	r.edges = random_word() % 2;
	spread = random_word() % 2 ? INTIDS : 6 + random_word() % 6;
	for (unsigned int i = 0; i < LENGTH; i++)
		r.ops[i] = (struct op){ random_kind(), (uint8_t)(random_word() % r.cpus),
					intids[random_word() % spread], random_word() };
	for (unsigned int i = 0; i < spread && i < LENGTH / 2; i++) {	/* so that something happens */
		r.ops[2 * i] = (struct op){ ENABLE, (uint8_t)(i % r.cpus), intids[i], 0 };
		r.ops[2 * i + 1] = (struct op){ PRIORITY, (uint8_t)(i % r.cpus), intids[i], random_word() };
	}
}

/* Without the operations from `at` on, if it differs then, too. */
static bool leave_out(unsigned int at, unsigned int count)
{
	struct run before = r;
	unsigned int length;

	memmove(&r.ops[at], &r.ops[at + count], (r.length - at - count) * sizeof(r.ops[0]));
	r.length -= count;
	length = run();
	if (length)
		r.length = length;
	else
		r = before;
	return length;
}

static void shorten(void)
{
	for (unsigned int count = r.length / 2; count; count /= 2)
		for (unsigned int at = 0; at + count <= r.length; )
			if (!leave_out(at, count))
				at += count;
	run();
}

static void tell(uint64_t seed)
{
	fprintf(stderr, "seed %llu, %u CPUs, %s%s: %s after\n", (unsigned long long)seed, r.cpus,
		r.kernel == SEL4 ? "no access to list registers" : "list registers",
		r.eoi_mode ? ", EOImode 1" : "", r.wrong);
	for (unsigned int i = 0; i < r.length; i++)
		fprintf(stderr, "  cpu %u: %s %u, 0x%x\n", r.ops[i].cpu, names[r.ops[i].kind],
			r.ops[i].intid, r.ops[i].value);
}

static void check_seed(uint64_t seed)
{
	make(seed);
	r.length = run();
	if (!r.length)
		return;
	shorten();
	tell(seed);
	fail_msg("PEERVISOR_SEED=%llu: %s", (unsigned long long)seed, r.wrong);
}

static void test_against_model(void **state)
{
	const char *seed = getenv("PEERVISOR_SEED");

	if (seed) {
		check_seed(strtoull(seed, NULL, 0));
		return;
	}
	/* With EOImode 1 an interrupt without a list register may be mistaken for another one. */
	for (unsigned int i = 0; i < SEEDS; i++) {
		make(i);
		if (!r.eoi_mode)
			check_seed(i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_model),
	};

	return cmocka_run_group_tests_name("vgic against a model of GICv2", tests, NULL, NULL);
}
