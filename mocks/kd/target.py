"""A live machine for a kernel debugger: `KdTarget` serves an image over loopback TCP."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Callable, List, Optional, Type

from ..kernel_image import KernelImage
from .answers import Answers
from .counts import Counts
from .faults import Faults, Trouble
from .line import Line, LineEnded
from .packets import BreakIn, Kind, Packet
from .requests import Api, Request, api_name

__all__ = ("FIRST_MARK", "KdTarget")

FIRST_MARK = 0x4D41524B
"""Reading model specific register ``FIRST_MARK + n`` opens `KdTarget.phases` number n.

A script that a debugger runs says so where it stands; these reads are not counted.
"""

_MOST_PHASES = 64
_MOST_REQUESTS = 2_000_000
_TICK = 0.05


class KdTarget:
    """A stopped machine that waits for its debugger: a port of 127.0.0.1, a thread of its own.

    ``connection`` is what the debugger is given. ``latency`` is waited before each answer,
    ``lifetime`` is the longest that it serves, both in seconds. When the debugger lets the
    machine run, ``while_running`` is called with the number of the run (1, 2, ...) and may change
    the image; then it stops again when the debugger asks for it, or by itself ``runs_for``
    seconds later. Use it as a context manager; what went wrong in its thread is raised at the end.
    """

    def __init__(
        self,
        image: KernelImage,
        while_running: Optional[Callable[[int], None]] = None,
        runs_for: Optional[float] = None,
        latency: float = 0.0,
        lifetime: float = 120.0,
        patience: float = 1.0,
    ) -> None:
        self.answers = Answers(image)
        self.faults = Faults()
        self.while_running = while_running
        self.runs_for = runs_for
        self.latency = latency
        self.patience = patience
        self.running = False
        self.silent = False
        """Whether the machine hears nothing any more (its cable is out); may be set and reset."""
        self.silent_for: Optional[float] = None
        """Seconds after which a silence ends; None: it does not."""
        self.connections = 0
        self.log: Optional[List[Request]] = None
        """Set to a list, it takes every request."""
        self.phases: List[Counts] = [Counts()]
        self._counts = self.phases[0]
        self._requests = 0
        self._stop_at: Optional[float] = None
        self._hears_at: Optional[float] = None
        self._deadline = time.monotonic() + lifetime
        self._ending = threading.Event()
        self._error: Optional[BaseException] = None
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1)
        self._listener.settimeout(_TICK)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._work, name="kd-target", daemon=True)
        for number in range(_MOST_PHASES):
            self.answers.msrs[FIRST_MARK + number] = number

    @property
    def connection(self) -> str:
        """The connection string for ``attachKernel``."""
        return f"com:ipport={self.port},port=127.0.0.1"

    def phase(self, number: int) -> Counts:
        """The counts of a phase that was marked; number 0 is what came before the first mark."""
        return self.phases[number]

    def start(self) -> KdTarget:
        """Begin to serve."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """End, and raise what went wrong on the way."""
        self._ending.set()
        self._thread.join(10)
        if self._thread.is_alive():
            raise RuntimeError("the thread of the machine does not end")
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def __enter__(self) -> KdTarget:
        return self.start()

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.stop()

    # -- the thread -----------------------------------------------------------------------------

    def _over(self) -> bool:
        return (
            self._ending.is_set()
            or time.monotonic() > self._deadline
            or self._requests > _MOST_REQUESTS
        )

    def _work(self) -> None:
        try:
            while not self._over():
                try:
                    connection, _ = self._listener.accept()
                except socket.timeout:
                    continue
                self.connections += 1
                with connection:
                    try:
                        self._serve(Line(connection, self._counts, self.patience))
                    except LineEnded:
                        pass  # the next debugger may come
        except BaseException as error:  # raised again by `stop`
            self._error = error
        finally:
            self._listener.close()

    def _serve(self, line: Line) -> None:
        while not self._over():
            for item in line.receive(_TICK):
                if isinstance(item, BreakIn):
                    self._counts.break_ins += 1
                    self._stop(line)
                elif item.control:
                    # A reset: whoever comes anew is told the state of the machine.
                    if not self.running:
                        self._tell(line)
                elif item.kind == Kind.STATE_MANIPULATE:
                    self._hear(line, item)
                else:
                    line.accept(item)
            if self._hears_at is not None and time.monotonic() >= self._hears_at:
                self.silent, self._hears_at = False, None
            if self._stop_at is not None and time.monotonic() >= self._stop_at:
                self._stop(line)

    def _tell(self, line: Line) -> None:
        line.send(Kind.STATE_CHANGE64, self.answers.processor.state_change())

    def _stop(self, line: Line) -> None:
        """Stop where the machine runs; a stopped one ignores the wish."""
        self._stop_at = None
        if self.running:
            self.running = False
            self.answers.processor.stop()
            self._tell(line)

    def _run(self) -> None:
        self.running = True
        processor = self.answers.processor
        processor.run()
        if self.while_running is not None:
            self.while_running(processor.runs)
        self.answers.memory.forget()
        if self.runs_for is not None:
            self._stop_at = time.monotonic() + self.runs_for

    def _hear(self, line: Line, packet: Packet) -> None:
        request = Request.parse(packet.payload)
        trouble = self.faults.at(request)
        if trouble is Trouble.SILENCE:
            self.silent = True
            if self.silent_for is not None:
                self._hears_at = time.monotonic() + self.silent_for
        if trouble is Trouble.LOSE_REQUEST or self.silent:
            return
        if trouble is Trouble.CUT:
            line.reset()
        line.accept(packet)
        self._count(line, request)
        if self.running:
            return  # nobody is there to answer
        answer = self.answers.answer(request)
        if answer is None:
            if request.api in (Api.Continue, Api.Continue2):
                self._run()
            elif request.api == Api.SwitchProcessor:
                self._tell(line)
            return
        if self.latency:
            time.sleep(self.latency)
        self._counts.data[api_name(request.api)] += len(answer.data)
        line.send(
            Kind.STATE_MANIPULATE,
            answer.pack(),
            lost=trouble is Trouble.LOSE_ANSWER,
            spoiled=trouble is Trouble.SPOIL_ANSWER,
        )

    def _count(self, line: Line, request: Request) -> None:
        self._requests += 1
        if self.log is not None:
            self.log.append(request)
        number = request.number(0, 4) - FIRST_MARK
        if request.api == Api.ReadMsr and 0 <= number < _MOST_PHASES:
            while len(self.phases) <= number:
                self.phases.append(Counts())
            self._counts = line.counts = self.phases[number]
            return
        self._counts.requests[api_name(request.api)] += 1
