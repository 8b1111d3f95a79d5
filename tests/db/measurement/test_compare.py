"""Comparing on a real server."""

import resource
from collections.abc import Iterator

import pytest

from workbench import db
from workbench.errors import MeasurementError, StatementError
from workbench.measurement.abtest import Arm, Limits, compare
from workbench.measurement.runs import Subject, sample_interleaved
from workbench.servers import Server

BY_K = "SELECT * FROM n WHERE k = $1::int"


@pytest.fixture
def table(connection: db.Connection) -> Iterator[db.Connection]:
    """20,000 rows, ten for each k, and an index on k."""
    connection.execute(
        "CREATE TABLE n AS SELECT g AS id, g % 2000 AS k, repeat('x', 40) AS pad "
        "FROM generate_series(1, 20000) AS g"
    )
    connection.execute("CREATE INDEX n_k ON n (k)")
    connection.execute("VACUUM ANALYZE n")
    yield connection
    assert not db.in_transaction(connection)
    assert db.fetch_value(connection, "SELECT bool_and(indisvalid) FROM pg_index")


def visible(name: str, shown: bool) -> Arm:
    """An arm under which n_k can be used, or not."""

    def enter(connection: db.Connection) -> None:
        toggle = "UPDATE pg_index SET indisvalid = $1 WHERE indexrelid = 'n_k'::regclass"
        connection.execute(toggle, [shown])

    return Arm(name, enter)


def rows(name: str, count: int) -> Arm:
    """An arm under which a statement about bench.rows works on so many rows."""

    def enter(connection: db.Connection) -> None:
        connection.execute("SELECT set_config('bench.rows', $1, true)", [str(count)])

    return Arm(name, enter)


WITHOUT, WITH = visible("without", False), visible("with", True)
WITHOUT_TOO = visible("without too", False)


def test_an_index_that_helps_is_faster_and_named(table, server: Server):
    found = compare(
        table, BY_K, ["7"], before=WITHOUT, after=WITH, backend_cpu=server.backend_cpu(table)
    )
    assert found.verdict == "faster"
    assert found.speedup > 3
    assert 1 < found.speedup_ci[0] <= found.speedup <= found.speedup_ci[1]
    assert found.before.plan.index_names == ()
    assert found.after.plan.index_names == ("n_k",)
    assert found.after.plan.timed
    assert found.after.buffers < found.before.buffers
    assert found.before.runs == found.after.runs == len(found.pairs) >= 20
    assert found.aa.passed


def test_swapped_arms_are_slower(table, server: Server):
    found = compare(
        table, BY_K, ["7"], before=WITH, after=WITHOUT, backend_cpu=server.backend_cpu(table)
    )
    assert found.verdict == "slower"
    assert found.speedup_ci[1] < 1


def test_identical_arms_are_not_told_apart(table, server: Server):
    cpu = server.backend_cpu(table)
    other = visible("also without", False)
    for seed in range(3):
        found = compare(table, BY_K, ["7"], before=WITHOUT, after=other, backend_cpu=cpu, seed=seed)
        assert found.verdict in ("no difference", "inconclusive")


def test_without_a_cpu_clock_the_wall_clock_is_used_and_said(table):
    found = compare(table, BY_K, ["7"], before=WITHOUT, after=WITH)
    assert found.basis == "wall"
    assert "cannot be read" in found.basis_reason
    assert found.before.cpu_ms is None
    assert found.verdict == "faster"


def test_cpu_time_is_read_in_either_kind_of_server(any_connection, any_server: Server):
    cpu = any_server.backend_cpu(any_connection)
    if cpu is None:
        pytest.skip("this server's process cannot be seen from here")
    any_connection.execute("SELECT 1")
    statement = "SELECT sum(g) FROM generate_series(1, current_setting('bench.rows')::int) AS g"
    found = compare(
        any_connection,
        statement,
        before=rows("many", 60_000),
        after=rows("few", 20_000),
        backend_cpu=cpu,
    )
    assert found.basis == "cpu"
    assert found.verdict == "faster"
    assert found.speedup_ci[0] < 3.3
    assert found.speedup_ci[1] > 2.7


def test_waiting_is_measured_on_the_wall_clock(table, server: Server):
    statement = "SELECT pg_sleep(current_setting('bench.rows')::int / 1000.0)"
    found = compare(
        table,
        statement,
        before=rows("long", 20),
        after=rows("short", 5),
        backend_cpu=server.backend_cpu(table),
        limits=Limits(enough_pairs=6),
    )
    assert found.basis == "wall"
    assert "waiting" in found.basis_reason
    assert found.verdict == "faster"


def test_only_the_slow_arm_times_out_and_the_ratio_is_a_bound(table):
    statement = "SELECT pg_sleep(current_setting('bench.rows')::int / 1000.0)"
    slow, fast = rows("slow", 5000), rows("fast", 1)
    limits = Limits(timeout_s=0.2)
    found = compare(table, statement, before=slow, after=fast, limits=limits)
    assert found.verdict == "faster"
    assert found.before.median_ms is None
    assert found.before.timed_out_ms == 200
    assert found.before.runs == 2
    assert found.after.runs == 20
    assert found.speedup_ci[0] > 1.05
    assert "at least" in found.reason
    swapped = compare(table, statement, before=fast, after=slow, limits=limits)
    assert swapped.verdict == "slower"
    assert swapped.speedup_ci[1] < 0.95


