# SPDX-License-Identifier: BSD-2-Clause
"""kmod-sel4-virt in Debian's kernel, against a connector made of memory."""

import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def test_module_over_a_connector_of_memory():
    result = subprocess.run([ROOT / "linux/sel4_virt/test/run"], stdin=subprocess.DEVNULL, timeout=400,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert "direct I/O read 1 MiB into memdev" in result.stdout
