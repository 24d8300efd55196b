/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The serial server: owns the UART, multiplexes the output of all ports and
 * gives the input to one of them (docs/bindings.md, peervisor,serial-1).
 *
 * Ports take turns line by line: the source changes at the end of a line, when
 * it has nothing more, or after TURN bytes. Nothing here waits: when the UART is
 * full the next interrupt continues, when a client is full its input is dropped.
 *
 * Whoever reads a line of a log has read what was written to the consoles before
 * it: a monitor's "powered off" does not overtake its guest's last words. So the
 * output goes in rounds. A round has of each port what was there when it began,
 * the logs looked at before the consoles. First the consoles catch up with it,
 * then the logs, then comes the report of a fault. Consoles also go on with what
 * came later; what a log got later is the next round's.
 *
 * The server is also the fault handler of all other components (fault.h).
 */
#include <stdio.h>
#include <string.h>
#include <peervisor/config.h>
#include <peervisor/event.h>
#include <peervisor/log.h>
#include <peervisor/panic.h>
#include <peervisor/serial_port.h>
#include <sel4/sel4.h>
#include "fault.h"
#include "pl011.h"

#define MAX_PORTS	240	/* COMPONENT_SERIAL_PORTS of the tool */
#define MAX_LABEL	64
#define TURN		512
#define MAX_INPUT	1024	/* bytes taken from the UART per interrupt */
#define MARK		0x1e

struct port {
	struct serial_port serial;
	const char *label;
	bool log;
	uint32_t round;		/* `consumed` when this round has all of its bytes */
	uint32_t want_room;	/* the client's word when it was last served */
	int held;		/* a byte taken from the client that the UART had no room for; or -1 */
};

static struct port ports[MAX_PORTS];
static int num_ports;
static int input = -1;		/* the port that gets input */
static uint64_t irq_slot, notification, endpoint;

/* What goes to the UART next, ahead of anything a port has: the mark of a switch, own messages. */
static char queued[FAULT_LINE + 128];
static unsigned int queued_at, queued_length;

/* The port that has the turn; -1: nobody, or ourselves. */
static int source = -1;
static unsigned int turn_left;
static bool blocked;		/* the UART is full: wait for its interrupt */

/* Of this round: false as long as a console has not caught up. */
static bool logs_may_go;
static char report[FAULT_LINE];	/* of a fault, for the end of this round; "": none */
static const char *report_label;

static void queue(const char *bytes, size_t length)
{
	if (queued_at == queued_length)
		queued_at = queued_length = 0;
	if (length > sizeof(queued) - queued_length)
		return;		/* only own messages come in bursts: the first ones count */
	memcpy(queued + queued_length, bytes, length);
	queued_length += (unsigned int)length;
}

static void queue_mark(const char *label)
{
	const char mark = MARK;

	queue(&mark, 1);
	queue(label, strlen(label));
	queue(&mark, 1);
}

static bool flush_queued(void)
{
	while (queued_at < queued_length) {
		if (!pl011_put((uint8_t)queued[queued_at]))
			return false;
		queued_at++;
	}
	return true;
}

/* log_... of this component: it has no port of its own. */
static void own_log(const char *bytes, unsigned long length)
{
	source = -1;
	turn_left = 0;
	queue_mark("serial");
	queue(bytes, length);
	flush_queued();		/* at once: this may be the last thing said before a panic */
}

static bool has_bytes(const struct port *port)
{
	return port->held >= 0 || serial_port_pending(&port->serial);
}

/* Bytes of this round that are not out; 0 too if the client has taken its bytes back. */
static uint32_t behind(const struct port *port)
{
	uint32_t left = port->round - port->serial.consumed;

	if (!has_bytes(port) || left > SERIAL_PORT_RING)
		left = 0;
	return left + (port->held >= 0);
}

static bool all_caught_up(bool logs)
{
	for (int i = 0; i < num_ports; i++)
		if (ports[i].log == logs && behind(&ports[i]))
			return false;
	return true;
}

static void look_at_ports(bool logs)
{
	for (int i = 0; i < num_ports; i++)
		if (ports[i].log == logs)
			ports[i].round = ports[i].serial.consumed +
					 (uint32_t)serial_port_pending(&ports[i].serial);
}

static void begin_round(void)
{
	look_at_ports(true);
	look_at_ports(false);
	logs_may_go = false;
}

static void say_report(void)
{
	if (!report[0])
		return;
	source = -1;
	queue_mark(report_label);
	queue(report, strlen(report));
	report[0] = '\0';
}

static void settle_round(void)
{
	if (logs_may_go && all_caught_up(true)) {
		say_report();
		begin_round();
	}
	if (!logs_may_go)
		logs_may_go = all_caught_up(false);
}

static bool may_go(const struct port *port)
{
	return port->log ? logs_may_go && behind(port) : has_bytes(port);
}

static unsigned int turn_of(const struct port *port)
{
	uint32_t left = port->log ? behind(port) : TURN;

	return left < TURN ? left : TURN;
}

static int next_source(void)
{
	for (int i = 1; i <= num_ports; i++) {
		int candidate = (source < 0 ? i - 1 : source + i) % num_ports;

		if (may_go(&ports[candidate]))
			return candidate;
	}
	return -1;
}

