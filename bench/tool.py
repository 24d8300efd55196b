# SPDX-License-Identifier: BSD-2-Clause
"""How long `peervisor` takes: real time and memory of the program on this machine, best of five."""

import subprocess
import sys

INTERFACES = 5          # connections of each component
TYPES = ("""component Node%d {
    control;
    uses Get u0; uses Get u1; uses Get u2; provides Get p;
    emits Tick e; consumes Tick t;
    dataport Buf d; dataport Buf f;
    attribute int n = %d;
    attribute string s;
}""", """    connection seL4RPCCall r%d_%d(from node%d.u%d, to node%d.p);""")


def large_assembly(components):
    """Each component of a type of its own, with three calls, one event and one dataport to others."""
    lines = ["import <std_connector.camkes>;", "procedure Get { int get(in int a, out string b); }"]
    lines += [TYPES[0] % (i, i) for i in range(components)]
    lines += ["assembly {", "composition {"]
    lines += ["    component Node%d node%d;" % (i, i) for i in range(components)]
    for i in range(components):
        other = (i + 1) % components
        lines += [TYPES[1] % (i, k, i, k, (i * 7 + k + 1) % components) for k in range(INTERFACES - 2)]
        lines.append("    connection seL4Notification e%d(from node%d.e, to node%d.t);" % (i, i, other))
        lines.append("    connection seL4SharedData d%d(from node%d.d, to node%d.f);" % (i, i, other))
    lines += ["}", "configuration {"]
    lines += ['    node%d.s = "text %d"; node%d.n = %d; node%d._priority = 50;' % (i, i, i, 2 * i, i)
              for i in range(components)]
    return "\n".join(lines + ["}", "}"]) + "\n"


# A process counts what its parent had in memory when it was forked: so the parent is a small one.
WATCH = """
import os, sys, time
start = time.monotonic()
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
_, status, usage = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet), 0)
print(time.monotonic() - start, usage.ru_maxrss / 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def run(command):
    """Seconds and MB of one run."""
    result = subprocess.run([sys.executable, "-c", WATCH] + [str(c) for c in command], capture_output=True, text=True,
                            check=False)
    assert result.returncode == 0, "%s: %s" % (command, result.stderr[-500:])
    return tuple(float(n) for n in result.stdout.split())


def best(command, times=5):
    return min(run(command) for _ in range(times))


def bench_tool(folder, table, peervisor, examples):
    group = "the tool, real time on this machine"
    seconds = {}
    for components in (1000, 4000):
        path = folder / ("large-%d.camkes" % components)
        path.write_text(large_assembly(components))
        seconds[components], memory = best([peervisor, "check", path])
        table.add(group, "check of %d components, %d connections" % (components, INTERFACES * components),
                  seconds[components], "s", 1 if components == 1000 else None)
        path.unlink()
    table.add(group, "the same: memory", memory, "MB")
    table.add(group, "time for four times as much", seconds[4000] / seconds[1000], "times")
    mesh = examples / "mesh/mesh.camkes"
    if mesh.exists():
        elapsed, memory = best([peervisor, "build", mesh, "-o", folder / "mesh.img"])
        table.add(group, "build of mesh", elapsed, "s", 3)
        table.add(group, "build of mesh: memory", memory, "MB", 100)
        (folder / "mesh.img").unlink()


if __name__ == "__main__":
    sys.stdout.write(large_assembly(int(sys.argv[1])))
