# SPDX-License-Identifier: BSD-2-Clause
"""A trace of the instructions of kernel and monitors in a running machine, and the paths found in it.

QEMU writes the address of each instruction (`-d exec,nochain`, one instruction per block) within the two programs'
texts. A *stay* is what runs between an entry into the kernel and the next one: first the kernel, then whom it goes to.
"""

import re
import socket
import statistics
import subprocess
import time


def symbols(elf):
    output = subprocess.run(["aarch64-linux-gnu-nm", str(elf)], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) for address, name in re.findall(r"^([0-9a-f]+) [tT] (\S+)$", output, re.M)}


def text_range(elf):
    output = subprocess.run(["aarch64-linux-gnu-readelf", "-lW", str(elf)], capture_output=True, text=True,
                            check=True).stdout
    _, start, _, size, _, flags = re.search(r"LOAD +(\S+) +(\S+) +(\S+) +(\S+) +(\S+) +([RWE ]+?) +0x", output).groups()
    assert "E" in flags
    return int(start, 16), int(size, 16)


class Trace:
    """Give `options` to QEMU; `take` traces for a while and gives the stays."""

    def __init__(self, folder, kernel, vmm):
        self.log = folder / "trace.log"
        self.socket = folder / "trace.socket"
        self.kernel, self.vmm = symbols(kernel), symbols(vmm)
        self.kernel_range = text_range(kernel)
        ranges = ",".join("0x%x+0x%x" % r for r in (self.kernel_range, text_range(vmm)))
        self.options = ["-dfilter", ranges, "-D", str(self.log),
                        "-chardev", "socket,id=trace,path=%s,server=on,wait=off" % self.socket,
                        "-mon", "chardev=trace,mode=readline"]

    def commands(self, *lines):
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.settimeout(60)
            monitor.connect(str(self.socket))
            for line in ("", *lines):
                if line:
                    monitor.sendall(line.encode() + b"\n")
                seen = b""
                while not seen.endswith(b"(qemu) "):
                    data = monitor.recv(4096)
                    if not data:
                        raise AssertionError("QEMU's monitor ended")
                    seen += data

    def take(self, action):
        self.commands("singlestep on", "log exec,nochain")
        try:
            action()
        finally:
            self.commands("log none", "singlestep off")
        with open(self.log, "rb") as file:
            addresses = [int(line.split(b"/")[1], 16) for line in file if line.startswith(b"Trace")]
        self.log.unlink()
        return self.split(addresses)

    def split(self, addresses):
        """Lists of addresses, each from the entry into the kernel on."""
        vectors = self.kernel["vectors"]
        starts = [i for i, a in enumerate(addresses) if vectors <= a < vectors + 0x800 and not a & 0x7f]
        return [addresses[a:b] for a, b in zip(starts, starts[1:])]

    def inside(self, stay):
        """How many of its instructions are the kernel's."""
        start, size = self.kernel_range
        return sum(start <= a < start + size for a in stay)
