"""No password in anything that is printed."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench import db
from workbench.errors import ServerError
from workbench.servers import Server, binaries

SECRET = "s3cr3t"

around = st.text("abc0:@/?#%&= '\\", max_size=6)
passwords = st.builds(lambda before, after: f"{before}{SECRET}{after}", around, around)


def sayings(url: str) -> str:
    """Everything that the workbench says about an address."""
    said = [db.describe(url)]
    try:
        said.append(repr(sorted(key for key in db.address(url))))
        server = Server(
            kind="external",
            version="18.4",
            conninfo=url,
            disposable=False,
            reason="",
            settings={},
            extensions=(),
            superuser=False,
        )
        said += [repr(server), str(server), repr(binaries.psql(url)[0])]
    except ServerError as error:
        said.append(str(error))
    return "\n".join(said)


@given(passwords)
def test_an_encoded_password_is_never_shown(password: str) -> None:
    url = f"postgresql://me:{quote(password, safe='')}@db.example:5433/shop"
    assert db.describe(url) == "me@db.example:5433/shop"
    assert SECRET not in sayings(url)


@given(passwords)
def test_a_password_with_raw_signs_is_never_shown(password: str) -> None:
    assert SECRET not in sayings(f"postgresql://me:{password}@db.example/shop")


@given(passwords)
def test_a_password_between_spaces_is_never_shown(password: str) -> None:
    assert SECRET not in sayings(f"host=db.example user=me password={password} dbname=shop")


@pytest.mark.parametrize("password", [f"x@{SECRET}", f"12/{SECRET}", f"{SECRET}/1"])
def test_signs_that_split_an_address_are_named_in_the_remedy(password: str) -> None:
    with pytest.raises(ServerError, match="percent-encoded") as caught:
        db.connect(f"postgresql://me:{password}@db.example/shop")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None
    assert SECRET not in repr(caught.value.__context__)


def test_psql_gets_the_password_through_the_environment() -> None:
    command, environment = binaries.psql(f"postgresql://me:{SECRET}@db.example/shop")
    assert environment["PGPASSWORD"] == SECRET
    assert "host=db.example" in command[-1]
