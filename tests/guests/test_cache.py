# SPDX-License-Identifier: BSD-2-Clause
"""guests/cache.sh: what is there is whole; setup and disk say in one line what is wrong."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def shell(cache, text):
    return subprocess.run(
        ["bash", "-c", "set -euo pipefail; . %s/guests/cache.sh; %s" % (ROOT, text)], capture_output=True, text=True,
        timeout=60, env=dict(os.environ, PEERVISOR_CACHE=str(cache)), check=False)


def entries(cache):
    return sorted(p.name for p in cache.iterdir() if not p.name.startswith("."))


def test_made_once(tmp_path):
    text = 'make() { echo made >&2; echo x >"$1/file"; }; cached thing "$(key_of a)" make; cat "$entry/file"'
    first, second = shell(tmp_path, text), shell(tmp_path, text)
    assert (first.stdout, first.stderr.strip()) == ("x\n", "made")
    assert (second.stdout, second.stderr) == ("x\n", "")


def test_a_command_that_fails_counts_for_all(tmp_path):
    for context in ("cached thing key-of-16-digits make", "if cached thing key-of-16-digits make; then echo wrong; fi",
                    "cached thing key-of-16-digits make || :"):
        result = shell(tmp_path, 'make() { echo x >"$1/file"; false; echo went on >&2; }; ' + context)
        assert "went on" not in result.stderr and "wrong" not in result.stdout
        assert result.stderr == "guests: making thing failed\n"
        assert entries(tmp_path) == []


def test_half_made_is_thrown_away(tmp_path):
    (tmp_path / ".thing.abcdef.part").mkdir()
    (tmp_path / ".thing-else.abcdef.part").mkdir()
    assert shell(tmp_path, "make() { :; }; cached thing $(key_of a) make").returncode == 0
    assert len(entries(tmp_path)) == 1
    assert not (tmp_path / ".thing.abcdef.part").exists()
    assert (tmp_path / ".thing-else.abcdef.part").exists()


def test_two_at_once(tmp_path):
    text = 'make() { echo made >&2; sleep 1; }; (cached thing $(key_of a) make) & cached thing $(key_of a) make; wait'
    result = shell(tmp_path, text)
    assert result.stderr.splitlines().count("made") == 1, result.stderr
    assert "waiting: another build makes thing" in result.stderr


def test_what_nobody_used_for_a_week_goes_but_for_two(tmp_path):
    """Entries by when they were used: a now, b six days ago, c eight days ago, e nine; d has a name of its own."""
    keys = {k: shell(tmp_path, "key_of %s" % k).stdout.strip() for k in "abcdef"}
    for name, key, days in (("thing", "a", 0), ("thing", "b", 6), ("thing", "c", 8), ("thing", "e", 9),
                            ("thing-else", "d", 9)):
        shell(tmp_path, "cached %s %s true; touch -d '%d days ago' $entry" % (name, keys[key], days))
    assert shell(tmp_path, "cached thing %s true" % keys["f"]).returncode == 0
    assert entries(tmp_path) == sorted(["thing-else-" + keys["d"]] + ["thing-" + keys[k] for k in "abf"])


def test_the_last_two_used_stay_whatever_their_age(tmp_path):
    keys = [shell(tmp_path, "key_of %s" % k).stdout.strip() for k in "ab"]
    shell(tmp_path, "cached thing %s true; touch -d '30 days ago' $entry" % keys[0])
    result = shell(tmp_path, "cached thing %s true; cached_before thing; echo $entry" % keys[1])
    assert result.stdout.strip().endswith(keys[1])
    assert len(entries(tmp_path)) == 2


def test_key_is_of_contents(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("same")
    two.write_text("same")
    keys = [shell(tmp_path, "key_of %s" % p).stdout for p in (one, two)]
    two.write_text("other")
    assert keys[0] == keys[1] != shell(tmp_path, "key_of %s" % two).stdout


def test_cache_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    result = shell(tmp_path / "file/cache", "cached thing $(key_of a) true")
    assert result.returncode == 1
    assert result.stderr.startswith("guests: cannot write ") and "PEERVISOR_CACHE" in result.stderr


def run(*command, **kept):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, check=False, **kept)


def test_disk_is_the_same_each_time(tmp_path):
    for name in ("a", "b"):
        assert run(ROOT / "guests/disk", tmp_path / name, "16M").returncode == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_disk_refuses(tmp_path):
    (tmp_path / "there").write_text("precious")
    for arguments, word in ((("there", "16M"), "is there already"), (("new", "16X"), "is no size"),
                            (("new", "1K"), "mke2fs"), (("none/new", "16M"), "cannot write beside")):
        result = run(ROOT / "guests/disk", tmp_path / arguments[0], arguments[1])
        assert result.returncode == 1 and word in result.stderr.splitlines()[-1], result.stderr
    assert (tmp_path / "there").read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == ["there"]


def test_setup_needs_a_debian(tmp_path):
    for name in ("bash", "dirname", "pwd", "grep"):
        (tmp_path / name).symlink_to(run("which", name).stdout.strip())
    result = run(ROOT / "scripts/setup", env={"PATH": str(tmp_path)})
    assert result.returncode == 1
    assert result.stderr == "setup: no apt here; the build wants Debian 12 (bookworm) on amd64\n"


def test_setup_has_nothing_to_do():
    result = run(ROOT / "scripts/setup", "--check")
    assert (result.returncode, result.stderr) == (0, "")
