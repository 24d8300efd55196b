# SPDX-License-Identifier: BSD-2-Clause
"""What the emulator's instructions alone do not bring about: SErrors, the kernel's own faults, its translation tables.
The machine is stopped where the kernel is about to leave, and sent to a vector instead, as an SError there would."""

import struct

import pytest

import gdbstub
import pack
import run

ERET, SMC = 0xd69f03e0, 0xd4000003
PUSH = 0xa98003e0, 0xffc003e0           # stp x, y, [sp, -n]!
NEXT_IP, SPSR = 256, 264                # kernel/context.h
LOWER64_SERROR, LOWER32_SERROR, CURRENT_SERROR = 0x580, 0x780, 0x380
LOWER64_FIQ, LOWER32_FIQ = 0x500, 0x700
GUEST_CODE = 0x40000000
KERNELS = {"kernel.elf": 1, "kernel-debug.elf": 1, "kernel-smp.elf": 4}
DEVICES, STACK_TOP, STACK_STEP = 0xffffe00000, 0xffffe11000, 0x2000    # arch/memory.h


class Machine(gdbstub.Stub):
    def __init__(self, kernel, cpu="cortex-a57"):
        cores = KERNELS[kernel]
        root = run.read("tests/kernel/hardware-tests%s.elf" % ("-smp" if cores > 1 else ""))
        self.kernel, self.root = gdbstub.Elf(run.read("kernel/" + kernel)), gdbstub.Elf(root)
        self.leave = self.kernel.find("exit", ERET)
        image = pack.pack(run.read("loader/loader.bin"), run.read("kernel/" + kernel), root, cores=cores)
        super().__init__(image, cores=cores, cpu=cpu)

    def to_mark(self):
        self.run_to(self.root.symbols["hardware_mark"])

    def leave_to(self, address):
        """Stops where the kernel is about to go on at this address of a thread."""
        self.run_to(self.leave)
        while self.word(self.register(gdbstub.SP) + NEXT_IP) != address:
            self.step()
            self.run_to(self.leave)

    def take(self, vector):
        self.set_register(gdbstub.PC, self.kernel.symbols["vectors"] + vector)


@pytest.mark.parametrize("kernel, vector", [(kernel, LOWER64_SERROR) for kernel in KERNELS] + [("kernel.elf", LOWER32_SERROR)])
def test_serrors_go_to_who_caused_them(kernel, vector):
    with Machine(kernel) as machine:
        machine.to_mark()
        machine.leave_to(GUEST_CODE)
        machine.take(vector)
        machine.to_mark()
        entry = machine.root.symbols["hardware_native"]
        machine.leave_to(entry)
        machine.take(LOWER64_SERROR)
        machine.go()
        machine.expect("HARDWARE ")
        lines = machine.console().replace("\r", "").splitlines()
    assert "guest 1 got to 1, ESR 0" in lines           # masked: pending
    assert "guest 2 got to 3, ESR 0" in lines           # and not another one's
    assert any(line.startswith("guest 1 got to 4, ESR be") for line in lines), lines
    fault = [line.split() for line in lines if line.startswith("thread 3 fault")][0]
    assert fault[3] == "3" and fault[5] == "%x" % entry and int(fault[7], 16) >> 26 == 0x2f
    assert lines[-2:] == ["thread goes on: 7", "HARDWARE DONE"]


@pytest.mark.parametrize("kernel", ["kernel.elf", "kernel-smp.elf"])
def test_fast_interrupts_change_nothing(kernel):
    with Machine(kernel) as machine:
        machine.to_mark()
        for address, vector in ((GUEST_CODE, LOWER64_FIQ), (GUEST_CODE, LOWER32_FIQ)):
            machine.leave_to(address)
            machine.take(vector)
        machine.to_mark()
        machine.leave_to(machine.root.symbols["hardware_native"])
        machine.take(LOWER64_FIQ)
        machine.go()
        machine.expect("HARDWARE ")
        lines = machine.console().replace("\r", "").splitlines()
    assert lines[-5:] == ["guest 1 got to 1, ESR 0", "guest 2 got to 3, ESR 0", "guest 1 got to 2, ESR 0",
                          "thread goes on: 7", "HARDWARE DONE"]


