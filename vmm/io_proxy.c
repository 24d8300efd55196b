/* SPDX-License-Identifier: BSD-2-Clause */
#include "io_proxy.h"

#include <sel4/sel4.h>
#include <string.h>

#include "vm.h"

/*
 * A service round is bounded, so that a peer which always has something new cannot keep the monitor
 * from its own vCPUs. What the guest did not ask for costs the peer of its budget; when that is used
 * up, nothing of it is looked at for PAUSE_MS. A backend that is set up sends a few dozen messages.
 */
#define PASSES		4
#define MESSAGES	IOBUF_RING_SLOTS	/* of one pass */
#define BUDGET		64u
#define NEW_RUN_COST	16u		/* everything is dropped, the page is cleared */
#define PAUSE_MS	1

#define WATCH_LOOKS	8u	/* a request ends between one time-out and an eighth more */

#define MSIX_ENTRY	16u

static const struct pci_operations remote;

/* ---- MSI-X: which SPI is whose ---- */

static void vector_bind(struct io_proxy *proxy, struct proxy_vector *v)
{
	struct gicv2m *frame = &proxy->vm->v2m;
	int spi = gicv2m_spi(frame, v->address, v->data);

	if (spi == v->spi)
		return;
	gicv2m_unbind(frame, v->spi, proxy);
	v->spi = (int16_t)spi;
	gicv2m_bind(frame, spi, proxy);
}

static struct proxy_vector *vector_find(struct io_proxy *proxy, struct pci_function *function,
					unsigned int index)
{
	unsigned int i;

	for (i = 0; i < PROXY_MSIX_ENTRIES; i++) {
		struct proxy_vector *v = &proxy->vector[i];

		if (v->function == function && v->index == index)
			return v;
	}
	return NULL;
}

static bool vectors_add(struct io_proxy *proxy, struct pci_function *function)
{
	unsigned int i, index = 0, entries = function->is.msix_entries;

	if (function->is.msix_bar == IOBUF_PCI_NO_MSIX)
		return true;
	for (i = 0; i < PROXY_MSIX_ENTRIES && index < entries; i++)
		if (!proxy->vector[i].function)
			proxy->vector[i] = (struct proxy_vector){
				.function = function, .index = (uint16_t)index++, .spi = -1,
			};
	return index == entries;
}

static void vectors_remove(struct io_proxy *proxy, const struct pci_function *function)
{
	unsigned int i;

	for (i = 0; i < PROXY_MSIX_ENTRIES; i++) {
		struct proxy_vector *v = &proxy->vector[i];

		if (v->function != function)
			continue;
		gicv2m_unbind(&proxy->vm->v2m, v->spi, proxy);
		v->function = NULL;
	}
}

/* A write to a table, noted before it is forwarded: address low, high, data, control. */
static void vector_note(struct io_proxy *proxy, struct pci_function *function,
			struct mmio_access *access)
{
	uint64_t at = access->offset - function->is.msix_offset;
	struct proxy_vector *v;
	uint64_t value = mmio_write_value(access);

	if (access->offset < function->is.msix_offset ||
	    at >= (uint64_t)function->is.msix_entries * MSIX_ENTRY || access->size < 4)
		return;
	v = vector_find(proxy, function, (unsigned int)(at / MSIX_ENTRY));
	if (!v)
		return;
	switch (at % MSIX_ENTRY) {
	case 0:
		if (access->size == 8)
			v->address = value;
		else
			v->address = (v->address & ~0xffffffffull) | value;
		break;
	case 4:
		v->address = (v->address & 0xffffffffull) | value << 32;
		break;
	case 8:
		v->data = (uint32_t)value;
		break;
	}
	vector_bind(proxy, v);
}

/* ---- what the peer may cost ---- */

static void spend(struct io_proxy *proxy, unsigned int cost)
{
	proxy->budget -= cost < proxy->budget ? cost : proxy->budget;
}

