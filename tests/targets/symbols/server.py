"""A symbol server on loopback, which serves what it is told to, right or wrong."""

from __future__ import annotations

import ssl
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Union

__all__ = ("Answer", "Server", "serving")


class Answer(NamedTuple):
    """What the server answers: a status, bytes, and lies about them."""

    body: bytes = b""
    status: int = 200
    location: str = ""
    length: Union[int, str] = ""  # another Content-Length than the body's; 0: none
    pause: float = 0.0  # before the second half of the body


class Server:
    """``answers`` by path; ``asked`` are the paths that were asked for, ``agents`` who did so."""

    def __init__(self) -> None:
        self.answers: Dict[str, Answer] = {}
        self.asked: List[str] = []
        self.agents: Set[str] = set()
        self.url = ""


@contextmanager
def serving(secure: Optional[ssl.SSLContext] = None) -> Iterator[Server]:
    """A server, while the block lasts; a ``secure`` one is asked by https."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append(self.path)
            server.agents.add(self.headers["User-Agent"])
            answer = server.answers.get(self.path, Answer(status=404))
            self.send_response(answer.status)
            if answer.location:
                self.send_header("Location", answer.location)
            length = len(answer.body) if answer.length == "" else answer.length
            if length:
                self.send_header("Content-Length", str(length))
            self.end_headers()
            half = len(answer.body) // 2
            try:
                self.wfile.write(answer.body[:half])
                time.sleep(answer.pause)
                self.wfile.write(answer.body[half:])
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *words: object) -> None:
            del words

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    if secure is not None:
        # The handshake is made where the request is read, in a thread of its own.
        http.socket = secure.wrap_socket(
            http.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "http" if secure is None else "https"
    server.url = f"{scheme}://127.0.0.1:{http.server_address[1]}"
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
