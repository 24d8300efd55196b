# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures for tests that start images.

image("two-vms")             builds examples/two-vms once and gives its path
machine(image, "--disk", d)  a bounded run (machine.py); ended when the test ends
disk(megabytes)              a fresh ext4 image
"""

import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from machine import Machine  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PEERVISOR_BUILD", ROOT / "build"))
PEERVISOR = pathlib.Path(os.environ.get("PEERVISOR", BUILD / "host/tool/peervisor"))
TARGET = BUILD / "target"
GUESTS = pathlib.Path(os.environ.get("PEERVISOR_GUESTS", BUILD / "guests"))


def peervisor_run(*arguments, timeout=120):
    """A command of the tool that ends by itself."""
    return subprocess.run([str(PEERVISOR)] + [str(a) for a in arguments], capture_output=True, text=True,
                          timeout=timeout, stdin=subprocess.DEVNULL, check=False)


@pytest.fixture
def peervisor():
    return peervisor_run


def window_guests(made=[]):
    """The second kernel and its file system, once in a session: slow the first time, then from the cache."""
    if not made:
        subprocess.run([ROOT / "guests/all", "--window", GUESTS], check=True, timeout=1800)
        made.append(True)


@pytest.fixture(scope="session")
def image(tmp_path_factory):
    built = {}
    folder = tmp_path_factory.mktemp("images")

    def build(example, *options):
        """`example`: a name in examples/, or the path of an assembly."""
        key = (str(example),) + options
        if key not in built:
            path = pathlib.Path(example)
            if path.suffix != ".camkes":
                path = ROOT / "examples" / example / (str(example) + ".camkes")
            if "linux-window" in path.read_text():
                window_guests()
            out = folder / ("%s-%d.img" % (path.stem, len(built)))
            result = peervisor_run("build", path, "-o", out, "--build-dir", TARGET, "--guests", GUESTS, *options)
            assert result.returncode == 0, result.stderr
            built[key] = out
        return built[key]

    return build


@pytest.fixture
def machine(tmp_path):
    running = []

    def start(path, *options, timeout=300):
        m = Machine(PEERVISOR, path, "--log-dir", tmp_path / "logs", *options, timeout=timeout)
        running.append(m)
        return m

    yield start
    for m in running:
        m.close()


@pytest.fixture
def disk(tmp_path):
    def make(megabytes=64, name="disk.img"):
        path = tmp_path / name
        with open(path, "wb") as f:
            f.truncate(megabytes << 20)
        subprocess.run(["/sbin/mke2fs", "-q", "-t", "ext4", "-F", str(path)], check=True)
        return path

    return make
