# SPDX-License-Identifier: BSD-2-Clause
"""The device VM's QEMU without the rest: it runs under emulation of user programs, and the test is
kernel module, driver VM and its monitor in one (driver_monitor.py)."""

import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess

import pytest

from driver_monitor import (CFG_READ, LINK_DOWN, LINK_UP, MMIO_READ, SHARING_SWIOTLB, DriverMonitor,
                            Qemu)

ROOT = pathlib.Path(__file__).resolve().parents[2]
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")

BAR_MSIX, BAR_MODERN = 0x10000000, 0x10004000
BDF = 1 << 3
VIRTIO_F_VERSION_1, VIRTIO_F_ACCESS_PLATFORM = 32, 33
MSIX_CAP, VENDOR_CAP = 0x11, 0x09


@pytest.fixture(scope="session")
def program():
    if not EMULATOR:
        pytest.skip("qemu-user is not installed")
    if "PEERVISOR_QEMU" in os.environ:
        return os.environ["PEERVISOR_QEMU"]
    built = subprocess.run([str(ROOT / "qemu/build")], stdout=subprocess.PIPE, text=True, timeout=1800,
                           check=True)
    return built.stdout.strip()


@pytest.fixture
def qemu(program):
    running = []

    def start(accel, *options):
        q = Qemu([EMULATOR, program, "-machine", "sel4-vm", "-accel", accel, "-nodefaults", "-nographic"]
                 + [str(o) for o in options])
        running.append(q)
        return q

    yield start
    for q in running:
        q.end()


@pytest.fixture
def monitor(tmp_path):
    made = []

    def make(**options):
        m = DriverMonitor(tmp_path / "sel4", **options)
        made.append(m)
        return m

    yield make
    for m in made:
        m.close()


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    path.write_bytes(b"".join(struct.pack("<I", sector) * 128 for sector in range(64)))
    return path


def blk(disk, *more):
    return ("-drive", "if=none,id=d,file=%s,format=raw" % disk,
            "-device", ",".join(("virtio-blk-pci,drive=d",) + more))


class VirtioBlk:
    """As little of a virtio 1.x driver as reads a sector."""

    QUEUE = 0x1000       # offsets in memdev
    BUFFER = 0x4000

    def __init__(self, monitor, features=1 << VIRTIO_F_VERSION_1):
        self.m = monitor
        self.base = monitor.memdev[0]
        self.structures = {}
        self.place()
        m, common = self.m, self.common
        m.write(common + 0x14, 1, 0)
        m.write(common + 0x14, 1, 3)                    # ACKNOWLEDGE, DRIVER
        self.offered = 0
        for half in (0, 1):
            m.write(common + 0x00, 4, half)
            self.offered |= m.read(common + 0x04, 4) << (32 * half)
        for half in (0, 1):
            m.write(common + 0x08, 4, half)
            m.write(common + 0x0c, 4, (features >> (32 * half)) & 0xffffffff)
        m.write(common + 0x14, 1, 11)                   # FEATURES_OK
        assert m.read(common + 0x14, 1) == 11
        self.used = 0

    def place(self):
        m = self.m
        m.config_write(BDF, 0x14, 4, BAR_MSIX)
        m.config_write(BDF, 0x20, 4, BAR_MODERN)
        m.config_write(BDF, 0x24, 4, 0)
        m.config_write(BDF, 0x04, 2, 0x6)               # memory, bus master
        at = m.config_read(BDF, 0x34, 1)
        while at:
            kind = m.config_read(BDF, at, 1)
            if kind == VENDOR_CAP and m.config_read(BDF, at + 4, 1) == 4:
                self.structures[m.config_read(BDF, at + 3, 1)] = BAR_MODERN + m.config_read(BDF, at + 8, 4)
            elif kind == MSIX_CAP:
                self.msix = at
            at = m.config_read(BDF, at + 1, 1)
        self.common, self.notify = self.structures[1], self.structures[2]
        for vector in (0, 1):
            for offset, value in ((0, m.v2m + 0x40), (4, 0), (8, m.spis[0] + vector), (12, 0)):
                m.write(BAR_MSIX + 16 * vector + offset, 4, value)
        m.config_write(BDF, self.msix + 2, 2, 0x8000)   # enable

    def run(self):
        m, common = self.m, self.common
        m.memory[self.QUEUE:self.QUEUE + 0x600] = bytes(0x600)
        self.used = 0
        m.write(common + 0x10, 2, 0)                    # configuration changes: vector 0
        m.write(common + 0x16, 2, 0)                    # queue 0
        m.write(common + 0x18, 2, 8)
        m.write(common + 0x1a, 2, 1)
        for offset, address in ((0x20, 0), (0x28, 0x200), (0x30, 0x400)):
            m.write(common + offset, 8, self.base + self.QUEUE + address)
        m.write(common + 0x1c, 2, 1)
        m.write(common + 0x14, 1, 15)                   # DRIVER_OK
        assert m.read(common + 0x14, 1) == 15

    def submit(self, sector, buffer=None):
        memory, queue = self.m.memory, self.QUEUE
        buffer = self.base + self.BUFFER + 0x200 if buffer is None else buffer
        header = self.base + self.BUFFER
        memory[self.BUFFER:self.BUFFER + 16] = struct.pack("<IIQ", 0, 0, sector)
        memory[self.BUFFER + 16] = 0xff
        table = ((header, 16, 1, 1), (buffer, 512, 3, 2), (header + 16, 1, 2, 0))
        memory[queue:queue + 48] = b"".join(struct.pack("<QIHH", *d) for d in table)
        index = self.used
        struct.pack_into("<H", memory, queue + 0x200 + 4 + 2 * (index % 8), 0)
        struct.pack_into("<H", memory, queue + 0x200 + 2, (index + 1) & 0xffff)
        self.m.kick(self.notify)

    def done(self):
        return struct.unpack_from("<H", self.m.memory, self.QUEUE + 0x400 + 2)[0] != self.used

    def read(self, sector, buffer=None):
        self.submit(sector, buffer)
        self.m.until(self.done, "completion")
        self.used += 1
        return self.m.memory[self.BUFFER + 16], bytes(self.m.memory[self.BUFFER + 0x200:][:512])


