"""The project's sample: ``python -m mocks.sample FOLDER`` writes a small dump and its symbols.

A Windows 10 machine shortly after start-up, with the examples of Microsoft's documentation of
``!handle`` in it, and with damage as real dumps have it. The same bytes each time.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence

from .clock import NOW
from .dump import write_full_dump
from .kernel_image import KernelImage
from .object import MockObject
from .process import MockProcess
from .trim import dump_text

__all__ = ("BASE", "NAME", "main", "sample_image", "write_sample")

NAME = "windows10_x64"
BASE = 0xFFFFF80424600000

_EXECUTIVE = "\\REGISTRY\\MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\SESSION MANAGER\\EXECUTIVE"
_SYSTEM32 = "\\Windows\\System32"
_LOCAL = "\\Sessions\\1\\BaseNamedObjects"
_USER = (5, (21, 1004336348, 1177238915, 682003330, 1001))


class _Machine:
    """The sample while it is built: the image, and what several processes share."""

    def __init__(
        self, kernel_image: Optional[bytes] = None, symbols: Optional[Mapping[str, int]] = None
    ) -> None:
        self.image = KernelImage(
            "win10_19041_x64", BASE, seed=10, kernel_image=kernel_image, symbols=symbols
        )
        self.processes: Dict[str, MockProcess] = {"System": self.image.processes.system}
        image = self.image
        self.volume = image.files.device("HarddiskVolume3", volume=True)
        image.objects.symbolic_link("\\GLOBAL??\\C:", "\\Device\\HarddiskVolume3")
        self.known_dlls = image.objects.directory("\\KnownDlls")
        self.objects = image.objects.directory("\\BaseNamedObjects")
        self.local = image.objects.directory(_LOCAL)
        self.system_token = image.tokens.add()
        self.user_token = image.tokens.add(_USER, 1, None, 0x2A9F1, ("DESKTOP", "user"))
        image.tokens.set_primary(image.processes.system, self.system_token)

    def process(self, name: str, pid: int, parent: str, session: int = -1) -> MockProcess:
        """A process with a token, one thread and what every process opens first."""
        image = self.image
        process = image.processes.add(
            name,
            pid,
            self.processes[parent],
            peb=0x7F6_0000_0000 + pid * 0x1000,
            session=None if session < 0 else session,
        )
        image.tokens.set_primary(process, self.user_token if session == 1 else self.system_token)
        image.processes.add_thread(process, pid + 4)
        process.handle(image.objects.event(), 0x1F0003)
        process.handle(image.objects.make("WaitCompletionPacket", size=0x40), 0x1)
        process.handle(image.objects.io_completion(), 0x1F0003)
        process.handle(image.objects.directory("\\KnownDlls"), 0x3)
        process.handle(image.files.open(_SYSTEM32, self.volume), 0x100020)
        process.handle(image.objects.etw_registration(), 0x804)
        self.processes[name] = process
        return process

    def files(self, process: MockProcess, access: int, *paths: str) -> List[MockObject]:
        """Open files of the volume."""
        found = [self.image.files.open(path, self.volume) for path in paths]
        for file in found:
            process.handle(file, access)
        return found

    def keys(self, process: MockProcess, access: int, *paths: str) -> None:
        """Open keys, as 14393 and later keep them: with the hives' extra blocks."""
        for path in paths:
            process.handle(self.image.registry.key("\\REGISTRY\\" + path, hive_entry=True), access)


def sample_image(
    kernel_image: Optional[bytes] = None, symbols: Optional[Mapping[str, int]] = None
) -> KernelImage:
    """The kernel of the sample; with the image and the symbols of a linker, if given."""
    machine = _Machine(kernel_image, symbols)
    _kernel(machine)
    _session_manager(machine)
    _services(machine)
    _user(machine)
    return machine.image


def _kernel(machine: _Machine) -> None:
    """System: the kernel handle table, with the documentation's key at 0x14."""
    image, system = machine.image, machine.image.processes.system
    system.handle(system, 0x1FFFFF)
    system.handle(system.threads[0], 0x1FFFFF)
    machine.files(
        system, 0x13019F, "\\$Extend\\$RmMetadata\\$TxfLog\\$TxfLog.blf", "\\pagefile.sys"
    )
    # The documentation shows one reference: all those that the entry kept are spent.
    executive = image.registry.key(_EXECUTIVE, hive_entry=True)
    executive.add_counts(0, -1)
    system.handle(executive, 0x2001F, value=0x14, refcnt=0)
    machine.keys(
        system,
        0x20019,
        "MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\PRODUCTOPTIONS",
        "MACHINE\\HARDWARE\\DESCRIPTION\\SYSTEM\\BIOS",
    )
    system.handle(image.objects.alpc_port("\\PowerMonitorPort", system), 0x1F0001)
    system.handle(image.objects.event("\\KernelObjects\\LowMemoryCondition", manual=True), 0x1F0003)
    system.handle(image.sections.add(name="\\Device\\PhysicalMemory"), 0xF001F, protect=True)


