/* SPDX-License-Identifier: BSD-2-Clause */
/* Driver of the one UART: never waits; the caller comes back upon the interrupt. */
#ifndef SERIAL_PL011_H
#define SERIAL_PL011_H

#include <stdbool.h>
#include <stdint.h>

void pl011_init(uint64_t page);
bool pl011_put(uint8_t byte);		/* false: the FIFO is full */
bool pl011_get(uint8_t *byte);		/* false: nothing there */
void pl011_want_room(bool want);	/* interrupt when there is room to send */
void pl011_acknowledge(void);

#endif
