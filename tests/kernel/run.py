# SPDX-License-Identifier: BSD-2-Clause
"""Runs an image in QEMU, bounded, and gives its lines as they come."""

import ctypes
import os
import pathlib
import re
import selectors
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("PEERVISOR_TARGET", ROOT / "build" / "target"))
# Virtual time by instructions: a busy host cannot make a test late.
ICOUNT = ("-icount", "shift=1,sleep=off")
QEMU = os.environ.get("QEMU_SYSTEM_AARCH64", "qemu-system-aarch64")


def read(path):
    return (TARGET / path).read_bytes()


def tests_of(wanted):
    """The names in the tables (`const struct test NAME[] = {`) of root/test_*.c for which wanted(NAME) holds."""
    return [name for source in sorted((ROOT / "tests/kernel/root").glob("test_*.c"))
            for table, body in re.findall(r"^const struct test (\w+)\[\] = \{\n(.*?)^\};", source.read_text(), re.M | re.S)
            if wanted(table) for name in re.findall(r'^\t\{ "(\w+)", ', body, re.M)]


def die_with_parent():
    """For preexec_fn: a test that is killed leaves no emulator behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)      # PR_SET_PDEATHSIG


def lines(image, end, timeout, machine="virt,virtualization=on,gic-version=2", memory="1G", cpu="cortex-a57", more=()):
    """The UART's lines until one starts with `end`, QEMU ends or the time is over."""
    with tempfile.TemporaryDirectory(prefix="peervisor-kernel-") as folder:
        path = os.path.join(folder, "image")
        with open(path, "wb") as file:
            file.write(image)
        process = subprocess.Popen(
            [QEMU, "-M", machine, "-cpu", cpu, "-m", memory, "-nic", "none", "-nodefaults", "-display", "none",
             "-serial", "stdio", "-monitor", "none", "-no-reboot", "-kernel", path, *more],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        try:
            return _collect(process.stdout, end, time.monotonic() + timeout)
        finally:
            process.kill()
            process.wait()


def _collect(stream, end, deadline):
    selector = selectors.DefaultSelector()
    selector.register(stream, selectors.EVENT_READ)
    text = b""
    while time.monotonic() < deadline:
        if not selector.select(deadline - time.monotonic()):
            break
        data = os.read(stream.fileno(), 65536)
        if not data:
            break
        text += data
        whole = text[:text.rfind(b"\n") + 1]
        if any(line.startswith(end.encode()) for line in whole.splitlines()):
            break
    return [line.strip() for line in text.decode(errors="replace").splitlines() if line.strip()]
