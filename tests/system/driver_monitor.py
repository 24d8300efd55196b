# SPDX-License-Identifier: BSD-2-Clause
"""The driver VM's side of /dev/sel4, played by a test: QEMU connects with device=unix:PATH.

accel/sel4/sel4-link.c says what a packet is, interconnect/sel4_virt.h what a call means. One thread:
whatever waits for an answer serves QEMU's calls meanwhile, and every wait is bounded.
"""

import array
import errno
import mmap
import os
import select
import socket
import struct
import subprocess
import time

NAME_SIZE = 64
LINK_DOWN, LINK_UP, LINK_LOST, LINK_FAILED = range(4)
SHARING_RAM, SHARING_SWIOTLB = 1, 2
MMIO_READ, MMIO_WRITE, CFG_READ, CFG_WRITE, RESET = range(1, 6)
DEASSIGN = 1

CALLS = {
    0x00: "GET_API_VERSION", 0x01: "CREATE_VM", 0x10: "COMPLETE_IO", 0x11: "START_VM",
    0x12: "CREATE_VPCI_DEVICE", 0x13: "DESTROY_VPCI_DEVICE", 0x14: "SET_IRQLINE", 0x15: "SIGNAL_MSI",
    0x16: "IOEVENTFD", 0x17: "IRQFD", 0x18: "VM_INFO", 0x19: "VM_STATS",
}


class Function:
    """What CREATE_VPCI_DEVICE said."""

    def __init__(self, argument):
        (self.bdf, self.vendor, self.device, self.class_code, self.revision, self.msix_bar,
         self.msix_entries, self.msix_offset, _) = struct.unpack_from("<IHHIBBHII", argument)
        self.bars = [struct.unpack_from("<QII", argument, 24 + 16 * i)[:2] for i in range(6)]


