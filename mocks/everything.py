"""A kernel with one object of every type of which something is known, for docs/objects.md."""

from __future__ import annotations

from typing import Callable, Dict, List, Tuple

from pykd_handle.objects import families
from pykd_handle.values import PykdHandleError

from .clock import NOW
from .kernel_image import KernelImage
from .object import MockObject
from .process import MockProcess, MockThread
from .tokens import ADMINISTRATORS, MEDIUM, SYSTEM
from .user_space import Vads
from .written import whole

__all__ = ("fill", "one_of_each")

whole("_GUID")

_LPC = "Port", "WaitablePort"
_ROOM = 0x800  # bytes of a body whose structure the build does not have
_NOTEPAD = 0x400000
_MINUTE = 60 * 10_000_000


def one_of_each(layout: str) -> Tuple[KernelImage, Dict[str, MockObject]]:
    """An image of this build, and the objects by the names of their types."""
    image = KernelImage(layout)
    return image, fill(image)


def fill(image: KernelImage) -> Dict[str, MockObject]:
    """Put the objects into an image: they, by the names of their types."""
    makers = dict(_Maker(image).makers())
    found: Dict[str, MockObject] = {}
    # No build after 2003 has LPC's ports, though later symbols describe them.
    others = families().keys() - makers.keys() - set(_LPC)
    for name in (*makers, *sorted(others)):
        try:
            found[name] = makers[name]()
        except (PykdHandleError, KeyError):
            # Nothing makes one, or the symbols of this build do not describe it: a body of zeros.
            found[name] = image.objects.make(name, "Object", size=_ROOM)
    return found


