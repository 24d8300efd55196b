# SPDX-License-Identifier: BSD-2-Clause
"""examples/native: calls, events, dataports, locks, hardware, and a client that sends rubbish."""

import re
import shutil

import pytest

from conftest import ROOT, TARGET, peervisor_run

CORES = """client.affinity = 1; server.affinity = 2; intruder.affinity = 3; guest.affinity = 1; driver.affinity = 2;
        tally.left_affinity = 1; tally.right_affinity = 3; one.affinity = 2; two.affinity = 2;"""
SOURCES = ROOT / "examples/native/components"


def on_cores(folder):
    """The example with callers, answerers and single interfaces on different cores."""
    shutil.copytree(ROOT / "examples/native", folder / "native")
    path = folder / "native/native.camkes"
    path.write_text(path.read_text().replace("configuration {", "configuration {\n        " + CORES))
    return path


@pytest.fixture(scope="module", params=["one core", "several cores"])
def logs(request, image, tmp_path_factory):
    """One run; every console to the end of what it has to say."""
    import conftest
    from machine import Machine
    folder = tmp_path_factory.mktemp("native")
    example = "native" if request.param == "one core" else on_cores(folder)
    m = Machine(conftest.PEERVISOR, image(example), "--log-dir", folder / "logs", timeout=90)
    try:
        m.expect("client.log", "client: end", 60)
        m.expect("intruder.log", "FAULT", 60)
        m.expect("one.log", "sees", 60)
        m.expect("two.log", "sees", 60)
        m.expect("driver.log", "alarm: callback", 60)
        m.expect("guest.log", "I am", 60)
        m.expect("near.log", "rings", 60)
        m.expect("far.log", "rings", 60)
        return {name: console.text.replace("\r", "") for name, console in m.consoles.items()}
    finally:
        m.close()


def checks():
    """Every line that the client can print, from its source."""
    return re.findall(r'check\("([^"]+)"', (SOURCES / "Client/client.c").read_text())


def test_every_check_of_the_client(logs):
    names = checks()
    assert len(names) > 35
    lines = logs["client.log"].splitlines()
    for name in names:
        assert "%s: good" % name in lines, name
    assert "BAD" not in logs["client.log"]


def test_errors_of_a_client_are_told(logs):
    assert "client: error: kinds_greet failed: strings and arrays exceed one message (960 bytes)" in logs["client.log"]
    assert "server: error: kinds_fill: cannot answer: strings and arrays" in logs["server.log"]


def test_order_of_the_start(logs):
    assert "order: pre kinds visit post" in logs["server.log"]
    assert "visitors are welcome" in logs["server.log"]
    assert "board: written by the client" in logs["server.log"]


def test_a_client_has_the_name_that_is_set(logs):
    assert "I am client 42" in logs["guest.log"]


def test_locks(logs):
    assert "locks at the start: good" in logs["tally.log"]
    assert "both have come" in logs["tally.log"]
    assert "one sees 200" in logs["one.log"]
    assert "two sees 200" in logs["two.log"]


def test_hardware(logs):
    assert "clock: PL031, set" in logs["driver.log"]
    assert "alarm: wait, after a second" in logs["driver.log"]
    assert "transport: virt, with an interrupt" in logs["driver.log"]


def test_an_event_reaches_each_consumer_once(logs):
    assert logs["near.log"].count("the bell rings") == 1
    assert logs["far.log"].count("the bell rings") == 1


def test_rubbish_is_refused_and_the_server_lives(logs):
    text = logs["intruder.log"]
    assert text.count(": refused") == 21
    assert "TAKEN" not in text
    assert "the server lives: 42" in text
    told = re.findall(r"warning: kinds_\S+: refused a message of (\w+): (.*)", logs["server.log"])
    assert len(told) == 16 and {who for who, _ in told} == {"intruder"}
    assert "no such method" in told[0][1]
    assert "no more of these" in told[-1][1]


def test_a_page_for_reading_cannot_be_written(logs):
    assert re.search(r"intruder: error: FAULT in thread 'run': write to address 0x\w+ at pc 0x\w+ of Intruder.elf",
                     logs["intruder.log"])
    assert "writable" not in logs["intruder.log"]


