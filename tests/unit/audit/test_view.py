# SPDX-License-Identifier: BSD-2-Clause
"""`peervisor view`: the picture says what the assembly says, and nothing lies over anything else."""

import os
import pathlib
import random
import re
import subprocess
import xml.etree.ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOUR = pathlib.Path(__file__).with_name("four.camkes")
EXAMPLES = [ROOT / "examples" / e / (e + ".camkes") for e in ("two-vms", "seed", "multi-driver", "chain", "mesh", "hello", "native")]
SVG = "{http://www.w3.org/2000/svg}"
LETTER = 7.3            # pixels at 12 px


class Picture:
    def __init__(self, text):
        root = xml.etree.ElementTree.fromstring(text)
        self.size = (int(root.get("width")), int(root.get("height")))
        self.boxes = [self.rectangle(r) for r in root.iter(SVG + "rect") if r.get("class") in ("vm", "component", "amber")
                      and int(r.get("width")) > 100]
        self.wires = [self.line(p) for p in root.iter(SVG + "path") if "wire" in (p.get("class") or "")
                      and " h36" not in p.get("d")]
        self.modes = [p.get("class").split()[1] for p in root.iter(SVG + "path") if "wire" in (p.get("class") or "")
                      and " h36" not in p.get("d")]
        self.labels = [self.label(t) for t in root.iter(SVG + "text") if "label" in t.get("class")]
        self.texts = [self.words(t) for t in root.iter(SVG + "text")]

    @staticmethod
    def rectangle(r):
        x, y, width, height = (int(r.get(k)) for k in ("x", "y", "width", "height"))
        return x, y, x + width, y + height

    @staticmethod
    def line(p):
        """Points, the bends as sharp corners."""
        found = re.findall(r"[ML](-?\d+) (-?\d+)|Q(-?\d+) (-?\d+)", p.get("d"))
        return [(int(a or c), int(b or d)) for a, b, c, d in found]

    @staticmethod
    def words(t):
        return "".join(t.itertext()) if t.find(SVG + "title") is None else t.find(SVG + "title").text

    @staticmethod
    def label(t):
        shown = "".join(t.itertext()) if t.find(SVG + "title") is None else t.find(SVG + "title").tail
        x, y = int(t.get("x")), int(t.get("y"))
        return x, y - 9, x + len(shown) * LETTER, y + 3


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def check(picture):
    boxes, labels = picture.boxes, picture.labels
    for i, a in enumerate(boxes):
        assert 0 <= a[0] and a[2] <= picture.size[0] and 0 <= a[1] and a[3] <= picture.size[1]
        assert not any(overlap(a, b) for b in boxes[:i])
    for i, a in enumerate(labels):
        assert not any(overlap(a, b) for b in boxes + labels[:i]), a
        assert 0 <= a[0] and a[2] <= picture.size[0]
    for wire in picture.wires:
        for (x, y), (u, v) in zip(wire, wire[1:]):
            assert x == u or y == v, wire
            piece = (min(x, u), min(y, v), max(x, u), max(y, v))
            inner = (piece[0] - 0.5, piece[1] - 0.5, piece[2] + 0.5, piece[3] + 0.5)
            assert not any(overlap(inner, (b[0] + 1, b[1] + 1, b[2] - 1, b[3] - 1)) for b in boxes), wire
    ends = {end for wire in picture.wires for end in (wire[0], wire[-1])}
    assert len(ends) == 2 * len(picture.wires)          # no two wires end at one place
    for x, y in ends:
        assert any(x in (b[0], b[2]) and b[1] < y < b[3] or y in (b[1], b[3]) and b[0] < x < b[2] for b in boxes)


def view(tool, path):
    result = tool("view", path, "-o", "-")
    assert (result.returncode, result.stderr) == (0, "")
    return Picture(result.stdout)


@pytest.mark.parametrize("path", EXAMPLES + [FOUR], ids=lambda p: p.stem)
def test_examples(tool, path):
    check(view(tool, path))


