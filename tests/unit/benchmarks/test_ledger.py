"""Two runs of a claim, held against each other."""

from ledger import Pair, _lines, _summary

from workbench.claims.claim import Claim, Finding, Promise
from workbench.claims.store import Run
from workbench.measurement.estimate import Estimate

FASTER = Promise("speed-up", "x", 3.0, 10.0, 1.0)
CLAIM = Claim("S1.1", "deployer", "A title", "A text.", (FASTER,), "An experiment.", "a.b")


def run(low: float, high: float) -> Run:
    found = Finding({"speed-up": Estimate((low + high) / 2, low, high, "x", 9)})
    return Run("2026-01-01T00:00:00+00:00", 60.0, found)


def test_the_same_word_twice_agrees_even_if_the_figures_differ():
    pair = Pair(CLAIM, (run(4, 5), run(8, 9)))
    assert pair.agrees
    assert not pair.overlaps
    assert _lines(pair) == [
        "= S1.1   confirmed 4.5 x (4 to 5) | confirmed 8.5 x (8 to 9) | 60 s + 60 s"
    ]


def test_an_undecided_run_does_not_agree_with_a_decided_one():
    pair = Pair(CLAIM, (run(4, 5), run(2, 5)))
    assert (pair.agrees, pair.overlaps) == (False, True)
    first, *sentences = _lines(pair)
    assert first.startswith("! S1.1   confirmed")
    assert "promised 3 to 10 x: confirmed" in sentences[0]
    assert "partly or confirmed, the interval leaves it open" in sentences[1]


def test_one_run_alone_is_no_agreement(capsys):
    pair = Pair(CLAIM, (run(4, 5),))
    assert not pair.agrees
    assert "| not measured |" in _lines(pair)[0]
    assert _summary([pair], "full") == 1
    assert "0 of 1 claims" in capsys.readouterr().out


def test_nineteen_of_twenty_are_enough_and_eighteen_are_not(capsys):
    good, bad = Pair(CLAIM, (run(4, 5), run(4, 6))), Pair(CLAIM, (run(4, 5), run(2, 2.5)))
    assert _summary([*[good] * 19, bad], "quick") == 0
    assert "19 of 20 claims have the same verdict twice (95%" in capsys.readouterr().out
    assert _summary([*[good] * 18, bad, bad], "quick") == 1


def test_what_is_inconclusive_twice_is_counted_apart(capsys):
    _summary([Pair(CLAIM, (run(2, 5), run(2, 6)))], "quick")
    assert "1 of 1 claims have the same verdict twice (100%, target 95%), 1 of them" in (
        capsys.readouterr().out
    )
