# SPDX-License-Identifier: BSD-2-Clause
"""`peervisor audit` on stand-ins. PEERVISOR: the program, set by meson."""

import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]

TWO = ROOT / "examples/two-vms/two-vms.camkes"
SEED = ROOT / "examples/seed/seed.camkes"
FOUR = pathlib.Path(__file__).with_name("four.camkes")


@pytest.fixture
def require(tool, tmp_path):
    def run(text, *options, assembly=TWO):
        (tmp_path / "rules").write_text(text)
        result = tool("audit", assembly, "--require", tmp_path / "rules", *options)
        result.stdout = result.stdout.replace(str(tmp_path / "rules"), "rules")
        result.stderr = result.stderr.replace(str(tmp_path / "rules"), "rules")
        return result

    return run


def parts(tool, assembly):
    result = tool("audit", assembly, "--json")
    assert result.returncode == 0, result.stderr
    return {p["name"]: p for p in json.loads(result.stdout)["parts"]}


def rights(part):
    return {m["name"]: m["rights"] for m in part["memory"] + part["devices"]}


def test_who_signals_the_workload(tool):
    found = parts(tool, TWO)
    signal = {name for name, p in found.items() if "vm_workload.vmm" in p["signals"]}
    assert signal == {"vm_storage", "vm_storage.vmm", "serial", "timer"}
    assert found["vm_workload"]["calls"] == ["vm_workload.vmm"]
    assert found["vm_workload"]["signals"] == []
    assert found["vm_workload"]["interrupts"] == [] and not found["vm_workload"]["dma"]


def test_sharing_ram(tool):
    found = parts(tool, TWO)
    assert rights(found["vm_storage"])["vm_workload.ram"] == "rw-"
    assert rights(found["vm_workload"]) == {"vm_workload.ram": "rwx", "gicv": "rw-"}
    assert found["vm_storage"]["dma"] and found["vm_storage.vmm"]["interrupts"] == [79]
    assert found["vm_storage.vmm"]["controls"] == ["vm_storage"]


def test_cpu(tool, tmp_path):
    """Equal shares; other weights, priorities and cores; servers have none of their own."""
    found = parts(tool, TWO)
    assert found["timer"]["cpu"] == found["serial"]["cpu"] == [{"core": 0, "server": True}]
    half = [{"core": 0, "server": False, "priority": 100, "weight": 100, "weights": 200}]
    assert found["vm_workload"]["cpu"] == found["vm_workload.vmm"]["cpu"] == found["vm_storage"]["cpu"] == half
    more = "vm_storage.cpu_weight = 300; vm_network.priority = 120; vm_middle.affinity = 2; vm_storage.ram_identity"
    (tmp_path / "four.camkes").write_text(FOUR.read_text().replace("vm_storage.ram_identity", more))
    result = tool("audit", tmp_path / "four.camkes", "--json")
    found = {p["name"]: p["cpu"][0] for p in json.loads(result.stdout)["parts"]}
    assert (found["vm_storage"]["weight"], found["vm_storage"]["weights"]) == (300, 400)
    assert (found["vm_workload"]["weight"], found["vm_workload"]["weights"]) == (100, 400)
    assert (found["vm_network"]["priority"], found["vm_network"]["weights"]) == (120, 100)
    assert (found["vm_middle"]["core"], found["vm_middle"]["weights"]) == (2, 100)
    said = tool("audit", tmp_path / "four.camkes").stdout
    assert "core 0: at least 75.0 % of what priorities above 100 leave (weight 300 of 400)" in said


def test_share(tool):
    result = tool("audit", TWO, "--share", "vm_storage", "vm_workload")
    assert result.returncode == 0
    assert re.search(r"^vm_workload\.ram +256M  rw- +rwx$", result.stdout, re.M)
    assert re.search(r"^vm_storage\.vm_workload\.iobuf\.driver +4K  r-- +rw-$", result.stdout, re.M)
    assert "vm_storage.ram" not in result.stdout and "gicv" not in result.stdout
    assert tool("audit", FOUR, "--share", "vm_storage", "vm_network").stdout.startswith("MEMORY")  # the kernel file


