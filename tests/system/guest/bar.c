// SPDX-License-Identifier: BSD-2-Clause
// bar FILE [OFFSET]: reads 32 bits of a PCI function's BAR (sysfs resourceN) and prints them.
// Needs iomem=relaxed on the kernel's command line: the function's driver has the BAR.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

int main(int argc, char **argv)
{
	size_t offset = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
	int fd = argc > 1 ? open(argv[1], O_RDWR | O_SYNC) : -1;
	volatile uint32_t *bar = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	if (bar == MAP_FAILED) {
		perror(argc > 1 ? argv[1] : "usage: bar FILE [OFFSET]");
		return 2;
	}
	printf("%08x\n", bar[offset / 4]);
	return 0;
}