def sector(number):
    return struct.pack("<I", number) * 128


def test_no_device(qemu):
    q = qemu("sel4,vm=workload")
    assert q.wait() == 1
    assert "no /dev/sel4: load the module sel4_virt" in q.errors
    assert q.errors.count("\n") == 1


@pytest.mark.parametrize("accel, says", [
    ("sel4", "say which driver VM to serve"),
    ("sel4,vm=nobody,device=unix:{path}", "no connection to a driver VM called 'nobody'"),
    ("sel4,vm=busy,device=unix:{path}", "'busy' is served by another process already"),
    ("sel4,vm=" + "x" * 64, "fewer than 64 characters"),
])
def test_refusals(qemu, monitor, accel, says):
    m = monitor(name="busy")
    m.busy = True
    q = qemu(accel.format(path=m.path))
    while m.serve() and q.process.poll() is None:
        pass
    assert q.wait() == 1
    assert says in q.errors
    assert q.errors.count("\n") == 1


def test_waits_for_the_link(qemu, monitor):
    m = monitor()
    m.link = LINK_DOWN
    q = qemu("sel4,vm=workload,device=unix:" + m.path)
    m.until(lambda: m.events, "CREATE_VM")
    for _ in range(20):
        m.serve()
    assert not m.starts and q.process.poll() is None
    m.link = LINK_UP
    m.started()
    assert m.functions == {}


def test_function_and_its_accesses(qemu, monitor, disk):
    m = monitor()
    qemu("sel4,vm=workload,device=unix:" + m.path, *blk(disk))
    m.started()
    assert list(m.functions) == [BDF]
    f = m.functions[BDF]
    assert (f.vendor, f.device, f.class_code) == (0x1af4, 0x1042, 0x010000)
    assert f.msix_bar == 1 and f.msix_entries == 2 and f.msix_offset == 0
    assert f.bars[1] == (0x1000, 0) and f.bars[4] == (0x4000, 3)
    assert all(f.bars[i] == (0, 0) for i in (0, 2, 3, 5))
    assert m.config_read(BDF, 0, 4) == 0x10421af4
    # what is not there, or not asked for rightly, is refused and harms nothing
    assert m.request(CFG_READ, 0, 4, space=9 << 3)[0] != 0
    assert m.request(CFG_READ, 2, 4, space=BDF)[0] != 0
    assert m.request(CFG_READ, 0x1000, 4, space=BDF)[0] != 0
    assert m.request(CFG_READ, 0, 4, space=1 << 20)[0] != 0
    assert m.request(MMIO_READ, m.memdev[0], 4)[0] != 0
    assert m.request(MMIO_READ, m.window[0] + m.window[1] - 2, 4)[0] != 0
    assert m.request(MMIO_READ, m.window[0], 3)[0] != 0
    assert m.request(77)[0] != 0
    assert m.request(MMIO_READ, m.window[0] + 0x800000, 4) == (0, 0xffffffff)


