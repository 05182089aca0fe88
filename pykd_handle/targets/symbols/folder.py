"""Finding a kernel's symbol file in a folder.

Names that are understood: ``NAME-GUID-AGE.json``, ``GUID-AGE.json``, and ``NAME/GUID-AGE.json``
as in the symbol folders of Volatility 3, each also with ``.xz`` behind, and ``NAME/GUIDAGE/NAME``
of symbol stores, in which a PDB that is known is looked up. Any other ``.json``, ``.json.xz`` or
``.pdb`` is looked into.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from ...hints import List, Mapping, Optional, Sequence, Tuple
from ...layout import PdbIdentity
from ...layout.placeholder import packed
from ...values import NamedTuple
from ..progress import Progress, silent
from .peek import Allowance, Peek, peek
from .store import find_in_store, pdb_name

__all__ = ("Found", "Search", "search")

_DEEPEST = 4
_MOST_ENTRIES = 50_000
_MOST_LOOKED_INTO = 1_000
# Bytes of text in all of these files: a look into a kernel's file takes one or two million.
_MOST_UNPACKED = 384 << 20
# Patterns are text: most folders hold no file that needs them, and to compile them takes long.
_FILE = (
    r"^(?:(?P<name>.+?)[-_.])?(?P<guid>[0-9A-Fa-f]{32})-(?P<age>[0-9A-Fa-f]{1,8})\.json(?:\.xz)?$"
)
_KEY = r"^(?P<guid>[0-9A-Fa-f]{32})(?P<age>[0-9A-Fa-f]{1,8})$"
# The folders of other files in a symbol store.
_OTHER = r"(?i)^(?!nt(k|os)).*\.(pdb|dll|exe|sys|drv|ocx|cpl|mui|dbg)$"
_PACKED = ".pd_"
_ENDINGS = (".json", ".json.xz", ".pdb", _PACKED)
# ntkrnlmp, ntoskrnl, ntkrnlpa, ntkrpamp, ntkrla57: all kernels of NT are called so.
_KERNEL = r"(?i)^nt(k|os)"


class Found(NamedTuple):
    """A file that may be the right one, and what is known of its content."""

    path: Path
    peek: Peek


class Search(NamedTuple):
    """The files found, sorted by path; ``remark`` says in brackets what stood in the way, and where
    it is ``advice`` also what to do."""

    files: Tuple[Found, ...]
    remark: str
    advice: bool = False


def search(
    folder: Path,
    identity: Optional[PdbIdentity],
    symbols: Sequence[str],
    deep: bool,
    offsets: Mapping[str, int],
    progress: Progress = silent,
    set_up: bool = False,
) -> Search:
    """The symbol files of a folder that may be of a kernel.

    With ``identity``, those of this PDB, or else those that do not say of which they are; without,
    all that may be of a kernel. The latter two come with the places of these ``symbols``, as far as
    they are those of ``offsets``. ``deep`` also looks into folders inside; ``set_up`` says that
    the user has named it. Never raises for what lies there.
    """
    stored = None if identity is None else find_in_store(folder, identity, set_up)
    if stored is not None and stored.path is not None:
        return Search((Found(stored.path, Peek(identity, {})),), "")
    paths, remark = _files(folder, deep)
    advice = (stored.remark if stored is not None else "") or _of_packed(paths, identity)
    paths = [path for path in paths if path.suffix.lower() != _PACKED]
    if identity is None:
        kernels = [path for path in paths if _may_be_kernel(path)]
        looked = _look_into(kernels, None, symbols, offsets, remark, progress)
    else:
        named = tuple(Found(path, Peek(identity, {})) for path in paths if _is_of(path, identity))
        if named:
            return Search(named, remark)
        unnamed = [path for path in paths if not _claim(path)]
        looked = _look_into(unnamed, identity, symbols, offsets, remark, progress)
        exact = tuple(one for one in looked.files if one.peek.identity == identity)
        looked = looked._replace(files=exact or looked.files)
    return looked._replace(remark=f" ({advice})", advice=True) if advice else looked


def _of_packed(paths: List[Path], identity: Optional[PdbIdentity]) -> str:
    """What to do with a packed file that may be the kernel's and lies in no store; "" for none."""
    name = _KERNEL if identity is None else rf"(?i)^{re.escape(pdb_name(identity)[:-1])}_$"
    for path in paths:
        of_kernel = path.suffix.lower() == _PACKED and re.match(name, path.name)
        if of_kernel and not re.match(_KEY, path.parent.name):
            return packed(path)
    return ""


