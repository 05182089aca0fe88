"""An audit zoo: processes of every trust, 20 handles, of which 9 are findings."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from mocks.kernel_image import KernelImage
from mocks.object import MockObject
from mocks.process import MockProcess
from mocks.tokens import ADMINISTRATORS, HIGH, LOW, MEDIUM, SYSTEM

__all__ = ("AuditZoo", "Found")

Found = Tuple[int, int, str]
"""The holder's id, the handle, the rule."""

_USER = (5, (21, 1, 2, 3, 1001))
_NETWORK_SERVICE = (5, (20,))
_PACKAGE = (15, (2, 1, 2, 3, 4, 5, 6, 7))
_WINTCB, _ANTIMALWARE = 0x61, 0x31  # PS_PROTECTED_WINTCB_LIGHT, PS_PROTECTED_ANTIMALWARE_LIGHT
_SERVICES = "\\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\Spooler"


class AuditZoo:
    """The zoo while it is built. ``findings`` are those that are to be found, ``quiet`` the handles
    that no rule may speak of."""

    def __init__(self, image: Optional[KernelImage] = None) -> None:
        self.image = image or KernelImage()
        self.findings: List[Found] = []
        self.quiet: List[Tuple[int, int]] = []
        self._pid = 0x104
        self.tokens: Dict[str, MockObject] = {}
        self.image.tokens.set_primary(
            self.image.processes.system, self.token(SYSTEM, 0, admin=True)
        )

    def token(
        self,
        integrity: int,
        session: int,
        admin: bool = False,
        level: Optional[int] = None,
        user: Tuple[int, Tuple[int, ...]] = _USER,
        package: Optional[Tuple[int, Tuple[int, ...]]] = None,
    ) -> MockObject:
        """A token; ``level`` makes it one to impersonate with."""
        found = self.image.tokens.add(user, session, level)
        self.image.tokens.trust(found, integrity, [ADMINISTRATORS] if admin else [], package)
        return found

    def process(
        self,
        name: str,
        integrity: int,
        session: int = 1,
        admin: bool = False,
        parent: Optional[MockProcess] = None,
        level: int = 0,
        package: Optional[Tuple[int, Tuple[int, ...]]] = None,
    ) -> MockProcess:
        """A process with a token and one thread."""
        pid, self._pid = self._pid, self._pid + 0x104
        found = self.image.processes.add(
            name, pid, parent or self.image.processes.system, session=session
        )
        token = self.tokens[name] = self.token(integrity, session, admin, package=package)
        self.image.tokens.set_primary(found, token)
        self.image.processes.add_thread(found, pid + 4)
        if level:
            found.view["Protection.Level"] = level
        return found

    def bad(self, rule: str, holder: MockProcess, handle: int) -> None:
        """Say that a rule must speak against this handle."""
        self.findings.append((holder.pid, handle, rule))

    def good(self, holder: MockProcess, handle: int) -> None:
        """Say that no rule may speak of this handle."""
        self.quiet.append((holder.pid, handle))

    def fill(self) -> AuditZoo:
        """All the processes, and the 20 handles."""
        image = self.image
        csrss = self.process("csrss.exe", SYSTEM, admin=True, level=_WINTCB)
        wininit = self.process("wininit.exe", SYSTEM, 0, True, level=_WINTCB)
        services = self.process("services.exe", SYSTEM, 0, True, level=_WINTCB)
        lsass = self.process("lsass.exe", SYSTEM, 0, True)
        defender = self.process("MsMpEng.exe", SYSTEM, 0, True, level=_ANTIMALWARE)
        rpcss = self.process("svchost.exe", SYSTEM, 0)
        dumper = self.process("updater.exe", SYSTEM, 0, True)
        explorer = self.process("explorer.exe", MEDIUM)
        admin = self.process("mmc.exe", HIGH, admin=True)
        browser = self.process("browser.exe", MEDIUM, parent=explorer)
        sandbox = self.process("renderer.exe", LOW, parent=browser, package=_PACKAGE)
        stranger = self.process("other.exe", MEDIUM, session=2)
        debugger = self.process("windbg.exe", MEDIUM, parent=explorer)
        debuggee = self.process("setup.exe", HIGH, admin=True, parent=debugger)
        port = image.objects.make("DebugObject", size=0x40)
        debuggee.view["DebugPort"] = port.address
        debugger.handle(port, 0x1F000F)
        image.processor.current = explorer

        self.bad("process", explorer, explorer.handle(admin, 0x28))
        self.good(explorer, explorer.handle(admin, 0x101000))
        self.good(browser, browser.handle(sandbox, 0x1FFFFF))
        self.bad("thread", sandbox, sandbox.handle(browser.threads[0], 0x10))
        self.good(admin, admin.handle(explorer.threads[0], 0x1FFFFF))
        known = self.token(SYSTEM, 0, True, level=2)
        self.bad("token", rpcss, rpcss.handle(known, 0xE))
        asked = self.token(SYSTEM, 0, True, level=1)
        self.good(rpcss, rpcss.handle(asked, 0xE))
        self.bad("protected", admin, admin.handle(defender, 0x10))
        self.good(csrss, csrss.handle(defender, 0x1FFFFF))
        self.bad("lsass", dumper, dumper.handle(lsass, 0x1010))
        self.good(wininit, wininit.handle(lsass, 0x1FFFFF))
        self.good(defender, defender.handle(lsass, 0x1410))
        directory = image.objects.directory("\\KnownDlls")
        self.bad("known-dlls", admin, admin.handle(directory, 0x7))
        self.good(explorer, explorer.handle(directory, 0x3))
        self.bad("service-key", explorer, explorer.handle(image.registry.key(_SERVICES), 0x20006))
        self.good(services, services.handle(image.registry.key(_SERVICES), 0xF003F))
        shared = image.sections.add()
        value = browser.handle(shared, 0x6, inherit=True, value=0x300)
        self.bad("inherited", sandbox, sandbox.handle(shared, 0x6, inherit=True, value=value))
        self.good(sandbox, sandbox.handle(shared, 0x6))
        self.bad("process", stranger, stranger.handle(explorer, 0x40))
        self.good(debugger, debugger.handle(debuggee, 0x1FFFFF))
        return self
