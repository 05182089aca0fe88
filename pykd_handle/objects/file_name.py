"""The name of a file: the path in ``_FILE_OBJECT.FileName`` behind the name of its device.

Files have no name header; the device has one. A name without a leading backslash is relative
to another open file, or it is a file's id on the volume. Where it begins can't be told any more, as
the I/O manager keeps ``RelatedFileObject`` valid only while the file is being opened.
"""

from __future__ import annotations

from ..hints import Tuple
from ..kernel import Kernel
from ..kernel.strings import read_unicode_string
from ..layout import fields
from ..values import (
    NO_VALUE,
    CorruptedError,
    Few,
    Maybe,
    NamedTuple,
    Reason,
    Unavailable,
    maybe,
)
from .modules import Modules
from .view import View

__all__ = ("FileName", "FileNames")


class FileName(NamedTuple):
    """The parts of a file's name: the device's full and own name, the path in the file object."""

    device_object: Maybe[int]
    device_name: Maybe[str]
    device_leaf: Maybe[str]
    path: Maybe[str]

    @property
    def relative(self) -> bool:
        """Whether the path begins at another file, which is not known."""
        return bool(self.path and self.path[0] != "\\")

    @property
    def full(self) -> Maybe[str]:
        """Device and path together; without a path the device alone; NO_VALUE without both.

        ``\\Device\\HarddiskVolume3\\...\\name`` where the path is relative, so that nobody takes it
        for a file of the volume's root.
        """
        for part in (self.path, self.device_name):
            if isinstance(part, Unavailable):
                return part
        if not self.path:
            return self.device_name
        device = self.device_name or ""
        if not self.relative:
            return device + self.path
        # A stream of the other file begins with a colon.
        return device + "\\..." + ("" if self.path[0] == ":" else "\\") + self.path


class FileNames:
    """Names files of one kernel; each device is named once. Shared by all families, and with it
    the kernel's ``modules``."""

    FIELDS = fields(
        "_FILE_OBJECT",
        "DeviceObject",
        "FileName.Length",
        "FileName.MaximumLength",
        "FileName.Buffer",
    )

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.target = kernel.target
        self.modules = Modules(kernel)
        self._devices: Few[int, Tuple[Maybe[str], Maybe[str]]] = Few()

    def name_of(self, file_object: int) -> FileName:
        """The name of the ``_FILE_OBJECT`` at this virtual address: one read, and its strings."""
        return self.of(View(self.target, self.FIELDS, file_object))

    def of(self, file: View) -> FileName:
        """The name of a ``_FILE_OBJECT``, of which all ``FIELDS`` can be looked at."""
        device, *text = file.cells(*self.FIELDS.paths)
        path = maybe(read_unicode_string, self.target, *text)
        full, leaf = self.device(device)
        return FileName(device, full, leaf, NO_VALUE if path == "" else path)

    def device(self, device: Maybe[int]) -> Tuple[Maybe[str], Maybe[str]]:
        """The full name and the own name of a device object, from its name header."""
        if not device:
            none = NO_VALUE if device == 0 else device
            return none, none
        known = self._devices.get(device)
        if known is None:
            names = maybe(self._names, device)
            known = self._devices[device] = names if names else (names, names)
        return known

    def _names(self, device: int) -> Tuple[Maybe[str], Maybe[str]]:
        if not self.target.is_kernel_address(device):
            raise CorruptedError(device, Reason.THE_DEVICE_OBJECT_IS_NO_ADDRESS_OF_THE_KERNEL)
        headers = self.kernel.headers
        return self.kernel.namespace.names(headers.read(headers.header_of(device)))