def test_seed_table(tool):
    """The storage backend falls: its disk and the memory of those it serves; nothing else, with an SMMU."""
    text = tool("audit", FOUR, "--taken-over", "vm_storage").stdout
    gained, closed = text.split("STAYS CLOSED")
    for line in (r"memory +vm_workload\.ram +rw- ", r"device +vm_storage\.mmio\.a003000 +rw- +rw-"):
        assert re.search(line, gained)
    assert "vm_network" not in gained
    assert re.search(r"memory +vm_network: \d+ pieces, \w+ +closed +rw- by DMA", closed)
    assert re.search(r"memory +the kernel's +closed +rw- by DMA", closed)
    assert re.search(r"device +serial\.uart +closed +closed", closed)
    other = tool("audit", FOUR, "--taken-over", "vm_workload").stdout
    assert "DMA" not in other and re.search(r"vm_storage: \d+ pieces, \w+ +closed +closed", other)
    assert "\t" not in text + other


def test_attack_surface_of_seed(tool):
    """The seed's comparison: a storage backend that falls has its disk and what it shares; not the network, not other
    memory. Beside it what is true without an SMMU."""
    found = json.loads(tool("audit", SEED, "--attack-surface", "--json").stdout)
    falls = {}
    for row in found["taken_over"]:
        falls.setdefault(row["taken_over"], {})[re.sub(r", \d+[KMG]$", "", row["what"])] = row["with_smmu"], row["here"]
    for backend, other, device in (("vm_storage", "vm_network", "a003000"), ("vm_network", "vm_storage", "a002000")):
        rows = falls[backend]
        assert rows["%s.mmio.%s" % (backend, device)] == ("rw-", "rw-")
        opened = [what for what, (smmu, _) in rows.items() if smmu != "closed" and ".mmio." not in what]
        assert opened == [backend + ".vm_workload.window"]        # the seed's "DMA pool of connected driver VMs"
        assert rows[opened[0]] == ("rw-", "rw-")
        for memory in ("other memory of " + other, "other memory of serial", "memory of its monitor and of the kernel"):
            assert rows[memory] == ("closed", "rw- by DMA")
        assert rows["devices of " + other] == rows["devices of serial"] == ("closed", "closed")
    assert all(row == ("closed", "closed") for what, row in falls["vm_workload"].items()
               if not what.startswith(("vm_workload.", "vm_storage.vm_w", "vm_network.vm_w")))
    assert not any(".mmio." in what for what in falls["vm_workload"])
    ways = {(row["part"], row["by"]): row["how"] for row in found["reached"]}
    # The seed's table: system calls; VM faults; RPC messages from driver VMs; the virtio interface.
    assert ways["the kernel", "vm_storage"] == "traps, hypercalls" and ways["the kernel", "serial"] == "system calls"
    assert ways["vm_storage.vmm", "vm_storage"].startswith("faults, hypercalls")
    assert ways["vm_storage.vmm", "vm_workload.vmm"].startswith("signals, writes vm_storage.vm_workload.iobuf.driver")
    assert "writes vm_storage.vm_workload.iobuf.device" in ways["vm_workload.vmm", "vm_storage.vmm"]
    assert not {("vm_storage", "vm_network.vmm"), ("vm_storage.vmm", "vm_network"), ("vm_network.vmm", "vm_storage"),
                ("vm_workload", "vm_storage.vmm")} & set(ways)
    text = tool("audit", SEED, "--attack-surface").stdout
    assert re.search(r"^TAKEN OVER +AN ATTACKER HAS +WITH SMMU +HERE \(NO SMMU\)$", text, re.M) and "\t" not in text


def test_vmm_takes_its_guest(tool):
    text = tool("audit", TWO, "--taken-over", "vm_workload.vmm").stdout
    assert text.startswith("An attacker has taken over vm_workload.vmm; with it falls vm_workload.\n")


