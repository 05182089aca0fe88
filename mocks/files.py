"""Devices and files: ``_DRIVER_OBJECT``, ``_DEVICE_OBJECT``, ``_VPB``, ``_FILE_OBJECT``."""

from __future__ import annotations

from typing import Dict, Optional, Union

from .objects import MockObject
from .processes import Processes

__all__ = ("Files",)

_IO_TYPE_DEVICE = 3
_IO_TYPE_DRIVER = 4
_IO_TYPE_FILE = 5
_IO_TYPE_VPB = 10
_DISK_FILE_SYSTEM = 8


class Files(Processes):
    """A kernel with devices and files; on top of `Processes`."""

    def start_files(self) -> None:
        """Begin without any device."""
        self._devices: Dict[str, MockObject] = {}
        self._drivers: Dict[str, MockObject] = {}

    def driver(self, name: str) -> MockObject:
        """The driver ``\\Driver\\name``."""
        found = self._drivers.get(name)
        if found is None:
            size = self.struct("_DRIVER_OBJECT").size
            found = self.named("Driver", name, "\\Driver", size)
            view = found.body("_DRIVER_OBJECT")
            view["Type"] = _IO_TYPE_DRIVER
            view["Size"] = size
            self.set_text(view, "DriverName", f"\\Driver\\{name}")
            self._drivers[name] = found
        return found

    def device(
        self,
        name: Optional[str],
        driver: str = "volmgr",
        at: Optional[int] = None,
        volume: bool = False,
    ) -> MockObject:
        """The device ``\\Device\\name``; one without a name where ``name`` is None."""
        if name is not None and name in self._devices:
            return self._devices[name]
        size = self.struct("_DEVICE_OBJECT").size
        found = self.named("Device", name, "\\Device" if name else None, size, at=at)
        view = found.body("_DEVICE_OBJECT")
        owner = self.driver(driver)
        view["Type"] = _IO_TYPE_DEVICE
        view["Size"] = size
        view["DriverObject"] = owner.address
        body = owner.body("_DRIVER_OBJECT")
        view["NextDevice"] = body["DeviceObject"]
        body["DeviceObject"] = found.address
        view["DeviceType"] = 7 if volume else 0x22
        if name is not None:
            self._devices[name] = found
        if volume:
            view["Vpb"] = self._mount(found)
        return found

    def _mount(self, device: MockObject) -> int:
        """A volume's ``_VPB`` with the nameless device of the file system behind it."""
        system = self.device(None, "Ntfs")
        system.body("_DEVICE_OBJECT")["DeviceType"] = _DISK_FILE_SYSTEM
        address = self.allocate(self.struct("_VPB").size, self.nonpaged, tag=b"Vpb ")
        vpb = self.view("_VPB", address)
        vpb["Type"] = _IO_TYPE_VPB
        vpb["Size"] = vpb.struct.size
        vpb["Flags"] = 1  # mounted
        vpb["DeviceObject"] = system.address
        vpb["RealDevice"] = device.address
        vpb["ReferenceCount"] = 1
        return address

    def file(
        self,
        path: str,
        device: Union[str, MockObject] = "HarddiskVolume3",
        related: Optional[MockObject] = None,
        at: Optional[int] = None,
        own_page: bool = False,
    ) -> MockObject:
        """An open file: ``path`` is ``FileName``, relative to ``related`` where that is given.

        ``device`` is a name in ``\\Device`` (one of a volume is mounted), or a device.
        """
        if isinstance(device, str):
            device = self.device(device, volume=device.startswith("HarddiskVolume"))
        size = self.struct("_FILE_OBJECT").size
        found = self.object(
            "File",
            size=size,
            headers=self.usual_headers("handle", "quota"),
            at=at,
            own_page=own_page,
        )
        view = found.body("_FILE_OBJECT")
        view["Type"] = _IO_TYPE_FILE
        view["Size"] = size
        view["DeviceObject"] = device.address
        view["Vpb"] = device.body("_DEVICE_OBJECT")["Vpb"]
        view["RelatedFileObject"] = related.address if related is not None else 0
        view["Flags"] = 0x40002  # synchronous, handle created
        view["ReadAccess"] = 1
        view["SharedRead"] = 1
        self.set_text(view, "FileName", path)
        return found