class DriverMonitor:
    def __init__(self, path, name="workload", sharing=SHARING_RAM, memdev=(0x40000000, 16 << 20),
                 window=(0x10000000, 16 << 20), v2m=0x08020000, spis=(256, 64)):
        self.name, self.sharing, self.memdev, self.window = name, sharing, memdev, window
        self.v2m, self.spis = v2m, spis
        self.busy = False
        self.link = LINK_UP
        self.functions, self.doorbells, self.irqfds, self.msis, self.lines = {}, {}, {}, [], []
        self.starts = self.infos = 0
        self.log = []
        self.completed = {}
        self.next_id = 1
        self.calls = self.events = None
        self.fds = os.memfd_create("memdev")
        os.ftruncate(self.fds, memdev[0] + memdev[1])
        self.memory = mmap.mmap(self.fds, memdev[1], offset=memdev[0])
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.path = str(path)
        self.listener.bind(self.path)
        self.listener.listen(1)

    def close(self):
        for end in (self.listener, self.calls, self.events):
            if end:
                end.close()
        self.drop()
        self.memory.close()
        os.close(self.fds)

    def drop(self):
        for fds in (self.doorbells, self.irqfds):
            for fd in fds.values():
                os.close(fd)
            fds.clear()
        self.functions.clear()

    # QEMU's calls

    def serve(self, timeout=0.05):
        """One call, if one comes; False: QEMU has gone."""
        source = self.calls or self.listener
        if not select.select([source], [], [], timeout)[0]:
            return True
        if not self.calls:
            self.calls = self.listener.accept()[0]
            return True
        data, control, _, _ = self.calls.recvmsg(512, socket.CMSG_SPACE(4))
        if not data:
            return False
        fd = struct.unpack("<i", control[0][2][:4])[0] if control else -1
        call, size = struct.unpack_from("<II", data)
        argument = data[8:]
        assert size == len(argument) == (call >> 16) & 0x3fff
        assert (call >> 8) & 0xff == 0xb5
        name = CALLS[call & 0xff]
        if name not in ("VM_INFO", "COMPLETE_IO"):
            self.log.append(name)
        result, answer, fds = getattr(self, name.lower())(argument, fd)
        if name == "CREATE_VM" and result == 0:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.events = ours
            fds = [self.fds, theirs.fileno()]
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.calls.sendmsg([struct.pack("<iI", result, len(answer)) + answer], rights)
        if name == "CREATE_VM" and result == 0:
            theirs.close()
        return True

    def get_api_version(self, _argument, _fd):
        return 1, b"", []

    def create_vm(self, argument, _fd):
        name = argument[8:8 + NAME_SIZE].split(b"\0")[0].decode()
        if name != self.name:
            return -errno.ENODEV, b"", []
        return (-errno.EBUSY if self.busy else 0), b"", []

    def vm_info(self, _argument, _fd):
        self.infos += 1
        return 0, struct.pack(
            "<8I7Q64s", 7, self.sharing, self.link, 1, 1, self.spis[0], self.spis[1], 0,
            self.memdev[0], self.memdev[1], *self.memdev, *self.window, self.v2m, self.name.encode()), []

    def complete_io(self, argument, _fd):
        number, status, data = struct.unpack("<IIQ", argument)
        self.completed[number] = (status, data)
        if self.link == LINK_LOST and number == self.reset_id:
            assert not self.doorbells and not self.irqfds, "a reset left descriptors behind"
            self.drop()
            self.link = LINK_UP
        return 0, b"", []

    def start_vm(self, _argument, _fd):
        self.starts += 1
        return 0, b"", []

    def create_vpci_device(self, argument, _fd):
        if self.link != LINK_UP:
            return -errno.ENOTCONN, b"", []
        function = Function(argument)
        assert function.bdf not in self.functions
        self.functions[function.bdf] = function
        return 0, b"", []

    def set_irqline(self, argument, _fd):
        self.lines.append(struct.unpack("<II", argument))
        return 0, b"", []

    def signal_msi(self, argument, _fd):
        address, data, _ = struct.unpack("<QII", argument)
        self.msis.append((address, data))
        return 0, b"", []

    def assign(self, table, key, flags, fd):
        if flags & DEASSIGN:
            os.close(fd)
            os.close(table.pop(key))
            return 0, b"", []
        if self.link != LINK_UP:
            os.close(fd)
            return -errno.ENOTCONN, b"", []
        assert key not in table
        table[key] = fd
        return 0, b"", []

    def ioeventfd(self, argument, fd):
        _, flags, address, match, length, _ = struct.unpack("<iIQQII", argument)
        return self.assign(self.doorbells, (address, length, match), flags, fd)

    def irqfd(self, argument, fd):
        _, _, flags, irq = struct.unpack("<iiII", argument)
        # two queues may share a vector; these tests give each its own
        return self.assign(self.irqfds, irq, flags, fd)

    # the driver VM's doings

    def until(self, condition, what, timeout=60):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, "no %s in %d s; calls so far: %s" % (what, timeout, self.log)
            assert self.serve(), "QEMU went before: %s" % what

    def send(self, kind, address=0, length=0, data=0, space=0):
        number, self.next_id = self.next_id, self.next_id + 1
        self.events.send(struct.pack("<IIIIQQ", number, kind, space, length, address, data))
        return number

    def request(self, *arguments, **named):
        number = self.send(*arguments, **named)
        self.until(lambda: number in self.completed, "answer")
        return self.completed.pop(number)

    def config_read(self, bdf, offset, length):
        return self.request(CFG_READ, offset, length, space=bdf)[1]

    def config_write(self, bdf, offset, length, data):
        assert self.request(CFG_WRITE, offset, length, data, space=bdf)[0] == 0

    def read(self, address, length):
        status, data = self.request(MMIO_READ, address, length)
        assert status == 0
        return data

    def write(self, address, length, data):
        assert self.request(MMIO_WRITE, address, length, data)[0] == 0

    def reset(self):
        self.link = LINK_LOST
        self.reset_id = self.send(RESET)
        self.until(lambda: self.link == LINK_UP, "answer to RESET")

    def started(self, times=1):
        self.until(lambda: self.starts >= times, "START_VM")

    def kick(self, address):
        """As the monitor does with a posted doorbell."""
        fds = [fd for (at, _, _), fd in self.doorbells.items() if at == address]
        assert fds, "no doorbell at %#x" % address
        os.write(fds[0], struct.pack("<Q", 1))


class Qemu:
    """A process; its own words are in .errors after wait()."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)

    def wait(self, timeout=60):
        self.errors = self.process.communicate(timeout=timeout)[1]
        return self.process.returncode

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=30)
