# SPDX-License-Identifier: BSD-2-Clause
"""The instructions that kernel and monitors execute in a running machine, and the ways found among them.

QEMU writes the address of each instruction (`-d exec,nochain`, one instruction a block) within the two programs' texts.
A *stay* is what is executed from one entry into the kernel to the next: first the kernel, then the monitor it goes to,
if it goes to one. What guests and other components execute is not seen.
"""

import collections
import re
import socket
import statistics
import subprocess

LIMIT = 60          # seconds for an answer of QEMU's monitor


def symbols(elf):
    output = subprocess.run(["aarch64-linux-gnu-nm", str(elf)], capture_output=True, text=True, check=True).stdout
    # Link-time optimization appends to the names of what is local.
    return {name: int(address, 16) for address, name in re.findall(r"^([0-9a-f]+) [tT] (\w+)", output, re.M)}


def text(elf):
    """Address and size of the segment that can be executed."""
    output = subprocess.run(["aarch64-linux-gnu-readelf", "-lW", str(elf)], capture_output=True, text=True,
                            check=True).stdout
    for address, size, flags in re.findall(r"LOAD +\S+ +(\S+) +\S+ +\S+ +(\S+) +([RWE ]{3})", output):
        if "E" in flags:
            return int(address, 16), int(size, 16)
    raise AssertionError("%s: no text" % elf)


def after_calls(elf):
    """Where the kernel returns to: behind each system call."""
    output = subprocess.run(["aarch64-linux-gnu-objdump", "-d", str(elf)], capture_output=True, text=True,
                            check=True).stdout
    return {int(address, 16) + 4 for address in re.findall(r"^ *([0-9a-f]+):\s+[0-9a-f]+\s+svc\b", output, re.M)}


class Log:
    """Give `options` to QEMU, then `take` what an action makes it execute in the given ranges."""

    def __init__(self, folder, ranges):
        self.path = folder / "trace.log"
        self.socket = folder / "trace.socket"
        self.options = ["-dfilter", ",".join("0x%x+0x%x" % part for part in ranges), "-D", str(self.path),
                        "-chardev", "socket,id=trace,path=%s,server=on,wait=off" % self.socket,
                        "-mon", "chardev=trace,mode=readline"]

    def _commands(self, *lines):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(LIMIT)
            monitor.connect(str(self.socket))
            for line in (None, *lines):
                if line:
                    monitor.sendall(line.encode() + b"\n")
                seen = b""
                while not seen.endswith(b"(qemu) "):
                    data = monitor.recv(4096)
                    if not data:
                        raise AssertionError("QEMU's monitor ended")
                    seen += data

    def take(self, action):
        """The addresses in the order of execution, of each core: {core: [address]}."""
        self._commands("singlestep on", "log exec,nochain")
        try:
            action()
        finally:
            self._commands("log none", "singlestep off")
        found = collections.defaultdict(list)
        with open(self.path, "rb") as file:
            for line in file:
                if line.startswith(b"Trace"):
                    found[int(line[6:line.index(b":")])].append(int(line.split(b"/")[1], 16))
        self.path.unlink()
        return found


class Trace(Log):
    """Of a kernel with one core and its monitors."""

    def __init__(self, folder, kernel, vmm):
        self.vectors = symbols(kernel)["vectors"]
        self.vmm = symbols(vmm)
        self.returns = after_calls(vmm)
        self.kernel_text = text(kernel)
        self.stays = []
        super().__init__(folder, (self.kernel_text, text(vmm)))

    def take(self, action):
        self.stays = self._split(super().take(action)[0])

    def _split(self, addresses):
        """Each vector of the exceptions from lower levels is 0x80 long and entered at its start."""
        begin, end = self.vectors + 0x400, self.vectors + 0x800
        starts = [i for i, a in enumerate(addresses) if begin <= a < end and not (a - begin) % 0x80]
        return [self._without_guest(addresses[a:b]) for a, b in zip(starts, starts[1:])]

    def _without_guest(self, stay):
        """A guest's program may lie at a monitor's addresses, but is not entered behind a system call of it."""
        kernel = self._of_kernel(stay)
        return stay if stay[kernel:kernel + 1] and stay[kernel] in self.returns else stay[:kernel]

    def _of_kernel(self, stay):
        start, size = self.kernel_text
        return sum(start <= a < start + size for a in stay)

    def way(self, first, last):
        """
        Instructions, in the median, from the entry that leads the monitor to its function `first` to the end of the
        first call of the kernel that follows a monitor's function `last` (which may be the same).
        """
        first, last = self.vmm[first], self.vmm[last]
        found, passed = [], None
        for stay, after in zip(self.stays, self.stays[1:]):
            if first in stay:
                passed = 0
            if passed is None:
                continue
            passed += len(stay)
            if last in stay:
                found.append(passed + self._of_kernel(after))
                passed = None
        if not found:
            raise AssertionError("no way from 0x%x to 0x%x in %d stays" % (first, last, len(self.stays)))
        return statistics.median(found)