def _look_into(
    paths: List[Path],
    identity: Optional[PdbIdentity],
    symbols: Sequence[str],
    offsets: Mapping[str, int],
    remark: str,
    progress: Progress,
) -> Search:
    found: List[Found] = []
    damaged = 0
    allowance = Allowance(_MOST_UNPACKED)
    if len(paths) > _MOST_LOOKED_INTO:
        remark = " (more files there than were looked at)"
    for number, path in enumerate(paths[:_MOST_LOOKED_INTO]):
        progress(f"looking for the kernel's symbols: {number} of {len(paths)} files")
        seen = peek(path, symbols, identity, offsets, allowance)
        if allowance.spent:
            remark = " (more text in the files there than was looked at)"
            break
        if seen is None:
            damaged += 1
        elif identity is None or seen.identity in (identity, None):
            found.append(Found(path, seen))
    if damaged and not remark:
        remark = f" ({damaged} files there are damaged or can't be read)"
    return Search(tuple(found), remark)


def _claim(path: Path) -> Optional[re.Match[str]]:
    """What the name of a file, or of its folder in a store, says of it."""
    return re.match(_FILE, path.name) or (
        re.match(_KEY, path.parent.name) if path.suffix.lower() == ".pdb" else None
    )


def _is_of(path: Path, identity: PdbIdentity) -> bool:
    """Whether the name of a file says that it is of this PDB."""
    match = _claim(path)
    if match is None or match.group("guid").upper() != identity.guid:
        return False
    # Symbol servers write the age as a hexadecimal number, Volatility as a decimal one.
    age = match.group("age")
    return identity.age == int(age, 16) or (age.isdigit() and identity.age == int(age))


def _may_be_kernel(path: Path) -> bool:
    """Whether the names do not say that the file is of something else."""
    if path.suffix.lower() == ".pdb":
        return not re.match(_KEY, path.parent.name) or bool(re.match(_KERNEL, path.name))
    match = re.match(_FILE, path.name)
    if match is None:
        return True
    name = match.group("name") or (path.parent.name if path.parent.suffix == ".pdb" else "")
    return not name or bool(re.match(_KERNEL, name))


def _files(folder: Path, deep: bool) -> Tuple[List[Path], str]:
    """The symbol files, sorted, and in brackets why there may be more."""
    found: List[Path] = []
    pending: List[Tuple[Path, int]] = [(folder, 0)]
    seen = 0
    remark = ""
    while pending:
        current, depth = pending.pop()
        try:
            with os.scandir(current) as entries:
                for entry in entries:
                    seen += 1
                    if seen > _MOST_ENTRIES:
                        return sorted(found), " (more files there than were looked at)"
                    # Links to folders are not followed: they may lead back here.
                    if entry.is_dir(follow_symlinks=False):
                        if deep and depth < _DEEPEST and not re.match(_OTHER, entry.name):
                            pending.append((Path(entry.path), depth + 1))
                    elif entry.name.lower().endswith(_ENDINGS) and _is_file(entry):
                        found.append(Path(entry.path))
        except FileNotFoundError:
            continue
        except OSError as error:
            remark = f" ({current}: {error.strerror or error})"
    return sorted(found), remark


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return True  # a link that leads nowhere: a file that can't be read, as is told
