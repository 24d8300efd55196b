# SPDX-License-Identifier: BSD-2-Clause
"""What README.md shows is what the tool accepts."""

import re
import subprocess

from conftest import PEERVISOR, ROOT


def test_first_listing(tmp_path):
    listing = re.search(r"```camkes\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    (tmp_path / "first.camkes").write_text(listing)
    result = subprocess.run([PEERVISOR, "check", "--strict", tmp_path / "first.camkes", "--guests", ROOT / "build/guests"],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