def test_a_known_time_out_is_not_waited_for(table):
    """It would not run into the limit here, if it were run."""
    found = compare(
        table,
        "SELECT pg_sleep(current_setting('bench.rows')::int / 1000.0)",
        before=rows("slow", 2),
        after=rows("fast", 1),
        limits=Limits(timeout_s=2),
        before_timed_out=True,
    )
    assert found.verdict == "faster"
    assert (found.before.runs, found.before.timed_out_ms) == (2, 2000)


def test_both_arms_time_out(table):
    found = compare(
        table,
        "SELECT pg_sleep(10)",
        before=WITHOUT,
        after=WITH,
        limits=Limits(timeout_s=0.1),
    )
    assert found.verdict == "inconclusive"
    assert "neither arm finished within 0.1 s" in str(found)
    assert found.speedup is None


def test_arms_with_the_same_plan_are_timed_once(table, server: Server):
    cpu = server.backend_cpu(table)
    found = compare(
        table, BY_K, ["7"], before=WITHOUT, after=WITHOUT_TOO, backend_cpu=cpu, alike=True
    )
    assert (found.verdict, found.speedup, found.pairs) == ("no difference", None, ())
    assert (found.before.name, found.after.name) == ("without", "without too")
    assert found.before.median_ms == found.after.median_ms > 0
    assert found.before.plan is found.after.plan
    assert found.before.runs == 6
    assert str(found).endswith("; the plan is the same, so the runs are those of both")


def test_a_time_out_of_arms_with_the_same_plan_is_waited_for_once(table):
    nap, limits = "SELECT pg_sleep(10)", Limits(timeout_s=0.1)
    found = compare(table, nap, before=WITHOUT, after=WITHOUT_TOO, limits=limits, alike=True)
    assert found.verdict == "no difference"
    assert found.reason == "the plan is the same, and it did not finish within 0.1 s"
    assert (found.before.runs, found.before.timed_out_ms, found.after.timed_out_ms) == (1, 100, 100)


def test_a_time_out_leaves_the_sessions_own_limit(table):
    table.execute("SET statement_timeout = '7s'")
    compare(table, "SELECT pg_sleep(9)", before=WITHOUT, after=WITH, limits=Limits(timeout_s=0.05))
    assert db.fetch_value(table, "SHOW statement_timeout") == "7s"


def test_too_little_time_is_said(table):
    found = compare(
        table, "SELECT pg_sleep(0.05)", before=WITHOUT, after=WITH, limits=Limits(seconds=0.01)
    )
    assert found.verdict == "inconclusive"
    assert "1 pair cannot show anything" in found.reason
    assert "0.01 s for one comparison" in found.reason


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO n (id, k) VALUES (-1, 5)",
        "UPDATE n SET k = -1 WHERE k = 5",
        "DELETE FROM n WHERE k = 5",
        "WITH gone AS (DELETE FROM n WHERE k = 5 RETURNING *) SELECT count(*) FROM gone",
    ],
)
def test_writes_are_run_and_leave_nothing(table, statement):
    digest = "SELECT count(*), sum(k), sum(id) FROM n"
    rows_before, tidied = db.fetch_all(table, digest), []
    found = compare(
        table,
        statement,
        before=WITHOUT,
        after=WITH,
        limits=Limits(cheap_s=60),  # so that a slow machine has more than one look as well
        tidy=lambda connection: tidied.append(connection.execute("VACUUM n")),
    )
    assert db.fetch_all(table, digest) == rows_before
    assert found.pairs[0][0].writes
    assert found.pairs[0][0].loops == 1
    assert 6 <= len(found.pairs) <= Limits().write_pairs
    assert tidied


def test_a_write_is_rehearsed_so_that_no_arm_pays_for_what_the_other_dropped(table):
    """The checks of foreign keys are planned anew after a DROP INDEX, and no EXPLAIN does that."""
    table.execute("CREATE SEQUENCE runs")
    table.execute("CREATE FUNCTION ran() RETURNS trigger LANGUAGE plpgsql AS "
                  "$$BEGIN PERFORM nextval('runs'); RETURN NULL; END$$")  # fmt: skip
    table.execute("CREATE TRIGGER ran AFTER INSERT ON n EXECUTE FUNCTION ran()")
    Subject(table, "INSERT INTO n (id) VALUES (-1)").run(WITH)
    assert db.fetch_value(table, "SELECT last_value FROM runs") == 2
    assert db.fetch_value(table, "SELECT count(*) FROM n WHERE id = -1") == 0


NAP = "SELECT pg_sleep(current_setting('workbench.nap')::float8 * (1 + random() / 9))"


def napping(seconds: float) -> Arm:
    """Only the arm says how long the statement sleeps."""
    return Arm(f"{seconds} s", lambda c: c.execute(f"SET LOCAL workbench.nap = '{seconds}'"))