@pytest.mark.parametrize("iothread", [False, True])
def test_disk(qemu, monitor, disk, iothread):
    m = monitor()
    options = ("-object", "iothread,id=t") if iothread else ()
    qemu("sel4,vm=workload,device=unix:" + m.path, *options,
         *blk(disk, *(("iothread=t",) if iothread else ())))
    m.started()
    for times in (1, 2):
        d = VirtioBlk(m)
        assert not d.offered >> VIRTIO_F_ACCESS_PLATFORM & 1
        d.run()
        m.until(lambda: any(a == d.notify for a, _, _ in m.doorbells), "doorbell")
        assert [length for a, length, _ in m.doorbells if a == d.notify] == [0]
        assert sorted(m.irqfds) == [m.spis[0], m.spis[0] + 1]
        for number in (0, 5, 63):
            m.msis.clear()
            assert d.read(number) == (0, sector(number))
            if iothread:
                assert struct.unpack("<Q", os.read(m.irqfds[m.spis[0] + 1], 8))[0] >= 1
                assert m.msis == []
            else:
                m.until(lambda: m.msis, "MSI")
                assert m.msis == [(m.v2m + 0x40, m.spis[0] + 1)]
        m.reset()
        m.started(times + 1)
        assert list(m.functions) == [BDF]
        assert m.config_read(BDF, 0x04, 2) & 6 == 0


def test_vector_moves(qemu, monitor, disk):
    """The guest gives a vector another SPI while the queue runs: the irqfd follows."""
    m = monitor()
    qemu("sel4,vm=workload,device=unix:" + m.path, "-object", "iothread,id=t", *blk(disk, "iothread=t"))
    m.started()
    d = VirtioBlk(m)
    d.run()
    entry = BAR_MSIX + 16
    m.write(entry + 12, 4, 1)
    m.write(entry + 8, 4, m.spis[0] + 9)
    m.write(entry + 12, 4, 0)
    assert sorted(m.irqfds) == [m.spis[0], m.spis[0] + 9]
    d.read(1)
    assert struct.unpack("<Q", os.read(m.irqfds[m.spis[0] + 9], 8))[0] >= 1
    # an SPI that is not of this frame gets no irqfd, and is no error either
    m.write(entry + 12, 4, 1)
    m.write(entry + 8, 4, m.spis[0] + m.spis[1])
    m.write(entry + 12, 4, 0)
    assert sorted(m.irqfds) == [m.spis[0]]
    assert d.read(2)[1] == sector(2)


def test_window_of_memory_only(qemu, monitor, disk):
    """Mode swiotlb: the guest is told to use its DMA API, and nothing outside the window is reached."""
    m = monitor(sharing=SHARING_SWIOTLB)
    qemu("sel4,vm=workload,device=unix:" + m.path, *blk(disk))
    m.started()
    d = VirtioBlk(m, features=1 << VIRTIO_F_VERSION_1 | 1 << VIRTIO_F_ACCESS_PLATFORM)
    assert d.offered >> VIRTIO_F_ACCESS_PLATFORM & 1
    d.run()
    assert d.read(3) == (0, sector(3))
    d.submit(4, buffer=m.memdev[0] + m.memdev[1])
    m.until(lambda: m.read(d.common + 0x14, 1) & 0x40 or d.done(), "refusal")


