"""Claims as a table in a notebook: promised, measured, verdict; never taken for markup."""

import pandas
import pytest
from sanitized import Seen

from workbench.errors import InputError
from workbench.reports.claims_picture import ClaimsPicture

EVIL = "<script>alert(1)</script>"
KEPT = {
    "id": "S1.1",
    "system": "deployer",
    "title": "One index each",
    "text": f"An index {EVIL}",
    "verdict": "confirmed",
    "unit": "x",
    "promised_low": 3.0,
    "promised_high": 10.0,
    "measured": 4.25,
    "measured_low": 3.9,
    "measured_high": 4.61,
    "sentence": "promise kept",
}
OPEN = {"id": "S2.1", "system": "other", "title": EVIL, "verdict": "not run", "unit": "%"}
ROWS = [KEPT, OPEN | {"promised_low": 70.0, "measured": None}]


@pytest.mark.parametrize("rows", [ROWS, pandas.DataFrame(ROWS)], ids=["rows", "frame"])
def test_every_claim_is_there(rows: object) -> None:
    picture = ClaimsPicture(rows)
    html = picture._repr_html_()
    seen = Seen(html)
    for words in (
        "2 claims: 1 confirmed · 1 not run",
        "S1.1 confirmed One index each",
        "promise kept",
        "promised 3–10× measured 4.25× (3.9 to 4.61)",
        "promised at least 70 %",
        "other",
    ):
        assert words in seen.text
    assert "<script" not in html
    assert seen.text.count(EVIL) == 2
    assert str(picture).splitlines()[0] == (
        "S1.1 confirmed One index each 3–10× 4.25× (3.9 to 4.61)"
    )
    assert list(picture.to_frame()["id"]) == ["S1.1", "S2.1"]


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        ({"promised_high": 5.0}, "at most 5×"),
        ({"promised_low": 1.0, "promised_high": 5.0, "better": "lower"}, "at most 5×"),
        ({"promised_low": 4.0, "promised_high": 4.0}, "4×"),
        ({"neutral": 1.0}, "better than 1×"),
        ({}, "a claim"),
    ],
)
def test_a_promise_may_have_one_end(ends: dict, words: str) -> None:
    row = {"id": "S1.1", "verdict": "not run", "title": "a claim", "unit": "x", **ends}
    assert str(ClaimsPicture([row])).splitlines()[0].rstrip().endswith(words)


def test_no_claims() -> None:
    assert str(ClaimsPicture([])) == "no claims"
    with pytest.raises(InputError, match="id and verdict"):
        ClaimsPicture([{"id": "S1.1"}])
