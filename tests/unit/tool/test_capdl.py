# SPDX-License-Identifier: BSD-2-Clause
"""`build --print-capdl`: whole, in capDL's grammar, the same every time, and what `audit` answers from.

Environment: PEERVISOR, set by meson.
"""

import json
import os
import pathlib
import re
import subprocess

import pytest

import capdl
import stubs

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOUR = ROOT / "tests/unit/audit/four.camkes"
RIGHTS = {"R": 1, "W": 2, "X": 4}


@pytest.fixture
def tool(tmp_path):
    stubs.target(tmp_path / "target")
    stubs.guests(tmp_path / "guests")

    def run(command, assembly, *options):
        path = pathlib.Path(assembly)
        if path.suffix != ".camkes":
            path = ROOT / "examples" / assembly / (assembly + ".camkes")
        result = subprocess.run(
            [os.environ["PEERVISOR"], command, str(path), "--build-dir", str(tmp_path / "target"), "--guests",
             str(tmp_path / "guests"), *options], capture_output=True, text=True, timeout=60, check=False)
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    return run


@pytest.fixture
def read(tool):
    return lambda assembly: capdl.Reader(tool("build", assembly, "--print-capdl"))


def rights_of(spec, vspace):
    """{memory object with dots: rights}, all pages of one object together."""
    found = {}
    for frame, parameters in spec.pages(vspace).values():
        name = re.sub(r"\[\d+\]$", "", frame)
        if name == frame and re.sub(r"_\d+$", "", frame) + "_1" in spec.objects:
            name = re.sub(r"_\d+$", "", frame)
        found[name.replace("@", ".")] = found.get(name.replace("@", "."), "") + parameters["rights"]
    return {n: sum(bit for letter, bit in RIGHTS.items() if letter in r) for n, r in found.items()}


def test_same_bytes_every_time(tool):
    assert tool("build", FOUR, "--print-capdl") == tool("build", FOUR, "--print-capdl")


@pytest.mark.parametrize("example", ["minimal", "two-vms", "seed", "chain", "mesh", FOUR], ids=str)
def test_whole(read, example):
    """All that is named is declared (the reader sees to it), and every thread and interrupt is complete."""
    spec = read(example)
    threads = [n for n, (kind, _) in spec.objects.items() if kind == "tcb"]
    for thread in threads:
        assert {"ip", "sp", "prio", "max_prio", "fault_ep"} <= set(spec.objects[thread][1])
        caps = spec.caps[thread]
        assert spec.objects[caps["cspace"][0]][0] == "cnode" and spec.objects[caps["vspace"][0]][0] == "pgd"
        bits = spec.objects[caps["cspace"][0]][1]["bits"]
        assert caps["cspace"][1]["guard_size"] == 64 - bits
    irqs = [n for n, (kind, _) in spec.objects.items() if kind == "irq"]
    assert sorted(irqs) == sorted(spec.irqs.values())
    for irq in irqs:
        (what, parameters), = spec.caps[irq].values()
        assert spec.objects[what][0] == "notification" and parameters["badge"]
    for name, slots in spec.caps.items():
        if spec.objects[name][0] == "cnode":
            assert all(0 < slot < 1 << spec.objects[name][1]["bits"] for slot in slots)
    for table in (n for n, (kind, _) in spec.objects.items() if kind in ("pud", "pd", "pt")):
        assert spec.caps[table]


def test_tables(read):
    """Guest RAM by large pages, each page once, and physical addresses in a row."""
    spec = read("minimal")
    pages = spec.pages("vm_minimal@vspace")
    ram = [(at, frame) for at, (frame, _) in sorted(pages.items()) if "ram" in frame]
    assert all("M" in spec.objects[frame][1] for _, frame in ram)
    places = [spec.objects[frame][1]["paddr"] for _, frame in ram]
    assert [b - a for a, b in zip(places, places[1:])] == [2 << 20] * (len(ram) - 1)
    assert [b - a for (a, _), (b, _) in zip(ram, ram[1:])] == [2 << 20] * (len(ram) - 1)
    assert len({frame for frame, _ in pages.values()}) == len(pages)


def test_rights_of_a_connection(read):
    spec = read("two-vms")
    storage, workload = rights_of(spec, "vm_storage@vmm@vspace"), rights_of(spec, "vm_workload@vmm@vspace")
    assert storage["vm_storage.vm_workload.iobuf.driver"] == 1
    assert storage["vm_storage.vm_workload.iobuf.device"] & 1       # RW: it withdraws the page for a guest that ended
    assert workload["vm_storage.vm_workload.iobuf.driver"] == 3
    assert workload["vm_storage.vm_workload.iobuf.device"] == 1
    guest = rights_of(spec, "vm_storage@vspace")
    mine = rights_of(spec, "vm_workload@vspace")
    assert not any(r & 4 for n, r in guest.items() if n.startswith("vm_workload"))     # for DMA, not executable
    assert "vm_storage.mmio.a003000" in guest and not any("mmio" in n or "vm_storage" in n for n in mine)
    # A guest's own capabilities: where its faults go, and its downcall.
    assert spec.caps["vm_storage@vcpu@cnode"] == {
        1: ("vm_storage@vmm@endpoint", {"rights": "WP", "badge": 0x8000000000000001}),
        2: ("vm_workload@vmm@notification", {"rights": "W", "badge": 8})}
    assert len(spec.caps["vm_workload@vcpu@cnode"]) == 1


