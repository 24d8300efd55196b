/* SPDX-License-Identifier: BSD-2-Clause */
/* The user side of the kernel's interface, all of it. */
#ifndef SEL4_SEL4_H
#define SEL4_SEL4_H

#include <sel4/abi.h>
#include <sel4/types.h>
#include <sel4/bootinfo.h>
#include <sel4/faults.h>
#include <sel4/syscalls.h>
#include <sel4/invocations.h>

#endif
