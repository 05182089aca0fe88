"""Fetching a kernel's PDB from a symbol server, into a store where the debugger finds it, too.

Only for who said so. The name must be a kernel's, https comes first and certificates are checked,
no more is taken than a PDB can have, and what came is looked into before it gets its name. Where
the dump does not say which PDB it is, the kernel's image does, which is fetched likewise.
"""

from __future__ import annotations

import http.client
import os
import re
import ssl
import threading
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

from ...hints import BinaryIO, Callable, Iterator, Tuple
from ...layout import PdbIdentity
from ...layout.pdb import Pdb
from ...values import SymbolsAdvice, SymbolsError
from .image_file import KERNEL_IMAGE, image_file
from .path import SymbolServer
from .store import pdb_name, store_path

__all__ = ("fetch", "named_by")

_NAME = re.compile(r"nt[a-z0-9_]*\.pdb", re.IGNORECASE)
_LARGEST = 128 << 20  # bytes; a kernel's has 12 million
_SILENCE = 2.0  # seconds without an answer before that is told
_PATIENCE = 30.0  # seconds until the server says something
_LONGEST = 900.0  # seconds for all of it
_CHUNK = 1 << 16
# What to do next, at the end of a message.
_BY_HAND = "; fetch it by hand, and give it to --symbols"
_OTHER = "; give --symbols FILE"  # by hand it would be the same one
_FOLDER = "; name another folder in _NT_SYMBOL_PATH (srv*DIR*URL)"
_AGENT = {"User-Agent": "pykd-handle"}
# What urllib raises; the last for names of hosts that can be none, also where a server leads there.
_FAILURES = (OSError, http.client.HTTPException, ValueError)


def fetch(identity: PdbIdentity, server: SymbolServer, progress: Callable[[str], None]) -> Path:
    """The PDB from this server, in the first of its folders that can be written.

    Raises `SymbolsAdvice` with one line; no part of a file is left behind then.
    """
    name = pdb_name(identity)
    if not _NAME.fullmatch(name):
        raise SymbolsAdvice(f"{name} is not fetched: it is not the name of a kernel's PDB{_OTHER}")
    return _fetch(store_path(identity), server, progress, partial(_check, identity))


def named_by(image: str, server: SymbolServer, progress: Callable[[str], None]) -> PdbIdentity:
    """The PDB that a kernel's image names. The image, a name and a key as servers have them
    (``ntoskrnl.exe/F5E79FC41046000``), is fetched.

    Raises `SymbolsAdvice` as `fetch` does.
    """
    name, _, key = image.partition("/")
    if not re.fullmatch(KERNEL_IMAGE, image):
        raise SymbolsAdvice(f"{image} is not fetched: it is no kernel's image{_OTHER}")
    path = _fetch(f"{image}/{name}", server, progress, partial(_check_image, key))
    found = image_file(path)
    assert found is not None  # it was looked into
    return found.identity


def _fetch(
    place: str,
    server: SymbolServer,
    progress: Callable[[str], None],
    check: Callable[[Path, str], None],
) -> Path:
    """What a server has at a place; ``check`` raises where a file, from an address, is not what was
    asked for."""
    address = f"{server.url}/{place}"
    path, file = _begin(server, place)
    part = Path(file.name)
    try:
        with file, _answer(address, progress) as answer:
            for piece in _pieces(answer, address, progress):
                file.write(piece)
        check(part, address)
        part.replace(path)
    except OSError as error:
        raise SymbolsAdvice(f"{path}: can't be written: {_why(error)}{_FOLDER}") from None
    finally:
        _remove(part)
    return path


def _begin(server: SymbolServer, place: str) -> Tuple[Path, BinaryIO]:
    """Where the file goes, in the first store that takes it, and one beside it to write into."""
    trouble = "no folder of the symbol path can be written"
    for store in server.folders:
        path = store / place
        # A path of another system would become a folder beside whatever runs this.
        if not store.is_absolute():
            trouble = f"{store}: no full name of a folder here"
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Whoever else fetches it at this time, on whichever machine, has one of their own.
            return path, path.with_name(f"{path.name}.{os.urandom(4).hex()}.part").open("xb")
        except OSError as error:
            trouble = f"{path}: can't be written: {_why(error)}"
    raise SymbolsAdvice(f"nothing is fetched: {trouble}{_FOLDER}")


