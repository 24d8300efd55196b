# SPDX-License-Identifier: BSD-2-Clause
"""`peervisor build` on stand-ins: the image as loader and root task read it, refusals, atomicity.

Environment: PEERVISOR, IMAGE_CHECK (the two programs), set by meson.
"""

import os
import pathlib
import re
import subprocess

import pytest

import capdl
import stubs

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture
def build(tmp_path):
    stubs.target(tmp_path / "target")
    stubs.guests(tmp_path / "guests")

    own = dict(PEERVISOR_CC=str(pathlib.Path(__file__).with_name("cc.py")),
               PEERVISOR_CACHE=str(tmp_path / "cache"), CC_LOG=str(tmp_path / "cc.log"))

    def run(assembly, *options, output=tmp_path / "out.img"):
        path = pathlib.Path(assembly)
        if path.suffix != ".camkes":
            path = ROOT / "examples" / assembly / (assembly + ".camkes")
        return subprocess.run(
            [os.environ["PEERVISOR"], "build", str(path), "--build-dir", str(tmp_path / "target"), "--guests",
             str(tmp_path / "guests")] + (["-o", str(output)] if output else []) + [str(o) for o in options],
            capture_output=True, text=True, timeout=60, check=False, env=dict(os.environ, **own))

    return run


def image_check(path):
    result = subprocess.run([os.environ["IMAGE_CHECK"], str(path)], capture_output=True, text=True, timeout=60,
                            check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.mark.parametrize("example", ["hello", "minimal", "two-vms"])
def test_examples(build, tmp_path, example):
    result = build(example)
    assert (result.returncode, result.stderr) == (0, "")
    text = image_check(tmp_path / "out.img")
    assert text.startswith("kernel kernel")
    assert "reserve guest memory 0x40000000 536870912" in text
    if example == "two-vms":
        assert text.count("blob ") == 3       # one kernel for both VMs


def test_same_bytes_every_time(build, tmp_path):
    build("two-vms")
    first = (tmp_path / "out.img").read_bytes()
    build("two-vms")
    assert first == (tmp_path / "out.img").read_bytes()


def assembly(tmp_path, composition, configuration=""):
    path = tmp_path / "a.camkes"
    path.write_text("assembly { composition { %s } configuration { %s } }" % (composition, configuration))
    return path


def test_an_error_leaves_the_old_image(build, tmp_path):
    (tmp_path / "out.img").write_bytes(b"old")
    result = build(assembly(tmp_path, "component VM vm_a;", "vm_a.ram_size = 1;"))
    assert result.returncode == 1
    assert result.stderr.endswith("nothing was built\n")
    assert (tmp_path / "out.img").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir() if "new" in p.name] == []


def test_macros_of_the_command_line(build, tmp_path):
    """In the assembly, in what it imports, and NAME alone is 1."""
    (tmp_path / "b.camkes").write_text("assembly { composition { component VM NAME; } }")
    path = tmp_path / "a.camkes"
    path.write_text('import "b.camkes";\nassembly { composition { component VM vm_a; }\n#if SMALL\n'
                    'configuration { vm_a.ram_size = SIZE; }\n#endif\n}')
    result = build(path, "-D", "SMALL", "--define", 'SIZE="64" "M"', "-DNAME=vm_b", "-v")
    assert result.returncode == 0, result.stderr
    assert "RAM of vm_b" in result.stderr and "65536 KiB  RAM of vm_a" in result.stderr
    assert build(path, "-D", "SMALL", "-DNAME=vm_b").returncode == 1
    for wrong in ("1x", "", "a b", "A(x)=1", "A=\n#define B"):
        assert build(path, "-D", wrong).returncode == 2


def test_identical_files_appear_once(build, tmp_path):
    result = build(assembly(tmp_path, "component VM vm_a; component VM vm_b;", 'vm_b.kernel = "linux-copy";'))
    assert result.returncode == 0, result.stderr
    assert image_check(tmp_path / "out.img").count("blob linux") == 1


def test_memory_above_native_memory_is_reserved(build, tmp_path):
    result = build(assembly(tmp_path, "component VM vm_a; component VM vm_b;",
                            'vm_a.ram_size = "384M"; vm_b.ram_size = "400M";'), "-v")
    assert result.returncode == 0, result.stderr
    text = image_check(tmp_path / "out.img")
    assert "reserve vm_a 0x68000000 402653184" in text


