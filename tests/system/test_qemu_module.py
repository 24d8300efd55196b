# SPDX-License-Identifier: BSD-2-Clause
"""QEMU on the real module in a Debian guest: qemu/test/qemu_test.c says what is done there."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_qemu_on_the_module():
    done = subprocess.run([str(ROOT / "qemu/test/run")], capture_output=True, text=True, timeout=1800,
                          stdin=subprocess.DEVNULL, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
