"""Checks of a layout against memory: they pass where it fits, and one of them fails elsewhere."""

from __future__ import annotations

from typing import Dict

import pytest

from mocks import KernelImage, MockTarget, builds
from pykd_handle.kernel.plausibility import check_layout
from pykd_handle.kernel.state_checks import COUNT, STATE
from pykd_handle.layout import Struct

ALWAYS = {
    "System's process id",
    "System's image name",
    "System's parent",
    "System's exit time",
    "the process id in System's handle table",
    "the size of System's handle table",
    "handle 4 leading to System",
    "the ids of the processes",
    "the names of the processes",
    "the process ids in their handle tables",
    "the names of the object types",
    "the type of the root directory",
    "the ids that processes know",
    "the exit status of the processes",
    "the current process, System",
}


def filled(layout: str) -> KernelImage:
    image = KernelImage(layout)
    image.processes.system.handle(image.processes.system, value=4)
    for number in range(4):
        process = image.processes.add(f"p{number}.exe", 0x104 + 0x40 * number)
        process.handle(image.objects.event())
        if image.build.has_struct("_ETHREAD"):
            image.processes.add_thread(process)
    return image


class Mistaken(MockTarget):
    """Reads one kernel with the layout of another; symbols are those of the debugger data."""

    known = (
        "PsActiveProcessHead",
        "PspCidTable",
        "ObpRootDirectoryObject",
        "ObpTypeObjectType",
        "KiProcessorBlock",
    )

    def __init__(self, image: KernelImage, layout: str) -> None:
        super().__init__(image)
        self.layout = builds.load(layout)
        self.symbols_recovered = True

    def struct(self, name: str) -> Struct:
        return self.layout.struct(name)

    def symbol(self, name: str) -> int:
        if name not in self.known:
            from pykd_handle.values import MissingSymbol

            raise MissingSymbol(name)
        return super().symbol(name)


@pytest.mark.parametrize("layout", builds.names())
def test_the_right_layout_passes_every_check(layout: str) -> None:
    image = filled(layout)
    verdict = check_layout(Mistaken(image, layout))
    assert verdict.failed == []
    threads = {"the ids that threads know", "the process ids that running threads know"}
    counts = {"the counts of their handles"}
    expected = ALWAYS | (threads if image.build.has_struct("_ETHREAD") else set())
    assert set(verdict.passed) - counts == expected
    # From 8 on several free lists may share the count, and only symbols say how many.
    assert counts <= set(verdict.passed) or image.build.has_struct("_HANDLE_TABLE_FREE_LIST")


# Pairs of neighbours whose processes, tables, headers or types are laid out differently.
@pytest.mark.parametrize(
    ("real", "taken"),
    [
        ("winxp_sp3_x86", "vista_sp2_x86"),
        ("vista_sp2_x86", "winxp_sp3_x86"),
        ("vista_sp2_x86", "win7_sp1_x86"),
        ("win7_sp1_x86", "win8_x86"),
        ("win8_x86", "win7_sp1_x86"),
        ("win81_x86", "win10_19041_x86"),
        ("win2003_sp2_x64", "vista_sp0_x64"),
        ("vista_sp0_x64", "win7_sp1_x64"),
        ("win7_sp1_x64", "vista_sp0_x64"),
        ("win7_sp1_x64", "win8_x64"),
        ("win8_x64", "win81_x64"),
        ("win81_x64", "win8_x64"),
        ("win81_x64", "win10_1507_x64"),
        ("win10_1507_x64", "win10_14393_x64"),
        ("win10_17763_x64", "win10_19041_x64"),
        ("win10_19041_x64", "win10_17763_x64"),
        ("win11_22621_x64", "win11_26100_x64"),
        ("win11_26100_x64", "win11_22621_x64"),
        ("win11_26100_x64", "win11_26100_arm64"),
        ("win11_26100_arm64", "win11_26100_x64"),
        ("win11_26100_x64", "win11_26100_la57_x64"),
    ],
)
def test_a_wrong_layout_fails_one(real: str, taken: str) -> None:
    assert check_layout(Mistaken(filled(real), taken)).failed


FIELDS: Dict[str, str] = {
    "the ids of the processes": "UniqueProcessId",
    "the process ids in their handle tables": "UniqueProcessId",
}