def test_ram_that_does_not_fit(build, tmp_path):
    stubs.guests(tmp_path / "guests", kernel_size=100 << 20)
    result = build(assembly(tmp_path, "component VM vm_a; component VM vm_b;",
                            'vm_a.ram_size = "440M"; vm_b.ram_size = "440M";'))
    assert result.returncode == 1
    assert "440 MiB for vm_b do not fit" in result.stderr
    assert "MiB are missing" in result.stderr


def test_image_that_does_not_fit(build, tmp_path):
    stubs.guests(tmp_path / "guests", kernel_size=520 << 20)
    result = build("minimal")
    assert result.returncode == 1
    assert "the image has" in result.stderr


@pytest.mark.parametrize("part, content, text", [
    ("vmm/vmm.elf", None, "No such file or directory; build it first"),
    ("vmm/vmm.elf", b"text", "is no ELF file"),
    ("vmm/vmm.elf", stubs.elf(0x400000, machine=62), "is not for 64-bit Arm"),
    ("vmm/vmm.elf", stubs.elf(0x400000, kind=3), "is no static executable"),
    ("vmm/vmm.elf", stubs.elf(0x20000000), "shares a page with another or lies outside"),
    ("vmm/vmm.elf", stubs.elf(0x400000)[:4100], "has a broken segment"),
    ("vmm/vmm.elf", stubs.elf(0x400000)[:70], "has a broken program header table"),
    ("kernel/kernel.elf", stubs.kernel(0x40000000), "is linked to 0x40000000"),
    ("loader/loader.bin", b"short", "is too short for a loader"),
    ("roottask/roottask.elf", None, "No such file"),
])
def test_broken_parts(build, tmp_path, part, content, text):
    path = tmp_path / "target" / part
    path.unlink() if content is None else path.write_bytes(content)
    result = build("minimal")
    assert result.returncode == 1
    assert text in result.stderr
    assert result.stderr.count("\n") == 2
    assert not (tmp_path / "out.img").exists()


@pytest.mark.parametrize("content, text", [
    (b"text", "is no ELF file"),
    (stubs.kernel(machine=62), "is not for 64-bit Arm"),
    (stubs.kernel(kind=3), "is no static executable"),
    (stubs.kernel(0x40000000), "is linked to 0x40000000"),
    (stubs.kernel(link=0xffc0001000), "is not placed on a 2 MiB boundary"),
    (stubs.kernel(link=0x60000000), "is not linked into one GiB above 512 GiB"),
    (stubs.kernel(entry=0x1000), "has its entry outside of its segments"),
])
def test_wrong_kernel(build, tmp_path, content, text):
    path = tmp_path / "other.elf"
    path.write_bytes(content)
    result = build("hello", "--kernel", path)
    assert result.returncode == 1
    assert "other.elf " + text in result.stderr
    assert not (tmp_path / "out.img").exists()


def test_which_kernel(build, tmp_path):
    """One line says which kernel runs if it was asked for."""
    path = tmp_path / "other.elf"
    path.write_bytes(stubs.kernel())
    result = build("hello", "--kernel", path)
    assert (result.returncode, result.stderr) == (
        0, "kernel: %s, not Peervisor's, linked to 0xffc0000000, loaded to 0x60000000\n" % path)


CORES = """assembly { composition { component VM vm_a; component VM vm_b; }
    configuration { vm_a.affinity = %d; vm_b.affinity = %d; } }"""


@pytest.mark.parametrize("a, b", [(0, 0), (0, 2), (3, 1)])
def test_cores(build, tmp_path, a, b):
    """Kernel and user space of several cores, if something is to run beside core 0."""
    (tmp_path / "cores.camkes").write_text(CORES % (a, b))
    result = build(tmp_path / "cores.camkes", "--print-capdl")
    assert (result.returncode, result.stderr) == (0, "")
    assert "cores %d\n" % (4 if a or b else 1) in image_check(tmp_path / "out.img")
    parts = (tmp_path / "out.img").read_bytes().count(b"rodata-smp")
    assert parts == (4 if a or b else 0)        # two monitors, two servers
    for name, core in (("a", a), ("b", b)):
        threads = re.findall(r"vm_%s@(?:vmm|vcpu)@tcb = tcb \((.*)\)" % name, result.stdout)
        assert [re.findall(r"affinity: (\d)", t) for t in threads] == [[str(core)] if core else []] * 2
    assert len(re.findall("affinity: ", result.stdout)) == 2 * (bool(a) + bool(b))


