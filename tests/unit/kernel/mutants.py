#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plants one bug after the other in the kernel and sees that the random walk's checks find it.

usage: mutants.py [NAME...]    after `make build`; nothing in the tree is changed
"""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build/host"
WALK = BUILD / "tests/unit/kernel/kernel-walk.p"
KERNEL = BUILD / "kernel/libkernel-fake.a.p"

# name, file, what is there, what is planted
MUTANTS = (
    ("first-badged-lost", "core/cdt.c", "next->next |= slot->next & CDT_FIRST_BADGED;", ""),
    ("first-badged-unset", "core/cdt.c", "? CDT_REVOCABLE | CDT_FIRST_BADGED : 0", "? CDT_REVOCABLE : 0"),
    ("swap-loses-marks", "core/cdt.c", "a->next = (old_b.next & CDT_MARKS)", "a->next = (old_a.next & CDT_MARKS)"),
    ("copy-revocable", "core/cdt.c", "return cap_badge(cap) != cap_badge(src);", "return true;"),
    ("copy-keeps-mapping", "core/object.c", "*out = cap_with_mapping(cap, ASID_NONE, vaddr(0));", ""),
    ("vmid-not-flushed", "object/asid.c", "*victim &= ~0xfffUL;\n\t\ttlb_flush_vmid(vmid);", "*victim &= ~0xfffUL;"),
    ("space-not-flushed", "object/asid.c", "tlb_flush_vmid(ENTRY_VMID_OF(*entry));\n\t\tvmid_owner",
     "vmid_owner"),
    ("page-not-flushed", "object/vspace.c", "entry_write(at.entry, 0);\n\tspace_flush_page(cap_asid(cap), address);",
     "entry_write(at.entry, 0);"),
    ("mapping-outlives-frame", "object/vspace.c", "entry_write(at.entry, 0);\n\tspace_flush_page(cap_asid(cap), address);",
     "space_flush_page(cap_asid(cap), address);"),
    ("watermark-behind", "object/untyped.c", "slot->cap.w[1] = mark + (retype->count << retype->bits);",
     "slot->cap.w[1] = mark + ((retype->count - 1) << retype->bits);"),
    ("bound-not-unbound", "object/notification.c", "tcb->bound_notification->bound = NULL;", ";"),
    ("queue-link-back", "object/endpoint.c", "tcb->wait_next->wait_prev = tcb->wait_prev;", ";"),
    ("ready-queue-tail", "core/sched.c", "queue->tail = tcb->run_prev;", ";"),
    ("reply-outlives-caller", "object/tcb.c", "reply_revoke(tcb);", ";"),
    ("rights-grow", "object/vspace.c",
     "rights = frame_rights_mask(cap_frame_rights(inv->cap), wanted);", "rights = 3;"),
)


def compile_command(source):
    """The build's own, for a source of the library that the tests link; its last two words are left out."""
    for entry in json.loads((BUILD / "compile_commands.json").read_text()):
        path = (pathlib.Path(entry["directory"]) / entry["file"]).resolve()
        if path == ROOT / "kernel" / source and "libkernel-fake.a.p" in entry["command"]:
            words = shlex.split(entry["command"])
            return words[:words.index("-MD")], pathlib.Path(entry["output"]).name
    sys.exit("mutants: %s is not in build/host; run `make build`" % source)


def plant(folder, source, old, new):
    """The walk's executable with the bug in it."""
    text = (ROOT / "kernel" / source).read_text()
    if old not in text:
        sys.exit("mutants: %s has no %r any more: adapt the list" % (source, old))
    command, name = compile_command(source)
    mutated = folder / pathlib.Path(source).name
    mutated.write_text(text.replace(old, new))
    flags = ["-Wno-error", "-w", "-I", str((ROOT / "kernel" / source).parent)]
    subprocess.run(command + flags + ["-c", str(mutated), "-o", str(folder / "mutant.o")], cwd=BUILD, check=True)
    objects = [str(o) for o in KERNEL.glob("*.o") if o.name != name] + [str(o) for o in WALK.glob("*.o")]
    wraps = ["-Wl,--wrap=cdt_" + n for n in ("insert_root", "insert_child", "insert", "move", "swap", "remove")]
    subprocess.run(["gcc", "-fsanitize=address,undefined", *objects, str(folder / "mutant.o"), *wraps,
                    "-lcmocka", "-lfdt", "-o", str(folder / "walk")], check=True)
    return folder / "walk"


def finds(executable):
    try:
        done = subprocess.run([executable], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main():
    missed = []
    for name, source, old, new in MUTANTS:
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        with tempfile.TemporaryDirectory() as folder:
            found = finds(plant(pathlib.Path(folder), source, old, new))
        print("%-24s %s" % (name, "found" if found else "NOT FOUND"), flush=True)
        if not found:
            missed.append(name)
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
