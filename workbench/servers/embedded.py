"""Our own Postgres on a Unix socket, from the programs of the wheel.

The data directory persists from run to run. It is made under another name and renamed when it is
complete, so one that has the right name is whole. The socket lies in a fresh private directory,
so whoever answers there is the server we started and no older one on the same data.
"""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex

import psutil

from workbench import db
from workbench.errors import ServerError
from workbench.servers import binaries, failure, scratch, settings, watchdog
from workbench.servers.account import Account, give, server_account
from workbench.servers.binaries import Binaries
from workbench.servers.failure import Unusable
from workbench.servers.scratch import Notify
from workbench.servers.server import Server, examine

START_S = 120.0
STOP_S = 30.0
ROOM_BYTES = 200 * 2**20
SOCKET_PATH_BYTES = 100
PREDECESSOR_S = 10.0

# A locale of the operating system other than "C": text sorts by code point, alike everywhere, yet
# Postgres does not use a plain btree for LIKE 'x%'. That is so on nearly every production server,
# and text_pattern_ops would look useless here otherwise.
LOCALES = (
    ["--locale=C.UTF-8"],
    ["--locale=en_US.UTF-8"],
    ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
)
# Checksums would be in the way of replacing a table's file by hand (statistics without rows).
INITDB = [
    "--username=postgres",
    "--encoding=UTF8",
    "--lc-messages=C",
    "--text-search-config=english",
    "--auth=trust",
    "--no-data-checksums",
    "--no-instructions",
]


@contextmanager
def running(name: str, reason: str, notify: Notify) -> Iterator[Server]:
    """A server on the data directory ``name``, which the caller has claimed.

    A directory with which Postgres does not start is made anew, once, and ``notify`` says so.
    """
    account = server_account()
    programs = binaries.reachable(account)
    data = directory(programs.major) / name
    try:
        process, conninfo = _started(programs, data, account)
    except Unusable as error:
        notify(f"the scratch data of {name} cannot be used ({error}); making it anew")
        with scratch.usable(data):
            shutil.rmtree(data)
        process, conninfo = _started(programs, data, account)
    try:
        with db.connect(conninfo) as connection:
            server = examine(
                connection,
                kind="embedded",
                conninfo=conninfo,
                disposable=True,
                reason=reason,
                postmaster_pid=postmaster_pid(data),
            )
        yield server
    finally:
        _stop(process, conninfo)


def directory(major: int) -> Path:
    """The folder with the data directories of one major version."""
    return scratch.area() / f"embedded-{major}"


def _started(
    programs: Binaries, data: Path, account: Account | None
) -> tuple[subprocess.Popen[bytes], str]:
    """A server that answers, and its address; raises ServerError with the server's own words."""
    _make_data(programs, data, account)
    _end_predecessor(data)
    sockets = _socket_directory(account)
    log = data.with_name(f"{data.name}.log")
    with scratch.usable(data.parent), log.open("wb") as output:
        process = watchdog.spawn(
            [
                programs.folder / "postgres",
                *("-D", data, "-k", sockets, "-c", "listen_addresses="),
                *settings.arguments(programs.major),
            ],
            account=account,
            output=output,
            stop_signal="INT",
            folder=sockets,
        )
    conninfo = db.conninfo(host=str(sockets), port=5432, user="postgres", dbname="postgres")
    try:
        _await_answer(process, conninfo, log)
    except BaseException:
        _stop(process, conninfo)
        raise
    return process, conninfo


def _await_answer(process: subprocess.Popen[bytes], conninfo: str, log: Path) -> None:
    """Return when the server takes connections; raises ServerError when it ends instead."""
    deadline = time.monotonic() + START_S
    while True:
        if process.poll() is not None:
            raise _failure(log)
        try:
            db.connect(conninfo).close()
        except ServerError as error:
            if time.monotonic() > deadline:
                raise ServerError(f"Postgres does not answer: {error}; see {log}") from None
            time.sleep(0.01)
        else:
            return


