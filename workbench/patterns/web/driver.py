"""The process that makes the load: ``python -m workbench.patterns.web.driver SOCKET``.

It answers each line on a Unix socket, blocks of load as JSON, with a line of outcomes. Its HTTP
client is a few lines over asyncio's streams, because a request by a general one takes more
processor time than the servers under test need to answer it, and both share the machine.
"""

import asyncio
import gc
import sys
import time
from collections import deque
from collections.abc import Sequence
from urllib.parse import urlsplit

from workbench.patterns.web.load import (
    NO_ANSWER,
    Block,
    Call,
    Outcome,
    decode,
    encode_outcomes,
)

LINE_BYTES = 1 << 28
PAUSE_S = 0.02


class Connection:
    """A connection that stays open from one request to the next."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, host: str, port: int) -> "Connection":
        """A new one."""
        return cls(*await asyncio.open_connection(host, port))

    async def send(self, call: Call, host: str) -> tuple[int, int, bool]:
        """Status, bytes of the answer's body, and whether the connection can be used again."""
        body = call.body.encode()
        head = f"{call.method} {call.path} HTTP/1.1\r\nhost: {host}\r\n"
        head += f"content-length: {len(body)}\r\n"
        if body:
            head += "content-type: application/json\r\n"
        if call.client:
            head += f"x-client: {call.client}\r\n"
        if call.accept_encoding:
            head += f"accept-encoding: {call.accept_encoding}\r\n"
        self._writer.write(head.encode() + b"\r\n" + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        status, fields = int(answer[9:12]), answer.split(b"\r\n")[1:]
        length = [int(field[15:]) for field in fields if field.startswith(b"content-length:")]
        if not length:
            raise OSError("an answer without content-length")
        await self._reader.readexactly(length[0])
        return status, length[0], b"connection: close" not in fields

    def close(self) -> None:
        """End it."""
        self._writer.close()


class Client:
    """Sends calls to one server over as many connections as are needed at a time."""

    def __init__(self, block: Block) -> None:
        address = urlsplit(block.url)
        self._host, self._port = address.hostname or "127.0.0.1", address.port or 80
        self._patience_s = block.patience_s
        self._idle: deque[Connection] = deque()
        self.received = 0

    async def call(self, call: Call, due: float) -> tuple[float, int]:
        """Milliseconds since the call was due, and the status."""
        status, connection = NO_ANSWER, None
        try:
            async with asyncio.timeout(self._patience_s):
                if self._idle:
                    connection = self._idle.pop()
                else:
                    connection = await Connection.to(self._host, self._port)
                status, length, reusable = await connection.send(call, self._host)
                self.received += length
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError):
            reusable = False
        took_ms = 1000 * (time.perf_counter() - due)
        if connection is not None:
            if reusable:
                self._idle.append(connection)
            else:
                connection.close()
        return took_ms, status

    async def open(self, count: int) -> None:
        """Have connections ready, so that no call waits for its own."""
        fresh = [Connection.to(self._host, self._port) for _ in range(count)]
        found = await asyncio.gather(*fresh, return_exceptions=True)
        self._idle.extend(each for each in found if isinstance(each, Connection))

    def close(self) -> None:
        """End all connections."""
        for connection in self._idle:
            connection.close()


async def run(block: Block) -> Outcome:
    """One block, measured."""
    client = Client(block)
    await client.open(block.clients)
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    try:
        loop = _open_loop if block.arrivals_s else _closed_loop
        found = await loop(client, block, started)
        seconds = time.perf_counter() - started
    finally:
        gc.enable()
        client.close()
    return Outcome(
        block.name,
        seconds,
        tuple(ms for ms, _ in found),
        tuple(status for _, status in found),
        tuple(call.client for call in block.calls),
        client.received,
    )


async def _open_loop(client: Client, block: Block, started: float) -> list[tuple[float, int]]:
    tasks = []
    for call, arrival_s in zip(block.calls, block.arrivals_s, strict=True):
        due = started + arrival_s
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(client.call(call, due)))
    return list(await asyncio.gather(*tasks))


async def _closed_loop(client: Client, block: Block, started: float) -> list[tuple[float, int]]:
    found: list[tuple[float, int]] = [(0.0, NO_ANSWER)] * len(block.calls)
    waiting = iter(enumerate(block.calls))

    async def work() -> None:
        for number, call in waiting:
            found[number] = await client.call(call, time.perf_counter())

    await asyncio.gather(*(work() for _ in range(block.clients)))
    return found


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        outcomes = []
        for block in decode(line.decode()):
            outcomes.append(await run(block))
            await asyncio.sleep(PAUSE_S)
        writer.write(encode_outcomes(outcomes).encode() + b"\n")
        await writer.drain()
    writer.close()


async def serve(path: str) -> None:
    """Answer lines until the process is ended."""
    server = await asyncio.start_unix_server(_answer, path, limit=LINE_BYTES)
    async with server:
        await server.serve_forever()


def main(arguments: Sequence[str]) -> None:
    """Serve on the socket that the command line names."""
    asyncio.run(serve(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
