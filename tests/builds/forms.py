"""One layout for each form of handle table entry and object header, with bytes written by hand.

The numbers come from the layout notes of public PDBs: which bits of an entry are the pointer and
the attributes, where a header keeps its type and its optional headers.
"""

from __future__ import annotations

from typing import NamedTuple, Tuple

import pytest

__all__ = ("BY_FORM", "FORMS", "Form")


class Form(NamedTuple):
    """A build whose kernel has a form of its own.

    ``header`` is the address of an object header; ``entries`` are (first word, second word,
    attributes) of entries in use that lead to it with the access 0x12019f. ``old`` says that the
    header holds a pointer to its type, ``encoded`` that its index is encoded.
    """

    layout: str
    header: int
    entries: Tuple[Tuple[int, int, Tuple[str, ...]], ...]
    old: bool = False
    encoded: bool = False


_P, _I, _A = "protect", "inherit", "audit"

FORMS: Tuple[Form, ...] = (
    # Up to 7: bit 0 unlocked, 1 inherit, 2 audit; protection is bit 25 of the access.
    Form(
        "winxp_sp3_x86",
        0x85ABC018,
        (
            (0x85ABC019, 0x0012019F, ()),
            (0x85ABC018, 0x0012019F, ()),  # locked, and in use all the same
            (0x85ABC01B, 0x0012019F, (_I,)),
            (0x85ABC01D, 0x0012019F, (_A,)),
            (0x85ABC019, 0x0212019F, (_P,)),
            (0x85ABC01F, 0x0212019F, (_P, _I, _A)),
        ),
        old=True,
    ),
    Form(
        "win2003_sp2_x64",
        0xFFFFFADFE6ABC010,
        (
            (0xFFFFFADFE6ABC011, 0x0012019F, ()),
            (0xFFFFFADFE6ABC013, 0x0012019F, (_I,)),
            (0xFFFFFADFE6ABC017, 0x0212019F, (_P, _I, _A)),
        ),
        old=True,
    ),
    Form(
        "vista_sp2_x86",
        0x85ABC018,
        ((0x85ABC01B, 0x0212019F, (_P, _I)), (0x85ABC01D, 0x0012019F, (_A,))),
        old=True,
    ),
    Form(
        "vista_sp0_x64",
        0xFFFFFA8001ABC010,
        ((0xFFFFFA8001ABC013, 0x0012019F, (_I,)), (0xFFFFFA8001ABC011, 0x0212019F, (_P,))),
        old=True,
    ),
    Form(
        "win7_sp1_x86",
        0x85ABC018,
        ((0x85ABC01D, 0x0012019F, (_A,)), (0x85ABC019, 0x0212019F, (_P,))),
    ),
    Form(
        "win7_sp1_x64",
        0xFFFFFA801A850AF0,
        (
            (0xFFFFFA801A850AF1, 0x0012019F, ()),
            (0xFFFFFA801A850AF7, 0x0212019F, (_P, _I, _A)),
        ),
    ),
    # 8.0 x64: pointer bits from 23 on, of an address of 45 bits; attributes at 20.
    Form(
        "win8_x64",
        0xFFFFFA8004F48940,
        (
            # 0xa8004f4894 << 23 | 1; bits 1 to 19 count references.
            (0xD40027A44A000001 | 0x1FFFE, 0x0012019F, ()),
            (0xD40027A44A100001, 0x0012019F, (_P,)),
            (0xD40027A44A200001, 0x0012019F, (_I,)),
            (0xD40027A44A400001, 0x0012019F, (_A,)),
            (0xD40027A44A700001, 0xFE12019F, (_P, _I, _A)),
        ),
    ),
    # 8.1 to 11: pointer bits from 20 on, attributes at 17, references from 1 to 16.
    Form(
        "win81_x64",
        0xFFFFE00001234560,
        (
            (0xE00001234560_0001 | 0xFFFE, 0x0012019F, ()),
            (0xE00001234562_0001, 0x0012019F, (_P,)),
            (0xE00001234564_0001, 0x0012019F, (_I,)),
            (0xE00001234568_0001, 0x0012019F, (_A,)),
            (0xE0000123456E_0001, 0x0212019F, (_P, _I, _A)),  # bit 25 is NoRightsUpgrade here
        ),
    ),
    Form(
        "win10_19041_x64",
        0xFFFFC20239807050,
        (
            (0xC20239807050FFF9, 0x0012019F, ()),
            (0xC20239807052FFF9, 0x0012019F, (_P,)),
            (0xC20239807054FFF9, 0x0012019F, (_I,)),
            (0xC20239807058FFF9, 0x0212019F, (_A,)),
        ),
        encoded=True,
    ),
    Form(
        "win11_26100_x64",
        0xFFFFC20239807050,
        ((0xC2023980705EFFF9, 0x0012019F, (_P, _I, _A)),),
        encoded=True,
    ),
    Form(
        "win11_26100_arm64",
        0xFFFFC20239807050,
        ((0xC20239807050FFF9, 0x0012019F, ()), (0xC20239807056FFF9, 0x0012019F, (_P, _I))),
        encoded=True,
    ),
    # 57-bit kernels: pointer bits from 11 on, attributes at 8, references from 1 to 7.
    Form(
        "win11_26100_la57_x64",
        0xFF42C40B00001230,
        (
            # 0xff42c40b0000123 << 11, less what goes over the top.
            (0xA162058000091800 | 0x7F, 0x0012019F, ()),
            (0xA162058000091901, 0x0012019F, (_P,)),
            (0xA162058000091A01, 0x0012019F, (_I,)),
            (0xA162058000091C01, 0x0012019F, (_A,)),
        ),
        encoded=True,
    ),
    # 32 bits from 8 on: 1 inherit and 2 audit beside the pointer, protection in bit 25 of the
    # second word; what stands above it counts references, and from 8.1 on bit 26 is a flag.
    Form(
        "win8_x86",
        0x85ABC018,
        (
            (0x85ABC019, 0xFC12019F, ()),
            (0x85ABC01B, 0x0012019F, (_I,)),
            (0x85ABC01D, 0x0012019F, (_A,)),
            (0x85ABC019, 0x0212019F, (_P,)),
        ),
    ),
    Form(
        "win81_x86",
        0x85ABC018,
        ((0x85ABC01F, 0xFE12019F, (_P, _I, _A)), (0x85ABC019, 0xFC12019F, ())),
    ),
    Form(
        "win10_19041_x86",
        0x85ABC018,
        ((0x85ABC019, 0x0412019F, ()), (0x85ABC01B, 0x0212019F, (_P, _I))),
        encoded=True,
    ),
)

BY_FORM = pytest.mark.parametrize("form", FORMS, ids=[form.layout for form in FORMS])
