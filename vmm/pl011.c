/* SPDX-License-Identifier: BSD-2-Clause */
#include "pl011.h"

#include <string.h>

#include "arm/pl011.h"
#include "vcpu.h"

void pl011_init(struct pl011 *uart, struct vgic *gic, unsigned int intid,
		const struct pl011_line *line_to, void *port)
{
	memset(uart, 0, sizeof(*uart));
	uart->gic = gic;
	uart->intid = intid;
	uart->line_to = line_to;
	uart->port = port;
	pl011_reset(uart);
}

static void update_line(struct pl011 *uart)
{
	vgic_set_level(uart->gic, 0, uart->intid, uart->raw & uart->mask);
}

static void receive(struct pl011 *uart)
{
	int byte;

	while (uart->count < PL011_FIFO) {
		byte = uart->line_to->get(uart->port);
		if (byte < 0)
			break;
		uart->fifo[(uart->head + uart->count) % PL011_FIFO] = (uint8_t)byte;
		uart->count++;
	}
	if (uart->count)
		uart->raw |= PL011_INT_RX;
}

/*
 * What was sent before is in the port's ring. The port is read again, because it signals only what
 * comes after it was found empty.
 */
void pl011_reset(struct pl011 *uart)
{
	memset(uart->sender, 0, sizeof(uart->sender));
	uart->head = 0;
	uart->count = 0;
	uart->control = PL011_CR_TXE | PL011_CR_RXE;
	uart->line = 0;
	uart->ibrd = 0;
	uart->fbrd = 0;
	uart->levels = 0x12;
	uart->mask = 0;
	uart->raw = 0;
	receive(uart);
	update_line(uart);
}

static size_t room(const struct pl011 *uart)
{
	return uart->line_to->room(uart->port);
}

static void update_room(struct pl011 *uart)
{
	uart->crowded = room(uart) < PL011_FIFO / 2;
	if (uart->crowded) {
		uart->raw &= ~PL011_INT_TX;
		uart->line_to->want_room(uart->port);
	} else {
		uart->raw |= PL011_INT_TX;
	}
}

/* Stores that waited for room are done, one for each vCPU at most. */
static void transmit(struct pl011 *uart)
{
	unsigned int i;

	for (i = 0; i < CONFIG_VCPUS; i++) {
		struct vcpu *sender = uart->sender[i];

		if (!sender || !room(uart))
			continue;
		uart->sender[i] = NULL;
		uart->line_to->put(uart->port, (uint8_t)mmio_write_value(&sender->access));
		vcpu_complete_mmio(sender, &sender->access, 0);
	}
	update_room(uart);
}

void pl011_poll(struct pl011 *uart)
{
	if (uart->crowded)
		transmit(uart);
	receive(uart);
	update_line(uart);
}

static uint32_t read_data(struct pl011 *uart)
{
	uint32_t byte = 0;

	if (uart->count) {
		byte = uart->fifo[uart->head];
		uart->head = (uart->head + 1) % PL011_FIFO;
		uart->count--;
	}
	receive(uart);
	if (!uart->count)
		uart->raw &= ~(PL011_INT_RX | PL011_INT_RT);
	update_line(uart);
	return byte;
}

static enum mmio_result write_data(struct pl011 *uart, struct mmio_access *access)
{
	uint8_t byte = (uint8_t)mmio_write_value(access);

	if (!room(uart)) {
		uart->sender[access->vcpu->index] = access->vcpu;	/* room was asked for */
		return MMIO_LATER;
	}
	uart->line_to->put(uart->port, byte);
	update_room(uart);
	update_line(uart);
	return MMIO_DONE;
}

static uint32_t flags(const struct pl011 *uart)
{
	uint32_t value = PL011_FR_CTS | PL011_FR_DSR | PL011_FR_DCD;

	value |= room(uart) ? PL011_FR_TXFE : PL011_FR_TXFF | PL011_FR_BUSY;
	value |= uart->count ? 0 : PL011_FR_RXFE;
	if (uart->count == PL011_FIFO)
		value |= PL011_FR_RXFF;
	return value;
}

/* PeriphID 0x00341011 (r1p5: 32 deep), PCellID 0xb105f00d; a byte each word. */
static uint32_t identification(uint64_t offset)
{
	static const uint8_t id[8] = { 0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

	return id[(offset - PL011_PERIPHID0) / 4];
}

static uint32_t read_register(struct pl011 *uart, uint64_t offset)
{
	switch (offset) {
	case PL011_DR:		return read_data(uart);
	case PL011_FR:		return flags(uart);
	case PL011_IBRD:	return uart->ibrd;
	case PL011_FBRD:	return uart->fbrd;
	case PL011_LCR_H:	return uart->line;
	case PL011_CR:		return uart->control;
	case PL011_IFLS:	return uart->levels;
	case PL011_IMSC:	return uart->mask;
	case PL011_RIS:		return uart->raw;
	case PL011_MIS:		return uart->raw & uart->mask;
	default:
		return offset >= PL011_PERIPHID0 && offset <= 0xffc ? identification(offset) : 0;
	}
}

static void write_register(struct pl011 *uart, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case PL011_IBRD:
		uart->ibrd = value & 0xffff;
		return;
	case PL011_FBRD:
		uart->fbrd = value & 0x3f;
		return;
	case PL011_LCR_H:
		uart->line = value & 0xff;
		return;
	case PL011_CR:
		uart->control = value & 0xffff;
		return;
	case PL011_IFLS:
		uart->levels = value & 0x3f;
		return;
	case PL011_IMSC:
		uart->mask = value & 0x7ff;
		break;
	case PL011_ICR:
		uart->raw &= ~value;
		if (uart->count)
			uart->raw |= PL011_INT_RX;	/* there is still something to read */
		break;
	}
	update_line(uart);
}

enum mmio_result pl011_mmio(void *device, struct mmio_access *access)
{
	uint64_t offset = access->offset & ~3ull;

	if (access->size > 4)
		return MMIO_UNHANDLED;
	if (access->write && offset == PL011_DR)
		return write_data(device, access);
	if (access->write)
		write_register(device, offset, (uint32_t)mmio_write_value(access));
	else
		access->value = read_register(device, offset) >> (access->offset & 3) * 8;
	return MMIO_DONE;
}
