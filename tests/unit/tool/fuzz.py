#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Hostile files for a sanitized `peervisor check`: it must answer with exit code 0 or 1 within seconds. Then
fuzz_assembly changes the fixtures at random, in one process (fuzz.c). What was found once is kept in
tests/fixtures/assembly/fuzz and is tried first. The seed is fixed unless given.

usage: fuzz.py PEERVISOR FUZZ_ASSEMBLY [RUNS [SEED]]
"""

import pathlib
import resource
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "assembly"
BIG = 1 << 20
SECONDS = 60            # with sanitizers, on a machine that does other things too
ASSEMBLY = b"assembly { composition { component VM vm_a; "


def many(text, size=BIG):
    """A text with %d in it, numbered, until it has that size."""
    lines, length, n = [], 0, 0
    while length < size:
        lines.append(text.replace(b"%d", b"%d" % n))
        length += len(lines[-1])
        n += 1
    return b"".join(lines)


def nested():
    """Compounds in compounds, 20000 deep."""
    return b"".join(b"component C%d { composition { component C%d c; } }\n" % (i, i + 1) for i in range(20000)) \
        + b"component C20000 { control; } assembly { composition { component C0 c; } }"


def wide():
    """One component with many interfaces, many times."""
    return (b"component A { control;" + many(b"maybe emits T t%d;", BIG // 2) + b"} assembly { composition {"
            + many(b"component A a%d;", BIG // 2) + b"} }")


def expression(piece):
    return b"assembly { configuration { a.b = " + piece


def hostile():
    """Large files of one kind, by name."""
    yield "parentheses", b"(" * BIG
    yield "brackets", expression(b"[" * BIG)
    yield "braces", expression(b"{a:" * (BIG // 3))
    yield "signs", expression(b"-" * BIG)
    yield "sum", expression(b"1" + b"+1" * (BIG // 2) + b"; } }")
    yield "powers", expression(b"2" + b"**2" * (BIG // 3) + b"; } }")
    yield "choices", expression(b"1?1:" * (BIG // 4))
    yield "one-word", b"x" * BIG
    yield "one-line", b"x " * (BIG // 2)
    yield "one-line-of-errors", ASSEMBLY + b"component x " * (BIG // 12)
    yield "one-line-of-a-macro", b"#define A B C D\n" + b"A " * (BIG // 2)
    yield "quotes", b'"' * BIG
    yield "zeros", bytes(BIG)
    yield "lines", b"\n" * BIG
    yield "comment", b"/*" * (BIG // 2)
    yield "dots", b"assembly { configuration { a" + b".a" * (BIG // 2) + b" = 1; } }"
    yield "groups", b"group g {" * (BIG // 9)
    yield "groups-in-groups", ASSEMBLY + b"group g {" * (BIG // 9)
    yield "same-name", ASSEMBLY + b"component VM a;" * (BIG // 15) + b"} }"
    yield "components", many(b"component C%d { control; }\n")
    yield "vms", b"assembly { composition {" + many(b"component VM vm_%d;") + b"} }"
    yield "interfaces", b"component A {" + many(b"uses P p%d;") + b"}"
    yield "attributes", b"component A {" + many(b"attribute int a%d = 1;") + b"} " + ASSEMBLY + b"component A a; } }"
    yield "members", b"struct s {" + many(b"int a%d;", BIG // 2) + b"}; component A { control; attribute s v = {" \
        + many(b"a%d: 1,", BIG // 2) + b"}; } assembly { composition { component A a; } }"
    yield "methods", b"procedure P {" + many(b"void f%d();") + b"}"
    yield "parameters", b"procedure P { void f(" + many(b"in int a%d,") + b"in int z); }"
    yield "settings", ASSEMBLY + b"} configuration {" + many(b"vm_a.a%d = 1;") + b"} }"
    yield "settings-of-nothing", ASSEMBLY + b"} configuration {" + many(b"b%d.a = 1;") + b"} }"
    yield "references", b"component A { control; } assembly { composition { component A a; } configuration {" \
        + many(b"a.a%d <- a.b;") + b"} }"
    yield "links", ASSEMBLY + b"component VM vm_b;" + b"VIRTIO_COMPOSITION_DEF(a, b)" * (BIG // 29) + b"} }"
    yield "exports", b"component B { control; emits T t; } component A {" + many(b"emits T t%d;", BIG // 2) \
        + b"composition { component B b; " + many(b"export b.t -> t%d;", BIG // 2) \
        + b"} } assembly { composition { component A a; } }"
    yield "ends", b"import <std_connector.camkes>; component A { control; emits T t; } assembly { composition {" \
        + b"component A a; connection seL4Notification n(" + b"from a.t, " * (BIG // 10) + b"to a.t); } }"
    yield "consumers", b"import <std_connector.camkes>; component A { control; emits T t; consumes T u; } assembly { composition {" \
        + b"component A a; connection seL4Notification n(" + b"from a.t, " * (BIG // 20) + b"to a.u, " * (BIG // 20) \
        + b"to a.u); } }"
    yield "headers", b'component A { control; ' + b'include "a.h";' * (BIG // 14) + b"} " + ASSEMBLY + b"component A a; } }"
    yield "procedure-headers", b'procedure P { ' + b'include "a.h";' * (BIG // 14) + b"} " + ASSEMBLY + b"} }"
    yield "struct-chain", many(b"struct s%d { s1%d a; };\n", BIG // 2) + b"component A { control; attribute s1 v; }" \
        + ASSEMBLY + b"component A a; } }"
    yield "struct-tower", b"".join(b"struct s%d { s%d a; s%d b; };\n" % (i, i + 1, i + 1) for i in range(60)) \
        + b"struct s60 { int n; }; component A { control; attribute s0 v; } " + ASSEMBLY + b"component A a; } }"
    yield "list", b"component A { control; attribute int v[] = [" + b"1," * (BIG // 2) + b"]; } " + ASSEMBLY + b"component A a; } }"
    yield "exports-older", b"component B { control; emits T t; } component A {" + many(b"emits T t%d;", BIG // 2) \
        + b"composition { component B b; " + many(b"connection ExportAsync x%d(from b.t, to t%d);", BIG // 2) \
        + b"} } assembly { composition { component A a; } }"
    yield "devices", b"import <std_connector.camkes>; component A { control; emits D d;" + many(b"consumes D t%d;", BIG // 4) \
        + b"composition {" + many(b"connection seL4DTBHardware c%d(from d, to t%d);", BIG // 4) + b"} configuration {" \
        + many(b't%d.dtb = dtb({ "path": ".*" });', BIG // 4) + b"} } assembly { composition { component A a; } }"
    yield "queries-of-all", ASSEMBLY + b"} configuration { vm_a.dtb = dtb([" + b'{path:".*"},' * (BIG // 13) + b"]); } }"
    yield "compounds", nested()
    yield "wide-instances", wide()
    yield "queries", ASSEMBLY + b"} configuration { vm_a.dtb = dtb([" + b'{ path: ".*.*.*.*x" },' * 3000 + b"]); } }"
    yield "mmios", ASSEMBLY + b'} configuration { vm_a.untyped_mmios = [' + many(b'"0x%d000:0x1000",') + b"]; } }"
    yield "irqs", ASSEMBLY + b"} configuration { vm_a.irqs = [" + many(b"%d, ") + b"]; } }"
    yield "nodes", ASSEMBLY + b"} configuration { vm_a.dtb_nodes = [" + many(b'"n%d", ') + b"]; } }"
    yield "serves", ASSEMBLY + b'component VM vm_b; VIRTIO_COMPOSITION_DEF(a, b) } configuration { vm_b.sharing = "ram";' \
        + b"vm_a.vm_virtio_devices = [" + many(b'{ type: "blk", target: "b", disk: "d%d" }, ') + b"]; } }"
    yield "includes-itself", b'#include "a.camkes"\n'
    yield "includes-itself-twice", b'#include "a.camkes"\n' * 2
    yield "imports-itself", b'import "a.camkes";\n' * 40000
    yield "macro-grows", b"#define A0 x x\n" + b"".join(b"#define A%d A%d A%d\n" % (i + 1, i, i) for i in range(40)) + b"A40\n"
    yield "macro-lines", b"#define A0 component VM a;\n" + b"".join(
        b"#define A%d A%d A%d A%d A%d\n" % (i + 1, i, i, i, i) for i in range(9)) + ASSEMBLY + b"A9 } }"


def limits():
    """Memory is bounded for what is not sanitized: cpp. Address sanitizer needs all of the address space."""
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def try_one(peervisor, folder, data):
    path = folder / "a.camkes"
    path.write_bytes(data)
    try:
        result = subprocess.run([peervisor, "check", str(path), "--guests", str(folder)], capture_output=True,
                                timeout=2 * SECONDS, check=False, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return "hangs"
    if result.returncode not in (0, 1) or b"Sanitizer" in result.stderr or b"runtime error" in result.stderr:
        return "exit code %d\n%s" % (result.returncode, result.stderr.decode(errors="replace")[-3000:])
    if len(result.stderr) > 100000:
        return "says %d bytes" % len(result.stderr)
    return None


def main():
    peervisor, fuzz = (str(pathlib.Path(a).resolve()) for a in sys.argv[1:3])
    runs = sys.argv[3] if len(sys.argv) > 3 else "4000"
    seed = sys.argv[4] if len(sys.argv) > 4 else "1"
    memory = pathlib.Path("/dev/shm")       # thousands of small files: on a disk most of the time goes there
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        folder = pathlib.Path(name)
        image = bytearray(100)
        image[56:60] = b"ARM\x64"
        (folder / "linux").write_bytes(image)
        (folder / "minimal.cpio").write_bytes(b"minimal")
        cases = [(p.name, p.read_bytes()) for p in sorted(FIXTURES.glob("fuzz/*"))] + list(hostile())
        for case, data in cases:
            problem = try_one(peervisor, folder, data)
            if problem:
                print("%s: %s" % (case, problem))
                return 1
        files = sorted(str(p) for p in FIXTURES.glob("*/*.camkes"))
        result = subprocess.run([fuzz, name, runs, seed] + files, cwd=name, capture_output=True, text=True,
                                timeout=500, check=False)
        if result.returncode:
            kept = pathlib.Path("fuzz-%s.camkes" % seed).resolve()
            kept.write_bytes((folder / "fuzz-last.camkes").read_bytes())
            print("seed %s, the file is %s\n%s" % (seed, kept, result.stderr[-3000:]))
            return 1
    print("%d hostile files; %s" % (len(cases), result.stdout.strip()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
