/* SPDX-License-Identifier: BSD-2-Clause */
/* From crt0.S: everything a component needs before its main. */
#include <sel4/sel4.h>
#include <peervisor/panic.h>
#include "startup.h"

int main(void);
_Noreturn void runtime_start(const void *config, seL4_IPCBuffer *ipc_buffer, uint64_t seed0,
			     uint64_t seed1, uint64_t seed2, uint64_t seed3);

void runtime_start(const void *config, seL4_IPCBuffer *ipc_buffer, uint64_t seed0, uint64_t seed1,
		   uint64_t seed2, uint64_t seed3)
{
	const uint64_t seed[] = { seed0, seed1, seed2, seed3 };

	seL4_SetIPCBuffer(ipc_buffer);	/* first: a plain send goes through it */
	seed_init(seed);
	config_init(config);		/* names the component, tells the rest where things are */
	log_init();			/* from here on a panic is seen */
	heap_init();
	main();
	panic("main returned");
}