/* Come back later. Without a timer nothing could end a pause: there only the round is bounded. */
static void come_back(struct io_proxy *proxy)
{
	struct vm *vm = proxy->vm;
	uint64_t at = vm_after(vm, PAUSE_MS);

	proxy->paused = !proxy->budget && at != DEADLINE_NEVER;
	if (!proxy->budget)
		proxy->budget = BUDGET;
	deadline_set(&vm->deadlines, &proxy->retry, at);
}

/* ---- requests to the backend ---- */

/*
 * While a request is open the clock is looked at every eighth of the time-out, not for each request:
 * that would be two calls of the timer server for each access.
 */
static void watch_start(struct io_proxy *proxy)
{
	struct vm *vm = proxy->vm;
	uint64_t timeout = proxy->is->request_timeout;

	if (proxy->watch.link || !timeout || !vm->counter_frequency)
		return;
	deadline_set(&vm->deadlines, &proxy->watch, vm_after(vm, (timeout - 1) / WATCH_LOOKS + 1));
}

static int request_open(struct io_proxy *proxy, uint32_t *tag)
{
	int entry = ring_tags_open(&proxy->requests, tag);

	if (entry >= 0) {
		proxy->age[entry] = 0;
		watch_start(proxy);
	}
	return entry;
}

static enum mmio_result all_ones(struct mmio_access *access)
{
	access->value = ~0ull;
	return MMIO_DONE;
}

/* The vCPU waits for COMPLETE; without a link a read is all ones and a write goes nowhere. */
static enum mmio_result request(struct io_proxy *proxy, struct mmio_access *access,
				struct iobuf_message *m)
{
	int entry;

	if (proxy->link.status != RING_UP || (m->addr & (access->size - 1u)))
		return all_ones(access);
	entry = request_open(proxy, &m->tag);
	if (entry < 0)
		return all_ones(access);
	m->len = access->size;
	if (access->write)
		m->data = mmio_write_value(access);
	proxy->published = true;	/* or the peer broke a rule, which is to be said */
	if (!ring_put(&proxy->link, m)) {
		ring_tags_close(&proxy->requests, m->tag);
		return all_ones(access);
	}
	proxy->waiting[entry] = access->vcpu;
	proxy->vm->stats.messages_out++;
	return MMIO_LATER;
}

/* The guest sets the function up itself: what it had there before is not put back over that. */
static void ghost_forget(struct io_proxy *proxy, unsigned int bdf)
{
	unsigned int i;

	for (i = 0; i < PCI_FUNCTIONS; i++)
		if (proxy->ghost[i].is.bdf == bdf)
			proxy->ghost[i].used = false;
}

static enum mmio_result remote_config(struct pci_function *function, struct mmio_access *access,
				      unsigned int offset)
{
	struct iobuf_message m = {
		.op = access->write ? IOBUF_CFG_WRITE : IOBUF_CFG_READ,
		.space = function->bdf,
		.addr = offset,
	};

	if (access->write)
		ghost_forget(function->owner, function->bdf);
	return request(function->owner, access, &m);
}

static enum mmio_result remote_bar(struct pci_function *function, unsigned int bar,
				   struct mmio_access *access)
{
	struct iobuf_message m = {
		.op = access->write ? IOBUF_MMIO_WRITE : IOBUF_MMIO_READ,
		.addr = access->address.value,
	};

	if (access->write && bar == function->is.msix_bar)
		vector_note(function->owner, function, access);
	return request(function->owner, access, &m);
}

static const struct pci_operations remote = {
	.config = remote_config,
	.bar = remote_bar,
};

/*
 * Nobody there: all ones, but for the register that was written last, which keeps what was written.
 * Linux resets its virtio devices before it reboots, by a zero that it waits to read back; all ones
 * for ever would keep a guest from rebooting because its backend died.
 */
static enum mmio_result dead_access(struct io_proxy *proxy, struct mmio_access *access)
{
	if (access->write) {
		proxy->dead_address = access->address;
		proxy->dead_size = access->size;
		proxy->dead_value = mmio_write_value(access);
		return MMIO_DONE;
	}
	if (access->size == proxy->dead_size &&
	    access->address.value == proxy->dead_address.value)
		access->value = proxy->dead_value;
	else
		access->value = ~0ull;
	return MMIO_DONE;
}

