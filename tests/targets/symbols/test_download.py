"""Fetching a PDB: from a server that has it, and from ones that err or lie."""

from __future__ import annotations

import errno
import shutil
import socket
import ssl
import struct
import subprocess
import threading
from pathlib import Path
from typing import Any, Iterator, List, NamedTuple
from uuid import UUID

import pytest

from mocks import KernelImage
from mocks.pdb import make_pdb
from pykd_handle.layout import PdbIdentity
from pykd_handle.layout.pdb import Pdb
from pykd_handle.targets.symbols import download
from pykd_handle.targets.symbols.download import fetch, named_by
from pykd_handle.targets.symbols.given_file import open_given
from pykd_handle.targets.symbols.image_file import image_file, named_in
from pykd_handle.targets.symbols.path import SymbolServer
from pykd_handle.targets.symbols.store import find_in_store
from pykd_handle.values import SymbolsError

from .server import Answer, Server, serving

GUID = UUID("01234567-89ab-cdef-fedc-ba9876543210")
WANTED = PdbIdentity(GUID.hex, 26, "ntkrnlmp.pdb")
PLACE = f"/ntkrnlmp.pdb/{GUID.hex.upper()}1A/ntkrnlmp.pdb"


@pytest.fixture(scope="module")
def pdb(compiler: None) -> bytes:
    return make_pdb(KernelImage("win10_19041_x64").isf(), {}, guid=GUID, age=26).pdb


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def quiet(text: str) -> None:
    del text


