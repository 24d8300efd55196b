/* SPDX-License-Identifier: BSD-2-Clause */
/* Slots of CNodes: delete and revoke, with zombies (ABI 10.5, 10.6). */
#ifndef KERNEL_CNODE_H
#define KERNEL_CNODE_H

#include <kernel/cdt.h>

static inline struct slot *cnode_slots(struct cap cap)
{
	return cap_object(cap);
}

/* Both: true when done, false when preempted (call again). */
bool cnode_delete(struct slot *slot);
bool cnode_revoke(struct slot *slot);
/* For a slot whose cap is known to be no container and wound down: no preemption, cannot fail. */
void cnode_delete_now(struct slot *slot);
/* Deleting the cap in slot would have to empty a CNode or TCB. */
bool cnode_delete_is_long(const struct slot *slot);

#endif