@pytest.mark.parametrize(("timeout_s", "slow_runs", "fast_runs"), [(60, 3, 9), (1, 2, 20)])
def test_few_slow_runs_that_differ_plainly_are_enough(table, timeout_s, slow_runs, fast_runs):
    slow, fast = napping(0.4), napping(0.02)
    limits = Limits(seconds=1, warmups=1, timeout_s=timeout_s)
    found = compare(table, NAP, before=slow, after=fast, limits=limits)
    assert (found.verdict, found.before.runs, found.after.runs) == ("faster", slow_runs, fast_runs)
    assert 5 < found.speedup_ci[0] <= found.speedup <= found.speedup_ci[1] < 40
    assert found.p_value < 0.01
    swapped = compare(table, NAP, before=fast, after=slow, limits=limits)
    assert (swapped.verdict, swapped.after.runs) == ("slower", slow_runs)
    assert swapped.speedup_ci[0] <= swapped.speedup <= swapped.speedup_ci[1] < 0.2


def test_one_more_slow_run_may_spare_many_fast_ones(table):
    limits = Limits(seconds=0.5, warmups=1, timeout_s=2)
    found = compare(table, NAP, before=napping(0.5), after=napping(0.12), limits=limits)
    assert (found.verdict, found.before.runs, found.after.runs) == ("faster", 3, 9)


def test_it_takes_somewhat_longer_where_that_is_enough_for_the_first_look(table):
    limits = Limits(seconds=0.65, warmups=1)
    found = compare(table, NAP, before=napping(0.05), after=napping(0.051), limits=limits)
    assert len(found.pairs) == 6


def test_what_is_too_slow_for_a_verdict_runs_once_under_each_arm(table):
    table.execute("CREATE SEQUENCE runs")
    statement, limits = "SELECT nextval('runs'), pg_sleep(1.1)", Limits(seconds=0.2)
    found = compare(table, statement, before=WITHOUT, after=WITH, limits=limits)
    assert db.fetch_value(table, "SELECT last_value FROM runs") == 2
    assert (found.verdict, len(found.pairs)) == ("inconclusive", 1)
    for plan in (found.before.plan, found.after.plan):
        assert plan.analyzed
        assert not plan.timed
        assert plan.execution_ms > 1000


def test_few_slow_runs_that_do_not_differ_plainly_show_nothing(table):
    limits = Limits(seconds=1, warmups=1)
    found = compare(table, NAP, before=napping(0.4), after=napping(0.3), limits=limits)
    assert found.verdict == "inconclusive"
    assert "cannot show anything" in found.reason


def test_a_unique_key_is_no_obstacle_to_running_an_insert_often(table):
    table.execute("CREATE UNIQUE INDEX n_id ON n (id)")
    found = compare(table, "INSERT INTO n (id) VALUES (-1)", before=WITHOUT, after=WITH)
    assert len(found.pairs) == 20


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT * FROM nope", "nope.*line 1, column 15"),
        ("SELECT 1 / (k - k) FROM n", "division by zero"),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("DROP TABLE n", "DROP TABLE"),
    ],
)
def test_a_statement_that_fails_is_an_error_and_leaves_no_transaction(table, statement, words):
    with pytest.raises(StatementError, match=words):
        compare(table, statement, before=WITHOUT, after=WITH)


def test_arms_need_names_of_their_own_and_transactions_of_their_own(table):
    with pytest.raises(MeasurementError, match="different names"):
        compare(table, BY_K, ["7"], before=WITH, after=WITH)
    with db.rolled_back(table), pytest.raises(MeasurementError, match="transaction is open"):
        compare(table, BY_K, ["7"], before=WITH, after=WITHOUT)


def test_several_arms_are_sampled_in_a_random_order_that_the_seed_repeats(table):
    arms = [WITHOUT, WITH, visible("again", True)]

    def orders(seed: int) -> list[tuple[str, ...]]:
        rounds = sample_interleaved(Subject(table, BY_K, ["7"]), arms, seed=seed)
        return [tuple(found) for _, found in zip(range(8), rounds, strict=False)]

    assert orders(1) == orders(1)
    assert len(set(orders(1))) > 1
    assert all(set(order) == {"without", "with", "again"} for order in orders(1))


def test_the_environment_says_where_and_how_but_not_who(table, server: Server):
    found = compare(
        table, BY_K, ["7"], before=WITHOUT, after=WITH, backend_cpu=server.backend_cpu(table)
    )
    where = found.environment
    assert where.server_version.startswith(server.version)
    assert where.settings["shared_buffers"]
    assert where.cores >= 1
    assert where.clock.startswith(found.basis)
    assert table.info.user not in str(where)


def test_big_results_do_not_travel(table):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = compare(
        table,
        "SELECT repeat(pad, 1000) FROM n",  # 800 MB
        before=WITHOUT,
        after=WITH,
        limits=Limits(seconds=1, warmups=1),
    )
    assert found.before.plan.root.actual_rows == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 2 * peak
