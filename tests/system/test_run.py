# SPDX-License-Identifier: BSD-2-Clause
"""`peervisor run` by itself: consoles, ends, exit codes, disks, on a stub instead of a kernel."""

import os
import signal
import struct
import subprocess
import time

import pexpect
import pytest

from conftest import PEERVISOR, ROOT


@pytest.fixture(scope="session")
def stub(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stub")
    elf, image = folder / "stub.elf", folder / "stub.img"
    subprocess.run(["aarch64-linux-gnu-gcc", "-nostdlib", "-static", "-Wl,-Ttext=0x40200000", "-Wl,--build-id=none",
                    str(ROOT / "tests/system/stub.S"), "-o", str(elf)], check=True)
    subprocess.run(["aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", str(elf), str(image)], check=True)

    def make(manifest="memory 1024\nvm vm_a console\nvm vm_b console\nshow vm_a\n"):
        out = folder / ("%x.img" % (hash(manifest) & 0xffffffff))
        text = manifest.encode()
        out.write_bytes(image.read_bytes() + text + struct.pack("<Q", len(text)) + b"PVRUN01\n")
        return out

    return make


def run(*arguments, **more):
    return subprocess.run([str(PEERVISOR), "run"] + [str(a) for a in arguments], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL, check=False, **more)


def test_consoles_and_power_off(machine, stub):
    m = machine(stub(), timeout=30)
    m.expect("system", "loader", 20)
    m.expect("vm_a", "a's console")
    m.expect("vm_b", "b's console")
    m.expect("vm_a.log", "vm_a: up")
    m.process.stdin.write(b"xo")
    assert m.wait(20) == 0
    assert "vm_b is off" in m.errors


def test_stopped_vm_is_a_failure(machine, stub):
    m = machine(stub("memory 1024\nvm vm_a console\nshow vm_a\n"), timeout=30)
    m.expect("vm_a.log", "up", 20)
    m.process.stdin.write(b"s")
    assert m.wait(20) == 1
    assert "vm_a stopped: kernel is broken" in m.errors


def test_a_dead_component_ends_the_run(stub, tmp_path):
    start = time.monotonic()
    result = run(stub(), "--no-terminal", "--timeout", "30", "--log-dir", tmp_path, "--expect", "vm_a.log=up",
                 "--send", "vm_a=p")
    assert result.returncode == 1
    assert "timer.log: timer: error: PANIC at timer.c:12: no clock" in result.stderr
    assert time.monotonic() - start < 25


def test_expect_and_send(stub, tmp_path):
    result = run(stub(), "--no-terminal", "--timeout", "30", "--log-dir", tmp_path, "--expect", "vm_a.log=up",
                 "--send", "vm_a=o")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("step", ["vm_a", "=x", "vm_a="])
def test_malformed_steps(stub, step):
    assert run(stub(), "--expect", step).returncode == 2


def test_logs_and_prefixes(stub, tmp_path):
    result = run(stub(), "--no-terminal", "--timeout", "3", "--log-dir", tmp_path / "logs")
    assert result.returncode == 124
    assert "vm_a| a's console\n" in result.stdout
    assert "vm_a.log| vm_a: up\n" in result.stdout
    assert "the time limit is reached" in result.stderr
    assert (tmp_path / "logs/vm_b.console").read_text() == "b's console\n"
    assert (tmp_path / "logs/vm_a.log").read_text() == "vm_a: up\n"


def test_missing_image():
    result = run("/nonexistent/x.img")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "make it with `peervisor build`" in result.stderr


def test_not_an_image(tmp_path):
    (tmp_path / "x.img").write_bytes(b"x" * 100)
    result = run(tmp_path / "x.img")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "is no image" in result.stderr


def test_missing_qemu(stub, tmp_path):
    result = run(stub(), "--no-terminal", "--log-dir", tmp_path, env={"PATH": "/nonexistent"})
    assert result.returncode == 1
    assert "install qemu-system-arm" in result.stderr


DISK = "memory 1024\nvm vm_a console\ndisk disk 31 \nshow vm_a\n"


def test_disk_is_needed(stub, tmp_path):
    result = run(stub(DISK), "--no-terminal", "--log-dir", tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "needs a disk 'disk'; give --disk PATH" in result.stderr


def test_disk_is_missing(stub, tmp_path):
    result = run(stub(DISK), "--no-terminal", "--log-dir", tmp_path, "--disk", tmp_path / "no.img")
    assert result.returncode == 1
    assert "No such file" in result.stderr


def test_unused_disk(stub, tmp_path):
    result = run(stub(), "--no-terminal", "--log-dir", tmp_path, "--disk", tmp_path / "no.img")
    assert result.returncode == 1
    assert "uses no disk" in result.stderr


def test_second_run_on_the_same_disk(machine, stub, tmp_path):
    disk = tmp_path / "d,isk.img"       # a comma is special to QEMU
    disk.write_bytes(b"\0" * 65536)
    m = machine(stub(DISK), "--disk", disk, timeout=30)
    m.expect("vm_a.log", "up", 20)
    start = time.monotonic()
    result = run(stub(DISK), "--no-terminal", "--log-dir", tmp_path / "second", "--disk", disk)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "is in use by another run" in result.stderr
    assert time.monotonic() - start < 5
    m.process.stdin.write(b"o")
    assert m.wait(20) == 0


def test_same_disk_twice(stub, tmp_path):
    disk = tmp_path / "disk.img"
    disk.write_bytes(b"\0" * 65536)
    two = "memory 1024\nvm vm_a console\ndisk one 31 \ndisk two 30 \nshow vm_a\n"
    result = run(stub(two), "--no-terminal", "--log-dir", tmp_path, "--disk", "one=%s" % disk,
                 "--disk", "two=%s" % disk)
    assert result.returncode == 1
    assert "is in use by another run" in result.stderr


def children(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(n) for n in f.read().split()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_all(stub, tmp_path, number):
    p = subprocess.Popen([str(PEERVISOR), "run", str(stub()), "--no-terminal", "--timeout", "60",
                          "--log-dir", str(tmp_path)],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in p.stdout:
        if "vm_a: up" in line:
            break
    qemu = children(p.pid)
    assert len(qemu) == 1
    p.send_signal(number)
    assert p.wait(15) == 128 + number
    p.communicate()
    assert not os.path.exists("/proc/%d" % qemu[0])


def test_until(stub, tmp_path):
    result = run(stub(), "--no-terminal", "--timeout", "30", "--log-dir", tmp_path, "--until", "vm_a.log=up")
    assert result.returncode == 0, result.stderr
    result = run(stub(), "--no-terminal", "--timeout", "3", "--log-dir", tmp_path, "--until", "vm_a.log=never")
    assert result.returncode == 124


@pytest.mark.parametrize("option", [("--console", "vm_c"), ("--expect", "vm_c=x"), ("--send", "vmm=x")])
def test_a_console_that_is_not_there(stub, tmp_path, option):
    result = run(stub(), "--no-terminal", "--timeout", "30", "--log-dir", tmp_path, *option)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "it has vm_a, vm_b, system, and NAME.log" in result.stderr


def test_logs_of_two_runs_are_kept_apart(machine, stub, tmp_path):
    m = machine(stub(), timeout=30)
    m.expect("vm_a.log", "up", 20)
    result = run(stub(), "--no-terminal", "--log-dir", tmp_path / "logs")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "another run writes its logs to" in result.stderr
    assert (tmp_path / "logs/vm_a.log").read_text() == "vm_a: up\n"
    m.process.stdin.write(b"o")
    assert m.wait(20) == 0


def test_a_log_that_cannot_be_written(stub, tmp_path):
    (tmp_path / "vm_a.console").mkdir()
    result = run(stub(), "--no-terminal", "--timeout", "30", "--log-dir", tmp_path, "--until", "vm_a.log=up")
    assert result.returncode == 0 and result.stderr.count("cannot write") == 1
    assert "vm_a| a's console" in result.stdout
    (tmp_path / "file").touch()
    result = run(stub(), "--no-terminal", "--log-dir", tmp_path / "file")
    assert (result.returncode, result.stderr.count("\n")) == (1, 1) and "Not a directory" in result.stderr


@pytest.mark.parametrize("how, says", [("kill", "by signal 9 (Killed)"), ("halt", "with code 0")])
def test_qemu_ends_by_itself(stub, tmp_path, how, says):
    p = subprocess.Popen([str(PEERVISOR), "run", str(stub()), "--no-terminal", "--log-dir", str(tmp_path), "--timeout",
                          "40"] + (["--expect", "vm_a.log=up", "--send", "vm_a=h"] if how == "halt" else []),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in p.stdout:
        if "vm_a: up" in line:
            break
    if how == "kill":
        os.kill(children(p.pid)[0], signal.SIGKILL)
    _, errors = p.communicate(timeout=20)
    assert p.returncode == 1 and "QEMU ended by itself, " + says in errors


def test_nobody_reads_the_output(stub, tmp_path):
    """As `peervisor run ... | head -1`: it ends, and QEMU with it."""
    p = subprocess.Popen([str(PEERVISOR), "run", str(stub()), "--no-terminal", "--timeout", "60",
                          "--log-dir", str(tmp_path)],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    os.set_blocking(p.stdout.fileno(), True)
    p.stdout.readline()
    qemu = children(p.pid)
    p.stdout.close()
    assert p.wait(20) == 128 + signal.SIGPIPE
    assert not os.path.exists("/proc/%d" % qemu[0])


def test_lines_without_an_end(stub, tmp_path):
    """What is echoed has no line end for long: it comes in pieces, and none is lost."""
    text = "x" * 3000
    result = run(stub(), "--no-terminal", "--timeout", "30", "--log-dir", tmp_path, "--expect", "vm_a.log=up",
                 "--send", "vm_a=" + text, "--send", "vm_a=h")
    assert "QEMU ended by itself" in result.stderr
    pieces = [line[6:] for line in result.stdout.splitlines() if line.startswith("vm_a| ")]
    assert "".join(pieces).count("x") == 3000 and max(len(p) for p in pieces) < 1024
    assert (tmp_path / "vm_a.console").read_text().count("x") == 3000


@pytest.fixture
def terminal(stub, tmp_path):
    """A run on a terminal of its own."""
    running = []

    def start(*options, size=(24, 80)):
        child = pexpect.spawn(str(PEERVISOR), ["run", str(stub()), "--log-dir", str(tmp_path / "l"), "--timeout", "40",
                                               *options], dimensions=size, timeout=20, encoding="utf-8")
        running.append(child)
        return child

    yield start
    for child in running:
        child.close(force=True)


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_terminal_keys(terminal):
    """On a terminal: the shown console only, Ctrl-^ goes on, Ctrl-] leaves."""
    child = terminal()
    child.expect_exact("console vm_a. Keys: Ctrl-^ next console, Ctrl-] leave")
    child.expect_exact("a's console")
    assert "b's console" not in child.before
    child.send("\x1e")
    child.expect_exact("console vm_b, 2 of ")
    child.expect_exact("b's console")
    child.send("\x1d")
    child.expect_exact("console logs:")
    assert ended(child) == 0


def test_control_c_goes_to_the_guest(terminal):
    child = terminal()
    child.expect_exact("a's console")
    child.send("\x03\x1a!")        # and Ctrl-Z: the stub echoes them
    child.expect_exact("\x03\x1a!")
    child.send("\x1d")
    assert ended(child) == 0


def test_terminal_is_as_before_in_the_end(stub, tmp_path):
    """Also after QEMU was killed."""
    child = pexpect.spawn("/bin/sh", ["-c", "stty -a >%s/before; %s run %s --log-dir %s/l --timeout 40; stty -a >%s/after" % (
        tmp_path, PEERVISOR, stub(), tmp_path, tmp_path)], timeout=20, encoding="utf-8")
    child.expect_exact("a's console")
    runner, = children(child.pid)
    os.kill(children(runner)[0], signal.SIGKILL)
    child.expect_exact("QEMU ended by itself, by signal 9")
    child.expect(pexpect.EOF)
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text()


def test_small_window(terminal):
    child = terminal(size=(10, 40))
    child.expect_exact("this window is 40x10; programs of the guests write for 80x24")
    child.send("\x1d")
    assert ended(child) == 0


def test_the_terminal_goes_away(terminal):
    child = terminal()
    child.expect_exact("a's console")
    qemu = children(child.pid)
    child.close(force=False)        # SIGHUP
    end = time.monotonic() + 15
    while os.path.exists("/proc/%d" % qemu[0]):
        assert time.monotonic() < end
        time.sleep(0.05)