@pytest.mark.parametrize("setting, cores", [("", [0, 0, 0]), ("vm_a.affinity = 0;", [0, 1, 2]),
                                            ("vm_a.affinity = 2;", [2, 3, 0])])
def test_cores_of_several_vcpus(build, tmp_path, setting, cores):
    """One after the other from the affinity on, if there is one."""
    (tmp_path / "cores.camkes").write_text("""assembly { composition { component VM vm_a; }
        configuration { vm_a.num_vcpus = 3; %s } }""" % setting)
    result = build(tmp_path / "cores.camkes", "--print-capdl")
    threads = re.findall(r"vm_a@vcpu\d*@tcb = tcb \((.*)\)", result.stdout)
    assert [int((re.findall(r"affinity: (\d)", t) or "0")[0]) for t in threads] == cores
    assert "cores %d\n" % (4 if setting else 1) in image_check(tmp_path / "out.img")


def test_interrupts_go_to_the_core_of_their_vm(build, tmp_path):
    (tmp_path / "irq.camkes").write_text("""assembly { composition { component VM vm_a; }
        configuration { vm_a.affinity = 2; vm_a.irqs = [77]; } }""")
    result = build(tmp_path / "irq.camkes", "--print-capdl")
    assert re.findall(r"(\S+) = irq -- \w+-triggered, (core \d)", result.stdout) == [
        ("serial@irq", "core 0"), ("timer@irq", "core 0"), ("vm_a@irq77", "core 2")]


@pytest.mark.parametrize("core, marks, text", [
    (1, 0x100007, "runs one core, and this assembly uses others; give kernel-smp.elf"),
    (0, 0x300007, "runs several cores, and this assembly uses one; give kernel.elf, or set an affinity"),
])
def test_kernel_of_other_cores(build, tmp_path, core, marks, text):
    (tmp_path / "cores.camkes").write_text(CORES % (0, core))
    path = tmp_path / "other.elf"
    path.write_bytes(stubs.kernel(segments=((0, marks, b"\0" * 16, 4096),)))
    result = build(tmp_path / "cores.camkes", "--kernel", path)
    assert result.returncode == 1
    assert "other.elf " + text in result.stderr


def test_output_that_cannot_be_written(build, tmp_path):
    result = build("hello", output=tmp_path / "no/such/folder.img")
    assert result.returncode == 1
    assert "cannot write" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["frobnicate"], ["build"], ["build", "a.camkes"], ["build", "-x"],
                                       ["build", "a.camkes", "b.camkes", "-o", "x"], ["run", "--timeout", "soon", "x"]])
def test_usage(arguments):
    result = subprocess.run([os.environ["PEERVISOR"]] + arguments, capture_output=True, text=True, timeout=20,
                            check=False)
    assert result.returncode == 2
    assert "usage:" in result.stderr or "-o IMAGE" in result.stderr


def test_imports_are_bounded_and_circles_end(build, tmp_path):
    for n in range(70):
        (tmp_path / ("%d.camkes" % n)).write_text('import "%d.camkes";\n' % (n + 1))
    (tmp_path / "70.camkes").write_text("assembly { composition { component VM vm_a; } }\n")
    result = build(tmp_path / "0.camkes")
    assert result.returncode == 1 and "imports are nested deeper than 64" in result.stderr
    (tmp_path / "a").mkdir()
    circle = tmp_path / "a/circle.camkes"
    circle.write_text('import "../a/circle.camkes";\nassembly { composition { component VM vm_a; } }\n')
    result = build(circle)
    assert (result.returncode, result.stderr) == (0, "")