def _session_manager(machine: _Machine) -> None:
    """smss.exe as the documentation shows it, at the same addresses."""
    image = machine.image
    smss = image.processes.add(
        "smss.exe",
        0x138,
        peb=0x7F6639BF000,
        dirbase=0x10CB74000,
        at=0xFFFFFA8004F48940,
        table_at=0xFFFFF8A00066F700,
        leaf_at=0xFFFFF8A000670000,
    )
    machine.processes["smss.exe"] = smss
    image.tokens.set_primary(smss, machine.system_token)
    image.processes.add_thread(smss, 0x13C)
    section = image.sections.add(at=0xFFFFF8A000633F00)
    image.types.place("Section", 0xFFFFFA80035FEF20)
    section.add_counts(0, 262144 - 1 - 0x8000)
    smss.handle(section, 0x6, inherit=True, value=0x40)
    machine.files(smss, 0x100020, "\\Windows")
    smss.handle(image.objects.directory("\\"), 0xF)
    smss.handle(image.objects.alpc_port("\\SmApiPort", smss), 0x1F0001)
    machine.keys(smss, 0x20019, "MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\SESSION MANAGER")
    # 39 handles, as there.
    smss.handles(39 - smss.table.handle_count, [image.objects.event() for _ in range(5)])


def _services(machine: _Machine) -> None:
    image = machine.image
    csrss = machine.process("csrss.exe", 0x1D4, "smss.exe", 0)
    port = image.objects.alpc_port("\\Windows\\ApiPort", csrss)
    csrss.handle(port, 0x1F0001)
    csrss.handle(image.sections.add(name="\\Windows\\SharedSection"), 0xF001F, audit=True)
    wininit = machine.process("wininit.exe", 0x224, "smss.exe", 0)
    services = machine.process("services.exe", 0x2AC, "wininit.exe", 0)
    lsass = machine.process("lsass.exe", 0x2C8, "wininit.exe", 0)
    wininit.handle(lsass, 0x1FFFFF, protect=True)
    wininit.handle(services, 0x1FFFFF)
    machine.keys(services, 0xF003F, "MACHINE\\SYSTEM\\CONTROLSET001\\SERVICES")
    machine.keys(lsass, 0xF003F, "MACHINE\\SAM\\SAM", "MACHINE\\SECURITY\\POLICY")
    lsass.handle(
        image.objects.event("\\SECURITY\\LSA_AUTHENTICATION_INITIALIZED", manual=True), 0x1F0003
    )
    lsass.handle(image.tokens.add(impersonation=2), 0xE)
    lsass.handle(image.objects.alpc_port("\\RPC Control\\lsasspirpc", lsass), 0x1F0001)
    machine.files(lsass, 0x120089, "\\Windows\\debug\\PASSWD.LOG")
    host = machine.process("svchost.exe", 0x3A0, "services.exe", 0)
    lsass.handle(host, 0x1478)
    host.handle(image.objects.mutant("\\BaseNamedObjects\\SessionImmersiveColorMutex"), 0x1F0001)
    host.handle(image.objects.timer(manual=True, due=NOW, period=60000), 0x1F0003)
    host.handle(image.objects.semaphore("\\BaseNamedObjects\\shell.{A48F1A32}", 3, 10), 0x1F0003)
    # A table of three pages, of which the second is not in the dump.
    host.handles(600, [image.objects.event() for _ in range(8)])
    image.memory.drop_page(host.table.leaves[1])


