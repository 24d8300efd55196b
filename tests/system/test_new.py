# SPDX-License-Identifier: BSD-2-Clause
"""A user's first component and first assembly: `peervisor new`, one edit, it runs. Outside of the project."""

import subprocess

from conftest import PEERVISOR


def peervisor(folder, *arguments):
    return subprocess.run([str(PEERVISOR), *arguments], cwd=folder, capture_output=True, text=True, timeout=180,
                          stdin=subprocess.DEVNULL, check=False)


def next_command(result):
    """What `new` says to do next, as words after `peervisor`."""
    return result.stdout.splitlines()[-1].removeprefix("next: peervisor ").split()


def test_first_component(tmp_path):
    made = peervisor(tmp_path, "new", "component", "hello")
    assert made.returncode == 0, made.stderr
    source = tmp_path / "hello/components/Hello/hello.c"
    text = source.read_text()
    source.write_text(text.replace("return 0;", 'printf("%d is the answer\\n", 6 * 7);\n\treturn 0;'))
    result = peervisor(tmp_path, *next_command(made), "--no-terminal", "--timeout", "60", "--until",
                       "hello.log=42 is the answer")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "hello.log| hello from hello\n" in result.stdout


def test_a_mistake_in_the_first_component(tmp_path):
    """The compiler's words, the file's place, and no image."""
    made = peervisor(tmp_path, "new", "component", "hello")
    source = tmp_path / "hello/components/Hello/hello.c"
    source.write_text(source.read_text().replace("return 0;", "return nothing;"))
    result = peervisor(tmp_path, *next_command(made), "--no-terminal", "--timeout", "60")
    assert result.returncode == 1
    assert "hello.c:" in result.stderr and "nothing" in result.stderr
    assert not (tmp_path / "hello/hello.img").exists()


def test_first_assembly(tmp_path):
    made = peervisor(tmp_path, "new", "assembly", "mine")
    assembly = tmp_path / "mine/mine.camkes"
    assembly.write_text(assembly.read_text().replace('"128M"', '"96M"'))
    result = peervisor(tmp_path, *next_command(made), "--no-terminal", "--timeout", "120", "--expect", "vm_mine=# ",
                       "--send", "vm_mine=grep MemTotal /proc/meminfo", "--expect", "vm_mine=MemTotal:", "--send",
                       "vm_mine=poweroff")
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr
    kib = int(result.stdout.split("MemTotal:")[1].split()[0])
    assert kib < 96 << 10


def many(tmp_path, count):
    """A system of `count` components that each say who they are."""
    assert peervisor(tmp_path, "new", "component", "hello").returncode == 0
    assembly = tmp_path / "hello/hello.camkes"
    text = assembly.read_text()
    names = ["h%d" % i for i in range(count)]
    text = text.replace("component Hello hello;", " ".join("component Hello %s;" % name for name in names))
    text = text.replace('hello.greeting = "hello from hello";', " ".join('%s.greeting = "this is %s";' % (name, name)
                                                                         for name in names))
    assembly.write_text(text)
    return names, "hello/hello.camkes"


def test_a_hundred_components_that_log(tmp_path, image, machine):
    """More than a notification's badge has bits: all of them are heard, in whatever order they come."""
    names, assembly = many(tmp_path, 100)
    m = machine(image(tmp_path / assembly), timeout=60)
    for name in names:
        m.expect(name + ".log", "this is %s" % name, 60)


def test_too_many_components(tmp_path):
    """Said at build time, by name, once."""
    _, assembly = many(tmp_path, 300)
    result = peervisor(tmp_path, "build", assembly, "-o", "many.img")
    assert result.returncode == 1
    assert result.stderr.count("error: there are more than 240 consoles and logs") == 1, result.stderr
