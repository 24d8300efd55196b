# SPDX-License-Identifier: BSD-2-Clause
"""A machine under QEMU's gdb stub: registers, memory and breakpoints, and its console. With it a test makes the
processor do what no program can: take an SError, run out of stack."""

import os
import socket
import struct
import subprocess
import tempfile
import time
import xml.etree.ElementTree as tree

import run

PC, CPSR, SP = 32, 33, 31


class Elf:
    """Symbols of an executable and the words at its addresses."""

    def __init__(self, data):
        self.data, self.symbols = data, {}
        at, = struct.unpack_from("<Q", data, 40)
        size, count = struct.unpack_from("<HH", data, 58)
        sections = [struct.unpack_from("<IIQQQQIIQQ", data, at + i * size) for i in range(count)]
        for kind, offset, length, link in ((s[1], s[4], s[5], s[6]) for s in sections):
            if kind == 2:
                self._read_symbols(offset, length, sections[link][4])
        self.loads = [(s[3], s[4], s[5]) for s in sections if s[1] == 1 and s[3]]

    def _read_symbols(self, offset, length, strings):
        for i in range(offset, offset + length, 24):
            name, _, _, section, value, _ = struct.unpack_from("<IBBHQQ", self.data, i)
            end = self.data.index(b"\0", strings + name)
            if section:
                self.symbols[self.data[strings + name:end].decode()] = value

    def word(self, address):
        for start, offset, length in self.loads:
            if start <= address < start + length:
                return struct.unpack_from("<I", self.data, offset + address - start)[0]
        raise KeyError(hex(address))

    def find(self, symbol, word, mask=0xffffffff):
        """The address of the first such instruction from the symbol on."""
        at = self.symbols[symbol]
        while self.word(at) & mask != word:
            at += 4
        return at


class Stub:
    def __init__(self, image, timeout=120, cpu="cortex-a57", cores=1, more=()):
        self.deadline = time.monotonic() + timeout
        self.folder = tempfile.TemporaryDirectory(prefix="peervisor-gdb-")
        path = os.path.join(self.folder.name, "image")
        gdb, uart = (os.path.join(self.folder.name, name) for name in ("gdb", "uart"))
        with open(path, "wb") as file:
            file.write(image)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(gdb)
        listener.listen()
        self.console_path = uart
        self.process = subprocess.Popen(
            [run.QEMU, "-M", "virt,virtualization=on,gic-version=2", "-cpu", cpu, "-m", "1G", "-smp", str(cores), "-nic",
             "none", "-nodefaults", "-display", "none", "-serial", "file:" + uart, "-monitor", "none", "-no-reboot", "-S",
             "-chardev", "socket,id=gdb,path=" + gdb, "-gdb", "chardev:gdb", "-kernel", path, *more],
            stdin=subprocess.DEVNULL, preexec_fn=run.die_with_parent)
        listener.settimeout(30)
        self.socket, _ = listener.accept()
        listener.close()
        self.buffer = b""
        self.registers = self._system_registers()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.kill()
        self.process.wait()
        self.socket.close()
        self.folder.cleanup()

    def _byte(self):
        if not self.buffer:
            self.socket.settimeout(max(0.1, self.deadline - time.monotonic()))
            self.buffer = self.socket.recv(65536)
            assert self.buffer, "QEMU has gone:\n" + self.console()
        byte, self.buffer = self.buffer[:1], self.buffer[1:]
        return byte

    def _receive(self):
        while self._byte() != b"$":
            pass
        text = b""
        while (byte := self._byte()) != b"#":
            if byte == b"}":
                byte = bytes([self._byte()[0] ^ 0x20])
            text += byte
        self._byte(), self._byte()
        self.socket.sendall(b"+")
        return text

    def _send(self, text):
        data = text.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) & 0xff))

    def ask(self, text):
        self._send(text)
        return self._receive().decode(errors="replace")

    def _feature(self, name):
        text, more = "", "m"
        while more == "m":
            part = self.ask("qXfer:features:read:%s:%x,ffb" % (name, len(text)))
            more, text = part[0], text + part[1:]
        return text

    def _system_registers(self):
        assert "qXfer:features:read+" in self.ask("qSupported:xmlRegisters=aarch64")
        self._feature("target.xml")     # what the others come from
        text = self._feature("system-registers.xml")
        return {reg.get("name").lower(): int(reg.get("regnum")) for reg in tree.fromstring(text).iter("reg")}

    def register(self, which):
        """By number, or a system register by its name."""
        number = which if isinstance(which, int) else self.registers[which]
        return int.from_bytes(bytes.fromhex(self.ask("p%x" % number)), "little")

    def set_register(self, number, value):
        size = 4 if number == CPSR else 8
        assert self.ask("P%x=%s" % (number, value.to_bytes(size, "little").hex())) == "OK"

    def memory(self, address, size, physical=False):
        if physical:
            assert self.ask("Qqemu.PhyMemMode:1") == "OK"
        answer = self.ask("m%x,%x" % (address, size))
        if physical:
            assert self.ask("Qqemu.PhyMemMode:0") == "OK"
        return bytes.fromhex(answer)

    def word(self, address, physical=False):
        return struct.unpack("<Q", self.memory(address, 8, physical))[0]

    def break_at(self, address, on=True):
        assert self.ask("%s1,%x,4" % ("Z" if on else "z", address)) == "OK"

    def run(self):
        """Until a breakpoint."""
        self._send("c")
        return self._receive().decode()

    def step(self):
        self.ask("s")

    def run_to(self, address):
        self.break_at(address)
        self.run()
        self.break_at(address, on=False)

    def go(self):
        self._send("c")

    def stop(self):
        self.socket.sendall(b"\x03")
        return self._receive().decode()

    def cpus(self):
        """Makes each CPU the one whose registers are read, in turn."""
        names, part = [], self.ask("qfThreadInfo")
        while part != "l":
            names += part[1:].split(",")
            part = self.ask("qsThreadInfo")
        for name in names:
            assert self.ask("Hg" + name) == "OK"
            yield name

    def console(self):
        try:
            with open(self.console_path, errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def expect(self, text):
        """While the machine runs."""
        while text not in self.console():
            assert time.monotonic() < self.deadline and self.process.poll() is None, "no %r in\n%s" % (text, self.console())
            time.sleep(0.02)
