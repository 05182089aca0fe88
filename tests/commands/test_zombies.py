"""``zombies``: what exited, who keeps it, and what nobody explains; the truth is written here."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

import pytest

from mocks.clock import NOW
from mocks.kernel_image import KernelImage
from mocks.target import MockTarget
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.render.words import words
from pykd_handle.values import TargetError, Unavailable, UsageError

from .asking import Asked

BUILDS = ("winxp_sp3_x86", "win7_sp1_x64", "win10_19041_x86", "win11_26100_la57_x64")
STATUS = 0xC0000005


class Graves:
    """Four processes. dead.exe has exited: two handles in keeper.exe, one in System, one to its
    thread in other.exe; it owns an ALPC port; a driver has three references to it and one to the
    thread. unheld.exe has exited, and nothing holds it but a driver, with one reference. A thread
    of keeper.exe has exited: one handle in other.exe. All others live."""

    def __init__(
        self, layout: str = "win10_19041_x64", image: Optional[KernelImage] = None
    ) -> None:
        self.image = image = image or KernelImage(layout)
        self.keeper = image.processes.add("keeper.exe", 0x104)
        self.other = image.processes.add("other.exe", 0x208)
        self.dead = image.processes.add("dead.exe", 0x30C)
        self.unheld = image.processes.add("unheld.exe", 0x410)
        image.processor.current = self.keeper
        for process in (self.keeper, self.other):
            image.processes.add_thread(process, process.pid + 4)
        self.thread = image.processes.add_thread(self.dead, 0x310)
        self.worker = image.processes.add_thread(self.keeper, 0x10C)
        # Of each object the first reference is gone with its end; a thread has one to its process.
        for item in (self.dead.object, self.unheld.object, self.thread.object, self.worker.object):
            item.add_counts(0, -1)
        self.handles = [
            (0x104, self.keeper.handle(self.dead)),
            # A part of what the handle kept is used up.
            (0x104, self.keeper.handle(self.dead, refcnt=7 if self.keeps else 0)),
            (4, image.processes.system.handle(self.dead)),
            (0x208, self.other.handle(self.thread)),
        ]
        self.worker_handle = (0x208, self.other.handle(self.worker))
        self.other.handle(self.keeper)  # lives
        self.keeper.handle(image.objects.event())
        ports = 0
        if image.build.has_struct("_ALPC_PORT"):
            self.keeper.handles(2, image.objects.alpc_port(owner=self.dead))
            ports = 1
        self.ports = ports
        self.dead.object.add_counts(0, 1 + ports + 3)
        self.thread.object.add_counts(0, 1)
        self.unheld.object.add_counts(0, 1)
        for process in (self.dead, self.unheld):
            process.exit(STATUS)
        for thread in (self.thread, self.worker):
            thread.view["ExitTime.QuadPart"] = NOW
            thread.view.put("ExitStatus", 1)
            if not thread.view.put("Terminated", 1):
                thread.view["CrossThreadFlags"] = 1

    @property
    def keeps(self) -> bool:
        """Whether entries of this build keep references."""
        return self.keeper.table.codec.most_references > 0

    def ask(self, line: str = "zombies") -> Asked:
        return Asked(KernelMode(MockTarget(self.image)), line)


def rows(asked: Asked, *keys: str) -> List[Tuple[Any, ...]]:
    return [tuple(row[key] for key in keys) for row in asked.rows]


@pytest.mark.parametrize("layout", BUILDS)
def test_what_keeps_them_and_what_nobody_explains(layout: str) -> None:
    graves = Graves(layout)
    asked = graves.ask()
    keys = ("pid", "process", "handles", "thread_handles", "threads", "ports", "unexplained")
    assert rows(asked, *keys) == [
        (0x30C, "dead.exe", 4, 1, 1, graves.ports, 4),
        (0x10C - 8, "keeper.exe", 1, 0, 0, 0, 0),
        (0x410, "unheld.exe", 0, 0, 0, 0, 1),
    ]
    dead, worker, unheld = asked.rows
    assert (worker["tid"], worker["exit_status"], unheld["exit_status"]) == (0x10C, 1, STATUS)
    assert dead["ended"].isoformat() == "2024-01-01T00:00:00+00:00"
    kept = ["keeper.exe (pid 0x104): 2", "System (pid 0x4): 1", "other.exe (pid 0x208): 1"]
    kept += ["1 ALPC port of its own"] * graves.ports
    assert [words(each) for each in dead["keepers"]] == kept
    assert asked.notes == []
    line = "2 processes and 1 thread of others have exited and are still referenced, by 5 handles"
    assert asked.feet == [f"{line} of 3 processes"]


def test_by_keeper_and_by_handle() -> None:
    graves = Graves()
    asked = graves.ask("zombies --by keeper")
    assert rows(asked, "keeper_pid", "keeper", "zombies", "handles") == [
        (0x104, "keeper.exe", 1, 2),
        (0x208, "other.exe", 2, 2),
        (4, "System", 1, 1),
    ]
    asked = graves.ask("zombies --by handle")
    assert sorted(rows(asked, "keeper_pid", "handle")) == sorted(
        [*graves.handles, graves.worker_handle]
    )
    graves.image.processor.current = graves.dead
    for words_ in ("30c", "dead.exe", f"{graves.dead.address:x}", "ffffffffffffffff"):
        asked = graves.ask(f"zombies --by handle --process {words_}")
        assert sorted(rows(asked, "keeper_pid", "handle")) == sorted(graves.handles)
        assert asked.feet[0].startswith("1 process and 0 threads")


def test_a_process_that_has_not_exited_and_one_that_is_not_there() -> None:
    graves = Graves()
    assert graves.ask("zombies --process other.exe").feet[0].startswith("0 processes")
    for typed in ("dade.exe", "30d0"):
        with pytest.raises(TargetError, match=typed):
            graves.ask(f"zombies --process {typed}")


def test_one_that_only_the_list_of_processes_names() -> None:
    graves = Graves()
    graves.image.processes.cid_table.close(0x410)
    assert 0x410 in [row["pid"] for row in graves.ask().rows]


def test_what_is_not_known_is_said() -> None:
    graves = Graves()
    graves.image.memory.drop_page(graves.other.table.leaves[0])
    asked = graves.ask()
    dead = asked.objects()[0]
    assert (dead["handles"], dead["unexplained"]) == (3, None)
    assert dead["unavailable"] == {"unexplained": "not every table could be read"}
    graves = Graves()
    view = graves.unheld.view
    graves.image.memory.drop(view.at("ExitTime"), 8)
    asked = graves.ask()
    assert [row["pid"] for row in asked.rows] == [0x30C, 0x104]
    assert asked.notes == ["1 object left out: whether it has exited, or what it is, can't be read"]
    assert asked.objects()[0]["unexplained"] is None


def test_a_thread_of_a_process_that_can_not_be_told_may_be_of_any() -> None:
    graves = Graves()
    graves.image.memory.drop(graves.thread.view.at("Tcb.Process"), 8)
    asked = graves.ask()
    # Alone, and with the process and image that its own id names: its handle is not the process's.
    assert sorted(rows(asked, "tid", "handles"), key=str)[:2] == [(0x10C, 1), (0x310, 1)]
    dead = next(row for row in asked.objects() if row["handles"] == 3)
    assert (dead["pid"], dead["unexplained"]) == (0x30C, None)


def test_an_object_without_an_id_is_no_process_whatever_it_is() -> None:
    graves = Graves()
    lost = graves.image.objects.event(own_page=True)
    graves.keeper.handle(lost)
    graves.image.memory.drop_page(lost.header)
    asked = graves.ask()
    assert (asked.rows[0]["unexplained"], asked.notes) == (4, [])
    # A thread of which nothing can be read has one.
    graves.image.memory.drop(graves.worker.object.header, 0x40)
    asked = graves.ask()
    line = "1 object left out: whether it has exited, or what it is, can't be read"
    assert asked.notes[-1] == line
    assert isinstance(asked.rows[0]["unexplained"], Unavailable)


def test_the_table_of_ids_is_missing() -> None:
    graves = Graves()
    graves.image.memory.drop(graves.image.globals.address("PspCidTable"), 8)
    asked = graves.ask()
    assert [row["pid"] for row in asked.rows] == [0x30C, 0x104, 0x410]
    assert any("the table of process and thread ids can't be read" in note for note in asked.notes)
    assert asked.objects()[0]["unexplained"] is None


def test_nothing_exited_is_an_answer() -> None:
    image = KernelImage()
    image.processor.current = image.processes.add("a.exe", 0x104)
    asked = Asked(KernelMode(MockTarget(image)), "zombies")
    assert (asked.rows, asked.run.failed) == ([], False)
    with pytest.raises(UsageError, match="give one of zombie, keeper, handle"):
        Asked(KernelMode(MockTarget(image)), "zombies --by pid")


def test_seven_hundred_at_a_few_reads_each() -> None:
    """One process holds 600 of them twice, another one 99 once, one is held by nobody."""
    image = KernelImage()
    leak, other = image.processes.add("leak.exe", 0x104), image.processes.add("other.exe", 0x208)
    image.processor.current = leak
    pattern = image.processes.add("zombie.exe", 0x30C)
    pattern.exit(STATUS)
    size = image.build.struct("_EPROCESS").size
    body = image.memory.peek(pattern.address, size)
    items = [image.objects.make("Process", body=body, size=size) for _ in range(699)]
    pids = image.processes.cid_table.open_many([item.address for item in items], 0, len(items))
    for item, pid in zip(items, pids):
        item.body("_EPROCESS")["UniqueProcessId"] = pid
        item.add_counts(0, -1)
    leak.handles(1200, items[:600])
    other.handles(99, items[600:])
    target = MockTarget(image)
    asked = Asked(KernelMode(target), "zombies")
    counts: Dict[int, int] = {}
    for row in asked.rows:
        counts[row["handles"]] = counts.get(row["handles"], 0) + 1
        assert row["unexplained"] == (row["pid"] == 0x30C)
    assert counts == {2: 600, 1: 99, 0: 1}
    assert len(target.log) < 11 * 700
