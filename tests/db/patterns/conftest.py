"""The sites of the patterns' tests: loaded once, read by all."""

import pytest

from workbench.claims.lab import Site


@pytest.fixture(scope="session")
def deployer(lab) -> Site:
    return lab.site("deployer")


@pytest.fixture(scope="session")
def learning(lab) -> Site:
    return lab.site("learning")


@pytest.fixture(scope="session")
def prmetrics(lab) -> Site:
    return lab.site("prmetrics")
