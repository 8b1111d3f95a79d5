"""What follows from a write price, without a server."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.indexes.batches import SLICES, _shares
from workbench.indexes.write_price import WritePrice, pays_from

costs = st.floats(0, 1e4)
savings = st.floats(1e-3, 1e5)


@pytest.mark.parametrize(
    ("price", "saving_ms", "reads"),
    [
        (WritePrice(insert_us=2.0, update_us=5.0, delete_us=0.1), 0.5, 0.01),
        (WritePrice(insert_us=2000.0), 0.5, 4.0),
        (WritePrice(insert_us=-0.2), 0.5, 0.0),
        (WritePrice(update_us=3.0), 0.0, inf),
        (WritePrice(update_us=3.0), -1.0, inf),
        (WritePrice(update_us=0.0), 0.0, 0.0),
        (WritePrice(), 1.0, None),
    ],
)
def test_an_index_pays_from_the_reads_that_save_what_a_write_costs(
    price: WritePrice, saving_ms: float, reads: float | None
) -> None:
    assert pays_from(price, saving_ms) == (None if reads is None else pytest.approx(reads))


@given(costs, costs, savings)
def test_at_break_even_reads_save_what_the_dearest_write_costs(
    insert_us: float, update_us: float, saving_ms: float
) -> None:
    reads = pays_from(WritePrice(insert_us=insert_us, update_us=update_us), saving_ms)
    assert reads is not None
    assert reads * saving_ms * 1000 == pytest.approx(max(insert_us, update_us))


def test_a_workload_is_charged_for_the_rows_it_writes() -> None:
    price = WritePrice(insert_us=2.0, update_us=5.0)
    assert price.charge_ms(1000, 200, 50) == pytest.approx(3.0)


def test_sets_of_columns_are_changed_as_often_as_they_weigh() -> None:
    shares = _shares({("done", "done_at"): 70.0, ("priority",): 30.0, ("note",): 0.01})
    assert shares.count(("done", "done_at")) == round(0.7 * 20)
    assert shares.count(("priority",)) == round(0.3 * 20)
    assert shares.count(("note",)) == 1  # rare, but never forgotten
    assert SLICES > 1