def _user(machine: _Machine) -> None:
    """Session 1: a shell, a process that has exited, and notepad.exe, the current process."""
    image = machine.image
    csrss = image.processes.add("csrss.exe", 0x22C, machine.processes["smss.exe"], session=1)
    image.tokens.set_primary(csrss, machine.system_token)
    explorer = machine.process("explorer.exe", 0xBF4, "smss.exe", 1)
    explorer.handle(image.objects.window_station(), 0xF037F)
    explorer.handle(image.objects.desktop(), 0xF01FF)
    explorer.handle(machine.user_token, 0xF01FF)
    machine.keys(explorer, 0xF003F, "USER\\S-1-5-21-1004336348-1177238915-682003330-1001")
    setup = machine.process("setup.exe", 0xE2C, "explorer.exe", 1)
    notepad = machine.process("notepad.exe", 0x1514, "explorer.exe", 1)
    explorer.handle(notepad, 0x1FFFFF)
    explorer.handle(setup, 0x101000)
    setup.exit()
    csrss.handle(notepad, 0x1FFFFF)
    csrss.handle(notepad.threads[0], 0x1FFFFF)
    _notepad(machine, notepad)
    image.processor.current = notepad


def _notepad(machine: _Machine, notepad: MockProcess) -> None:
    image = machine.image
    files = machine.files(
        notepad,
        0x120089,
        "\\Users\\user\\Documents\\notes.txt",
        f"{_SYSTEM32}\\en-US\\notepad.exe.mui",
        "\\Windows\\Fonts\\StaticCache.dat",
        "\\Users\\user\\Documents\\\u041f\u0440\u0438\u0432\u0435\u0442.txt",
    )
    notepad.handle(image.files.open("stream", machine.volume, related=files[0]), 0x120089)
    notepad.handle(
        image.files.open("\\Reference", image.files.device("ConDrv", "condrv")), 0x12019F
    )
    notepad.handle(image.sections.add(files[2]), 0x4)
    notepad.handle(image.sections.add(name=f"{_LOCAL}\\windows_shell_global_counters"), 0x6)
    notepad.handle(image.sections.add(image.files.open(f"{_SYSTEM32}\\ntdll.dll"), image=True), 0xC)
    notepad.handle(machine.local, 0xF)
    notepad.handle(
        image.objects.event(f"{_LOCAL}\\MSCTF.CtfActivated.Default1"), 0x1F0003, inherit=True
    )
    notepad.handle(
        image.objects.event("\\BaseNamedObjects\\TermSrvReadyEvent", manual=True), 0x100000
    )
    notepad.handle(image.objects.mutant(f"{_LOCAL}\\SM0:5396:304:WilStaging_02"), 0x1F0001)
    owned = image.objects.mutant(f"{_LOCAL}\\notepad.single", owner=notepad.threads[0])
    notepad.handle(owned, 0x1F0001, protect=True)
    notepad.handle(image.objects.symbolic_link(f"{_LOCAL}\\Global", "\\BaseNamedObjects"), 0x1)
    machine.keys(
        notepad,
        0x20019,
        "MACHINE\\SYSTEM\\CONTROLSET001\\CONTROL\\NLS\\SORTING\\VERSIONS",
        "USER\\S-1-5-21-1004336348-1177238915-682003330-1001\\SOFTWARE\\MICROSOFT\\NOTEPAD",
    )
    notepad.handle(notepad.threads[0], 0x1FFFFF)
    notepad.handle(machine.processes["explorer.exe"], 0x1000)
    notepad.handle(image.tokens.add(_USER, 1, 2, 0x2A9F1, ("DESKTOP", "user")), 0xC)
    notepad.handle(image.objects.job(processes=[notepad], session=1), 0x1F003F)
    server = image.objects.alpc_port(f"{_LOCAL}\\msctf.server", machine.processes["explorer.exe"])
    notepad.handle(image.objects.alpc_port(owner=notepad, server=server), 0x1F0001)
    for type_name in ("TpWorkerFactory", "IRTimer", "WaitCompletionPacket"):
        notepad.handle(image.objects.make(type_name, size=0x40))
    # An object whose page is not in the dump, and two handles that were closed.
    lost = image.objects.event(own_page=True)
    notepad.handle(lost, 0x1F0003)
    closed = [notepad.handle(image.objects.event(), 0x1F0003) for _ in range(3)]
    notepad.close(closed[0])
    notepad.close(closed[1])
    image.memory.drop_page(lost.header)


def write_sample(folder: Path) -> None:
    """Write the dump and its symbols into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    image = sample_image()
    write_full_dump(image, folder / f"{NAME}.dmp")
    (folder / f"{NAME}.json").write_bytes(dump_text(image.isf()).encode("utf-8"))


def main(arguments: Sequence[str]) -> int:
    """Write the files; returns the exit code."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    write_sample(Path(arguments[0]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
