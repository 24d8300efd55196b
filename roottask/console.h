/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root task's few lines. They go straight to the UART, whose page is mapped
 * for as long as it takes to print; nobody else runs meanwhile.
 */
#ifndef ROOTTASK_CONSOLE_H
#define ROOTTASK_CONSOLE_H

#include <stdint.h>

/*
 * Makes the page tables of the window: the error to print later may be that there is no memory left.
 * Before the store is open.
 */
void console_prepare(void);

/*
 * Maps the UART's page: that of the spec if it has it, else one made for this.
 * Returns a cap to it in the kernel's CNode, or 0: then nothing is printed.
 */
uint64_t console_open(void);
void console_print(const char *line);	/* adds "roottask: " and the line's end */
void console_close(uint64_t frame);	/* unmaps the page */

/* Prints, then stops the root task for good. */
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

const char *error_name(int error);

#endif