def test_intx(qemu, monitor, disk):
    """A driver without MSI-X: the line rises with a completion and falls when the ISR is read."""
    m = monitor()
    qemu("sel4,vm=workload,device=unix:" + m.path, *blk(disk))
    m.started()
    d = VirtioBlk(m)
    m.config_write(BDF, d.msix + 2, 2, 0)
    d.run()
    line = (1 + m.config_read(BDF, 0x3d, 1) - 1) % 4
    m.lines.clear()
    assert d.read(7)[1] == sector(7)
    m.until(lambda: (line, 1) in m.lines, "interrupt")
    assert m.read(d.structures[3], 1) == 1
    m.until(lambda: m.lines[-1] == (line, 0), "end of interrupt")


def test_every_kind_of_function(qemu, monitor, disk, tmp_path):
    """What docs/qemu.md names starts on this machine, all at once."""
    m = monitor()
    qemu("sel4,vm=workload,device=unix:" + m.path, *blk(disk),
         "-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n",
         "-device", "virtio-rng-pci", "-device", "virtio-balloon-pci",
         "-device", "virtio-serial-pci", "-chardev", "null,id=c", "-device", "virtconsole,chardev=c",
         "-fsdev", "local,id=f,path=%s,security_model=none" % tmp_path,
         "-device", "virtio-9p-pci,fsdev=f,mount_tag=t",
         "-device", "virtio-gpu-pci", "-device", "virtio-keyboard-pci", "-device", "virtio-tablet-pci",
         "-device", "virtio-scsi-pci,id=s", "-drive", "if=none,id=e,file.driver=null-co,file.size=1M,format=raw",
         "-device", "scsi-hd,drive=e")
    m.started()
    kinds = sorted(f.device - 0x1040 for f in m.functions.values())
    assert kinds == [1, 2, 3, 4, 5, 8, 9, 16, 18, 18]
    assert all(f.vendor == 0x1af4 and f.msix_bar < 6 for f in m.functions.values())
    assert sorted(m.functions) == [n << 3 for n in range(1, 11)]


class Qmp:
    """QEMU's control socket. While it answers, its calls are served: it may be in one."""

    def __init__(self, monitor, path):
        self.monitor = monitor
        self.end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.end.connect(str(path))
        self.text = b""
        assert "QMP" in self.line()
        self("qmp_capabilities")

    def line(self):
        def whole():
            if select.select([self.end], [], [], 0)[0]:
                self.text += self.end.recv(65536)
            return b"\n" in self.text

        self.monitor.until(whole, "QMP", timeout=20)
        line, self.text = self.text.split(b"\n", 1)
        return json.loads(line)

    def __call__(self, command, **arguments):
        self.end.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while True:
            answer = self.line()
            if "event" not in answer:
                return answer.get("return", answer.get("error"))


def test_stopped_until_told(qemu, monitor, disk, tmp_path):
    m = monitor()
    m.link = LINK_DOWN
    q = qemu("sel4,vm=workload,device=unix:" + m.path, *blk(disk), "-S",
             "-qmp", "unix:%s/qmp,server,nowait" % tmp_path)
    m.until(lambda: m.infos > 3, "look at the link")
    qmp = Qmp(m, tmp_path / "qmp")
    assert not m.functions
    m.link = LINK_UP
    m.until(lambda: m.functions, "function")
    assert qmp("query-status")["status"] == "prelaunch" and m.starts == 0
    assert m.config_read(BDF, 0, 4) == 0x10421af4
    assert qmp("device_add", driver="virtio-rng-pci")["desc"] == "Bus 'pcie.0' does not support hotplugging"
    assert "state is not QEMU's to save" in qmp("migrate", uri="exec:true")["desc"]
    qmp("cont")
    m.started()
    qmp("system_reset")
    assert m.config_read(BDF, 0, 4) == 0x10421af4
    assert m.starts == 1
    q.process.terminate()
    while m.serve() and q.process.poll() is None:
        pass
    assert q.wait() == 0
    assert "reset that VM too" in q.errors


def test_io_ports_are_refused(qemu, monitor):
    m = monitor()
    q = qemu("sel4,vm=workload,device=unix:" + m.path, "-device", "virtio-rng-pci,disable-legacy=off")
    while q.process.poll() is None and m.serve():
        pass
    assert q.wait() == 1
    assert "has I/O ports in BAR 0" in q.errors