def test_names_in_angle_brackets_are_looked_for_in_folders(build, tmp_path):
    (tmp_path / "library").mkdir()
    (tmp_path / "library/parts.camkes").write_text("component Hello { control; }\n")
    path = tmp_path / "uses.camkes"
    path.write_text("import <parts.camkes>;\nassembly { composition { component Hello h; } }\n")
    assert "no built-in import" in build(path).stderr
    result = build(path, "-I", tmp_path / "library")
    assert (result.returncode, result.stderr) == (0, "")
    path.write_text(path.read_text().replace("<parts.camkes>", '"parts.camkes"'))
    assert "is not there" in build(path, "-I", tmp_path / "library").stderr


def test_a_folder_for_the_built_in_headers(build, tmp_path, monkeypatch):
    path = tmp_path / "macro.camkes"
    path.write_text("#include <configurations/vm.h>\nassembly { composition { VM_COMPOSITION_DEF(0) } }\n")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    assert build(path).returncode == 0
    assert list((tmp_path / "temporary").iterdir()) == []
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    assert "set TMPDIR to one that can be written" in build(path).stderr


COMPOUND = """
component Hello { control; attribute string whom; }
component Echo { control; attribute int n = 7; }
component Two {
    attribute string name = "nobody";
    composition { component Hello hello; component Echo echo; }
    configuration { hello.whom <- name; }
}
assembly {
    composition { component Two one; component Two other; }
    configuration { other.name = "set outside"; other.echo.n = 9; }
}
"""


def test_compound_components_give_way_to_their_parts(build, tmp_path):
    (tmp_path / "compound.camkes").write_text(COMPOUND)
    result = build(tmp_path / "compound.camkes", "--print-capdl")
    assert (result.returncode, result.stderr) == (0, "")
    for name in ("one@hello", "one@echo", "other@hello", "other@echo"):
        assert name in result.stdout
    assert not re.search(r"\bone\b(?!@)", result.stdout)
    image = (tmp_path / "out.img").read_bytes()
    assert image.count(b"set outside") == 1 and image.count(b"nobody") == 1


HELLO = """
import <std_connector.camkes>;
procedure P { %s }
component Hello { control; uses P p; include "own.h"; %s }
component Echo { provides P q; }
assembly {
    composition { component Hello hello; component Hello other; component Echo echo;
        connection seL4RPCCall c(from hello.p, from other.p, to echo.q); }
    configuration { %s }
}
"""


@pytest.fixture
def project(build, tmp_path):
    """Two component types with sources in a folder whose name has a blank."""
    folder = tmp_path / "my project"
    for name in ("Hello/src", "Echo", "Hello/include"):
        (folder / "components" / name).mkdir(parents=True)
    (folder / "components/Hello/src/hello.c").write_text('#include "own.h"\n')
    (folder / "components/Hello/own.h").write_text("\n")
    (folder / "components/Echo/echo.c").write_text("\n")
    (folder / "components/Echo/notes.txt").write_text("\nrefuse\n")

    class Project:
        path = folder

        def __call__(self, methods="int m(in int a);", hello="", settings=""):
            """Builds; gives the names of what the compiler made, and what was said."""
            (folder / "hello.camkes").write_text(HELLO % (methods, hello, settings))
            log = tmp_path / "cc.log"
            log.write_text("")
            result = build(folder / "hello.camkes")
            return log.read_text().split(), result

    return Project()


def test_a_component_is_compiled_when_something_of_it_changed(project):
    assert project()[0] == ["0.o", "1.o", "program.elf"] * 2        # two types, not three instances
    assert project()[0] == []
    (project.path / "components/Hello/own.h").write_text("int changed;\n")
    assert project()[0] == ["0.o", "1.o", "program.elf"]
    (project.path / "components/Echo/echo.c").write_text("int changed;\n")
    assert project()[0] == ["0.o", "1.o", "program.elf"]
    (project.path / "components/Echo/more.c").write_text("\n")
    assert project()[0] == ["0.o", "1.o", "2.o", "program.elf"]
    assert len(project("int m(in int a, in int b);")[0]) == 7       # both sides of the call
    assert project("int m(in int a, in int b);")[0] == []