TYPED = """
import <std_connector.camkes>;
procedure P { include "big.h"; %s }
component A { control; include "big.h"; uses P p; dataport big_t d; }
component B { provides P p; include "big.h"; dataport big_t d; }
assembly {
    composition { component A a; component B b;
        connection seL4RPCCall c(from a.p, to b.p);
        connection seL4SharedData e(from a.d, to b.d); }
    configuration { %s }
}
"""


@pytest.mark.parametrize("method, b, settings, text", [
    ("void m(in int n);", "void p_m(int n) { }", "", "dataport d has 4096 bytes, which is less than a big_t: set d_size"),
    ("void m(in int n);", "void p_m(int n) { }", 'a.d_size = "8K";', None),
    ("void m(in big_t n);", "void p_m(big_t n) { }", "a.d_size = 8192;",
     "p_m: its parameters do not fit into one message (960 bytes); use a dataport"),
    ("void m(in int n);", "", "a.d_size = 8192;", "undefined reference to `p_m'"),
    ("void m(in int n);", "int p_m(int n) { return n; }", "a.d_size = 8192;", "conflicting types for .?p_m"),
    ("void m(in int n);", "void p_m(int n) { undeclared(); }", "a.d_size = 8192;", "b.c:2:.*undeclared"),
])
def test_what_the_compiler_says(tmp_path, method, b, settings, text):
    for name, source in (("A", "int run(void) { return 0; }"), ("B", b)):
        (tmp_path / "components" / name).mkdir(parents=True)
        (tmp_path / "components" / name / (name.lower() + ".c")).write_text("#include <camkes.h>\n%s\n" % source)
    (tmp_path / "include").mkdir()
    (tmp_path / "include/big.h").write_text("#pragma once\ntypedef struct { char bytes[8000]; } big_t;\n")
    (tmp_path / "typed.camkes").write_text(TYPED % (method, settings))
    result = peervisor_run("build", tmp_path / "typed.camkes", "-o", tmp_path / "x.img", "--build-dir", TARGET)
    if text is None:
        assert (result.returncode, result.stderr) == (0, "")
    else:
        assert result.returncode == 1 and re.search(text.replace("(", r"\(").replace(")", r"\)"), result.stderr)
        assert "cannot be compiled from" in result.stderr


BROKEN = """
import <std_connector.camkes>;
procedure P { void go(in int n); }
component Broken { control; provides P p; attribute int n = 0; }
component User { control; uses P p; }
assembly {
    composition {
        component Broken broken;
        component User user;
        component User deep;
        connection seL4RPCCall c(from user.p, from deep.p, to broken.p);
    }
}
"""

BROKEN_C = """
#include <camkes.h>
#include <limits.h>
#include <stdio.h>
static int table[4];
static volatile int *volatile nowhere = (volatile int *)16;
void p_go(int n)
{
	switch (n) {
	case 0: printf("%d\\n", n + INT_MAX + 1); break;
	case 1: table[0] = 1; break;
	case 2: *nowhere = 3; break;
	}
}
int run(void) { volatile int i = 4; table[i] = 1; printf("went on\\n"); return 0; }
"""


def test_what_ends_a_thread_is_told(image, machine, tmp_path):
    """Undefined behaviour with file and line, on a release kernel, and a fault; each ends one thread."""
    for name, text in (("Broken", BROKEN_C), ("User", """
#include <camkes.h>
#include <stdio.h>
static int deep(volatile char *before) { volatile char here[512]; here[0] = before[0]; return deep(here) + here[1]; }
int run(void)
{
	if (get_instance_name()[0] == 'd')
		return deep((volatile char *)"x");
	printf("calling\\n");
	p_go(2);
	printf("came back\\n");
	return 0;
}
""")):
        (tmp_path / "components" / name).mkdir(parents=True)
        (tmp_path / "components" / name / "main.c").write_text(text)
    (tmp_path / "broken.camkes").write_text(BROKEN)
    m = machine(image(tmp_path / "broken.camkes"), timeout=60)
    m.expect("broken.log", r"broken: error: PANIC at main\.c:15: undefined behaviour: an index outside of its array", 30)
    m.expect("broken.log", r"broken: error: FAULT in thread 'p': write to address 0x10 at pc 0x\w+ of Broken\.elf", 30)
    m.expect("deep.log", r"deep: error: FAULT in thread 'run': write to address .* of User\.elf; its stack is too small", 30)
    assert "went on" not in m.console("broken.log").text
    assert "came back" not in m.console("user.log").text
