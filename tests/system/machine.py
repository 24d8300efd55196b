# SPDX-License-Identifier: BSD-2-Clause
"""A running image: started by `peervisor run --raw`, each console with its own expect.

Every wait is bounded. A wait that fails shows the end of every console.
"""

import os
import re
import selectors
import socket
import subprocess
import time

MARK = b"\x1e"


class Console:
    """What one label said so far; expect() consumes it."""

    def __init__(self, label):
        self.label = label
        self.text = ""
        self.at = 0


class Monitor:
    """QEMU's monitor, for what only it sees: `machine(..., *Monitor.options(path))`, then Monitor(path)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(str(path))
        self._answer()

    @staticmethod
    def options(path):
        return "--qemu-arg=-monitor", "--qemu-arg=unix:%s,server=on,wait=off" % path

    def _answer(self):
        text = b""
        while not text.endswith(b"(qemu) "):
            data = self.socket.recv(65536)
            assert data, "QEMU's monitor ended"
            text += data
        return text.decode()

    def command(self, line):
        self.socket.sendall(line.encode() + b"\n")
        return self._answer()

    def memory(self, start, size, path):
        """The machine's physical memory, by way of a file."""
        self.command('pmemsave 0x%x 0x%x "%s"' % (start, size, path))
        with open(path, "rb") as file:
            data = file.read()
        os.unlink(path)
        assert len(data) == size
        return data


class Machine:
    def __init__(self, peervisor, image, *options, timeout=300):
        """`timeout` ends the whole run, whatever the test does."""
        command = [str(peervisor), "run", str(image), "--raw", "--timeout", str(timeout)]
        command += [str(option) for option in options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
        self.consoles = {}
        self.errors = ""
        self.label = "system"
        self.pending = None     # bytes of a label that has not ended yet
        self.input = None       # the console that has the input
        self.selector = selectors.DefaultSelector()
        for name in ("stdout", "stderr"):
            pipe = getattr(self.process, name)
            os.set_blocking(pipe.fileno(), False)
            self.selector.register(pipe, selectors.EVENT_READ, name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def console(self, label):
        return self.consoles.setdefault(label, Console(label))

    def _feed(self, data):
        for n, part in enumerate(data.split(MARK)):
            if n:               # a mark stood before this part
                if self.pending is None:
                    self.pending = b""
                else:
                    self.label = self.pending.decode(errors="replace")
                    self.pending = None
            if self.pending is not None:
                self.pending += part
            elif part:
                self.console(self.label).text += part.decode(errors="replace")

    def pump(self, seconds):
        """Reads what there is, waiting at most so long for something. False: the run has ended."""
        if not self.selector.get_map():
            return False
        for key, _ in self.selector.select(seconds):
            data = key.fileobj.read(65536)
            if data == b"":
                self.selector.unregister(key.fileobj)
            elif data and key.data == "stdout":
                self._feed(data)
            elif data:
                self.errors += data.decode(errors="replace")
        return True

    def report(self):
        lines = []
        for console in self.consoles.values():
            lines.append("==== %s" % console.label)
            lines += console.text.splitlines()[-40:]
        return "\n".join(lines + ["==== peervisor run", self.errors])

    def expect(self, label, pattern, timeout=60):
        """Waits for a regular expression in what `label` says from now on; returns the match."""
        end = time.monotonic() + timeout
        console = self.console(label)
        expression = re.compile(pattern, re.MULTILINE)
        while True:
            match = expression.search(console.text, console.at)
            if match:
                console.at = match.end()
                return match
            left = end - time.monotonic()
            if left <= 0:
                raise AssertionError("%s: no %r within %d s\n%s" % (label, pattern, timeout, self.report()))
            if not self.pump(min(left, 1)):
                raise AssertionError("%s: no %r before the run ended\n%s" % (label, pattern, self.report()))

    def send(self, label, text):
        """Types into a console."""
        data = text.encode()
        if self.input != label:
            data = 2 * MARK + label.encode() + MARK + data   # two: in step whatever came before
            self.input = label
        self.process.stdin.write(data)

    def command(self, label, line, timeout=60, prompt=r"^.*[#$] ?$"):
        """Runs a shell command in a guest; returns (exit code, output)."""
        tag = "%x" % time.monotonic_ns()
        self.send(label, "%s; echo \"<\"%s:$?\">\"\n" % (line, tag))
        console = self.console(label)
        start = console.at
        match = self.expect(label, r"<%s:(\d+)>" % tag, timeout)
        output = console.text[start:match.start()]
        output = output.split("\n", 1)[1] if "\n" in output else ""     # without the echo
        return int(match.group(1)), output.replace("\r", "")

    def wait(self, timeout=60):
        """Exit code of `peervisor run`."""
        end = time.monotonic() + timeout
        while time.monotonic() < end and self.pump(0.5):
            pass
        try:
            return self.process.wait(max(0.1, end - time.monotonic() + 10))
        except subprocess.TimeoutExpired:
            raise AssertionError("the run does not end\n" + self.report())

    def close(self):
        """Ends the run; closing its input is the way to leave."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        self.selector.close()
