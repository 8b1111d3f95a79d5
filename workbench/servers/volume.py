"""The named Docker volume that keeps a container's data, and when it may be trusted.

A volume is complete when a note in the scratch area carries the token of its label. The note is
written after the server has answered for the first time; a volume whose owner died before has
none and is made anew. The password lives in the note as well, because Postgres keeps the first.
"""

import hashlib
import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from workbench.servers import scratch

if TYPE_CHECKING:
    import docker

TOKEN, AREA = "workbench.token", "workbench.area"


@dataclass(frozen=True)
class Volume:
    """A volume, the secrets that belong to it, and the major version of its server (or 0)."""

    name: str
    major: int
    token: str
    password: str = field(repr=False)

    def confirm(self) -> None:
        """Note that the volume is complete."""
        note = note_of(self.name)
        if note.exists():
            return
        draft = scratch.making(note)
        with scratch.usable(note.parent):
            file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="ascii") as output:
                json.dump({"token": self.token, "password": self.password}, output)
            draft.rename(note)


def folder() -> Path:
    """Where the notes are kept."""
    path = scratch.area() / "containers"
    with scratch.usable(path):
        path.mkdir(mode=0o700, exist_ok=True)
    return path


def note_of(name: str) -> Path:
    """The file that says that a volume is complete."""
    return folder() / f"{name}.json"


def name_for(name: str, image: str) -> str:
    """The volume of a scratch name under an image; other areas and hosts have others."""
    return f"{prefix()}{name}-{_short(image)}"


def prefix() -> str:
    """What the volumes and containers of this scratch area on this host begin with."""
    place = f"{socket.gethostname()} {scratch.area()}"
    return f"workbench-{_short(place)}-"


def key_of(volume_name: str) -> str:
    """The scratch name that ``name_for`` was given."""
    return volume_name.split("-", 2)[2].rpartition("-")[0]


def prepare(client: "docker.DockerClient", name: str, major: int, anew: bool) -> Volume:
    """The volume ``name``: the complete one unless ``anew``, else an empty one."""
    from docker.errors import NotFound

    note = note_of(name)
    known = {} if anew else _read(note)
    with suppress(NotFound):
        found = client.volumes.get(name)
        token = (found.attrs["Labels"] or {}).get(TOKEN)
        if known and token == known["token"]:
            return Volume(name, major, token, known["password"])
        found.remove(force=True)
    note.unlink(missing_ok=True)
    fresh = Volume(name, major, token_hex(8), token_hex(16))
    client.volumes.create(name, labels={TOKEN: fresh.token, AREA: str(scratch.area())})
    return fresh


def remove(client: "docker.DockerClient", name: str) -> None:
    """Remove a volume and its note."""
    from docker.errors import NotFound

    with suppress(NotFound):
        client.volumes.get(name).remove(force=True)
    note_of(name).unlink(missing_ok=True)


def of_area(client: "docker.DockerClient") -> tuple[str, ...]:
    """Names of all volumes of this scratch area, complete or not."""
    found = client.volumes.list(filters={"label": f"{AREA}={scratch.area()}"})
    return tuple(volume.name for volume in found)


def _read(note: Path) -> dict[str, str]:
    """What a note says; empty when there is none or it cannot be read."""
    try:
        found = json.loads(note.read_text(encoding="ascii"))
        return {"token": found["token"], "password": found["password"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