def test_several_vcpus(tool, read, tmp_path):
    """Each has a thread, a badge that tells it, an untyped, and the downcalls of its VM."""
    path = tmp_path / "two.camkes"
    text = (ROOT / "examples/two-vms/two-vms.camkes").read_text()
    path.write_text(text.replace("configuration {", "configuration { vm_storage.num_vcpus = 3;"))
    spec = read(path)
    badges = set()
    for k, name in enumerate(("vcpu", "vcpu1", "vcpu2")):
        cnode = "vm_storage@%s@cnode" % name
        (fault, parameters), downcall = (spec.caps[cnode][slot] for slot in (1, 2))
        assert fault == "vm_storage@vmm@endpoint" and downcall[0] == "vm_workload@vmm@notification"
        badges.add(parameters["badge"])
        thread = spec.caps["vm_storage@%s@tcb" % name]
        assert (thread["cspace"][0], thread["vspace"][0]) == (cnode, "vm_storage@vspace")
        held = [what for what, _ in spec.caps["vm_storage@vmm@cnode"].values()]
        assert "vm_storage@%s@tcb" % name in held and "vm_storage@%s@untyped" % name in held
    assert len(badges) == 3 and all(badge >> 63 for badge in badges)
    assert "vm_storage@vcpu3@tcb" not in spec.objects and "vm_workload@vcpu1@tcb" not in spec.objects
    report = tool("audit", path)
    assert "\nvm_storage (guest, 3 virtual CPUs)\n" in report and "\nvm_workload (guest)\n" in report


@pytest.mark.parametrize("example", ["two-vms", "seed", FOUR], ids=str)
def test_audit_says_what_the_text_says(tool, read, example):
    """Each part's memory and rights, and whom it signals and calls, worked out from the text alone."""
    spec = read(example)
    report = json.loads(tool("audit", example, "--json"))
    holders = {}        # notification or endpoint: parts that receive
    spaces = {spec.caps[t]["vspace"][0]: spec.caps[t]["cspace"][0] for t in spec.caps if "vspace" in spec.caps[t]}
    for space, cnode in spaces.items():
        for what, parameters in spec.caps[cnode].values():
            if "R" in parameters.get("rights", ""):
                holders.setdefault(what, set()).add(space)
    assert {p["name"] for p in report["parts"]} == {s.replace("@vspace", "").replace("@", ".") for s in spaces}
    for part in report["parts"]:
        space = part["name"].replace(".", "@") + "@vspace"
        letters = {m["name"].replace("-", "_"): m["rights"] for m in part["memory"] + part["devices"]}
        audit = {n: sum(bit for letter, bit in RIGHTS.items() if letter.lower() in r) for n, r in letters.items()}
        mapped = rights_of(spec, space)
        assert set(mapped) <= set(audit)
        assert all(audit[n] & r == r for n, r in mapped.items())
        held = {re.sub(r"(_\d+|\[\d+\])$", "", what).replace("@", ".")
                for what, _ in spec.caps[spaces[space]].values() if spec.objects[what][0] == "frame"}
        assert set(audit) - set(mapped) <= held
        for kind, word in (("notification", "signals"), ("ep", "calls")):
            reached = {s for what, parameters in spec.caps[spaces[space]].values() if spec.objects[what][0] == kind
                       and "W" in parameters["rights"] for s in holders.get(what, ())}
            assert set(part[word]) == {s.replace("@vspace", "").replace("@", ".") for s in reached} - {part["name"]} \
                or set(part[word]) == {s.replace("@vspace", "").replace("@", ".") for s in reached}


def test_names(tool, tmp_path):
    """Long names stay apart, odd ones become identifiers."""
    (tmp_path / "guests/b-c.d.cpio").write_bytes(b"x")
    path = tmp_path / "long.camkes"
    one, other = "vm_" + "v" * 26 + "a", "vm_" + "v" * 26 + "b"
    path.write_text("assembly { composition { component VM %s; component VM %s; VIRTIO_COMPOSITION_DEF(%s, %s) } "
                    'configuration { %s.initrd = "b-c.d.cpio"; %s.sharing = "ram"; } }' % (
                        one, other, one[3:], other[3:], one, other))
    spec = capdl.Reader(tool("build", path, "--print-capdl"))
    assert "file@b_c@d@cpio" in spec.objects
    assert {"%s@%s@iobuf@driver" % (one, other), "%s@%s@iobuf@device" % (one, other)} <= set(spec.objects)
    assert len([n for n, (kind, _) in spec.objects.items() if kind == "tcb"]) == 6
    names = {p["name"] for p in json.loads(tool("audit", path, "--json"))["parts"]}
    assert names == {one, other, one + ".vmm", other + ".vmm", "serial", "timer"}
