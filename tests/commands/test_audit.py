"""``audit``: exactly the handles of a zoo that cross a boundary, and what memory does not tell."""

from __future__ import annotations

from typing import Any, Iterable, List, Tuple

import pytest

from mocks.kernel_image import KernelImage
from mocks.sample import sample_image
from mocks.target import MockTarget
from mocks.tokens import ADMINISTRATORS, HIGH, LOW, MEDIUM, SYSTEM
from pykd_handle.commands.audit.judge import Judge, powers_of
from pykd_handle.commands.audit.rules import GIVES, RULES
from pykd_handle.model.kernel_mode import KernelMode
from pykd_handle.values import UsageError
from tools.audit_page import PAGE, page

from .asking import Asked
from .zoo import AuditZoo, Found

_HKLM = "\\REGISTRY\\MACHINE"


def ask(image: Any, line: str = "audit") -> Asked:
    return Asked(KernelMode(MockTarget(image)), line)


def found(asked: Asked) -> List[Found]:
    return sorted((row["pid"], row["handle"], row["rule"]) for row in asked.rows)


@pytest.fixture(scope="module")
def zoo() -> AuditZoo:
    return AuditZoo().fill()


def test_the_zoo(zoo: AuditZoo) -> None:
    assert (len(zoo.findings), len(zoo.findings) + len(zoo.quiet)) == (9, 20)
    asked = ask(zoo.image)
    assert found(asked) == sorted(zoo.findings)
    assert asked.notes == []
    assert asked.feet == ["9 findings in 6 of 15 processes"]
    assert not asked.run.failed


def test_a_row_says_who_what_and_why(zoo: AuditZoo) -> None:
    asked = ask(zoo.image, "audit --rule process --process explorer.exe")
    explorer = next(each for each in zoo.image.processes.all if each.name == "explorer.exe")
    admin = next(each for each in zoo.image.processes.all if each.name == "mmc.exe")
    (row,) = asked.objects()
    assert row == {
        "severity": None,
        "rule": "process",
        "pid": explorer.pid,
        "process": "explorer.exe",
        "eprocess": f"0x{explorer.address:x}",
        "trust": {"integrity": "medium", "elevated": False, "session": 1},
        "handle": f"0x{zoo.findings[0][1]:x}",
        "type": "Process",
        "granted_access": "0x28",
        "access": ["VMOp", "VMWrite"],
        "object": f"0x{admin.address:x}",
        "target": f"mmc.exe Cid {admin.pid:04x}",
        "target_trust": {"integrity": "high", "elevated": True, "session": 1},
        "why": "integrity medium below high: it may write its memory",
        "unavailable": {},
    }
    why = {row["rule"]: row for row in ask(zoo.image).objects()}
    assert why["thread"]["trust"]["app_container"] == "S-1-15-2-1-2-3-4-5-6-7"
    assert why["thread"]["why"].startswith("integrity low below medium, out of an AppContainer: ")
    assert why["token"]["why"].startswith("not elevated, the other is: it may ")
    assert why["protected"]["why"].startswith("not protected, the target light (Antimalware): ")
    assert why["protected"]["target_trust"]["protection"] == "light (Antimalware)"
    assert why["known-dlls"]["why"].startswith("not protected, not light (WinTcb): ")
    assert why["known-dlls"]["unavailable"] == {}
    assert why["inherited"]["why"].startswith("inherited from browser.exe (pid 0x")
    assert why["process"]["why"].startswith("from session 2 into 1: ")
    assert (why["lsass"]["severity"], why["service-key"]["severity"]) == ("medium", "high")


# --- every rule: a handle that it speaks of, and one that it must not -----------------------------


def small(*holders: Tuple[str, int]) -> AuditZoo:
    made = AuditZoo()
    for name, integrity in holders:
        made.process(name, integrity, admin=integrity >= HIGH)
    made.image.processor.current = made.image.processes.all[-1]
    return made


@pytest.mark.parametrize(
    "rule, make, access, holder, other, quiet",
    [
        ("sam-key", ("key", f"{_HKLM}\\SAM\\SAM"), 0x20019, "a.exe", "lsass.exe", 0x20000),
        ("machine-key", ("key", f"{_HKLM}\\SOFTWARE\\X"), 0x2, "u.exe", "a.exe", 0x20019),
        ("program-file", ("file", "\\Windows\\a.DLL"), 0x120116, "u.exe", "a.exe", 0x120089),
        ("disk", ("file", ""), 0x100003, "u.exe", "a.exe", 0x100080),
        ("physical-memory", ("section", "\\Device\\PhysicalMemory"), 0x4, "a.exe", "", 0x1),
    ],
)  # fmt: skip
def test_a_case_of_a_rule(
    rule: str, make: Tuple[str, str], access: int, holder: str, other: str, quiet: int
) -> None:
    made = small(("lsass.exe", SYSTEM), ("a.exe", SYSTEM), ("u.exe", MEDIUM))
    image = made.image
    kind, name = make
    if kind == "section":
        item = image.sections.add(name=name)
    else:
        item = image.registry.key(name) if kind == "key" else image.files.open(name)
    held = {each.name: each for each in image.processes.all}
    made.bad(rule, held[holder], held[holder].handle(item, access))
    held[holder].handle(item, quiet)
    # The kernel's own handles are no matter.
    for each in {other, "System"} - {""}:
        held.get(each, image.processes.system).handle(item, access)
    asked = ask(image)
    assert found(asked) == made.findings
    assert asked.notes == []


