"""Chromium on this machine: prints a page to PDF and draws charts as pictures."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from workbench.errors import InputError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
PATIENCE_S = 60


def find() -> str | None:
    """The path of a Chromium or Chrome, None where there is none; BROWSER_PATH decides."""
    wanted = [os.environ.get("BROWSER_PATH"), *map(shutil.which, NAMES), str(MAC)]
    return next((path for path in wanted if path and Path(path).exists()), None)


def require() -> str:
    """The path of a Chromium; raises InputError that says how to get one."""
    path = find()
    if path is None:
        raise InputError(
            "no Chromium was found; install it (Debian: apt-get install chromium) or name one in "
            "BROWSER_PATH"
        )
    return path


def print_pdf(page: Path, output: Path) -> None:
    """Print a page to PDF when its charts are drawn; raises InputError when Chromium fails."""
    with TemporaryDirectory(prefix="workbench-") as profile:
        command = [
            require(),
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--no-pdf-header-footer",
            f"--user-data-dir={profile}",
            "--virtual-time-budget=20000",
            f"--print-to-pdf={output}",
            page.resolve().as_uri(),
        ]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.insert(1, "--no-sandbox")  # Chromium does not start as root otherwise
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE_S, check=False)
        except subprocess.TimeoutExpired as error:
            raise InputError(f"Chromium did not print {page} within {PATIENCE_S} s") from error
    if done.returncode or not output.exists():
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(f"Chromium could not print {page}: {' '.join(last)}")
