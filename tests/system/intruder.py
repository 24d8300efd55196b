# SPDX-License-Identifier: BSD-2-Clause
"""What a VM must not reach, taken from the audit of its assembly, and the attempts to reach it."""

import json
import re
import struct

SIGBUS = 128 + 7
NATIVE = 0x60000000, 64 << 20   # where kernel and components are; all of their pages lie at its start
IOBUF = struct.pack("<II", 0x5e140b0f, 1)       # magic and version: interconnect/iobuf.h


def parts(peervisor, assembly, *options):
    """All parts of a system by name, as `peervisor audit --json` has them."""
    result = peervisor("audit", assembly, "--json", *options)
    assert result.returncode == 0, result.stderr
    return {part["name"]: part for part in json.loads(result.stdout)["parts"]}


def places(part):
    """What a part holds at a known physical place: name -> (address, rights)."""
    return {o["name"]: (o["paddr"], o["rights"]) for o in part["memory"] + part["devices"] if "paddr" in o}


def closed_to(system, vm):
    """Memory and device pages that others hold and `vm` does not: name -> physical address."""
    own = places(system[vm])
    others = {}
    for name, part in system.items():
        if name != vm:
            others.update({n: at for n, (at, _) in places(part).items() if n not in own})
    return {n: at for n, at in others.items() if re.search(r"\.(ram|window|mmio\.\w+)$", n)}


def attempt(m, vm, address, write=False):
    """One access by /dev/mem; it must end in an abort that the VM's monitor logs."""
    code, output = m.command(vm, "devmem 0x%x 8%s" % (address, " 0x5a" if write else ""))
    assert code == SIGBUS, (hex(address), output)
    m.expect(vm + ".log", r"%s nothing at 0x%x, " % ("write to" if write else "read of", address), 20)


def attempt_all(m, vm, system):
    """Every closed place, read and written. The VM's guest-physical addresses are the machine's."""
    closed = closed_to(system, vm)
    for address in closed.values():
        attempt(m, vm, address)
        attempt(m, vm, address, write=True)
    return closed


def shared(system, vm):
    """Names of memory and devices that the guest has, beside files."""
    return [name for name in places(system[vm]) if not name.startswith("file.")]


def attempt_outside(m, vm, system):
    """The same from a VM whose addresses are its own: only where it has nothing itself."""
    code, output = m.command(vm, "cat /proc/iomem")
    assert code == 0, output
    own = [(int(a, 16), int(b, 16)) for a, b in re.findall(r"^([0-9a-f]+)-([0-9a-f]+) :", output, re.MULTILINE)]
    closed = {n: at for n, at in closed_to(system, vm).items() if not any(a <= at <= b for a, b in own)}
    for address in closed.values():
        attempt(m, vm, address)
        attempt(m, vm, address, write=True)
    return closed


def iobufs(monitor, path):
    """Physical addresses of the pages of all connections: where native memory has a page that begins as they do."""
    memory = monitor.memory(*NATIVE, path)
    return [NATIVE[0] + at for at in range(0, NATIVE[1], 4096) if memory.startswith(IOBUF, at)]


def attempt_iobufs(m, vm, monitor, path, connections):
    """Every connection's pages, the VM's own too: those it has at another place, by its connector."""
    pages = iobufs(monitor, path)
    assert len(pages) == 2 * connections
    for address in pages:
        attempt(m, vm, address)
        attempt(m, vm, address, write=True)


def interrupts(m, vm, name):
    """How often a line of /proc/interrupts was raised."""
    code, output = m.command(vm, "grep '%s' /proc/interrupts" % name)
    assert code == 0, output
    return int(re.search(r"^ *\d+: +(\d+)", output, re.MULTILINE).group(1))


def pend(m, vm, intid):
    """Sets an interrupt pending, 20 times, in the distributor as this VM has it. (Enabled it would come here,
    and Linux does not end an interrupt that it does not know.)"""
    bit, at = 1 << intid % 32, 0x08000200 + intid // 32 * 4
    code, output = m.command(vm, "for n in $(seq 20); do devmem 0x%x 32 0x%x; done" % (at, bit), 30)
    assert code == 0, output
