/* SPDX-License-Identifier: BSD-2-Clause */
/* Fault messages of the vCPUs. Everything in them is guest input: a guest can send its own by hvc. */
#ifndef VMM_EXITS_H
#define VMM_EXITS_H

#include <stdint.h>

struct vm;

struct exit_message {
	uint64_t label;
	uint64_t length;
	uint64_t mr[4];
};

void exits_handle(struct vm *vm, uint64_t badge, const struct exit_message *message);

#endif
