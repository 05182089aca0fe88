"""Devices and files: ``_DRIVER_OBJECT``, ``_DEVICE_OBJECT``, ``_VPB``, ``_FILE_OBJECT``."""

from __future__ import annotations

from typing import Dict, Optional, Union

from .headers import Headers
from .object import MockObject
from .objects import Objects
from .pool import Pool
from .written import whole, writes

__all__ = ("Files",)

whole("_FILE_OBJECT", "_VPB")
writes("_DEVICE_OBJECT", "Size", "NextDevice", "Vpb", "DeviceExtension")
writes("_DRIVER_OBJECT", "Size", "DeviceObject")

_IO_TYPE_DEVICE = 3
_IO_TYPE_DRIVER = 4
_IO_TYPE_FILE = 5
_IO_TYPE_VPB = 10
_DISK_FILE_SYSTEM = 8


class Files:
    """Makes devices and files."""

    def __init__(self, pool: Pool, headers: Headers, objects: Objects) -> None:
        self._pool = pool
        self._memory = pool.memory
        self._build = pool.memory.build
        self._objects = objects
        self._headers = headers
        self._devices: Dict[str, MockObject] = {}
        self._drivers: Dict[str, MockObject] = {}

    def driver(self, name: str) -> MockObject:
        """The driver ``\\Driver\\name``."""
        found = self._drivers.get(name)
        if found is None:
            size = self._build.struct("_DRIVER_OBJECT").size
            found = self._objects.make("Driver", name, "\\Driver", size)
            view = found.body("_DRIVER_OBJECT")
            view["Type"] = _IO_TYPE_DRIVER
            view["Size"] = size
            self._pool.set_text(view, "DriverName", f"\\Driver\\{name}")
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
        size = self._build.struct("_DEVICE_OBJECT").size
        found = self._objects.make("Device", name, "\\Device" if name else None, size, at=at)
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
        vpb = self._pool.new("_VPB", self._pool.nonpaged, tag=b"Vpb ")
        vpb["Type"] = _IO_TYPE_VPB
        vpb["Size"] = vpb.struct.size
        vpb["Flags"] = 1  # mounted
        vpb["DeviceObject"] = system.address
        vpb["RealDevice"] = device.address
        vpb["ReferenceCount"] = 1
        return vpb.address

    def open(
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
        size = self._build.struct("_FILE_OBJECT").size
        found = self._objects.make(
            "File",
            size=size,
            headers=self._headers.usual("handle", "quota"),
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
        self._pool.set_text(view, "FileName", path)
        return found