def test_programs_of_long_ago_are_removed(project, tmp_path):
    """The cache keeps a hundred: those that were used last."""
    project()
    native = tmp_path / "cache/native"
    kept = {p.name for p in native.iterdir()}
    for n in range(120):
        (native / ("Old-%03d" % n)).mkdir()
        (native / ("Old-%03d/manifest" % n)).write_text("")
        os.utime(native / ("Old-%03d/manifest" % n), (n, n))
    (native / "notes").write_text("not ours")
    project("int m();")
    names = {p.name for p in native.iterdir()}
    assert kept < names and "notes" in names
    assert len([n for n in names if n.startswith("Old-")]) == 96 and "Old-000" not in names and "Old-119" in names


def test_source_that_does_not_compile(project, tmp_path):
    (project.path / "components/Echo/echo.c").write_text("int a;\nrefuse\n")
    made, result = project()
    assert result.returncode == 1 and "program.elf" in made
    assert "echo.c: refused" in result.stderr
    assert "component Echo cannot be compiled from" in result.stderr
    assert not (tmp_path / "out.img").exists()
    assert list((tmp_path / "cache").glob("native/*/work*")) == []
    (project.path / "components/Echo/echo.c").write_text("int a;\n")
    assert project()[1].returncode == 0


def test_component_without_sources(project):
    (project.path / "components/Hello/src/hello.c").unlink()
    result = project()[1]
    assert result.returncode == 1
    assert "component Hello has no sources: there is no .c file in" in result.stderr


