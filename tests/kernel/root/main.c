/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs every test: "RUN name" before, "PASS" or "FAIL" after, "DONE failures" at the end. */
#include "env.h"

_Noreturn void test_main(seL4_BootInfo *info);

static const struct test *const groups[] = {
#ifdef TEST_HOLD
	tests_hold_smp,
#elif defined(TEST_CORES)
	tests_smp, tests_calls_smp, tests_vcpu_smp,
#else
	tests_boot, tests_cap, tests_space, tests_ipc, tests_message, tests_wait, tests_order, tests_fault,
	tests_time, tests_timer, tests_vcpu,
#endif
};

static bool run(const struct test *test)
{
	say("RUN  %s\n", test->name);
	test_failed = false;
	sandbox_open();
	test->run();
	clock_close();
	sandbox_close();
	say("%s %s\n", test_failed ? "FAIL" : "PASS", test->name);
	return !test_failed;
}

_Noreturn void test_main(seL4_BootInfo *info)
{
	unsigned int failed = 0;

	boot = info;
	seL4_SetIPCBuffer(info->ipcBuffer);
	console_init();
	for (unsigned int i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		for (const struct test *test = groups[i]; test->name; test++)
			failed += !run(test);
	say("DONE %lx failed\n", (seL4_Word)failed);
	for (;;)
		seL4_Yield();
}
