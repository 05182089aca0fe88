"""What ``--help`` says, and the pages about the commands: all made of what is declared."""

from __future__ import annotations

import re
import textwrap

from ..hints import Iterable, List, Sequence, Tuple
from .registry import DEFAULT, Argument, Command

__all__ = ("help_of", "manual", "overview")

_PROGRAM = "pykd-handle"
_WIDTH = 79


def overview(commands: Sequence[Command], options: Sequence[Argument]) -> str:
    """The help of the program: that of the command that is meant without a name, and of all."""
    default = next(each for each in commands if each.name == DEFAULT)
    return "\n".join(
        [
            f"usage: {_PROGRAM} [options] {_usage(default)}",
            f"       {_PROGRAM} [options] COMMAND ...",
            "",
            _text(default),
            "",
            f"commands ({_PROGRAM} COMMAND -h says more; without one, {DEFAULT} is meant):",
            *_table((each.name, each.help) for each in commands),
            "",
            "options:",
            *_table(map(_row, options)),
            "",
            "examples:",
            *_examples(default.examples),
            *_examples(
                first for each in commands if each is not default for first in each.examples[:1]
            ),
            "",
        ]
    )


def help_of(command: Command, options: Sequence[Argument]) -> str:
    """The help of one command."""
    lines = [*_call("usage: ", command), "", _sentence(command.help)]
    if command.text:
        lines += ["", _text(command)]
    own = [_row(each) for each in command.arguments if each.how.get("help")]
    if own:
        lines += ["", "arguments:", *_table(own)]
    lines += ["", "options:", *_table(map(_row, options))]
    for where, keys in _keys(command):
        lines += ["", *textwrap.wrap(f"columns{where}: {', '.join(keys)}", _WIDTH)]
    if command.examples:
        lines += ["", "examples:", *_examples(command.examples)]
    return "\n".join([*lines, ""])


def manual(commands: Sequence[Command], options: Sequence[Argument]) -> str:
    """A page about all commands, in Markdown."""
    parts = [_BEGINNING, "| command | what it does |\n| --- | --- |\n"]
    parts += [f"| [`{each.name}`](#{each.name}) | {each.help} |\n" for each in commands]
    parts += ["\n## Options of every command\n\n```text\n", _lines(_table(map(_row, options)))]
    parts += ["```\n", _FORMATS]
    for each in commands:
        parts += [f"\n## {each.name}\n\n{_sentence(each.help)}\n\n```text\n"]
        parts += [_lines(_call("", each))]
        if each.text:
            parts += [f"\n{_text(each)}\n"]
        own = [_row(one) for one in each.arguments if one.how.get("help")]
        if own:
            parts += ["\n", _lines(_table(own))]
        parts += ["```\n"]
        for where, keys in _keys(each):
            names = ", ".join(f"`{key}`" for key in (*keys, "unavailable"))
            parts += ["\n", _lines(textwrap.wrap(f"Keys{where}: {names}.", 100))]
        parts += ["\n```sh\n", _lines(_commented(each.examples)), "```\n"]
    return "".join(parts)


_BEGINNING = """\
# Commands

<!-- Made by `python -m tools.commands_page`: change what the commands declare, not this page. -->

The first word names a command; where it names none, all words are those of `list`. Options may
stand anywhere. `pykd-handle COMMAND -h` says what is below of one command.

"""
_FORMATS = """
`text` is made without any package, `table` with tabulate; both leave out what nobody asked for.
`jsonl` has one object for each row with every key of the command, and behind them `unavailable`:
why each value is null that could not be read. `csv` has the same as columns. Notes of what is
missing go to the error stream; with `--notes`, `jsonl` has them as objects of their own, with the
keys `note` and `warning`, in their place. `html` is one page that needs nothing from elsewhere, in
light and dark: click on a heading to sort, type to see only rows with some words; `summary` has
bars, `diff` lines; all notes stand at its end. `dml` is `text` in the window of a debugger, where
the address of an object and the id of a process are links to more of them. `text`, `table` and
`windbg` have warnings between the rows, and every row of `csv` is a row of the command.

Times are UTC in every format, as in `2024-01-01T00:00:00Z`, with a fraction where there is one;
only the classic text of user mode has local ones, as WinDbg does.
"""


def _keys(command: Command) -> Iterable[Tuple[str, List[str]]]:
    """The keys of its columns, in each mode that has others, and which mode that is."""
    seen: List[List[str]] = []
    for mode, columns in command.columns.items():
        keys = [column.key for column in columns]
        if keys and keys not in seen:
            yield f" in {mode} mode" if seen else "", keys
            seen.append(keys)


def _text(command: Command) -> str:
    """What is said of it; lines that are short are as they are meant to be."""
    lines = command.text.strip().split("\n")
    return "\n".join(
        textwrap.fill(line, _WIDTH) if len(line) > 100 and line[0] != " " else line
        for line in lines
    )


def _call(before: str, command: Command) -> List[str]:
    """How a command is called, in lines that break between its arguments."""
    words = re.sub(r"(\[[^]\s]+) ", "\\1\0", _usage(command))  # an option and its value
    text = f"{before}{_PROGRAM} [options] {command.name} {words}"
    lines = textwrap.wrap(text, _WIDTH, subsequent_indent=" " * 8, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def _usage(command: Command) -> str:
    if command.usage:
        return command.usage
    words = []
    for each in command.arguments:
        name, value = each.names[0], _value(each)
        if name.startswith("-"):
            words.append(f"[{' '.join(filter(None, [name, value]))}]")
        else:
            optional = each.how.get("nargs") in ("?", "*")
            words.append(f"[{value}]" if optional else value)
    return " ".join(words)


def _row(argument: Argument) -> Tuple[str, str]:
    if argument.names[0].startswith("-"):
        names = ", ".join(argument.names)
        return " ".join(filter(None, [names, _value(argument)])), argument.how.get("help", "")
    return _value(argument), argument.how.get("help", "")


def _value(argument: Argument) -> str:
    """The word that stands for what an argument takes; empty for a switch."""
    if "action" in argument.how and argument.how["action"] != "append":
        return ""
    name = argument.names[-1].lstrip("-").upper()
    return str(argument.how.get("metavar", name))


def _table(rows: Iterable[Tuple[str, str]]) -> List[str]:
    """Names and what they mean, in two columns."""
    pairs = list(rows)
    width = 2 + max(len(name) for name, _ in pairs)
    lines = []
    for name, text in pairs:
        first, *more = textwrap.wrap(text, _WIDTH - 2 - width) or [""]
        lines.append(f"  {name:<{width}}{first}".rstrip())
        lines += [" " * (2 + width) + line for line in more]
    return lines


def _examples(examples: Iterable[Tuple[str, str]]) -> List[str]:
    return [f"  {line}" for line in _commented(examples)]


def _commented(examples: Iterable[Tuple[str, str]]) -> List[str]:
    lines = []
    for words, meaning in examples:
        lines += [f"# {meaning}", f"{_PROGRAM} {words}"]
    return lines


def _sentence(help: str) -> str:
    return f"{help[0].upper()}{help[1:]}."


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
