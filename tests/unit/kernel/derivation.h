/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who was derived from whom, kept beside the kernel's derivation tree by what the interface says:
 * the test is linked with --wrap for each cdt_*() that changes the tree.
 */
#ifndef TESTS_KERNEL_DERIVATION_H
#define TESTS_KERNEL_DERIVATION_H

/* Before a new world. */
void derivation_reset(void);
/* Fails the test unless a Revoke of each capability would delete what was derived from it, and all. */
void derivation_check(void);

#endif