def test_what_it_says(tool):
    picture = view(tool, FOUR)
    assert (len(picture.boxes), len(picture.wires)) == (4, 4)
    assert picture.modes == ["ram"] * 4
    for text in ("vm_storage", "vm_storage.vmm, its monitor", "device virtio_mmio@a003e00", "registers 0xa003000, 4 KiB",
                 "interrupt 79, edge", "DMA reaches all memory: no SMMU", "no hardware", "net, console",
                 "sees all 64 MiB", "virtio: serves it, sees ALL its RAM", "4 VMs, 0 components, 4 connections, "
                 "on qemu-arm-virt"):
        assert text in picture.texts, text
    assert "a native component" not in picture.texts      # the legend has what occurs


def test_virtual_cpus(tool, tmp_path):
    path = tmp_path / "two.camkes"
    path.write_text("assembly { composition { component VM a; component VM b; } configuration { a.num_vcpus = 3; } }")
    texts = view(tool, path).texts
    assert [t for t in texts if "CPU" in t] == ["3 virtual CPUs"]


def test_processors(tool, tmp_path):
    path = tmp_path / "cores.camkes"
    path.write_text("component T { control; }\nassembly { composition { component VM vm_a; component VM vm_b; component VM vm_c;"
                    " component T t; } configuration { vm_a.num_vcpus = 3; vm_a.affinity = 2; vm_b.num_vcpus = 2;"
                    " vm_c.ram_size = \"64M\"; t.affinity = 1; } }\n")
    texts = view(tool, path).texts
    assert "3 virtual CPUs, on cores 2, 3, 0" in texts and "2 virtual CPUs" in texts and "component T on core 1" in texts
    assert sum("CPU" in text for text in texts) == 2


def random_assembly(seed, components, connections):
    pick = random.Random(seed)
    kinds = [("seL4RPCCall", "uses P", "provides P"), ("seL4Notification", "emits E", "consumes E"),
             ("seL4SharedData", "dataport Buf", "dataport Buf")]
    faces = [[] for _ in range(components)]
    lines = []
    for n in range(connections):
        a, b = pick.randrange(components), pick.randrange(components)
        name, one, other = pick.choice(kinds)
        faces[a].append("%s a%d;" % (one, n))
        faces[b].append("%s b%d;" % (other, n))
        lines.append("connection %s link%d(from c%d.a%d, to c%d.b%d);" % (name, n, a, n, b, n))
    text = "import <std_connector.camkes>;\nprocedure P { int f(in int x); }\n"
    text += "".join("component T%d { control; %s }\n" % (i, " ".join(f)) for i, f in enumerate(faces))
    text += "assembly { composition {\n" + "".join("component T%d c%d;\n" % (i, i) for i in range(components))
    return text + "\n".join(lines) + "\n} }\n"


@pytest.mark.parametrize("seed, components, connections", [
    (1, 1, 3), (2, 2, 5), (3, 3, 6), (4, 5, 8), (5, 6, 12), (6, 9, 14), (7, 12, 20), (8, 16, 30), (9, 60, 120)])
def test_random(tool, tmp_path, seed, components, connections):
    path = tmp_path / "random.camkes"
    path.write_text(random_assembly(seed, components, connections))
    picture = view(tool, path)
    assert (len(picture.boxes), len(picture.wires)) == (components, connections)
    check(picture)


def test_names_are_escaped_and_cut(tool, tmp_path):
    path = tmp_path / "a<&.camkes"
    path.write_text("component T { control; }\nassembly { composition { component T %s; } }\n" % ("x" * 60))
    picture = view(tool, path)
    assert "a<&.camkes" in picture.texts and "x" * 60 in picture.texts


def test_same_bytes_every_time(tool, tmp_path):
    tool("view", FOUR, "-o", tmp_path / "a.svg")
    tool("view", FOUR, "-o", tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_nowhere(tool):
    assert tool("view", FOUR, "-o", "/nowhere/a.svg").returncode == 1
    assert tool("view", FOUR).returncode == 2


def test_a_full_disk(tmp_path):
    """Standard output that takes nothing is an error."""
    path = tmp_path / "one.camkes"
    path.write_text("component T { control; }\nassembly { composition { component T t; } }\n")
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([os.environ["PEERVISOR"], "view", str(path), "-o", "-"], stdout=full,
                                stderr=subprocess.PIPE, text=True, timeout=20, check=False)
    assert result.returncode == 1 and "cannot write" in result.stderr
