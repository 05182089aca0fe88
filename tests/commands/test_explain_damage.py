"""Damaged memory of a process and of the kernel: rows, and lines about what is wrong; no error of
ours."""

from __future__ import annotations

import random
import struct

import pytest

from mocks import KernelImage
from mocks.target import MockTarget
from mocks.user_space import UserSpace, Vads
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import PykdHandleError

from .asking import Asked

PEB, LIBRARY, HEAP = 0x2FF000, 0x71000000, 0x72000000
COMMANDS = ("modules", "heaps", "regions", f"explain {LIBRARY + 8:x}", "explain 44", "explain",
            "gdi", "gdi --by process", "explain 77050010")  # fmt: skip


def built(layout: str) -> KernelImage:
    image = KernelImage(layout)
    width = image.build.pointer_size
    process = image.processes.add("a.exe", 0x104, peb=PEB, session=1)
    process.handle(image.objects.event(), value=0x44)
    space = UserSpace(process, PEB, width)
    space.module(LIBRARY, 0x5000, r"C:\a.dll")
    space.module(LIBRARY + 0x100000, 0x5000, r"C:\b.dll")
    space.heap(HEAP, [(2 * width, 0xDDEEDDEE)])
    form = "<QIHBBQ" if width == 8 else "<IIHBBI"
    pens = {at: struct.pack(form, 0, 0x104, 0x0130 + (at << 8), 0x10, 0, 0) for at in range(128)}
    space.gdi_table(0x500000, pens)
    vads = Vads(image, process)
    for number in range(6):
        file = image.files.open(r"\a.dll") if number % 2 else None
        vads.add(LIBRARY + 0x100000 * number, 0x10000, file)
    image.processor.current = process
    return image


@pytest.mark.parametrize("layout", ["win10_19041_x64", "winxp_sp3_x86", "win7_sp1_x64"])
def test_random_damage(layout: str) -> None:
    chance = random.Random(layout)
    for count in (3, 30, 300):
        image = built(layout)
        memories = [image.memory, image.processor.current.user]
        for _ in range(count):
            memory = chance.choice(memories)
            place = chance.choice(memory.pages()) + chance.randrange(0, 0xFF8, 4)
            elsewhere = chance.choice(chance.choice(memories).pages()) + chance.randrange(
                0, 4096, 8
            )
            wild = (chance.getrandbits(64), 0, (1 << 64) - 1, elsewhere)
            memory.write(place, chance.choice(wild).to_bytes(8, "little"))
            if not chance.randrange(8):
                memory.drop_page(place)
        for command in COMMANDS:
            try:
                Asked(KernelMode(MockTarget(image)), command)
            except PykdHandleError:
                pass  # one line: there is nothing to show at all