def test_rules_are_whole() -> None:
    """Rights are of the types that they stand with, words and sources there for each."""
    Judge(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.sources and all(all(source) for source in rule.sources), rule.name
        assert {each.source for each in rule.severities} <= set(rule.sources), rule.name
        for kind, rights in rule.powers.items():
            assert powers_of(kind, rights) and set(rights) <= set(GIVES), rule.name


def test_how_grave_it_is_hangs_on_the_mask() -> None:
    made = small(("lsass.exe", SYSTEM), ("a.exe", SYSTEM))
    lsass, holder = made.image.processes.all[1:]
    for mask in (0x1438, 0x1410):
        holder.handle(lsass, mask)
    rows = ask(made.image, "audit --rule lsass").rows
    assert [(row["granted_access"], row["severity"]) for row in rows] == [
        (0x1438, "high"),
        (0x1410, "medium"),
    ]


def test_a_name_alone_allows_nothing_and_makes_no_lsass() -> None:
    made = small(("lsass.exe", SYSTEM), ("csrss.exe", MEDIUM), ("lsass.exe", MEDIUM))
    _, lsass, faked, poor = made.image.processes.all
    made.bad("process", faked, faked.handle(lsass, 0x1FFFFF))
    made.bad("lsass", faked, made.findings[0][1])
    poor.handle(poor, 0x1FFFFF)
    made.good(faked, faked.handle(poor, 0x1FFFFF))
    assert found(ask(made.image)) == sorted(made.findings)


def test_only_who_has_the_debug_object_is_the_debugger() -> None:
    """Both have full access to one that is debugged; one of them another debug object."""
    made = small(("setup.exe", HIGH), ("windbg.exe", MEDIUM), ("u.exe", MEDIUM))
    _, target, debugger, other = made.image.processes.all
    ports = [made.image.objects.make("DebugObject", size=0x40) for _ in range(2)]
    target.view["DebugPort"] = ports[0].address
    for holder, port in zip((debugger, other), ports):
        holder.handle(port, 0x1F000F)
        handle = holder.handle(target, 0x1FFFFF)
    debugger.handle(target, 0x1FFFFF)
    assert found(ask(made.image)) == [(other.pid, handle, "process")]


def test_a_process_that_has_exited_gives_no_power() -> None:
    made = small(("gone.exe", SYSTEM), ("u.exe", MEDIUM))
    _, gone, holder = made.image.processes.all
    holder.handle(gone, 0x1FFFFF)
    assert len(ask(made.image).rows) == 1
    gone.exit()
    assert ask(made.image).rows == []


@pytest.mark.parametrize(
    "child, parent_handle, findings",
    [
        (LOW, {"access": 0x6, "inherit": True}, 1),
        (MEDIUM, {"access": 0x6, "inherit": True}, 0),
        (LOW, {"access": 0x4, "inherit": True}, 0),
        (LOW, {"access": 0x6, "inherit": False}, 0),
        (LOW, None, 0),
    ],
)
def test_twins_of_parent_and_child(child: int, parent_handle: Any, findings: int) -> None:
    made = AuditZoo()
    parent = made.process("parent.exe", MEDIUM)
    made.image.processor.current = lower = made.process("child.exe", child, parent=parent)
    section = made.image.sections.add()
    lower.handle(section, 0x6, inherit=True, value=0x40)
    if parent_handle is not None:
        parent.handle(section, value=0x40, **parent_handle)
    asked = ask(made.image)
    assert len(asked.rows) == findings
    assert asked.notes == []
    lower.view["InheritedFromUniqueProcessId"] = 0  # whose child it is is not kept
    asked = ask(made.image)
    assert (asked.rows, asked.notes) == ([], [])


def test_app_containers_are_apart_from_each_other_and_from_all_else() -> None:
    made = AuditZoo()
    packages = {"none": None, "one": (15, (2, 1)), "same": (15, (2, 1)), "other": (15, (2, 2))}
    each = [made.process(f"{name}.exe", LOW, package=sid) for name, sid in packages.items()]
    made.image.processor.current = each[0]
    for holder in each:
        for target in each:
            holder.handle(target, 0x20)
    names = {process.address: name for process, name in zip(each, packages)}
    said = {(names[row["eprocess"]], names[row["object"]]) for row in ask(made.image).rows}
    assert said == {
        ("one", "none"), ("one", "other"), ("same", "none"), ("same", "other"),
        ("other", "none"), ("other", "one"), ("other", "same"),
    }  # fmt: skip


def test_who_protects_whom() -> None:
    """By "Do You Really Know About LSA Protection": PP above PPL, then the signer."""
    made = AuditZoo()
    levels = {"none": 0, "av": 0x31, "lsa": 0x41, "tcb": 0x61, "pp": 0x12}
    each = {
        name: made.process(f"{name}.exe", SYSTEM, 0, True, level=level)
        for name, level in levels.items()
    }
    made.image.processor.current = each["none"]
    for holder in each.values():
        for target in each.values():
            holder.handle(target, 0x10)
    names = {process.pid: name for name, process in each.items()}
    targets = {process.address: name for name, process in each.items()}
    said = {
        (names[row["pid"]], targets[row["object"]])
        for row in ask(made.image, "audit --rule protected").rows
    }
    may = {
        ("av", "none"), ("lsa", "none"), ("lsa", "av"), ("tcb", "none"), ("tcb", "av"),
        ("tcb", "lsa"), ("pp", "none"),
    }  # fmt: skip
    every = {(one, other) for one in levels for other in levels if one != other}
    assert every - said == may


def test_signers_that_nothing_ranks() -> None:
    """``PsProtectedSignerApp`` is the highest number and above none: that is not known, and said.
    Who is as much as csrss.exe may hold the directory of known DLLs."""
    made = AuditZoo()
    app, lsa, tcb = (
        made.process(f"{level:x}.exe", SYSTEM, 0, True, level=level) for level in (0x81, 0x41, 0x72)
    )
    made.image.processor.current = app
    app.handle(lsa, 0x10)
    tcb.handle(made.image.objects.directory("\\KnownDlls"), 0xF)
    asked = ask(made.image)
    assert asked.rows == []
    (note,) = asked.notes
    assert note.startswith(
        f"1 handle not judged by protected (the first is of 81.exe (pid 0x{app.pid:x}"
    )
    lsa.handle(made.image.objects.directory("\\KnownDlls32"), 0xF)
    (row,) = ask(made.image).objects()
    assert (row["pid"], row["rule"]) == (lsa.pid, "known-dlls")
    assert row["why"].startswith("light (Lsa), not light (WinTcb): ")


def test_a_token_without_a_label_is_not_judged() -> None:
    made = small(("a.exe", SYSTEM), ("u.exe", MEDIUM))
    _, target, holder = made.image.processes.all
    holder.handle(target, 0x20)
    made.tokens["u.exe"].body("_TOKEN")["IntegrityLevelIndex"] = 0xFFFFFFFF
    asked = ask(made.image)
    assert asked.rows == []
    assert "there is no integrity level here" in asked.notes[0]


def test_the_page_has_the_rules_and_what_the_command_prints(zoo: AuditZoo) -> None:
    text = PAGE.read_text(encoding="utf-8")
    made = page(text) == text
    assert made, "run: python -m tools.audit_page"
    _, line, shown = text.split("```")[1].split("\n", 2)
    words = line.partition("--dump memory.dmp ")[2]
    assert shown == ask(zoo.image, words).shown("text")


# --- what the memory does not tell ----------------------------------------------------------------


def test_what_can_not_be_judged_is_counted_and_is_no_finding() -> None:
    made = small(("a.exe", SYSTEM), ("u.exe", MEDIUM), ("v.exe", MEDIUM))
    image = made.image
    _, target, holder, other = image.processes.all
    for process in (holder, other):
        process.handle(target, 0x20)
    key = image.registry.key("\\REGISTRY\\MACHINE\\SOFTWARE\\Gone")
    holder.handle(key, 0x2)
    image.memory.drop(made.tokens["v.exe"].address, 0x100)
    block = image.build.struct("_CM_KEY_CONTROL_BLOCK").size
    image.memory.drop(key.body("_CM_KEY_BODY")["KeyControlBlock"], block)
    asked = ask(image)
    assert found(asked) == [(holder.pid, 4, "process")]
    lines = [note.partition(" (the first is of ")[0] for note in asked.notes]
    assert sorted(lines) == sorted(
        ["1 handle not judged by process"]
        + [f"1 handle not judged by {name}" for name in ("service-key", "sam-key", "machine-key")]
    )
    assert any(f"v.exe (pid 0x{other.pid:x}): 0x" in note for note in asked.notes)
    # Where nothing is found, it may be among these.
    assert not asked.run.failed
    assert ask(image, "audit --process v.exe").run.failed


def test_before_integrity_levels_nothing_is_invented() -> None:
    image = KernelImage("winxp_sp3_x86")
    one, other = image.processes.add("a.exe", 0x104), image.processes.add("b.exe", 0x208)
    image.tokens.set_primary(one, image.tokens.add())
    image.tokens.set_primary(other, image.tokens.add())
    image.processor.current = one
    one.handle(other, 0x1F0FFF)
    asked = ask(image)
    assert asked.rows == []
    (note,) = asked.notes
    assert note.startswith("1 handle not judged by process (the first is of a.exe (pid 0x104): ")
    assert "IntegrityLevelIndex" in note


def test_a_build_without_levels_of_protection() -> None:
    made = AuditZoo(KernelImage("win7_sp1_x64"))
    target = made.process("a.exe", HIGH, admin=True)
    made.image.processor.current = holder = made.process("u.exe", MEDIUM)
    directory = made.image.objects.directory("\\KnownDlls")
    holder.handle(target, 0x2)
    target.handle(directory, 0xF)
    asked = ask(made.image)
    assert found(asked) == [(holder.pid, 4, "process")]
    # That there are no levels is known; the one flag that there was is in no layout.
    (note,) = asked.notes
    assert note.startswith("1 handle not judged by protected (")


def test_the_sample_of_an_ordinary_machine_has_no_findings() -> None:
    image = sample_image()
    for item in image.objects.all:
        if item.type_name == "Token":
            user = item.body("_TOKEN")["SessionId"] == 1
            image.tokens.trust(item, MEDIUM if user else SYSTEM, [] if user else [ADMINISTRATORS])
    for process in image.processes.all:
        if process.name in ("smss.exe", "csrss.exe", "wininit.exe", "services.exe"):
            process.view["Protection.Level"] = 0x61
    asked = ask(image)
    assert asked.rows == []
    assert asked.feet == ["0 findings in 0 of 11 processes"]
    assert [note for note in asked.notes if "not judged" in note] == []
    assert asked.run.failed  # the table of one process is not whole


# --- asking ---------------------------------------------------------------------------------------


def test_rules_types_and_processes_can_be_chosen(zoo: AuditZoo) -> None:
    def of(*rules: str) -> Iterable[Found]:
        return sorted(each for each in zoo.findings if each[2] in rules)

    assert found(ask(zoo.image, "audit --rule Token,lsass")) == of("token", "lsass")
    assert found(ask(zoo.image, "audit --type key")) == of("service-key")
    assert found(ask(zoo.image, "audit --process updater.exe")) == of("lsass")
    for words, line in (("nothing", "there is no rule 'nothing'; the rules are process, thread"),
                        (",", "no rule is named; the rules are process, ")):  # fmt: skip
        with pytest.raises(UsageError, match=line):
            ask(zoo.image, f"audit --rule {words}")


def test_each_token_is_read_once(zoo: AuditZoo) -> None:
    target = MockTarget(zoo.image)
    Asked(KernelMode(target), "audit")
    view = zoo.tokens["explorer.exe"].body("_TOKEN")
    read = [(at, size) for at, size in target.log if at <= view.at("UserAndGroups") < at + size]
    assert len(read) <= 2  # as the token of a process, and the session id


def test_stopped_on_the_way_what_was_found_is_shown(zoo: AuditZoo) -> None:
    kernel = KernelMode(MockTarget(zoo.image))
    of_process = kernel.trusts.of_process
    stop = next(each for each in zoo.image.processes.all if each.name == "mmc.exe").address

    def stopping(address: int) -> Any:
        if address == stop and len(asked) > 3:
            raise KeyboardInterrupt
        asked.append(address)
        return of_process(address)

    asked: List[int] = []
    kernel.trusts.of_process = stopping  # type: ignore[method-assign]
    stopped = Asked(kernel, "audit")
    assert stopped.stopped
    assert set(found(stopped)) < set(zoo.findings)
    assert stopped.rows


def test_findings_of_a_page_that_is_stopped_in_are_counted(
    zoo: AuditZoo, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = Judge.ask
    pid = next(pid for pid, _, _ in zoo.findings if len({*_handles(zoo, pid)}) > 1)
    first, *_, last = _handles(zoo, pid)

    def ask_judge(judge: Judge, handle: Any, *rest: Any) -> Any:
        if (handle.process.pid, handle.value) == (pid, last):
            raise KeyboardInterrupt
        return judged(judge, handle, *rest)

    monkeypatch.setattr(Judge, "ask", ask_judge)
    stopped = ask(zoo.image)
    assert stopped.stopped
    assert (pid, first) in [each[:2] for each in found(stopped)]
    assert stopped.run.found == len(stopped.rows)


def _handles(zoo: AuditZoo, pid: int) -> List[int]:
    return sorted(handle for holder, handle, _ in zoo.findings if holder == pid)
