/* SPDX-License-Identifier: BSD-2-Clause */
#include <camkes.h>
#include <string.h>

void client_none(void)
{
}

int client_next(int value)
{
	return value + 1;
}

int client_divide(int a, int b, int *quotient, int *rest)
{
	*quotient = a / b;
	*rest = a % b;
	return 0;
}

char *client_echo(const char *text)
{
	return strdup(text);
}

/* Uses the data where it is. */
int run(void)
{
	for (;;) {
		full_wait();
		bulk_acquire();
		*(volatile char *)bulk = 0;
		empty_emit();
	}
}