def test_compiler_that_is_missing(build, project, monkeypatch, tmp_path):
    project()
    stub = pathlib.Path(__file__).with_name("no-such-compiler")
    (project.path / "components/Echo/echo.c").write_text("int b;\n")
    result = subprocess.run([os.environ["PEERVISOR"], "build", str(project.path / "hello.camkes"), "-o",
                             str(tmp_path / "x.img"), "--build-dir", str(tmp_path / "target")],
                            env=dict(os.environ, PEERVISOR_CC=str(stub), PEERVISOR_CACHE=str(tmp_path / "cache")),
                            capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 1
    assert "gcc-aarch64-linux-gnu" in result.stderr


@pytest.mark.parametrize("methods, hello, settings, text", [
    ("void m(in float a);", "", "", "a is of type float, and components have no floating point"),
    ("double m();", "", "", "the result is of type double"),
    ("void m(%s);" % ", ".join("in int a%d" % n for n in range(121)), "", "",
     "P.m needs 121 words in one message, and 120 is the most"),
    ("void m(in int a, out int a);", "", "", "P.m already has a parameter 'a'"),
    ("void m(in shape_t a);", "", "", "a is of type shape_t, which is not known here"),      # Echo includes nothing
    ("include x.h; void m();", "", "", "this is no header"),
    ("int m();", "", "hello._stack_size = \"17M\";", "a stack of hello has 17825792 bytes"),
    ("int m();", "", "hello._domain = 1;", "the kernel has only domain 0"),
    ("int m();", "", "echo.q_priority = 140;", "it must be from 1 to 139"),
    ("int m();", "", "hello.p_attributes = 0;", "as the name of a client it must be from 1"),
    ("int m();", "", "echo.q_affinity = 4;", "echo is to run on core 4; the cores are 0 to 3"),
    ("int m(in int while);", "", "", "'while' is a word of C"),
    ("int m();", "attribute int switch;", "", "'switch' is a word of C"),
    ("int m();", "has mutex %s;" % ("m" * 64), "", "this name has 64 characters"),
    ("int m();", "has binary_semaphore s;", "hello.s_value = 2;", "a binary_semaphore begins with at most 1"),
])
def test_components_that_cannot_be(project, methods, hello, settings, text):
    made, result = project(methods, hello, settings)
    assert result.returncode == 1 and made == []
    assert text in result.stderr


HARDWARE = """
import <std_connector.camkes>;
component Clock { hardware; dataport Buf r; emits Alarm a; }
component Driver { control; dataport Buf r; consumes Alarm a; }
assembly {
    composition { component Clock clock; component Driver driver; component Clock other; component Driver rival; %s
        connection seL4HardwareMMIO m(from driver.r, to clock.r);
        connection seL4HardwareInterrupt i(from clock.a, to driver.a);
        connection seL4HardwareMMIO m2(from rival.r, to other.r);
        connection seL4HardwareInterrupt i2(from other.a, to rival.a); }
    configuration { other.r_mmio = "0xa000000:4K"; other.a_irq_number = 48; %s }
}
"""


def hardware(build, tmp_path, settings, composition=""):
    (tmp_path / "components/Driver").mkdir(parents=True, exist_ok=True)
    (tmp_path / "components/Driver/driver.c").write_text("\n")
    (tmp_path / "hardware.camkes").write_text(HARDWARE % (composition, settings))
    return build(tmp_path / "hardware.camkes", "--print-capdl", output=None)


@pytest.mark.parametrize("settings", [
    'clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 34;',
    'clock.r_attributes = "0x9010000:0x1000"; clock.a_attributes = 34;',
    'clock.r_paddr = 0x9010000; clock.r_size = 4096; clock.a_irq_number = 34; clock.a_irq_type = "edge";',
])
def test_hardware(build, tmp_path, settings):
    result = hardware(build, tmp_path, settings)
    assert (result.returncode, result.stderr) == (0, "")
    spec = capdl.Reader(result.stdout)
    frame, parameters = next(p for p in spec.pages("driver@vspace").values() if p[0] == "clock@r")
    assert parameters == {"rights": "RW", "uncached": True}
    assert spec.objects[frame][1]["paddr"] == 0x9010000
    trigger = "edge" if "edge" in settings else "level"
    assert spec.irqs[34] == "clock@a" and "clock@a = irq -- %s-triggered" % trigger in result.stdout


@pytest.mark.parametrize("settings, text", [
    ("clock.a_irq_number = 34;", "where are the registers of clock.r?"),
    ('clock.r_mmio = "0x9010000"; clock.a_irq_number = 34;', "this is no range of addresses"),
    ('clock.r_mmio = "0x9010800:0x1000"; clock.a_irq_number = 34;', "is no range of whole pages"),
    ('clock.r_mmio = "0x9000000:0x1000"; clock.a_irq_number = 34;', "is in the UART, which the serial server owns"),
    ('clock.r_mmio = "0x40000000:0x1000"; clock.a_irq_number = 34;', "is in RAM"),
    ('clock.r_mmio = "0x8000000:0x1000"; clock.a_irq_number = 34;', "is in the interrupt controller"),
    ('clock.r_mmio = "0xa000000:0x1000"; clock.a_irq_number = 34;', "page 0xa000000 is given away twice"),
    ('clock.r_mmio = "0x9010000:0x1000";', "which interrupt is clock.a?"),
    ('clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 20;', "must be from 32 to 1019"),
    ('clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 33;', "interrupt 33 is the UART's"),
    ('clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 48;', "interrupt 48 is given away twice"),
    ('clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 34; clock.a_irq_type = "odd";', 'neither "level" nor "edge"'),
    ('clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 34; driver.r_access = "Q";', "this is no access to a dataport"),
])
def test_hardware_that_cannot_be(build, tmp_path, settings, text):
    result = hardware(build, tmp_path, settings)
    assert result.returncode == 1
    assert text in result.stderr


def test_hardware_of_a_vm(build, tmp_path):
    settings = 'clock.r_mmio = "0x9010000:0x1000"; clock.a_irq_number = 34;'
    result = hardware(build, tmp_path, settings + 'vm_a.untyped_mmios = ["0x9010000:0x1000"]; vm_a.irqs = [34];',
                      "component VM vm_a;")
    assert "page 0x9010000 is given to driver and to vm_a" in result.stderr
    assert "interrupt 34 is given to driver and to vm_a" in result.stderr


def test_ram_under_the_emulated_devices(build, tmp_path):
    """On a Raspberry Pi 4 guests see them above RAM, not below."""
    path = tmp_path / "large.camkes"
    path.write_text('assembly { composition { component VM vm_a; }\n'
                    'configuration { vm_a.ram_base = "0x40000000"; vm_a.ram_size = "0x80000000"; } }\n')
    result = build(path, "--platform", "rpi4")
    assert result.returncode == 1
    assert "large.camkes:2:33: error: RAM at 0x40000000 reaches the emulated devices at 0x80000000; " in result.stderr
