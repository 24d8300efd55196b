# SPDX-License-Identifier: BSD-2-Clause
"""examples/hello: two native components on the kernel, from the assembly to the last reply."""

import pathlib


def test_calls_and_replies(image, machine):
    m = machine(image("hello"), timeout=60)
    m.expect("hello.log", "hello from a component", 30)
    m.expect("hello.log", "1000 calls, 1000 replies", 20)
    assert re_search(m, "system", "holds only its own thread and pages")


def test_an_attribute_reaches_the_component(image, machine, tmp_path):
    source = pathlib.Path(__file__).resolve().parents[2] / "examples/hello/hello.camkes"
    path = tmp_path / "calls.camkes"
    path.write_text('import "%s";\nassembly { configuration { hello.calls = 17; } }\n' % source)
    m = machine(image(path), timeout=60)
    m.expect("hello.log", "17 calls, 17 replies", 30)


def re_search(m, label, text):
    return text in m.console(label).text
