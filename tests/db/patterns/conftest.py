"""Small datasets for the patterns: loaded once, read by all."""

import pytest

from workbench.claims.lab import Lab, Site

ROWS = 3000


@pytest.fixture(scope="session")
def lab(scratch_home):
    """A lab on embedded servers."""
    with Lab("embedded", scale=ROWS) as running:
        yield running


@pytest.fixture(scope="session")
def deployer(lab) -> Site:
    return lab.site("deployer")


@pytest.fixture(scope="session")
def learning(lab) -> Site:
    return lab.site("learning")


@pytest.fixture(scope="session")
def prmetrics(lab) -> Site:
    return lab.site("prmetrics")
