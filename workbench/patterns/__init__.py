"""Access patterns: the same task done slow first and fast last, with the same answer.

One pattern a file. Each is handed an engine or an address and starts nothing; its variants are
functions, listed in the order from slow to fast, and ``measure`` runs them in turn.
"""

from importlib.util import find_spec

from workbench.errors import InputError

if find_spec("sqlalchemy") is None:
    raise InputError("access patterns need SQLAlchemy; run: pip install 'workbench[lab]'")
