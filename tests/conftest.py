"""What all tests share: a container test without an engine is skipped, but never in CI."""

import os
from functools import cache

import pytest
from hypothesis import settings

# a noisy machine must not fail a test for the time it took
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@cache
def why_no_container() -> str | None:
    from workbench.servers import engine

    return engine.why_not(print)


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("container") is None:
        return
    reason = why_no_container()
    if reason and os.environ.get("WORKBENCH_CI") == "1":
        pytest.fail(f"CI must run the container tests, but: {reason}", pytrace=False)
    if reason:
        pytest.skip(reason)