static enum mmio_result window_access(struct io_proxy *proxy, struct mmio_access *access)
{
	struct pci_function *function;
	unsigned int bar;
	uint64_t offset;

	function = pci_route(&proxy->host, access->address, access->size, &bar, &offset);
	if (!function)
		return dead_access(proxy, access);
	access->offset = offset;
	return remote_bar(function, bar, access);
}

enum mmio_result io_proxy_window_mmio(void *device, struct mmio_access *access)
{
	struct io_proxy *proxy = device;
	int doorbell;

	doorbell = access->write ? doorbell_find(&proxy->doorbells, access) : -1;
	if (doorbell < 0)
		return window_access(proxy, access);
	ring_count(&proxy->link, (unsigned int)doorbell);
	proxy->published = true;
	proxy->vm->stats.exits[EXIT_DOORBELL]++;
	return MMIO_DONE;
}

/* ---- lines ---- */

static void line_apply(struct io_proxy *proxy, unsigned int line)
{
	bool up = (proxy->level | proxy->held) >> line & 1;

	vgic_set_level(&proxy->vm->gic, 0, (unsigned int)proxy->is->intx + line, up);
}

/* The guest ended it: a resampled line is down until the device asserts it anew. */
static void line_ended(void *source, unsigned int intid)
{
	struct io_proxy *proxy = source;
	unsigned int line = intid - (unsigned int)proxy->is->intx;

	if (proxy->held >> line & 1) {
		proxy->held &= (uint8_t)~(1u << line);
		ring_count(&proxy->link, IOBUF_EOI_FIRST + line);
		proxy->published = true;
	}
	line_apply(proxy, line);
}

static void lines_reset(struct io_proxy *proxy)
{
	unsigned int line;

	proxy->level = 0;
	proxy->held = 0;
	for (line = 0; line < IOBUF_LINES; line++)
		line_apply(proxy, line);
}

/* ---- functions that come back ---- */

static bool same_function(const struct iobuf_pci_function *a, const struct iobuf_pci_function *b)
{
	return a->bdf == b->bdf && a->vendor == b->vendor && a->device == b->device &&
	       !memcmp(a->bar_log2, b->bar_log2, sizeof(a->bar_log2)) &&
	       !memcmp(a->bar_flags, b->bar_flags, sizeof(a->bar_flags));
}