@pytest.mark.parametrize("what", FIELDS)
def test_one_damaged_process_of_many_is_no_other_layout(what: str) -> None:
    image = filled("win10_19041_x64")
    image.processes.all[2].view[FIELDS[what]] = 0x333
    verdict = check_layout(MockTarget(image))
    assert verdict.failed == [] and what in verdict.passed
    for process in image.processes.all[1:]:
        process.view[FIELDS[what]] = 0x333
    assert what in check_layout(MockTarget(image)).failed


@pytest.mark.parametrize("layout", ["winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x64"])
def test_fields_of_state_have_a_check_each(layout: str) -> None:
    image = filled(layout)
    assert check_layout(MockTarget(image)).proved == {*STATE, COUNT} - {"Session"}
    image.processes.add("a.exe", 0x304, session=1)
    assert check_layout(MockTarget(image)).proved == {*STATE, COUNT}


def test_a_count_that_is_not_that_of_the_entries() -> None:
    image = filled("win7_sp1_x64")
    for process in image.processes.all:
        process.table.view["HandleCount"] = 0x12
    assert check_layout(MockTarget(image)).failed == ["the counts of their handles"]


def test_a_session_that_the_token_does_not_have() -> None:
    image = filled("win10_19041_x64")
    process = image.processes.add("a.exe", 0x304, session=1)
    process.view["Token.Value"] = image.tokens.add(session=1).address | 7
    assert "Session" in check_layout(MockTarget(image)).proved
    process.view["Token.Value"] = image.tokens.add(session=2).address | 7
    # One may be torn: that leaves the field unproved, and many speak against the layout.
    verdict = check_layout(MockTarget(image))
    assert verdict.failed == [] and "Session" not in verdict.proved
    for number in range(3):
        other = image.processes.add("b.exe", 0x404 + 4 * number, session=1)
        other.view["Token.Value"] = image.tokens.add(session=2).address | 7
    assert check_layout(MockTarget(image)).failed == ["the sessions of the processes"]


def test_a_type_that_is_paged_out_speaks_against_nothing() -> None:
    image = filled("win10_19041_x64")
    image.memory.drop(image.types["File"].address, 0x100, "in the page file")
    verdict = check_layout(MockTarget(image))
    assert verdict.failed == [] and "the names of the object types" not in verdict.passed


def test_a_program_may_be_called_system() -> None:
    image = filled("win10_19041_x64")
    image.processor.current = image.processes.add("System", 0x304)
    assert check_layout(MockTarget(image)).failed == []


def test_exit_times_where_the_layout_has_another_field() -> None:
    # As 14393's first layout reads its serviced kernels: ExitTime lies on RequestedTimerResolution,
    # which some processes have, and ExitStatus on something that is 0.
    image = filled("win10_14393_x64")
    for process in image.processes.all:
        process.view["ExitStatus"] = 0
    image.processes.all[2].view["ExitTime.QuadPart"] = 10_000
    verdict = check_layout(MockTarget(image))
    assert verdict.failed == ["the exit status of the processes"]
    assert "ExitTime" not in verdict.proved


def test_some_processes_may_have_exited() -> None:
    image = filled("win10_19041_x64")
    for process in image.processes.all[1:3]:
        process.exit(status=0x103 if process is image.processes.all[2] else 1)
    # One is being ended: it has a status and no time yet.
    image.processes.all[3].view["ExitStatus"] = 1
    verdict = check_layout(MockTarget(image))
    assert verdict.failed == [] and "ExitTime" in verdict.proved


def test_threads_that_do_not_know_their_id() -> None:
    # 2003 SP1 and SP2 keep an ETHREAD's Cid in different places and everything else alike.
    image = filled("win2003_sp2_x64")
    for process in image.processes.all:
        for thread in process.threads:
            thread.view["Cid.UniqueThread"] = 0x7777
    assert check_layout(MockTarget(image)).failed == ["the ids that threads know"]


def test_what_is_missing_counts_neither_way() -> None:
    image = filled("win10_19041_x64")
    for process in image.processes.all:
        image.memory.drop_page(process.address)
    # Processes share pages with types: nothing of all this can be read.
    verdict = check_layout(MockTarget(image))
    assert verdict.failed == [] and "System's process id" not in verdict.passed
    image.memory.drop_page(image.globals.address("PsActiveProcessHead"))
    assert check_layout(MockTarget(image)).failed == []


def test_nothing_is_raised_for_a_layout_without_the_structures() -> None:
    image = filled("win10_19041_x64")

    class Bare(MockTarget):
        def struct(self, name: str) -> Struct:
            from pykd_handle.values import MissingType

            raise MissingType(name)

    verdict = check_layout(Bare(image))
    assert verdict.passed == [] and len(verdict.failed) == 1