/* One byte at a time, as the UART takes it: a byte that was read is never lost. */
static bool send_turn(struct port *port)
{
	while (turn_left > 0) {
		uint8_t byte;

		if (port->held < 0 && serial_port_read(&port->serial, &byte, 1) == 1)
			port->held = byte == MARK ? '?' : byte;
		if (port->held < 0)
			break;
		if (!pl011_put((uint8_t)port->held))
			return false;
		turn_left = port->held == '\n' ? 0 : turn_left - 1;
		port->held = -1;
	}
	turn_left = 0;
	return true;
}

static void tell_room(struct port *port)
{
	/* relaxed: a hint from the client, only compared */
	uint32_t want = __atomic_load_n(&port->serial.peer->want_room, __ATOMIC_RELAXED);

	if (want == port->want_room)
		return;
	port->want_room = want;
	if (port->serial.kick)
		seL4_Signal(port->serial.kick);
}

/* Sends until nothing is left (true) or the UART is full (false). */
static bool pump(void)
{
	for (;;) {
		int next;

		if (!flush_queued())
			return false;
		if (turn_left > 0 && !send_turn(&ports[source]))
			return false;
		if (source >= 0)
			tell_room(&ports[source]);
		settle_round();
		next = next_source();
		if (next < 0 && !report[0] && queued_at == queued_length)
			return true;
		if (next < 0)
			continue;
		if (next != source)
			queue_mark(ports[next].label);
		source = next;
		turn_left = turn_of(&ports[next]);
	}
}

/* Before sleep: every client knows up to where we looked, so the next byte wakes us. */
static void idle(void)
{
	for (;;) {
		bool quiet = true;
		bool was_blocked = blocked;

		blocked = !pump();
		if (blocked || was_blocked)
			pl011_want_room(blocked);
		if (blocked)
			return;
		for (int i = 0; i < num_ports; i++) {
			tell_room(&ports[i]);
			quiet &= serial_port_may_sleep(&ports[i].serial);
		}
		if (quiet)
			return;
	}
}

static void choose_input(const char *label)
{
	for (int i = 0; i < num_ports; i++) {
		if (strcmp(ports[i].label, label) == 0) {
			input = i;
			return;
		}
	}
	log_warning("no port '%s' to give the input to", label);
}

static void take_input(uint8_t byte)
{
	static char label[MAX_LABEL];
	static int length = -1;	/* -1: not within a label */

	if (byte == MARK && length > 0) {
		label[length] = '\0';
		choose_input(label);
		length = -1;
	} else if (byte == MARK) {
		length = 0;	/* two marks start a label whatever came before */
	} else if (length >= 0) {
		if (byte >= ' ' && byte < 0x7f && length < MAX_LABEL - 1)
			label[length++] = (char)byte;
		else
			length = -1;	/* no label: somebody's stray byte */
	} else if (input >= 0) {
		serial_port_write(&ports[input].serial, &byte, 1);
	}
}

static void on_interrupt(void *context)
{
	uint8_t byte;

	(void)context;
	pl011_acknowledge();
	for (int i = 0; i < MAX_INPUT && pl011_get(&byte); i++)
		take_input(byte);
	seL4_IRQHandler_Ack(irq_slot);
}

/* A client's kick, whoever it was: all are looked at, and the work is done before the next sleep. */
static void on_kick(void *context)
{
	(void)context;
}

static bool ends_with(const char *s, const char *end)
{
	size_t length = strlen(s), end_length = strlen(end);

	return length >= end_length && strcmp(s + length - end_length, end) == 0;
}

static void add_port(int node)
{
	struct port *port = &ports[num_ports];

	if (num_ports == MAX_PORTS)
		panic("more than %d ports", MAX_PORTS);
	port->held = -1;
	port->label = config_string(node, "label");
	port->log = ends_with(port->label, ".log");
	if (strlen(port->label) >= MAX_LABEL)
		panic("port label '%s' is longer than %d", port->label, MAX_LABEL - 1);
	serial_port_init(&port->serial, config_u64(node, "in"), config_u64(node, "out"),
			 config_u64(node, "notify-slot"));
	if (input < 0 && !port->log)
		input = num_ports;
	num_ports++;
}

/* No answer: the thread has ended. The next fault stays with its sender until this one is told. */
static void on_fault(uint64_t badge, seL4_MessageInfo_t info)
{
	report_label = fault_describe(badge, info, report);
	if (report_label)
		begin_round();
	else
		report[0] = '\0';
}

static uint64_t next_wait(void)
{
	idle();
	return report[0] ? notification : endpoint;
}

int main(void)
{
	pl011_init(config_u64(CONFIG_ROOT, "uart"));
	log_redirect(own_log);
	for (int node = -1; (node = config_next(CONFIG_ROOT, node, "port@")) >= 0;)
		add_port(node);
	event_register(config_u64(CONFIG_ROOT, "kick-badge"), on_kick, NULL);
	irq_slot = config_u64(CONFIG_ROOT, "irq-slot");
	event_register(config_u64(CONFIG_ROOT, "irq-badge"), on_interrupt, NULL);
	seL4_IRQHandler_Ack(irq_slot);	/* one that came before the binding is masked */
	notification = config_u64(CONFIG_ROOT, "notification-slot");
	endpoint = config_u64(CONFIG_ROOT, "endpoint-slot");
	event_serve(next_wait, on_fault);
}
