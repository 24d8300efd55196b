/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a fault of another component's thread looks like in its log. A node thread@N of the
 * configuration tells whose the badge of the message is (docs/bindings.md, peervisor,serial-1).
 */
#ifndef SERIAL_FAULT_H
#define SERIAL_FAULT_H

#include <sel4/sel4.h>

#define FAULT_LINE	512u

/*
 * The message is in the IPC buffer. Writes one line with its end, and returns the label of the log
 * that it belongs to; NULL: there is nothing to say.
 */
const char *fault_describe(seL4_Word badge, seL4_MessageInfo_t info, char line[FAULT_LINE]);

#endif
