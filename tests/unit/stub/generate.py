#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What `peervisor build` generates for components of an assembly, without a cross compiler.

usage: generate.py PEERVISOR ASSEMBLY OUTPUT... (TYPE-camkes.h, TYPE-stub.h)
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TOOL_TESTS = pathlib.Path(__file__).resolve().parents[1] / "tool"
sys.path.insert(0, str(TOOL_TESTS))
import stubs  # noqa: E402


def main():
    peervisor, assembly = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        stubs.target(folder / "target")
        environment = dict(os.environ, PEERVISOR_CC=str(TOOL_TESTS / "cc.py"), CC_LOG=str(folder / "log"),
                           PEERVISOR_CACHE=name)
        subprocess.run([peervisor, "build", assembly, "--build-dir", str(folder / "target"), "-o",
                        str(folder / "image")], env=environment, check=True, timeout=60)
        for output in map(pathlib.Path, sys.argv[3:]):
            kind, file = output.name.split("-")
            text = next((folder / "native").glob(kind + "-*/" + file.replace("stub.h", "stub.c"))).read_text()
            output.write_text(text.replace('#include "camkes.h"', '#include "%s-camkes.h"' % kind))


main()
