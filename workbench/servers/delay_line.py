"""A program: a Postgres at a distance. Needs nothing but Python's library.

Usage: delay_line.py SOCKET RTT_MS UPSTREAM_SOCKET | delay_line.py SOCKET RTT_MS HOST PORT

It listens at SOCKET, prints one line when it does, and passes bytes on both ways, each half a round
trip late. It is a line and not a queue of sleeps: every chunk carries the time at which it
is due, so what is sent together arrives together, and bandwidth is that of the machine.

``select`` it is, because it wakes at microseconds where epoll and asyncio round up to the next
millisecond (measured lateness of a 2.5 ms wait: 0.09 ms and 0.59 ms), and with the kernel's timer
slack at its least 0.05 ms, which ``WAKE_S`` takes off again.
"""

import ctypes
import os
import select
import signal
import socket
import sys
from collections import deque
from contextlib import suppress
from time import perf_counter

CHUNK_BYTES = 1 << 18
IN_FLIGHT_BYTES = 64 << 20
WAKE_S = 0.00005
STEP_S = 0.0005
PR_SET_TIMERSLACK = 29


class Direction:
    """Bytes on their way from one socket to another."""

    def __init__(self, source: socket.socket, target: socket.socket, delay_s: float) -> None:
        self.source, self.target, self.delay_s = source, target, delay_s
        self.chunks: deque[tuple[float, memoryview]] = deque()
        self.waiting_bytes = 0
        self.open = self.alive = True

    def reads(self) -> bool:
        """Whether more may be taken in."""
        return self.open and self.waiting_bytes < IN_FLIGHT_BYTES

    def take(self) -> None:
        """Take in what there is; an end of the stream travels like any chunk, as an empty one."""
        try:
            data = self.source.recv(CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.open = bool(data)
        self.waiting_bytes += len(data)
        self.chunks.append((perf_counter() + self.delay_s, memoryview(data)))

    def due_s(self) -> float | None:
        """When the next chunk is to leave, None if there is none."""
        return self.chunks[0][0] if self.chunks else None

    def pass_on(self, now_s: float) -> None:
        """Send everything that is due and that the other side takes."""
        while self.chunks and self.chunks[0][0] <= now_s:
            due, data = self.chunks.popleft()
            try:
                sent = self.target.send(data) if data else self._finish()
            except BlockingIOError:
                sent = 0
            except OSError:
                self._give_up()
                return
            self.waiting_bytes -= sent
            if sent < len(data):
                self.chunks.appendleft((due, data[sent:]))
                return

    def _finish(self) -> int:
        self.alive = False
        with suppress(OSError):
            self.target.shutdown(socket.SHUT_WR)
        return 0

    def _give_up(self) -> None:
        """The receiver is gone: nothing more is wanted from the sender."""
        self.chunks.clear()
        self.open = self.alive = False
        with suppress(OSError):
            self.source.shutdown(socket.SHUT_RD)


class DelayLine:
    """All connections of one proxy, in one thread."""

    def __init__(self, listener: socket.socket, delay_s: float, upstream: list[str]) -> None:
        self.listener, self.delay_s, self.upstream = listener, delay_s, upstream
        self.directions: list[Direction] = []

    def run(self) -> None:
        """Pass bytes on until the process is ended."""
        while True:
            ready = self._wait()
            if self.listener in ready:
                self._accept()
            for each in self.directions:
                if each.source in ready and each.reads():
                    each.take()
            now_s = perf_counter() + WAKE_S
            for each in self.directions:
                each.pass_on(now_s)
            if any(not each.alive for each in self.directions):
                self._forget()

    def _wait(self) -> set[socket.socket]:
        """Sockets that can be read; returns also when a chunk is due or stuck ones can go on."""
        now_s = perf_counter() + WAKE_S
        sources = [each.source for each in self.directions if each.reads()]
        due = [(at, each) for each in self.directions if (at := each.due_s()) is not None]
        stuck = [each.target for at, each in due if at <= now_s]
        coming = [at for at, _ in due if at > now_s]
        patience_s = _patience_s(min(coming) - now_s) if coming else None
        return set(select.select([self.listener, *sources], stuck, [], patience_s)[0])

    def _accept(self) -> None:
        near, _ = self.listener.accept()
        try:
            far = _connected(self.upstream)
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.setblocking(False)
        self.directions += [
            Direction(near, far, self.delay_s),
            Direction(far, near, self.delay_s),
        ]

    def _forget(self) -> None:
        """Close the pairs whose both directions have ended."""
        pairs = list(zip(self.directions[::2], self.directions[1::2], strict=True))
        self.directions = []
        for there, back in pairs:
            if there.alive or back.alive:
                self.directions += [there, back]
            else:
                there.source.close()
                back.source.close()


def _patience_s(left_s: float) -> float:
    """How long to wait; the kernel may add 0.5 % to a long wait, so it is made in two steps."""
    return left_s - STEP_S if left_s > 2 * STEP_S else left_s


def _connected(upstream: list[str]) -> socket.socket:
    if len(upstream) == 1:
        far = socket.socket(socket.AF_UNIX)
        far.connect(upstream[0])
        return far
    far = socket.create_connection((upstream[0], int(upstream[1])), timeout=10)
    far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return far


def main(path: str, rtt_ms: str, *upstream: str) -> None:
    """Listen, say so, and pass on until told to stop.

    It then ends without a fuss: of a process that a signal ended the shell around it would tell a
    reader who may be gone, and die of that before it has cleaned up.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: os._exit(0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1000)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(128)
        os.write(1, b"listening\n")
        DelayLine(listener, float(rtt_ms) / 2000, list(upstream)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
