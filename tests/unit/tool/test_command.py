# SPDX-License-Identifier: BSD-2-Clause
"""The program's front: help, manual page, completion, usage errors, `new`, `doctor`, where output goes.

Environment: PEERVISOR, set by meson.
"""

import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import time

import pytest

import stubs

COMMANDS = ["build", "run", "check", "view", "audit", "new", "doctor"]
ROOT = pathlib.Path(__file__).resolve().parents[3]
NATIVE = "component Hello { control; }\nassembly { composition { component Hello hello; } }\n"


def tool(*arguments, **more):
    return subprocess.run([os.environ["PEERVISOR"]] + [str(a) for a in arguments], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL, check=False, **more)


@pytest.fixture
def hello(tmp_path):
    """The smallest assembly; its program is a stand-in."""
    path = tmp_path / "hello.camkes"
    path.write_text(NATIVE)
    return path


@pytest.fixture
def stub(tmp_path):
    """The tool with a stand-in of the build folder."""
    stubs.target(tmp_path / "target")
    stubs.guests(tmp_path / "guests")

    def run(command, *arguments, **more):
        return tool(command, *arguments, "--build-dir", tmp_path / "target", "--guests", tmp_path / "guests", **more)

    return run


def options_of(command):
    """As the command itself accepts them: what its help names, long and short."""
    text = tool(command, "--help").stdout
    return set(re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", text, re.M)) | set(re.findall(r"^ +(-\w), --", text, re.M))


@pytest.mark.parametrize("command", COMMANDS)
def test_help(command):
    result = tool(command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("usage: peervisor %s" % command)
    examples = result.stdout.split("\nexamples:\n")[1]
    assert "peervisor " + command in examples
    assert "exit codes: 0 " in result.stdout
    assert "\t" not in result.stdout
    assert all(len(line) <= 100 for line in result.stdout.split("\nexamples:")[0].splitlines())
    assert result.stdout == tool(command, "-h").stdout == tool(command, "--help", "x").stdout


def test_every_command_is_in_the_overview():
    text = tool("--help").stdout
    assert all(re.search(r"^  %s +\w" % c, text, re.M) for c in COMMANDS)
    assert re.fullmatch(r"peervisor \d+\.\d+\.\d+\n", tool("--version").stdout)
    assert tool().returncode == 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_in_manual_and_completion(command):
    manual = tool("--manual").stdout.replace("\\-", "-")
    section = manual.split(".SS peervisor " + command)[1].split("\n.SS ")[0]
    for option in options_of(command):
        assert re.search(r"^\.B .*(?<![\w-])%s\b" % option, section, re.M), option
        line = complete("peervisor", command, option)
        assert option in line, option


def complete(*words):
    """What bash offers for the last word."""
    script = tool("--completion", "bash").stdout + "\nCOMP_WORDS=(%s)\nCOMP_CWORD=%d\n_peervisor\n" % (
        " ".join("'%s'" % w for w in words), len(words) - 1) + 'printf "%s\\n" "${COMPREPLY[@]}"\n'
    result = subprocess.run(["bash", "--norc", "-c", script], capture_output=True, text=True, timeout=20, check=False)
    assert result.stderr == ""
    return result.stdout.split()


def test_completion(tmp_path):
    (tmp_path / "a.camkes").touch()
    (tmp_path / "a.txt").touch()
    (tmp_path / "folder").mkdir()
    assert complete("peervisor", "ch") == ["check"]
    assert complete("peervisor", "run", "%s/" % tmp_path) == ["%s/a.camkes" % tmp_path, "%s/folder/" % tmp_path]
    assert complete("peervisor", "run", "x.img", "--disk", "%s/a.t" % tmp_path) == ["%s/a.txt" % tmp_path]
    assert complete("peervisor", "run", "x.img", "--log-dir", "%s/" % tmp_path) == ["%s/folder" % tmp_path]
    assert complete("peervisor", "new", "c") == ["component"]
    assert tool("--completion", "zsh").stdout.startswith("autoload")
    assert tool("--completion", "fish").returncode == 2
    assert tool("--completion").returncode == 2


def test_manual_is_clean_troff():
    """No line that troff would take for a request of its own."""
    known = {".TH", ".SH", ".SS", ".B", ".I", ".br", ".TP", ".PP", ".nf", ".fi", '.\\"'}
    for line in tool("--manual").stdout.splitlines():
        assert not line.startswith("'"), line
        assert not line.startswith(".") or line.split()[0] in known, line


@pytest.mark.parametrize("arguments, says", [
    (["biuld"], "'biuld' is no command; did you mean 'build'?"),
    (["frobnicate"], "'frobnicate' is no command"),
    (["build", "x", "--ouput", "y"], "no option '--ouput'; did you mean '--output'?"),
    (["check", "x", "--strct"], "did you mean '--strict'?"),
    (["check", "x", "--strict=yes"], "'--strict' takes no value"),
    (["check", "x", "-q"], "no option '-q'"),
    (["check", "x", "--disk", "y"], "no option '--disk'"),
    (["check", "x", "y"], "'y' is one word too many"),
    (["check"], "what? Name a file"),
    (["build", "x", "-o"], "'-o' needs IMAGE"),
    (["build", "x", "-o", ""], "'-o ' cannot be; it takes IMAGE"),
    (["build", "x"], "where to? Give -o IMAGE"),
    (["run", "x", "--timeout", "soon"], "'--timeout soon' cannot be; it takes SECONDS"),
    (["run", "x", "--timeout", "-1"], "cannot be"),
    (["audit", "x", "--share", "a"], "'--share' needs PART PART"),
    (["new", "component"], "what?"),
    (["new", "thing", "x"], "'thing' is neither 'component' nor 'assembly'"),
    (["doctor", "x"], "'x' is one word too many"),
])
def test_wrong_usage(arguments, says):
    result = tool(*arguments)
    assert (result.returncode, result.stdout) == (2, "")
    first, rest = result.stderr.split("\n", 1)
    assert says in first and "usage: peervisor" in rest


def test_ways_to_write_an_option(stub, hello, tmp_path):
    for words in (["-o", tmp_path / "1"], ["-o%s" % (tmp_path / "2")], ["--output=%s" % (tmp_path / "3")],
                  ["--output", tmp_path / "4"]):
        assert stub("build", hello, *words).returncode == 0
    assert len(list(tmp_path.glob("[1-4]"))) == 4
    assert "-x: No such file" in tool("check", "--", "-x").stderr


# ---- what is written ----

def test_output_over_the_assembly(stub, tmp_path):
    mine = tmp_path / "mine.camkes"
    mine.write_text(NATIVE)
    result = stub("build", mine, "-o", mine)
    assert result.returncode == 1 and "would overwrite" in result.stderr
    assert mine.read_text() == NATIVE
    assert tool("view", mine, "-o", mine).returncode == 1
    assert mine.read_text() == NATIVE


def test_output_over_a_guest_file(stub, tmp_path):
    before = (tmp_path / "guests/linux").read_bytes()
    result = stub("build", ROOT / "examples/minimal/minimal.camkes", "-o", tmp_path / "guests/linux")
    assert result.returncode == 1 and "would overwrite" in result.stderr
    assert (tmp_path / "guests/linux").read_bytes() == before


def test_output_that_is_no_file(stub, hello, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    result = stub("build", hello, "-o", tmp_path / "pipe")
    assert result.returncode == 1 and "it is no regular file" in result.stderr
    assert "Is a directory" in stub("build", hello, "-o", tmp_path).stderr
    assert (tmp_path / "pipe").is_fifo()


def test_a_link_stays_a_link(stub, hello, tmp_path):
    (tmp_path / "real.img").write_bytes(b"old")
    (tmp_path / "link.img").symlink_to("real.img")
    assert stub("build", hello, "-o", tmp_path / "link.img").returncode == 0
    assert (tmp_path / "link.img").is_symlink() and (tmp_path / "real.img").stat().st_size > 1 << 20


def test_an_interrupted_build_leaves_the_old_image(stub, hello, tmp_path):
    """Ended at whatever point: the old image or the new one, whole, and nothing beside it."""
    image = tmp_path / "out" / "x.img"
    image.parent.mkdir()
    assert stub("build", hello, "-o", image).returncode == 0
    new = image.read_bytes()
    command = [os.environ["PEERVISOR"], "build", str(hello), "-o", str(image), "--build-dir", str(tmp_path / "target")]
    for _ in range(4):
        image.write_bytes(b"old")
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        while p.poll() is None and len(list(image.parent.iterdir())) == 1:
            pass
        p.send_signal(signal.SIGINT)
        p.wait(30)
        assert image.read_bytes() in (b"old", new)
        assert [f.name for f in image.parent.iterdir()] == ["x.img"]


def test_a_full_standard_output():
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([os.environ["PEERVISOR"], "--manual"], stdout=full, stderr=subprocess.PIPE, text=True,
                                timeout=20, check=False)
    assert (result.returncode, result.stderr) == (1, "peervisor: cannot write to the standard output\n")


# ---- for programs ----

def test_check_for_programs(stub, hello, tmp_path):
    result = stub("check", hello, "--json")
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {"assembly": str(hello), "errors": 0, "warnings": 0, "diagnostics": []}
    bad = tmp_path / "bad.camkes"
    bad.write_text("assembly {\n    composition { component VM vm_a; }\n"
                   "    configuration { vm_a.ram_size = 'many'; }\n}\n".replace("'", '"'))
    result = stub("check", bad, "--json")
    assert (result.returncode, result.stderr) == (1, "")
    found = json.loads(result.stdout)
    first = found["diagnostics"][0]
    assert found["errors"] >= 1 and (first["kind"], first["file"], first["line"]) == ("error", str(bad), 3)
    plain = stub("check", bad)
    assert "%s:3:%d: error: %s\n" % (bad, first["column"], first["text"]) in plain.stderr and plain.stdout == ""


def test_build_for_programs(stub, hello, tmp_path):
    result = stub("build", ROOT / "examples/two-vms/two-vms.camkes", "-o", tmp_path / "x.img", "--json")
    assert (result.returncode, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert found["bytes"] == (tmp_path / "x.img").stat().st_size and found["image"] == str(tmp_path / "x.img")
    assert [vm["name"] for vm in found["vms"]] == ["vm_storage", "vm_workload"]
    assert found["vms"][1]["ram_size"] == 256 << 20 and found["links"] == [
        {"device": "vm_storage", "driver": "vm_workload"}]
    found = json.loads(stub("build", hello, "-o", tmp_path / "x.img", "--json").stdout)
    assert found["components"] == ["hello"]
    hello.write_text("assembly {")
    result = stub("build", hello, "-o", tmp_path / "x.img", "--json")
    assert (result.returncode, result.stderr) == (1, "")
    assert json.loads(result.stdout)["image"] is None and json.loads(result.stdout)["errors"] == 1
    assert stub("build", hello, "--print-capdl", "--json").returncode == 2


def test_progress_only_on_a_terminal(hello, tmp_path):
    stubs.target(tmp_path / "target")
    command = [os.environ["PEERVISOR"], "build", str(hello), "-o", str(tmp_path / "x.img"), "--build-dir",
               str(tmp_path / "target")]
    assert subprocess.run(command, capture_output=True, timeout=60, check=True).stderr == b""
    master, terminal = os.openpty()
    subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=terminal, timeout=60, check=True)
    os.close(terminal)
    said = os.read(master, 4096)
    os.close(master)
    assert b"writing %s..." % bytes(tmp_path / "x.img") in said
    assert said.endswith(b"\r\x1b[K")      # and it is gone in the end


# ---- new ----

@pytest.mark.parametrize("kind", ["component", "assembly"])
def test_new(tmp_path, kind):
    result = tool("new", kind, "first_one", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    *files, following = result.stdout.splitlines()
    assert following == "next: peervisor run first_one/first_one.camkes"
    assert all((tmp_path / f).is_file() for f in files)
    assert "first_one/first_one.camkes" in files
    assert not any(c in (tmp_path / f).read_text() for f in files for c in "@^")
    stubs.guests(tmp_path / "guests")
    check = tool("check", "first_one/first_one.camkes", "--strict", "--guests", "guests", cwd=tmp_path)
    assert (check.returncode, check.stderr) == (0, "")
    again = tool("new", kind, "first_one", cwd=tmp_path)
    assert again.returncode == 1 and "is there already" in again.stderr
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("first_one")] == ["first_one"]


@pytest.mark.parametrize("name", ["", "Hello", "1a", "a b", "../x", "a/b", "serial", "vm", "x" * 33, "-a", "ä"])
def test_names_that_cannot_be(tmp_path, name):
    assert tool("new", "component", "--", name, cwd=tmp_path).returncode == 2
    assert list(tmp_path.iterdir()) == []


def typed_in_zsh(folder, line, wanted):
    """What zsh makes of a line and a tab, until `wanted` is on its screen."""
    (folder / "peervisor.zsh").write_text(tool("--completion", "zsh").stdout)
    master, slave = pty.openpty()
    shell = subprocess.Popen(["zsh", "-f", "-i"], stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
                             env={"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "ZDOTDIR": str(folder)})
    seen = b""
    try:
        os.write(master, b"autoload -Uz compinit; compinit -u -D; source ./peervisor.zsh; print rea''dy\n")
        deadline = time.monotonic() + 60
        while wanted not in seen and time.monotonic() < deadline:
            if line and b"ready" in seen:
                os.write(master, line + b"\t")
                line = None
            if select.select([master], [], [], 0.5)[0]:
                seen += os.read(master, 4096)
        return seen
    finally:
        shell.kill()
        shell.wait()
        os.close(master)
        os.close(slave)


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed (scripts/packages)")
def test_completion_in_zsh(tmp_path):
    (tmp_path / "only.camkes").touch()
    (tmp_path / "only.txt").touch()
    assert b"peervisor check" in typed_in_zsh(tmp_path, b"peervisor ch", b"peervisor check")
    assert b"run only.camkes" in typed_in_zsh(tmp_path, b"peervisor run on", b"run only.camkes")


# ---- doctor ----

def findings(result):
    return {c["check"]: c for c in json.loads(result.stdout)["checks"]}


def test_doctor_finds_what_is_missing(stub, tmp_path):
    (tmp_path / "guests/network.cpio").unlink()
    (tmp_path / "guests/network.cpio").symlink_to("nowhere")
    (tmp_path / "guests/peer.cpio").unlink()
    cache = tmp_path / "cache"
    (cache / ".qemu.AbCdEf.part").mkdir(parents=True)
    (cache / ".qemu.lock").touch()
    result = stub("doctor", "--json", env={**os.environ, "PEERVISOR_CACHE": str(cache), "PEERVISOR_CC": "/no/cc"})
    found = findings(result)
    assert result.returncode == 1
    assert found["guests"]["state"] == "bad" and found["guests"]["found"].endswith("lacks network.cpio")
    assert found["guests"]["advice"] == "run `make build`"
    assert found["windows"]["state"] == "warn" and found["windows"]["found"].endswith("lacks peer.cpio")
    assert found["windows"]["advice"].startswith("run guests/all --window")
    assert found["system"]["state"] == "ok"
    assert found["compiler"]["state"] == "bad" and "install gcc-aarch64-linux-gnu" in found["compiler"]["advice"]
    assert "1 half-built: .qemu.AbCdEf.part" in found["cache"]["found"]


def test_doctor_knows_a_running_build(stub, tmp_path):
    cache = tmp_path / "cache"
    (cache / ".qemu.AbCdEf.part").mkdir(parents=True)
    lock = cache / ".qemu.lock"
    holder = subprocess.Popen(["flock", str(lock), "sleep", "60"])
    try:
        while subprocess.run(["flock", "-n", str(lock), "true"], check=False).returncode == 0:
            time.sleep(0.01)
        result = stub("doctor", "--json", env={**os.environ, "PEERVISOR_CACHE": str(cache)})
        assert findings(result)["cache"]["state"] == "ok"
    finally:
        holder.kill()


def test_doctor_without_qemu(stub, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/sh").symlink_to("/bin/sh")
    result = stub("doctor", env={"PATH": str(tmp_path / "bin"), "HOME": str(tmp_path)})
    assert result.returncode == 1
    assert re.search(r"^BAD   qemu +qemu-system-aarch64 cannot be started; install qemu-system-arm$", result.stdout, re.M)
    assert "\t" not in result.stdout