# -- the server ---------------------------------------------------------------------------------


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows few redirections, as those of the library, and none that leads away from https."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        allowed = ("https://",) if req.full_url.startswith("https://") else ("https://", "http://")
        if not newurl.startswith(allowed):
            raise urllib.error.URLError(f"it leads to {newurl[:200]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _answer(address: str, progress: Callable[[str], None]) -> http.client.HTTPResponse:
    """The answer of the server; that there is none so far is told meanwhile."""
    waiting = threading.Timer(_SILENCE, progress, (f"fetching {address}: no answer yet",))
    waiting.start()
    try:
        return _open(address)
    finally:
        waiting.cancel()
        waiting.join()


def _open(address: str) -> http.client.HTTPResponse:
    """The answer of the server; of one that is named by http, by https if it can be."""
    if address.startswith("http://"):
        try:
            return _ask(f"https://{address[len('http://') :]}")
        except _FAILURES as error:
            if isinstance(_reason(error), ssl.SSLCertVerificationError):
                raise _refused(address, error) from None
    try:
        return _ask(address)
    except _FAILURES as error:
        raise _refused(address, error) from None


def _ask(address: str) -> http.client.HTTPResponse:
    opener = urllib.request.build_opener(
        _Redirects, urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    request = urllib.request.Request(address, headers=_AGENT)
    answer: http.client.HTTPResponse = opener.open(request, timeout=_PATIENCE)
    return answer


def _pieces(
    answer: http.client.HTTPResponse, address: str, progress: Callable[[str], None]
) -> Iterator[bytes]:
    """The bytes of the answer. Raises `SymbolsAdvice` where they are too many or too few."""
    stated = answer.headers.get("Content-Length", "")
    size = int(stated) if stated.isdecimal() and len(stated) < 20 else None
    if size is not None and size > _LARGEST:
        raise SymbolsAdvice(f"{address}: not taken: it has {size} bytes{_BY_HAND}")
    end = time.monotonic() + _LONGEST
    taken = 0
    while True:
        try:
            piece = answer.read1(_CHUNK)
        except _FAILURES as error:
            raise _refused(address, error) from None
        if not piece:
            break
        taken += len(piece)
        if taken > _LARGEST:
            most = _LARGEST >> 20
            raise SymbolsAdvice(f"{address}: not taken: it has more than {most} MB{_BY_HAND}")
        if time.monotonic() > end:
            raise SymbolsAdvice(f"{address}: not taken: it takes too long{_BY_HAND}")
        of = f" of {size / 1e6:.1f}" if size else ""
        progress(f"fetching {address}: {taken / 1e6:.1f}{of} MB")
        yield piece
    if size is not None and taken < size:
        raise _cut_off(address, taken, size)


def _refused(address: str, error: Exception) -> SymbolsAdvice:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        if error.code in (404, 410):
            return SymbolsAdvice(f"the server has no {address}: give --symbols FILE")
        return SymbolsAdvice(f"{address}: the server answers {error.code}{_BY_HAND}")
    why = f"{_why(_reason(error))}{_proxy(address)}"
    return SymbolsAdvice(f"{address}: can't be fetched: {why}{_BY_HAND}")


def _proxy(address: str) -> str:
    """The proxy that stands between, without the password that its address may have."""
    scheme, _, rest = address.partition("://")
    proxy = urllib.request.getproxies().get(scheme)
    if proxy is None or urllib.request.proxy_bypass(rest.partition("/")[0]):
        return ""
    return f" (through the proxy {proxy.rpartition('@')[2][:300]})"


def _reason(error: Exception) -> Exception:
    inner = getattr(error, "reason", None)
    return inner if isinstance(inner, Exception) else error


def _why(error: Exception) -> str:
    """What an error says, in a line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}"
    text = getattr(error, "strerror", None) or getattr(error, "reason", None) or str(error)
    return " ".join(str(text).split())[:300] or type(error).__name__


# -- the file -----------------------------------------------------------------------------------


def _check(identity: PdbIdentity, path: Path, address: str) -> None:
    """Raises `SymbolsAdvice` where a file is not the PDB that was asked for."""
    try:
        file = Pdb(path)
    except SymbolsError:
        raise SymbolsAdvice(f"{address}: not taken: it is no PDB{_BY_HAND}") from None
    found, stated = file.identity, file.stated
    file.close()
    if found != identity:
        raise SymbolsAdvice(f"{address}: not taken: it is PDB {found}, not {identity}{_OTHER}")
    _check_size(path, stated, address)


def _check_image(key: str, path: Path, address: str) -> None:
    """Raises `SymbolsAdvice` where a file is not the image that was asked for."""
    found = image_file(path)
    if found is None:
        raise SymbolsAdvice(f"{address}: not taken: it is no image that names a PDB{_OTHER}")
    if found.key != key:
        raise SymbolsAdvice(f"{address}: not taken: it is image {found.key}, not {key}{_OTHER}")
    _check_size(path, found.stated, address)


def _check_size(path: Path, stated: int, address: str) -> None:
    """Raises `SymbolsAdvice` where a file ends too early: not every server says how long it is."""
    size = path.stat().st_size
    if size < stated:
        raise _cut_off(address, size, stated)


def _cut_off(address: str, size: int, stated: int) -> SymbolsAdvice:
    return SymbolsAdvice(f"{address}: cut off after {size} of {stated} bytes; try again")


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except OSError:
        pass  # it has its name now, or never came to be