static void ghost_keep(struct io_proxy *proxy, const struct pci_function *function)
{
	struct proxy_ghost *ghost = &proxy->ghost[function - proxy->host.function];

	if (!(pci_config_read(function, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY))
		return;		/* the guest never used it, or was there only for a moment */
	ghost->used = true;
	ghost->is = function->is;
	memcpy(ghost->header, function->config, sizeof(ghost->header));
}

static struct pci_function *ghost_function(struct io_proxy *proxy, const struct proxy_ghost *ghost)
{
	struct pci_function *function = ghost->used ? pci_find(&proxy->host, ghost->is.bdf) : NULL;

	return function && same_function(&function->is, &ghost->is) ? function : NULL;
}

/* One configuration write to the backend, as the guest once made it. False: not now. */
static bool restore_step(struct io_proxy *proxy, struct pci_function *function,
			 const struct proxy_ghost *ghost, unsigned int step)
{
	bool command = step == IOBUF_PCI_BARS;
	struct iobuf_message m = {
		.op = IOBUF_CFG_WRITE,
		.space = function->bdf,
		.addr = command ? PCI_COMMAND : PCI_BAR + step * 4,
		.len = command ? 2 : 4,
	};
	uint32_t value = 0;
	int entry = request_open(proxy, &m.tag);

	if (entry < 0)
		return false;
	memcpy(&value, ghost->header + m.addr, m.len);
	m.data = value;
	if (!ring_put(&proxy->link, &m)) {
		ring_tags_close(&proxy->requests, m.tag);
		return false;
	}
	pci_config_set(function, (unsigned int)m.addr, m.len, value);
	proxy->waiting[entry] = NULL;
	proxy->published = true;
	return true;
}

/* Sends the next write; the one after it follows when this one is answered. */
static void restore(struct io_proxy *proxy)
{
	for (; proxy->restored < PCI_FUNCTIONS * PROXY_STEPS; proxy->restored++) {
		struct proxy_ghost *ghost = &proxy->ghost[proxy->restored / PROXY_STEPS];
		struct pci_function *function = ghost_function(proxy, ghost);
		unsigned int step = proxy->restored % PROXY_STEPS;

		if (!function)
			continue;
		if (restore_step(proxy, function, ghost, step))
			proxy->restored++;
		if (step == IOBUF_PCI_BARS)
			ghost->used = false;
		return;
	}
}

static void ghosts_forget(struct io_proxy *proxy)
{
	memset(proxy->ghost, 0, sizeof(proxy->ghost));
}

/* ---- what the device VM says ---- */

static void drop_all(struct io_proxy *proxy)
{
	unsigned int i;

	for (i = 0; i < RING_TAGS_MAX; i++) {
		struct vcpu *vcpu = proxy->waiting[i];

		if (!(proxy->requests.used >> i & 1))
			continue;
		proxy->waiting[i] = NULL;
		if (vcpu && vcpu->state == VCPU_WAIT_DEVICE)
			vcpu_complete_mmio(vcpu, &vcpu->access, ~0ull);
	}
	ring_tags_reset(&proxy->requests, IOBUF_DRIVER_REQUESTS);
	doorbell_reset(&proxy->doorbells, proxy->host.window, proxy->host.window_size);
	memset(proxy->vector, 0, sizeof(proxy->vector));
	gicv2m_unbind_all(&proxy->vm->v2m, proxy);
	for (i = 0; i < PCI_FUNCTIONS; i++) {
		if (proxy->host.function[i].present)
			ghost_keep(proxy, &proxy->host.function[i]);
		pci_remove(&proxy->host.function[i]);
	}
	proxy->restored = PCI_FUNCTIONS * PROXY_STEPS;
	lines_reset(proxy);
	proxy->dead_size = 0;
	proxy->started = false;
	proxy->published = true;
}

/* Each status is counted by itself: a link that comes and goes does not silence why it failed. */
static void say(struct io_proxy *proxy)
{
	struct ring_link *l = &proxy->link;
	uint32_t *times = &proxy->reports[PROXY_REPORT_STATUS + l->status];

	if (l->status == proxy->said)
		return;
	proxy->said = l->status;
	if (l->status == RING_FAILED)
		vm_report(proxy->vm, times, "connection to %s: failed: %s broke the rule: %s",
			  proxy->is->peer, proxy->is->peer, ring_rule_text(l->rule));
	else
		vm_report(proxy->vm, times, "connection to %s: %s", proxy->is->peer,
			  ring_status_text(l->status));
}

static void fail(struct io_proxy *proxy, enum ring_rule rule)
{
	ring_fail(&proxy->link, rule);
	say(proxy);
	drop_all(proxy);
}

static unsigned int function_add(struct io_proxy *proxy, const struct iobuf_message *m)
{
	struct iobuf_pci_function is;
	struct pci_function *function;

	iobuf_pci_unpack(m, &is);
	if (is.bdf > 0xff)
		return NAK_EINVAL;
	if (pci_find(&proxy->host, is.bdf))
		return NAK_EEXIST;
	function = pci_add(&proxy->host, &is, &remote, proxy);
	if (!function)
		return NAK_ENOSPC;
	if (!vectors_add(proxy, function)) {
		vectors_remove(proxy, function);
		pci_remove(function);
		return NAK_ENOSPC;
	}
	vm_report(proxy->vm, &proxy->reports[PROXY_REPORT_FUNCTION],
		  "connection to %s: function %02x.%u: %04x:%04x class %06x", proxy->is->peer,
		  is.bdf >> 3, is.bdf & 7, is.vendor, is.device, (unsigned int)is.class_code);
	return 0;
}

static unsigned int function_remove(struct io_proxy *proxy, uint32_t bdf)
{
	struct pci_function *function = pci_find(&proxy->host, bdf);

	if (!function)
		return NAK_ENOENT;
	vectors_remove(proxy, function);
	pci_remove(function);
	return 0;
}

static void answer(struct io_proxy *proxy, const struct iobuf_message *to, unsigned int error)
{
	struct iobuf_message m = {
		.op = error ? IOBUF_NAK : IOBUF_ACK,
		.tag = to->tag,
		.status = (uint16_t)error,
	};

	ring_put(&proxy->link, &m);
	proxy->published = true;
}

static void apply_counters(struct io_proxy *proxy)
{
	struct ring_changes changes;
	unsigned int word, line;
	uint8_t lines = proxy->level | proxy->held;

	if (!ring_counters_take(&proxy->link, &changes))
		return;
	for (word = 0; word < 2; word++) {
		uint64_t bits = changes.changed[word];

		for (; bits; bits &= bits - 1) {
			unsigned int i = word * 64 + (unsigned int)__builtin_ctzll(bits);

			if (i >= IOBUF_ASSERT_FIRST)
				proxy->held |= (uint8_t)(1u << (i - IOBUF_ASSERT_FIRST));
			else if (!gicv2m_raise(&proxy->vm->v2m, (int)i, proxy))
				proxy->unbound++;
		}
	}
	proxy->level = (uint8_t)changes.level;
	lines ^= proxy->level | proxy->held;
	for (line = 0; lines >> line; line++)
		if (lines >> line & 1)
			line_apply(proxy, line);
}

static void complete(struct io_proxy *proxy, const struct iobuf_message *m)
{
	int entry = ring_tags_close(&proxy->requests, m->tag);
	struct vcpu *vcpu;

	if (entry < 0) {
		fail(proxy, (enum ring_rule)-entry);
		return;
	}
	apply_counters(proxy);	/* what it raised before this answer is seen before it */
	vcpu = proxy->waiting[entry];
	proxy->waiting[entry] = NULL;
	if (vcpu && vcpu->state == VCPU_WAIT_DEVICE)
		vcpu_complete_mmio(vcpu, &vcpu->access, m->status ? ~0ull : m->data);
	else if (!vcpu)
		restore(proxy);
}

static void handle(struct io_proxy *proxy, const struct iobuf_message *m)
{
	proxy->vm->stats.messages_in++;
	if (m->op != IOBUF_COMPLETE)
		spend(proxy, 1);
	switch (m->op) {
	case IOBUF_COMPLETE:
		complete(proxy, m);
		break;
	case IOBUF_PCI_ADD:
		answer(proxy, m, function_add(proxy, m));
		break;
	case IOBUF_PCI_REMOVE:
		answer(proxy, m, function_remove(proxy, m->space));
		break;
	case IOBUF_DOORBELL_SET:
		answer(proxy, m, doorbell_set(&proxy->doorbells, m));
		break;
	case IOBUF_DOORBELL_CLEAR:
		answer(proxy, m, doorbell_clear(&proxy->doorbells, m->space));
		break;
	case IOBUF_VM_START:
		proxy->started = true;
		proxy->host.hidden = false;
		answer(proxy, m, 0);
		proxy->restored = 0;
		restore(proxy);
		break;
	}
}

static void take_all(struct io_proxy *proxy)
{
	struct iobuf_message m;
	unsigned int i;

	apply_counters(proxy);
	for (i = 0; i < MESSAGES && proxy->budget && ring_take(&proxy->link, &m); i++)
		handle(proxy, &m);
	if (i)
		proxy->published = true;	/* consumed moved: the peer may wait for room */
}

/* One look at where the link stands, and what follows from it. */
static void pass(struct io_proxy *proxy)
{
	bool was_up = proxy->said == RING_UP;

	switch (ring_poll(&proxy->link)) {
	case RING_UP:
		say(proxy);
		take_all(proxy);
		if (proxy->link.status == RING_FAILED)
			break;
		return;
	case RING_CHANGED:
		say(proxy);
		spend(proxy, NEW_RUN_COST);
		drop_all(proxy);
		ring_adopt(&proxy->link);
		return;
	default:
		break;
	}
	say(proxy);
	if (was_up || proxy->requests.used)
		drop_all(proxy);
}

void io_proxy_service(struct io_proxy *proxy)
{
	unsigned int i;

	if (proxy->paused)
		return;
	for (i = 0; i < PASSES && proxy->budget; i++) {
		pass(proxy);
		if (ring_may_sleep(&proxy->link))
			return;
	}
	come_back(proxy);
}

/* ---- time ---- */

/*
 * A backend that does not answer costs its connection, and nobody else anything. This side restarts:
 * what waited reads all ones, and the backend finds a new run when it looks again.
 */
static void time_out(struct io_proxy *proxy)
{
	vm_report(proxy->vm, &proxy->reports[PROXY_REPORT_TIMEOUT],
		  "connection to %s: failed: a request was not answered within %llu ms",
		  proxy->is->peer, (unsigned long long)proxy->is->request_timeout);
	drop_all(proxy);
	ring_restart(&proxy->link);
	proxy->said = RING_DOWN;
}

static void watch_reached(void *of)
{
	struct io_proxy *proxy = of;
	bool late = false;
	unsigned int i;

	for (i = 0; i < RING_TAGS_MAX; i++)
		if ((proxy->requests.used >> i & 1) && ++proxy->age[i] > WATCH_LOOKS)
			late = true;
	if (late)
		time_out(proxy);
	else if (proxy->requests.used)
		watch_start(proxy);
}

static void retry_reached(void *of)
{
	struct io_proxy *proxy = of;

	proxy->paused = false;
	io_proxy_service(proxy);
}

void io_proxy_settle(struct io_proxy *proxy)
{
	proxy->published = false;
	if (proxy->link.status == RING_FAILED && proxy->said != RING_FAILED) {
		say(proxy);
		drop_all(proxy);
	}
	if (!ring_must_signal(&proxy->link))
		return;
	proxy->vm->stats.signals++;
	if (proxy->is->signal)
		seL4_Signal(proxy->is->signal);
}

/* ---- life ---- */

void io_proxy_restart(struct io_proxy *proxy, const char *why)
{
	if (proxy->said == RING_UP)
		vm_report(proxy->vm, &proxy->reports[PROXY_REPORT_RESTART], "connection to %s: %s",
			  proxy->is->peer, why);
	drop_all(proxy);
	ghosts_forget(proxy);	/* the guest begins anew */
	proxy->host.hidden = false;
	ring_restart(&proxy->link);
	proxy->said = RING_DOWN;
}

bool io_proxy_released(const struct io_proxy *proxy)
{
	return proxy->is->swiotlb || ring_peer_released(&proxy->link);
}

void io_proxy_init(struct io_proxy *proxy, struct vm *vm, const struct config_connection *is)
{
	unsigned int line;

	memset(proxy, 0, sizeof(*proxy));
	proxy->vm = vm;
	proxy->is = is;
	proxy->budget = BUDGET;
	proxy->retry = (struct deadline){ .reached = retry_reached, .of = proxy };
	proxy->watch = (struct deadline){ .reached = watch_reached, .of = proxy };
	pci_init(&proxy->host, gpa(is->window.base), is->window.size);
	ring_tags_reset(&proxy->requests, IOBUF_DRIVER_REQUESTS);
	doorbell_reset(&proxy->doorbells, proxy->host.window, proxy->host.window_size);
	for (line = 0; line < IOBUF_LINES; line++)
		vgic_hold(&vm->gic, 0, (unsigned int)is->intx + line, line_ended, proxy);
	ring_start(&proxy->link, RING_DRIVER, (struct iobuf_page *)(uintptr_t)is->page_driver,
		   (const struct iobuf_page *)(uintptr_t)is->page_device);
	proxy->published = true;
}