def all_stopped(machine, where):
    """No core runs anything but the kernel's last loop or its wait for a lock that nobody gives back."""
    for _ in range(2):
        machine.stop()
        assert all(machine.register(gdbstub.CPSR) & 15 == 9 for _ in machine.cpus()), where
        machine.go()


@pytest.mark.parametrize("kernel", KERNELS)
def test_own_serror_stops_all_cores(kernel):
    with Machine(kernel) as machine:
        machine.to_mark()
        machine.leave_to(GUEST_CODE)
        machine.take(CURRENT_SERROR)
        machine.go()
        machine.expect("kernel bug: SError in the kernel, vector 7: ESR ")
        machine.expect("\n")
        text = machine.console()
        all_stopped(machine, kernel)
        assert "HARDWARE" not in text and text.count("kernel bug") == 1


@pytest.mark.parametrize("kernel", KERNELS)
def test_stack_overflow_is_told(kernel):
    """A push below the stack of the core that runs: told once, on another stack."""
    with Machine(kernel) as machine:
        push = machine.kernel.find("irq_handle", *PUSH)
        machine.to_mark()
        machine.leave_to(GUEST_CODE)
        machine.set_register(gdbstub.SP, STACK_TOP - 0x1000)
        machine.set_register(gdbstub.PC, push)
        machine.go()
        machine.expect("kernel bug: exception in the kernel, vector 4: ESR 96000047")
        machine.expect(" FAR ffffe0ff")
        all_stopped(machine, kernel)
        assert machine.console().count("kernel bug") == 1


class Tables:
    """The kernel's translation, as the tables say it: leaves (virtual, physical, size, writable, executable, device)."""

    def __init__(self, machine):
        self.machine, self.leaves = machine, []
        self._walk(machine.register("ttbr0_el2") & ~0xfff, 0, 0)

    def _walk(self, table, level, base):
        data = struct.unpack("<512Q", b"".join(self.machine.memory(table + i, 1024, True) for i in range(0, 4096, 1024)))
        for i, entry in enumerate(data):
            shift = 39 - 9 * level
            address = base | i << shift
            if not entry & 1:
                continue
            if level < 3 and entry & 2:
                self._walk(entry & 0x0000fffffffff000, level + 1, address)
            else:
                physical = entry & 0x0000fffffffff000 & ~((1 << shift) - 1)
                self.leaves.append((address, physical, 1 << shift, not entry & 1 << 7, not entry & 1 << 54,
                                    entry >> 2 & 7 == 0))


@pytest.mark.parametrize("kernel, cpu", [("kernel.elf", "cortex-a53"), ("kernel.elf", "cortex-a72"),
                                         ("kernel-smp.elf", "cortex-a57")])
def test_nothing_is_writable_and_executable(kernel, cpu):
    with Machine(kernel, cpu) as machine:
        machine.to_mark()
        leaves = Tables(machine).leaves
        symbol = machine.kernel.symbols
        for _ in machine.cpus():
            assert machine.register("sctlr_el2") & (1 << 19 | 1 << 3) == 1 << 19 | 1 << 3, "WXN, SA"
    assert not [leaf for leaf in leaves if leaf[3] and leaf[4]], "writable and executable"
    assert not [leaf for leaf in leaves if leaf[5] and leaf[4]], "a device, executable"
    text = [leaf for leaf in leaves if leaf[4]]
    assert [(leaf[0], leaf[2]) for leaf in text] == [
        (at, 4096) for at in range(symbol["kernel_start"], symbol["kernel_text_end"], 4096)]
    constant = {leaf[1] for leaf in text} | {
        leaf[1] for leaf in leaves if symbol["kernel_text_end"] <= leaf[0] < symbol["kernel_rodata_end"]}
    for at, physical, size, writable, _, _ in leaves:
        assert not writable or not any(physical <= page < physical + size for page in constant), hex(at)
    pages = {leaf[0] for leaf in leaves}
    for core in range(KERNELS[kernel]):
        top = STACK_TOP + core * STACK_STEP
        assert top - 4096 in pages and top not in pages and top - 8192 not in pages


