"""A tuning workbench for Postgres: build the index, run the query, show the receipt.

>>> import workbench as wb
>>> with wb.open_server() as server:
...     db = server.load("todos")
...     print(db.suggest_indexes("SELECT * FROM todos WHERE priority = 'urgent' AND NOT completed"))
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import IPython.core.interactiveshell

    from workbench import claims
    from workbench.claims.lab import Lab, open_lab
    from workbench.errors import (
        InputError,
        MeasurementError,
        ReadOnly,
        ServerError,
        StatementError,
        TimedOut,
        UnknownName,
        WorkbenchError,
    )
    from workbench.indexes.advice import Advice
    from workbench.measurement.comparison import Comparison
    from workbench.patterns.counting import count_statements
    from workbench.plans.node import Plan
    from workbench.session import Database, Server, open_server

__all__ = [
    "Advice",
    "Comparison",
    "Database",
    "InputError",
    "Lab",
    "MeasurementError",
    "Plan",
    "ReadOnly",
    "Server",
    "ServerError",
    "StatementError",
    "TimedOut",
    "UnknownName",
    "WorkbenchError",
    "claims",
    "count_statements",
    "open_lab",
    "open_server",
]

_HOMES = {
    "Advice": "workbench.indexes.advice",
    "Comparison": "workbench.measurement.comparison",
    "Database": "workbench.session",
    "Lab": "workbench.claims.lab",
    "Plan": "workbench.plans.node",
    "Server": "workbench.session",
    "count_statements": "workbench.patterns.counting",
    "open_lab": "workbench.claims.lab",
    "open_server": "workbench.session",
}

_ROOMS = {"claims"}  # a whole package, used as wb.claims.run(…)


def load_ipython_extension(shell: "IPython.core.interactiveshell.InteractiveShell") -> None:
    """What ``%load_ext workbench`` calls."""
    import_module("workbench.magics").register(shell)


def __getattr__(name: str) -> object:
    """A public name, imported when it is first asked for: numpy and sqlglot take their time."""
    if name not in __all__:
        raise AttributeError(f"module 'workbench' has no attribute {name!r}")
    if name in _ROOMS:
        return import_module(f"workbench.{name}")
    return getattr(import_module(_HOMES.get(name, "workbench.errors")), name)
