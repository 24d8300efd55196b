# SPDX-License-Identifier: BSD-2-Clause
"""VMs and components on cores of their own, under kernel-smp.elf."""