def test_rules_hold(require):
    result = require("# comment\n\nvm_storage -> vm_workload  # some way\nvm_workload !reads vm_storage.ram\n"
                     "vm_workload !writes vm_storage.mmio.a003000\nvm_storage reads vm_workload.ram\n")
    assert (result.returncode, result.stdout, result.stderr) == (0, "rules: 4 rules hold\n", "")


def test_two_backends_of_one_vm(require):
    """With sharing "ram" both reach its RAM: a way between them, which the audit must not hide."""
    result = require("vm_storage !-> vm_network\n", assembly=FOUR)
    assert (result.returncode, result.stdout) == (1, "rules:1: breach: vm_storage !-> vm_network: vm_storage writes "
                                                  "vm_middle.ram, vm_network reads it\n")


def test_seed_rule(require, tmp_path):
    text = FOUR.read_text().replace("VIRTIO_COMPOSITION_DEF(storage, middle)", "")
    text = text.replace(', { type: "blk", id: 1, target: "middle" }', "").replace(
        ', { type: "blk", backend: "storage" } ];', " ];")
    apart = tmp_path / "apart.camkes"
    apart.write_text(text)
    result = require("vm_storage !-> vm_network\nvm_network !-> vm_storage\n", assembly=apart)
    assert result.returncode == 0
    assert result.stdout == (
        "rules:1: caution: vm_storage !-> vm_network: vm_storage by DMA of vm_storage.mmio.a003000: no SMMU is "
        "driven\nrules: 2 rules hold\n")
    result = require("vm_storage !-> vm_network\n", "--strict", assembly=apart)
    assert result.returncode == 1 and "rules:1: breach: vm_storage !-> vm_network: " in result.stdout


def test_by_way_of_others(require):
    result = require("trust serial timer\nvm_network !->> vm_workload\n", assembly=FOUR)
    assert result.returncode == 1
    line, = result.stdout.splitlines()
    assert line.startswith("rules:2: breach: vm_network !->> vm_workload: vm_network")
    assert "vm_middle" in line and "; " in line


def test_breaches(require):
    result = require("vm_storage !-> vm_workload\nvm_storage !reads vm_workload.ram\ntimer !signals serial\n"
                     "vm_workload reads vm_storage.ram\n")
    assert result.returncode == 1
    assert result.stdout.splitlines()[1:] == [
        "rules:2: breach: vm_storage !reads vm_workload.ram: vm_storage reads vm_workload.ram",
        "rules:3: breach: timer !signals serial: timer signals serial.notification",
        "rules:4: breach: vm_workload reads vm_storage.ram: there is no way"]
    found = json.loads(require("timer !signals serial\n", "--json").stdout)
    assert found["breaches"] == 1 and found["findings"][0]["line"] == 1


@pytest.mark.parametrize("text, says", [
    ("vm_a -> vm_workload\n", "rules:1: error: no part of the system is called 'vm_a'"),
    ("vm_storage -> \n", "rules:1: error: a rule has three words; this line begins with 'vm_storage'"),
    ("vm_storage eats vm_workload\n", "rules:1: error: no such rule: 'eats'"),
    ("vm_storage !-> vm_storage.vmm\n", "a guest and its VMM count as one"),
    ("vm_storage !reads nothing\n", "no part and no object is called 'nothing'"),
    ("a b c " * 40 + "\n", "a rule has three words"),
    ("trust nobody\n", "no part of the system is called 'nobody'"),
    ("\0\0\0", "is no text file"),
])
def test_bad_rules(require, text, says):
    result = require(text)
    assert result.returncode == 2 and says in result.stderr, result.stderr


@pytest.mark.parametrize("options", [
    ("--taken-over", "nobody"), ("--share", "vm_storage", "x"), ("--require", "/nowhere/rules"), ("--share", "x"),
    ("--taken-over", "serial", "--share", "serial", "timer")])
def test_bad_usage(tool, options):
    result = tool("audit", TWO, *options)
    assert result.returncode == 2 and result.stderr.startswith("peervisor")


def test_same_text_every_time(tool):
    assert tool("audit", FOUR).stdout == tool("audit", FOUR).stdout