def left_behind(folder: Path) -> List[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def refused(server: Server, store: Path, words: str, wanted: PdbIdentity = WANTED) -> None:
    with pytest.raises(SymbolsError) as caught:
        fetch(wanted, SymbolServer((store,), server.url), quiet)
    said = str(caught.value)
    assert words in said and "\n" not in said
    assert said.endswith(
        ("; fetch it by hand, and give it to --symbols", "try again", "--symbols FILE")
    )
    assert left_behind(store) == []


def test_the_right_file(server: Server, pdb: bytes, tmp_path: Path) -> None:
    server.answers[PLACE] = Answer(pdb)
    told: List[str] = []
    path = tmp_path / PLACE[1:]
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not that")
    assert path == fetch(WANTED, SymbolServer((tmp_path,), server.url), told.append)
    assert path.read_bytes() == pdb and left_behind(tmp_path) == [path]
    # Laid out so that the debugger finds it.
    assert path == tmp_path / "ntkrnlmp.pdb" / f"{GUID.hex.upper()}1A" / "ntkrnlmp.pdb"
    assert find_in_store(tmp_path, WANTED).path == path
    size = f"{len(pdb) / 1e6:.1f}"
    assert told[-1] == f"fetching {server.url}{PLACE}: {size} of {size} MB"
    assert server.asked == [PLACE] and server.agents == {"pykd-handle"}


def test_the_first_store_that_can_be_written(
    server: Server, pdb: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[PLACE] = Answer(pdb)
    (tmp_path / "file").write_bytes(b"no folder")
    stores = (Path("C:\\symbols"), tmp_path / "file" / "in", tmp_path / "good")
    path = fetch(WANTED, SymbolServer(stores, server.url), quiet)
    assert tmp_path / "good" in path.parents
    with pytest.raises(SymbolsError, match=r"nothing is fetched: .*can't be written"):
        fetch(WANTED, SymbolServer(stores[:2], server.url), quiet)
    assert len(server.asked) == 1
    # One whose folders are there, and not for this user to write into.
    opened = Path.open

    def closed(path: Path, mode: str = "r", *more: object) -> Any:
        if tmp_path / "good" in path.parents and mode == "xb":
            raise PermissionError(errno.EACCES, "Permission denied")
        return opened(path, mode, *more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", closed)
    path = fetch(WANTED, SymbolServer((*stores, tmp_path / "last"), server.url), quiet)
    assert tmp_path / "last" in path.parents


def test_another_pdb(server: Server, pdb: bytes, tmp_path: Path) -> None:
    other = PdbIdentity(f"{7:032X}", 26, "ntkrnlmp.pdb")
    server.answers[PLACE.replace(GUID.hex.upper(), other.guid)] = Answer(pdb)
    refused(server, tmp_path, f"it is PDB {WANTED}, not {other}", other)


@pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>", b"Microsoft C/C++ MSF 7.00\r\n"])
def test_no_pdb(server: Server, tmp_path: Path, body: bytes) -> None:
    server.answers[PLACE] = Answer(body)
    refused(server, tmp_path, "not taken: it is no PDB")


def test_too_long(
    server: Server, pdb: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_LARGEST", 1 << 20)
    server.answers[PLACE] = Answer(pdb, length=1 << 40)
    refused(server, tmp_path, "not taken: it has 1099511627776 bytes")
    # One that does not say so.
    server.answers[PLACE] = Answer(bytes(3 << 20), length=0)
    refused(server, tmp_path, "not taken: it has more than 1 MB")


def test_cut_off(server: Server, pdb: bytes, tmp_path: Path) -> None:
    server.answers[PLACE] = Answer(pdb[:5000], length=len(pdb))
    refused(server, tmp_path, f"cut off after 5000 of {len(pdb)} bytes; try again")
    # By a server that does not say how long it is; what is missing is read by nobody here.
    server.answers[PLACE] = Answer(pdb[:-1], length=0)
    refused(server, tmp_path, f"cut off after {len(pdb) - 1} of {len(pdb)} bytes; try again")


@pytest.mark.parametrize("length", ["\xb2", "-1", "1e3", "+5", "x" * 99, "9" * 5000, " "])
def test_a_length_that_is_none(server: Server, pdb: bytes, tmp_path: Path, length: str) -> None:
    server.answers[PLACE] = Answer(pdb, length=length)
    try:
        assert fetch(WANTED, SymbolServer((tmp_path,), server.url), quiet).read_bytes() == pdb
    except SymbolsError as error:
        assert f"{PLACE}: " in str(error)


def test_two_at_a_time(server: Server, pdb: bytes, tmp_path: Path) -> None:
    """They may be of one number: in containers, or on two machines with one store."""
    server.answers[PLACE] = Answer(pdb)
    stores = SymbolServer((tmp_path,), server.url)
    found: List[Path] = []

    def meanwhile(text: str) -> None:
        del text
        if len(server.asked) == 1:
            found.append(fetch(WANTED, stores, quiet))

    assert found == [] and [fetch(WANTED, stores, meanwhile)] == found == left_behind(tmp_path)
    assert found[0].read_bytes() == pdb


def test_redirected(server: Server, pdb: bytes, tmp_path: Path) -> None:
    server.answers[PLACE] = Answer(status=302, location="/blob")
    server.answers["/blob"] = Answer(pdb)
    assert fetch(WANTED, SymbolServer((tmp_path,), server.url), quiet).read_bytes() == pdb


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "http://[::1", "//[", "http://x..y/"]
)
def test_redirected_elsewhere(server: Server, tmp_path: Path, location: str) -> None:
    server.answers[PLACE] = Answer(status=302, location=location)
    no = "the server answers" if location.startswith("file") else "can't be fetched"
    refused(server, tmp_path, no)


def test_redirected_without_end(server: Server, tmp_path: Path) -> None:
    server.answers[PLACE] = Answer(status=302, location=PLACE)
    refused(server, tmp_path, "the server answers 302")
    assert len(server.asked) <= 6


@pytest.mark.parametrize("all_of_it", [False, True])
def test_slow(
    server: Server, pdb: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, all_of_it: bool
) -> None:
    monkeypatch.setattr(download, "_LONGEST" if all_of_it else "_PATIENCE", 0.3)
    server.answers[PLACE] = Answer(pdb, pause=0.8 if all_of_it else 2.0)
    refused(server, tmp_path, "takes too long; fetch it by hand" if all_of_it else "timed out")


def test_gone(server: Server, tmp_path: Path) -> None:
    refused(server, tmp_path, f"the server has no {server.url}{PLACE}")
    server.answers[PLACE] = Answer(status=410)
    refused(server, tmp_path, f"the server has no {server.url}{PLACE}")
    server.answers[PLACE] = Answer(status=503)
    refused(server, tmp_path, "the server answers 503; fetch it by hand")


def test_no_http(tmp_path: Path) -> None:
    """What is said in its place is told as far as a line goes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            for _ in range(2):  # asked by https first
                with listening.accept()[0] as asked:
                    asked.recv(1 << 16)
                    asked.sendall(b"nonsense" * 2000 + b"\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(SymbolsError, match="can't be fetched: nonsense") as caught:
            fetch(WANTED, SymbolServer((tmp_path,), url), quiet)
        thread.join(10)
    assert str(caught.value).endswith("; fetch it by hand, and give it to --symbols")
    assert len(str(caught.value)) < 600


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    nobody = Server()
    nobody.url = url
    refused(nobody, tmp_path, "can't be fetched: Connection refused")
    for nobody.url in ("http://", "http://[::1", "https://x..y", f"http://{'x' * 300}.example"):
        refused(nobody, tmp_path, "can't be fetched: ")


def test_the_proxy_of_the_environment(
    server: Server, pdb: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://symbols.example"
    server.answers[f"{url}{PLACE}"] = Answer(pdb)
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("https_proxy", server.url)
    assert fetch(WANTED, SymbolServer((tmp_path,), url), quiet).read_bytes() == pdb
    assert server.asked == [f"{url}{PLACE}"]
    # One that does not run is named, but for its password, and only where it is asked.
    monkeypatch.setenv("http_proxy", "http://me:secret@127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for nobody, proxy in ((url, " (through the proxy 127.0.0.1:9)"), ("http://127.0.0.1:9", "")):
        with pytest.raises(SymbolsError) as caught:
            fetch(WANTED, SymbolServer((tmp_path / "new",), nobody), quiet)
        assert f"Connection refused{proxy}; fetch it by hand" in str(caught.value)


def test_a_server_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told while it is waited for: by https, then by http."""
    monkeypatch.setattr(download, "_SILENCE", 0.05)
    monkeypatch.setattr(download, "_PATIENCE", 0.3)
    told: List[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(SymbolsError, match="can't be fetched: timed out; fetch it by hand"):
            fetch(WANTED, SymbolServer((tmp_path,), url), told.append)
    assert told == [f"fetching {url}{PLACE}: no answer yet"]


@pytest.mark.parametrize("name", ["tcpip.pdb", "nt.exe.pdb", "ntos-krnl.pdb"])
def test_only_kernels(server: Server, tmp_path: Path, name: str) -> None:
    refused(server, tmp_path, "not the name of a kernel's PDB", PdbIdentity(GUID.hex, 1, name))
    assert server.asked == []


@pytest.mark.parametrize(
    "image", ["win32k.sys/F5E79FC41046000", "nt/../x.exe/F5E79FC41046000", "nt.exe/..", "nt.exe"]
)
def test_only_images_of_kernels(server: Server, tmp_path: Path, image: str) -> None:
    """Their names come out of the dump."""
    with pytest.raises(SymbolsError, match="is not fetched: it is no kernel's image"):
        named_by(image, SymbolServer((tmp_path,), server.url), quiet)
    assert server.asked == [] and left_behind(tmp_path) == []


def test_an_image_of_a_store(compiler: None, tmp_path: Path) -> None:
    """It names its PDB where it is the one that the dump tells of, and a kernel's."""
    linked = make_pdb(KernelImage("win10_19041_x64").isf(), {}, guid=GUID, age=26, timestamp=0xABC)
    key = f"00000ABC{linked.size:x}"
    for place in (f"ntoskrnl.exe/{key}/ntoskrnl.exe", f"ntoskrnl.exe/{key}1/ntoskrnl.exe",
                  f"win32k.sys/{key}/win32k.sys", "x/ntoskrnl.exe"):  # fmt: skip
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(linked.image)
    assert named_in(tmp_path, f"ntoskrnl.exe/{key}") == WANTED
    for image in (f"ntoskrnl.exe/{key}1", f"win32k.sys/{key}", "ntoskrnl.exe/00000ABC1000", "x"):
        assert named_in(tmp_path, image) is None
    # It may be the dump's kernel where that says neither its PDB nor its image.
    with pytest.raises(SymbolsError, match=r"is an image, which has no symbols; fetch https://"):
        open_given(tmp_path / place, False, None, "")


def test_an_image_of_many_sections(compiler: None, tmp_path: Path) -> None:
    """A kernel has some 35, and its headers more than 1 KB; that of the mocks has two or three."""
    image = make_pdb(KernelImage("win10_19041_x64").isf(), {}, guid=GUID, age=26).image
    (pe,) = struct.unpack_from("<I", image, 0x3C)
    count, optional = struct.unpack_from("<H12xH", image, pe + 6)
    table, more = pe + 24 + optional, 50
    rows = [image[table + 40 * row :][:40] for row in range(count)]
    begin = min(struct.unpack_from("<I", row, 20)[0] for row in rows)  # PointerToRawData
    moved = [
        row[:20]
        + struct.pack("<I", struct.unpack_from("<I", row, 20)[0] + 0x1000 - begin)
        + row[24:]
        for row in rows
    ]
    far = struct.pack("<8s8I", b"far", 0, 0x400000, 0, 0, 0, 0, 0, 0)
    head = bytearray(image[:table] + b"".join([far] * more + moved))
    struct.pack_into("<H", head, pe + 6, count + more)
    path = tmp_path / "nt.exe"
    path.write_bytes(bytes(head).ljust(0x1000, b"\0") + image[begin:])
    found = image_file(path)
    assert found is not None and found.identity == WANTED
    assert found.stated == len(image) - begin + 0x1000
    struct.pack_into("<H", head, pe + 6, 0xFFFF)
    path.write_bytes(bytes(head).ljust(0x1000, b"\0") + image[begin:])
    assert image_file(path) is None


@pytest.mark.parametrize("name", ["..", "../../nt.pdb", "nt/../x.pdb", "", "nt\0.pdb", "C:nt.pdb"])
def test_names_that_are_none(server: Server, tmp_path: Path, name: str) -> None:
    """They come out of the dump; the usual name stands in for them."""
    usual = f"/ntkrnlmp.pdb/{GUID.hex.upper()}1/ntkrnlmp.pdb"
    refused(server, tmp_path, f"has no {server.url}{usual}", PdbIdentity(GUID.hex, 1, name))


def test_the_file_is_a_symbol_file(server: Server, pdb: bytes, tmp_path: Path) -> None:
    server.answers[PLACE] = Answer(pdb)
    file = Pdb(fetch(WANTED, SymbolServer((tmp_path,), server.url), quiet))
    assert file.struct("_HANDLE_TABLE").has("TableCode")
    file.close()


# -- https --------------------------------------------------------------------------------------


class Secure(NamedTuple):
    server: Server
    certificate: Path


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Secure]:
    """A server whose certificate nobody but itself vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
            *("-nodes", "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=x"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving(context) as running:
        yield Secure(running, certificate)


def test_a_certificate_that_nobody_vouches_for(secure: Secure, pdb: bytes, tmp_path: Path) -> None:
    server = secure.server
    server.answers[PLACE] = Answer(pdb)
    line = "{}{}: can't be fetched: its certificate is refused: self"  # signed; how, OpenSSL's own
    refused(server, tmp_path / "store", line.format(server.url, PLACE))
    # Nor by the way of http, which is tried as https first.
    server.url = server.url.replace("https:", "http:")
    refused(server, tmp_path / "store", line.format(server.url, PLACE))
    assert server.asked == []


def test_a_certificate_that_is_known(
    secure: Secure, pdb: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secure.certificate))
    server = secure.server
    server.answers[PLACE] = Answer(pdb)
    for number, url in enumerate((server.url, server.url.replace("https:", "http:"))):
        path = fetch(WANTED, SymbolServer((tmp_path / str(number),), url), quiet)
        assert path.read_bytes() == pdb
    # From https no redirection leads to http, however they are spelled.
    server.answers[PLACE] = Answer(status=302, location=f"{server.url.replace('https', 'HTTPS')}/2")
    server.answers["/2"] = Answer(status=302, location=f"{url.replace('http', 'Http')}/blob")
    refused(server, tmp_path / "store", f"can't be fetched: it leads to {url}/blob")
    assert server.asked[-2:] == [PLACE, "/2"]