def _failure(log: Path) -> ServerError:
    text = log.read_text(encoding="utf-8", errors="replace")
    if failure.is_full(text):
        return scratch.unusable(log.parent, "no space left on device", full=True)
    return failure.from_log(text)


def _stop(process: subprocess.Popen[bytes], conninfo: str) -> None:
    """Stop the server and see that its socket directory is gone."""
    watchdog.stop(process, STOP_S)
    shutil.rmtree(str(db.address(conninfo)["host"]), ignore_errors=True)


def _make_data(programs: Binaries, data: Path, account: Account | None) -> None:
    """Copy the template to ``data`` unless it is there."""
    with scratch.usable(data.parent):
        data.parent.mkdir(mode=0o700, exist_ok=True)
        give(data.parent, account)
        scratch.sweep_unfinished(data)
        if data.exists():
            return
        template = _template(programs, data.parent, account)
        scratch.need_room(data.parent, ROOM_BYTES)
        copy = scratch.making(data)
        _run(["cp", "-Rp", template, copy], copy, account)
        copy.rename(data)


def _template(programs: Binaries, folder: Path, account: Account | None) -> Path:
    """A complete data directory that no server has run on, made once per version."""
    final = folder / f".template-{programs.version}"
    with scratch.lock("template", programs.version):
        scratch.sweep_unfinished(final)
        if not final.exists():
            scratch.need_room(folder, ROOM_BYTES)
            new = scratch.making(final)
            _initdb(programs, new, account)
            new.rename(final)
    return final


def _initdb(programs: Binaries, target: Path, account: Account | None) -> None:
    """Make a data directory in the first of LOCALES that this machine has."""
    initdb = programs.folder / "initdb"
    for locale in LOCALES[:-1]:
        status, output = watchdog.run([initdb, "-D", target, *INITDB, *locale], account=account)
        if status == 0:
            return
        if "invalid locale name" not in output:
            raise _build_failure(target, output)
    _run([initdb, "-D", target, *INITDB, *LOCALES[-1]], target, account)


def _run(command: list[str | Path], target: Path, account: Account | None) -> None:
    """Run a command that builds ``target``; nothing is left of it when the command fails."""
    try:
        status, output = watchdog.run(command, account=account)
        if status != 0:
            raise _build_failure(target, output)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _build_failure(target: Path, output: str) -> ServerError:
    if failure.is_full(output):
        return scratch.unusable(target.parent, "no space left on device", full=True)
    said = failure.last_complaint(output)
    return ServerError(f"cannot make a data directory in {target.parent}: {said}")


def _socket_directory(account: Account | None) -> Path:
    """A name, not yet used, that is short enough for a socket and that the server may reach."""
    for base in (Path(tempfile.gettempdir()), Path("/tmp")):
        folder = base / f"workbench-{token_hex(6)}"
        short = len(bytes(folder / ".s.PGSQL.5432")) <= SOCKET_PATH_BYTES
        if short and base.is_dir() and (account is None or account.may_write(base)):
            return folder
    raise ServerError("no place for a socket: set TMPDIR to a short path that Postgres may use")


def postmaster_pid(data: Path) -> int | None:
    """The process that runs on a data directory, by its own account."""
    with suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
    return None


def _end_predecessor(data: Path) -> None:
    """Wait for a server whose owner died to end, and end it if it does not by itself."""
    pid = postmaster_pid(data)
    process = None if pid is None else _postgres_on(pid, data)
    if process is None:
        (data / "postmaster.pid").unlink(missing_ok=True)
        return
    for stop_signal in (None, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with suppress(psutil.NoSuchProcess):
            if stop_signal is not None:
                process.send_signal(stop_signal)
            with suppress(psutil.TimeoutExpired):
                process.wait(PREDECESSOR_S)
                return


def _postgres_on(pid: int, data: Path) -> psutil.Process | None:
    """The process ``pid`` if it is a server on ``data``, not a stranger with the same number."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if str(data) in process.cmdline() and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None