class _Maker:
    def __init__(self, image: KernelImage) -> None:
        self.image = image
        image.objects.symbolic_link(r"\GLOBAL??\C:", r"\Device\HarddiskVolume3")
        self.smss = image.processes.add("smss.exe", 0x138)
        self.notepad = image.processes.add(
            "notepad.exe", 0x1514, parent=self.smss, session=1, peb=0x7FFD0000
        )
        self._threads: List[MockThread] = []
        if image.build.has_struct("_MMVAD") and image.build.has_struct("_DEVICE_OBJECT"):
            file = image.files.open(r"\Windows\System32\notepad.exe")
            Vads(image, self.notepad).add(_NOTEPAD, 0x38000, file, image=True)

    @property
    def thread(self) -> MockThread:
        """The one thread of the second process."""
        if not self._threads:
            thread = self.image.processes.add_thread(self.notepad, 0x1518)
            thread.view["Win32StartAddress"] = _NOTEPAD + 0x1F40
            thread.view.put("Tcb.WaitReason", 6)  # UserRequest
            self._threads.append(thread)
        return self._threads[0]

    def makers(self) -> List[Tuple[str, Callable[[], MockObject]]]:
        """Types, and what makes an object of each."""
        image = self.image
        return [
            ("ALPC Port", self._port),
            ("DebugObject", self._debug_object),
            ("Desktop", image.objects.desktop),
            ("Device", lambda: image.files.device("HarddiskVolume3", volume=True)),
            ("Directory", lambda: image.objects.directory(r"\BaseNamedObjects")),
            ("Driver", lambda: image.files.driver("volmgr")),
            ("EtwRegistration", self._registration),
            ("Event", self._event),
            ("File", self._file),
            ("IRTimer", self._irtimer),
            ("IoCompletion", lambda: image.objects.io_completion(r"\BaseNamedObjects\Port")),
            ("Job", self._job),
            ("Key", self._key),
            ("Mutant", self._mutant),
            ("Process", lambda: self._process(self.notepad)),
            ("Section", self._section),
            ("Semaphore", lambda: image.objects.semaphore(r"\BaseNamedObjects\Slots", 3, 8)),
            (
                "SymbolicLink",
                lambda: image.objects.symbolic_link(r"\GLOBAL??\D:", r"\Device\HarddiskVolume4"),
            ),
            ("Thread", lambda: self.thread.object),
            ("Timer", self._timer),
            ("TmEn", lambda: self._of_transactions("TmEn", "_KENLISTMENT")),
            ("TmRm", lambda: self._of_transactions("TmRm", "_KRESOURCEMANAGER")),
            ("TmTm", lambda: self._of_transactions("TmTm", "_KTM")),
            ("TmTx", lambda: self._of_transactions("TmTx", "_KTRANSACTION")),
            ("Token", self._token),
            ("Type", lambda: image.types.add("Event")),
            ("WindowStation", image.objects.window_station),
            # LPC's ports; from Vista on ports are ALPC's.
            *(self._lpc_ports() if image.build.number < 6000 else []),
        ]

    def _event(self) -> MockObject:
        image = self.image
        item = image.objects.event(r"\BaseNamedObjects\Ready", manual=True)
        self.smss.handle(item)
        self.notepad.handle(item, access=0x100000)
        block = image.memory.view("_KWAIT_BLOCK", image.pool.allocate(0x40))
        image.memory.link(item.address + 8, block.address)
        block["Thread"] = self.thread.address
        block["Object"] = item.address
        block.put("NextWaitBlock", block.address)
        self.thread.view["Tcb.WaitBlockList"] = block.address
        self.thread.view.put("Tcb.WaitBlockCount", 1)
        return item

    def _mutant(self) -> MockObject:
        return self.image.objects.mutant(r"\BaseNamedObjects\OnlyOne", owner=self.thread)

    def _timer(self) -> MockObject:
        item = self.image.objects.timer(r"\BaseNamedObjects\Tick", due=_MINUTE, period=0)
        body = item.body("_ETIMER")
        body["KeTimer.Header.Inserted"] = 1
        body["Period"] = 1000
        return item

    def _irtimer(self) -> MockObject:
        item = self.image.objects.make("IRTimer", None, size=_ROOM)
        header = item.body("_DISPATCHER_HEADER")
        header["Type"] = 24 if self.image.build.has_struct("_KTIMER2") else 8
        self.image.memory.empty_list(header.address + 8)
        return item

    def _debug_object(self) -> MockObject:
        image = self.image
        item = image.objects.make("DebugObject", None, size=_ROOM)
        image.memory.empty_list(item.address + 8)
        sizes = image.build.struct("_KEVENT").size, image.build.struct("_FAST_MUTEX").size
        image.memory.empty_list(item.address + sum(sizes))
        self.smss.view["DebugPort"] = item.address
        return item

    def _file(self) -> MockObject:
        item = self.image.files.open(r"\Windows\System32\notepad.exe")
        self.notepad.handle(item, access=0x120089)
        return item

    def _key(self) -> MockObject:
        item = self.image.registry.key(r"\REGISTRY\MACHINE\SOFTWARE\Contoso")
        body = item.body("_CM_KEY_BODY")
        body["ProcessID"] = self.notepad.pid
        block = self.image.registry.kcb(r"\REGISTRY\MACHINE\SOFTWARE\Contoso")
        block.put("KcbLastWriteTime.QuadPart", NOW)
        return item

    def _section(self) -> MockObject:
        file = self.image.files.open(r"\Windows\System32\ntdll.dll")
        item = self.image.sections.add(
            file, name=r"\KnownDlls\ntdll.dll", size=0x1F8000, image=True
        )
        if self.image.build.has_struct("_SECTION"):
            item.body("_SECTION")["InitialPageProtection"] = 0x80
        return item

    def _job(self) -> MockObject:
        item = self.image.objects.job(None, [self.notepad], session=1)
        body = item.body("_EJOB")
        body["LimitFlags"] = 0x2000 | 0x100 | 0x8 | 0x2
        body["ActiveProcessLimit"] = 4
        body["ProcessMemoryLimit"] = 0x4000
        body["PerProcessUserTimeLimit.QuadPart"] = _MINUTE
        self.image.memory.link(body.at("ProcessListHead"), self.notepad.view.at("JobLinks.Flink"))
        return item

    def _port(self) -> MockObject:
        server = self.image.objects.alpc_port(r"\RPC Control\epmapper", self.smss)
        item = self.image.objects.alpc_port(None, self.notepad, server)
        if self.image.build.has_struct("_KALPC_MESSAGE"):
            message = self.image.pool.new("_KALPC_MESSAGE")
            message["WaitingThread"] = self.thread.address
            self.image.memory.link(item.body("_ALPC_PORT").at("PendingQueue"), message.at("Entry"))
            item.body("_ALPC_PORT").put("PendingQueueLength", 1)
        return item

    def _of_transactions(self, kind: str, struct: str) -> MockObject:
        """One of the kernel transaction manager's, in its second state: with a mutex, or with an
        event first, which nobody waits for, and a log."""
        image = self.image
        item = image.objects.make(kind, None, size=image.build.struct(struct).size)
        body = item.body(struct)
        body["State"] = 0x101 if kind == "TmEn" else 2
        if kind in ("TmEn", "TmTm"):
            body["Mutex.Header.Type"] = 2
            if kind == "TmTm":
                image.pool.set_text(body, "LogFileName", r"\Device\HarddiskVolume3\KtmLog")
        else:
            image.memory.empty_list(item.address + 8)
            body["Tm"] = self._of_transactions("TmTm", "_KTM").address
        return item

    def _lpc_ports(self) -> List[Tuple[str, Callable[[], MockObject]]]:
        return [
            ("Port", lambda: self._lpc_port("Port", r"\SeRmCommandPort", 4)),
            ("WaitablePort", lambda: self._lpc_port("WaitablePort", r"\NLAPublicPort", 0x24)),
        ]

    def _lpc_port(self, kind: str, name: str, flags: int) -> MockObject:
        """The client's end of a connection to a port of this name."""
        image = self.image
        size = image.build.struct("_LPCP_PORT_OBJECT").size
        server, item = (
            image.objects.make(kind, name, size=size),
            image.objects.make(kind, size=size),
        )
        for port, bits, process in ((server, 1, self.smss), (item, flags, self.notepad)):
            body = port.body("_LPCP_PORT_OBJECT")
            body["ConnectionPort"] = server.address
            body["Creator.UniqueProcess"] = process.pid
            body["Flags"] = bits
            image.memory.empty_list(body.at("MsgQueue.ReceiveHead"))
        server.body("_LPCP_PORT_OBJECT")["ServerProcess"] = self.smss.address
        return item

    def _registration(self) -> MockObject:
        image = self.image
        item = image.objects.etw_registration()
        body = item.body("_ETW_REG_ENTRY")
        guid = image.memory.view("_ETW_GUID_ENTRY", image.pool.allocate(0x200))
        guid.fill("Guid", bytes.fromhex("33221100554477668899aabbccddeeff"))
        body["GuidEntry"] = guid.address
        body["Process"] = self.notepad.address
        body["EnableMask"] = 1
        for field, value in (("IsEnabled", 1), ("Level", 4), ("LoggerId", 2)):
            guid.put(f"EnableInfo[0].{field}", value)
        guid.put("EnableInfo[0].MatchAnyKeyword", 0x10)
        return item

    def _token(self) -> MockObject:
        item = self.image.tokens.add(
            user=(5, (21, 1, 2, 3, 1000)), session=1, luid=0x51234, account=("CORP", "alice")
        )
        self.image.tokens.trust(item, MEDIUM)
        return item

    def _process(self, process: MockProcess) -> MockObject:
        token = self.image.tokens.add(session=1)
        self.image.tokens.trust(token, SYSTEM, [ADMINISTRATORS])
        self.image.tokens.set_primary(process, token)
        return process.object
