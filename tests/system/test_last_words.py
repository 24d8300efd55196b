# SPDX-License-Identifier: BSD-2-Clause
"""What a guest said last is heard: at power off, at a stop, of one VM and of several at once, on one core and on
several, in the consoles and in their logs, and when the run is ended from outside."""

import os
import signal
import subprocess
import time

import pytest

from conftest import PEERVISOR, ROOT

LINES = 60
WHOLE = ["%04d%s" % (n, 150 * ".") for n in range(LINES)]
AFFINITY = {"one core": "", "several cores": "vm_a.affinity = 1; vm_b.affinity = 2; vm_c.affinity = 3;"}


@pytest.fixture(scope="module")
def guests(tmp_path_factory):
    """Images for the end in each way."""
    folder = tmp_path_factory.mktemp("guests")
    for name, end, lines in (("off", 0, LINES), ("stop", 1, LINES), ("long", 0, 9999)):
        elf = folder / (name + ".elf")
        subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-Ttext=0", "-Wl,--build-id=none",
                        "-Wa,--defsym,END=%d" % end, "-Wa,--defsym,LINES=%d" % lines,
                        str(ROOT / "tests/system/guest/last_words.S"), "-o", str(elf)], check=True)
        subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", str(elf),
                        str(folder / (name + ".bin"))], check=True)
    return folder


@pytest.fixture(scope="module")
def built(image, guests):
    """The image of VMs vm_a to vm_c with these kernels."""
    def build(cores, *kernels):
        names = ["vm_" + "abc"[n] for n in range(len(kernels))]
        path = guests / ("%s-%s.camkes" % (cores.replace(" ", "-"), "-".join(kernels)))
        affinity = " ".join(s + ";" for s in AFFINITY[cores].split(";") if s.strip().startswith(tuple(names)))
        path.write_text("assembly {\n composition { %s }\n configuration { %s %s }\n}\n" % (
            " ".join("component VM %s;" % name for name in names),
            " ".join('%s.kernel = "%s.bin"; %s.initrd = ""; %s.ram_size = "32M";' % (name, kernel, name, name)
                     for name, kernel in zip(names, kernels)), affinity))
        return image(path, "--guests", guests)
    return build


def run(path, logs, *options, timeout=120):
    return subprocess.run([str(PEERVISOR), "run", str(path), "--no-terminal", "--timeout", str(timeout), "--log-dir",
                           str(logs), *options], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=timeout + 30, check=False)


def said(result, name):
    return [line[len(name) + 2:] for line in result.stdout.splitlines() if line.startswith(name + "| ")]


@pytest.mark.parametrize("cores", AFFINITY)
@pytest.mark.parametrize("kernels", [("off",), ("off", "off", "off")], ids=["one VM", "three VMs"])
def test_power_off(built, tmp_path, cores, kernels):
    path = built(cores, *kernels)
    for n in range(4):
        result = run(path, tmp_path / str(n))
        assert result.returncode == 0, result.stderr
        for vm in "abc"[:len(kernels)]:
            assert said(result, "vm_" + vm) == WHOLE
            assert (tmp_path / str(n) / ("vm_%s.console" % vm)).read_text().splitlines() == WHOLE


@pytest.mark.parametrize("cores", AFFINITY)
def test_stop(built, tmp_path, cores):
    path = built(cores, "stop")
    for n in range(4):
        result = run(path, tmp_path / str(n))
        assert result.returncode == 1 and "vm_a stopped: " in result.stderr
        assert said(result, "vm_a") == WHOLE


def is_beginning(text):
    """Of what the guest says: no byte is missing in between."""
    whole = "".join("%04d%s\n" % (n, 150 * ".") for n in range(9999))
    return whole.startswith(text.replace("\r", ""))


@pytest.mark.parametrize("cores", AFFINITY)
def test_from_outside(built, tmp_path, cores):
    """A guest that prints all the time, and SIGINT: the log has what was shown, without a gap, to the last byte."""
    p = subprocess.Popen([str(PEERVISOR), "run", str(built(cores, "long")), "--no-terminal", "--timeout", "100",
                          "--log-dir", str(tmp_path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, text=True)
    shown = []
    for line in p.stdout:
        shown.append(line)
        if "vm_a| 0100" in line:
            break
    start = time.monotonic()
    os.kill(p.pid, signal.SIGINT)
    rest, errors = p.communicate(timeout=60)
    assert p.returncode == 128 + signal.SIGINT and "ended by a signal" in errors
    assert time.monotonic() - start < 5     # as long as QEMU is given to end by itself
    logged = (tmp_path / "vm_a.console").read_text()
    text = "".join(line[6:] for line in ("".join(shown) + rest).splitlines(True) if line.startswith("vm_a| "))
    assert is_beginning(logged) and logged.count("\n") > 100
    assert text.rstrip("\n") == logged.rstrip("\n")
