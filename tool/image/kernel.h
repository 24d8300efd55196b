/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's file: ours, or another one of the same interface (loader/elf.c checks it again). */
#ifndef TOOL_KERNEL_H
#define TOOL_KERNEL_H

#include "../capdl/elf.h"
#include "../model/platform.h"

/* Can the loader start it on this platform? False: said why not. */
bool kernel_check(struct diagnostics *d, const struct elf *elf, const struct platform *platform);
/* One line about which kernel will run. */
void kernel_say(const struct elf *elf);

#endif
