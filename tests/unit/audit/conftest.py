# SPDX-License-Identifier: BSD-2-Clause
"""tool(COMMAND, ASSEMBLY, OPTION...): the program on stand-ins of the build folder and the guests."""

import os
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests/unit/tool"))
import stubs  # noqa: E402


@pytest.fixture
def tool(tmp_path):
    stubs.target(tmp_path / "target")
    stubs.guests(tmp_path / "guests")

    def run(command, assembly, *options):
        return subprocess.run(
            [os.environ["PEERVISOR"], command, str(assembly), "--build-dir", str(tmp_path / "target"), "--guests",
             str(tmp_path / "guests")] + [str(o) for o in options],
            capture_output=True, text=True, timeout=60, check=False)

    return run
