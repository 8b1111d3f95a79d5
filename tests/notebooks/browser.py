"""Chromium for tests: Debian's, driven by playwright; a missing one skips, but never in CI."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from workbench.reports import chromium


@contextmanager
def chrome() -> Iterator[Browser]:
    path = chromium.find()
    if path is None:
        if os.environ.get("WORKBENCH_CI") == "1":
            pytest.fail("CI must run the browser tests, but there is no Chromium", pytrace=False)
        pytest.skip("there is no Chromium; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
