#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Changes the fixtures at random and feeds them to a sanitized `peervisor check`: it must answer with
exit code 0 or 1 within seconds. The seed is printed, and fixed unless given.

usage: fuzz.py PEERVISOR [RUNS [SEED]]
"""

import pathlib
import random
import subprocess
import sys
import tempfile

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "fixtures" / "assembly"
WORDS = [b"{", b"}", b"[", b"]", b"(", b")", b";", b"=", b"<-", b"->", b".", b",", b":", b'"', b"'", b"\\", b"#",
         b"#define A A A\n", b"#include __FILE__\n", b"component VM vm_a;", b"VIRTIO_COMPOSITION_DEF(a, b)", b"group",
         b"configuration {", b"-", b"~", b"**", b"<<", b"?", b"0x", b"99999999999999999999", b"\0", b"\xff", b"/*",
         b"import <", b'import "', b"connection", b"from", b"to", b"maybe", b"has", b"uses", b"attribute int"]


def hostile():
    """Large files of one kind."""
    big = 1 << 20
    yield b"(" * big
    yield b"assembly { configuration { a.b = " + b"[" * big
    yield b"assembly { configuration { a.b = " + b"-" * big
    yield b"assembly { configuration { a.b = 1" + b"+1" * (big // 2) + b"; } }"
    yield b"x" * big
    yield b'"' * big
    yield bytes(big)
    yield b"\n" * big
    yield b"assembly { composition {" + b"component VM a;" * 3000 + b"} }"
    yield b"group g {" * (big // 9)
    yield b"assembly { composition {" + b"group g {" * (big // 9)
    yield b"".join(b"component C%d { control; }\n" % i for i in range(20000))


def mutate(text, others, r):
    data = bytearray(text)
    for _ in range(r.randint(1, 6)):
        kind, at = r.randrange(5), r.randrange(len(data) + 1)
        if kind == 0:
            data[at:at] = r.choice(WORDS)
        elif kind == 1:
            del data[at:at + r.randint(1, 20)]
        elif kind == 2 and at < len(data):
            data[at] = r.randrange(256)
        elif kind == 3:
            other = r.choice(others)
            cut = r.randrange(len(other))
            data[at:at] = other[cut:cut + r.randint(1, 80)]
        else:
            data[at:at] = data[at:at + r.randint(1, 40)] * r.randint(1, 30)
    return bytes(data)


def try_one(peervisor, folder, data):
    path = folder / "a.camkes"
    path.write_bytes(data)
    try:
        result = subprocess.run([peervisor, "check", str(path), "--guests", str(folder)], capture_output=True,
                                timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "hangs"
    if result.returncode not in (0, 1) or b"Sanitizer" in result.stderr or b"runtime error" in result.stderr:
        return "exit code %d\n%s" % (result.returncode, result.stderr.decode(errors="replace")[-3000:])
    return None


def main():
    peervisor = str(pathlib.Path(sys.argv[1]).resolve())
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    r = random.Random(seed)
    texts = [p.read_bytes() for p in sorted(FIXTURES.glob("*/*.camkes"))]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        image = bytearray(100)
        image[56:60] = b"ARM\x64"
        (folder / "linux").write_bytes(image)
        (folder / "minimal.cpio").write_bytes(b"minimal")
        cases = list(hostile()) + [mutate(r.choice(texts), texts, r) for _ in range(runs)]
        for n, data in enumerate(cases):
            problem = try_one(peervisor, folder, data)
            if problem:
                kept = pathlib.Path("fuzz-%d-%d.camkes" % (seed, n))
                kept.write_bytes(data)
                print("seed %d, case %d (%s): %s" % (seed, n, kept.resolve(), problem))
                return 1
    print("seed %d: %d files, no crash, no hang" % (seed, len(cases)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
