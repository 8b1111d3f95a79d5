"""pev2, the plan viewer of Dalibo, packed for a page; it comes from npm and is not part of this."""

import gzip
import json
from base64 import b64encode
from pathlib import Path

from workbench.errors import InputError

SCRIPTS = ("vue/dist/vue.runtime.global.prod.js", "pev2/dist/pev2.umd.js")
STYLES = ("bootstrap/dist/css/bootstrap.min.css", "pev2/dist/pev2.css")
LICENCES = ("vue/LICENSE", "pev2/LICENSE", "bootstrap/LICENSE")


def packed(folder: Path) -> str:
    """Scripts and styles of pev2 with their licences, as gzip in base64.

    ``folder`` is where ``npm install pev2`` was run, its node_modules, or the package in there.
    Raises InputError when a part of it is missing.
    """
    modules = _modules(folder)
    parts = {
        "licences": [_read(modules / name) for name in LICENCES],
        "scripts": [_read(modules / name) for name in SCRIPTS],
        "styles": [_read(modules / name) for name in STYLES],
    }
    return b64encode(gzip.compress(json.dumps(parts).encode(), mtime=0)).decode()


def _modules(folder: Path) -> Path:
    for each in (folder, folder / "node_modules", folder.parent):
        if (each / SCRIPTS[-1]).is_file():
            return each
    raise InputError(f"there is no pev2 in {folder}; run `npm install pev2` there")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"pev2 is not whole: {path} cannot be read") from error