class Firmware:
    """Answers the kernel's smc as a firmware at EL3 would that has these functions; counts the workarounds."""
    VERSIONS = {0x84000000: 0x10001, 0x80000000: 0x10001}
    NOT_SUPPORTED = (1 << 64) - 1

    def __init__(self, machine, has):
        self.machine, self.has, self.calls = machine, has, {}

    def answer(self, function, argument):
        if function in self.has:        # a workaround itself
            return 0
        if function in self.VERSIONS:
            return self.VERSIONS[function]
        if function == 0x8400000a and argument == 0x80000000:
            return 0
        return self.has.get(argument, self.NOT_SUPPORTED) if function == 0x80000001 else self.NOT_SUPPORTED

    def serve(self):
        """The call that the machine has stopped at. x1 to x3 are the firmware's to change."""
        function, argument = (self.machine.register(i) & 0xffffffff for i in (0, 1))
        self.calls[function] = self.calls.get(function, 0) + 1
        self.machine.set_register(0, self.answer(function, argument))
        for i in (1, 2, 3):
            self.machine.set_register(i, 0xbad0bad0bad0bad0)
        self.machine.set_register(gdbstub.PC, self.machine.register(gdbstub.PC) + 4)
        return function


@pytest.mark.parametrize("has, called", [
    ({0x80008000: 0, 0x80007fff: 0}, 0x80008000),
    ({0x80008000: 0, 0x80007fff: 1, 0x80003fff: 0}, 0x80003fff),
    ({0x80008000: 1}, None),            # this core does not need it
    ({}, None)])
def test_firmware_workarounds(has, called):
    """Found at boot; from then on each entry from a thread or guest calls the one that is needed, and nothing else changes."""
    with Machine("kernel.elf") as machine:
        firmware = Firmware(machine, has)
        text = range(machine.kernel.symbols["kernel_start"], machine.kernel.symbols["kernel_text_end"], 4)
        for at in (at for at in text if machine.kernel.word(at) == SMC):
            machine.break_at(at)
        end = machine.root.symbols["hardware_end"]
        machine.break_at(end)
        machine.run()
        while machine.register(gdbstub.PC) != end:
            firmware.serve()
            machine.run()
        lines = machine.console().replace("\r", "").splitlines()
        entries = sum(firmware.calls.get(function, 0) for function in (0x80008000, 0x80003fff))
    assert lines[-5:] == ["guest 1 got to 1, ESR 0", "guest 2 got to 3, ESR 0", "guest 1 got to 2, ESR 0",
                          "thread goes on: 7", "HARDWARE DONE"]
    assert firmware.calls.get(0x80007fff, 0) == (1 if has.get(0x80007fff) == 0 else 0)
    assert entries == firmware.calls.get(called, 0) and (entries > 100) == (called is not None)


@pytest.mark.parametrize("kernel", ["kernel.elf", "kernel-smp.elf"])
def test_guest_maintenance_reaches_all_cores(kernel):
    """HCR_EL2 of a guest: FB and BSU (inner shareable) where several cores may have its translations."""
    with Machine(kernel) as machine:
        machine.to_mark()
        machine.leave_to(GUEST_CODE)
        hcr = machine.register("hcr_el2")
    assert hcr >> 9 & 7 == (3 if KERNELS[kernel] > 1 else 0)
    assert hcr & 1 << 1, "SWIO"
