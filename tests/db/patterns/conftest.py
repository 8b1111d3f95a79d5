"""The sites of the patterns' tests: loaded once, read by all."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from workbench.claims.lab import Site
from workbench.patterns.latency import connected


@pytest.fixture(scope="session")
def deployer(lab) -> Site:
    return lab.site("deployer")


@pytest.fixture(scope="session")
def learning(lab) -> Site:
    return lab.site("learning")


@pytest.fixture(scope="session")
def prmetrics(lab) -> Site:
    return lab.site("prmetrics")


@pytest.fixture
def app(deployer: Site) -> Iterator[Engine]:
    """An application on the deployer's catalogue."""
    with connected(deployer.conninfo) as engine:
        yield engine
