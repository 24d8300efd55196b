/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's file: ours, or another one of the same interface (loader/elf.c checks it again). */
#ifndef TOOL_KERNEL_H
#define TOOL_KERNEL_H

#include "../capdl/elf.h"
#include "../model/model.h"

/* Can the loader start it on this platform, and is it one for the cores that are used? False: said why not. */
bool kernel_check(const struct model *m, const struct elf *elf);
/* One line about which kernel will run. */
void kernel_say(const struct elf *elf);

#endif
