"""Statements are counted where they are sent, with their line and the remedy."""

import asyncio
import inspect

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, defer, joinedload, selectinload

import workbench as wb
from workbench.errors import InputError
from workbench.patterns.engines import async_engine, engine
from workbench.patterns.models import HealthCheck, Repository

SEVEN = select(Repository).order_by(Repository.id).limit(7)


@pytest.fixture
def app(deployer):
    """An engine that has connected, so that only the test's own statements are counted."""
    made = engine(deployer.conninfo)
    made.connect().close()
    yield made
    made.dispose()


def this_line():
    return inspect.stack()[1].lineno


def test_statements_rows_and_time(app):
    with wb.count_statements(app) as seen, app.connect() as connection:
        connection.execute(text("SELECT generate_series(1, 5)")).all()
        connection.execute(text("SELECT 1 WHERE false")).all()
    assert len(seen) == 2
    assert seen.rows == 5
    assert seen.ms > 0
    assert seen.transactions == 2  # BEGIN, ROLLBACK
    assert seen.round_trips == 4
    assert seen.repeats == ()
    assert str(seen).startswith("2 statements, 5 rows, ")


def test_each_statement_begins_when_the_one_before_it_is_over(app):
    with wb.count_statements(app) as seen, app.connect() as connection:
        for _ in range(2):
            connection.execute(text("SELECT pg_sleep(0.01)"))
    first, second = seen.records()
    assert 0 <= first["start_ms"] < first["start_ms"] + first["ms"] <= second["start_ms"]


def test_only_the_block_and_only_the_engine_count(app, deployer):
    other = engine(deployer.conninfo)
    with wb.count_statements(app) as seen, other.connect() as connection:
        connection.execute(text("SELECT 1"))
    with app.connect() as connection:
        connection.execute(text("SELECT 1"))
    assert len(seen) == 0
    other.dispose()


def test_a_transaction_that_began_before_only_ends_in_the_block(app):
    with app.connect() as connection:
        connection.execute(text("SELECT 1"))
        with wb.count_statements(app) as seen:
            connection.execute(text("SELECT 1"))
            connection.commit()
            connection.commit()
    assert (len(seen), seen.round_trips) == (1, 2)


def test_counts_within_counts(app):
    with wb.count_statements(app) as outer, Session(app) as session:
        for repository in session.scalars(SEVEN):
            with wb.count_statements(app) as inner:
                assert repository.tags is not None
    assert len(inner) == 1
    assert inner.statements[0].loads.attribute == "Repository.tags"
    assert [repeat.times for repeat in outer.repeats] == [7]


def test_no_transaction_no_begin(app):
    with wb.count_statements(app) as seen, app.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("SELECT 1"))
    assert seen.round_trips == len(seen) == 1


def test_a_loop_over_a_lazy_collection_is_named_with_its_line_and_remedy(app):
    with wb.count_statements(app) as seen, Session(app) as session:
        for repository in session.scalars(SEVEN):
            line = len(repository.tags) * 0 + this_line()
    assert len(seen) == 8
    (repeat,) = seen.repeats
    assert (repeat.times, repeat.site.file, repeat.site.line) == (7, __file__, line)
    assert repeat.fix == "load it with selectinload(Repository.tags)"
    assert "len(repository.tags)" in str(repeat)


def test_a_lazy_object_is_better_joined(app):
    with wb.count_statements(app) as seen, Session(app) as session:
        first = select(func.min(HealthCheck.id)).group_by(HealthCheck.repository_id).limit(7)
        page = select(HealthCheck).where(HealthCheck.id.in_(first))
        names = [check.repository.name for check in session.scalars(page)]
    assert len(names) == 7
    assert seen.repeats[0].fix == "load it with joinedload(HealthCheck.repository)"


def test_eager_loads_are_no_loops(app):
    loaders = [selectinload(Repository.tags), joinedload(Repository.collections)]
    with wb.count_statements(app) as seen, Session(app) as session:
        for repository in session.scalars(SEVEN.options(*loaders)).unique():
            assert repository.tags is not repository.collections
    assert len(seen) == 2
    assert seen.repeats == ()
    seen.assert_at_most(2)


def test_deferred_columns_are_a_loop_too(app):
    with wb.count_statements(app) as seen, Session(app) as session:
        page = SEVEN.options(defer(Repository.description))
        texts = [repository.description for repository in session.scalars(page)]
    assert len(texts) == 7
    assert "undefer()" in seen.repeats[0].fix


def test_a_loop_without_the_orm(app):
    with wb.count_statements(app) as seen, app.connect() as connection:
        for number in range(4):
            connection.execute(text("SELECT :n"), {"n": number})
    assert [repeat.times for repeat in seen.repeats] == [4]
    assert "ANY" in seen.repeats[0].fix


def test_too_many_is_an_assertion_that_says_what_to_do(app):
    with wb.count_statements(app) as seen, Session(app) as session:
        assert [len(repository.tags) for repository in session.scalars(SEVEN)]
    seen.assert_at_most(8)
    with pytest.raises(AssertionError, match=r"selectinload\(Repository\.tags\)"):
        seen.assert_at_most(3)


def test_executemany_is_one_statement_with_many_parameters(app):
    with wb.count_statements(app) as seen, app.connect() as connection:
        connection.execute(text("SELECT set_config('a.b', :v, true)"), [{"v": "1"}, {"v": "2"}])
    assert [each.parameter_sets for each in seen.statements] == [2]


def test_a_failed_statement_was_sent_all_the_same(app):
    refused = pytest.raises(ProgrammingError)
    with wb.count_statements(app) as seen, app.connect() as connection, refused:
        connection.execute(text("SELECT * FROM nowhere"))
    assert [each.rows for each in seen.statements] == [None]


def test_asyncio_and_its_call_site(deployer):
    async def run():
        app = async_engine(deployer.conninfo)
        async with AsyncSession(app) as session:
            await session.execute(text("SELECT 1"))
        with wb.count_statements(app) as seen:
            async with AsyncSession(app) as session:
                for number in range(3):
                    line = this_line() + 1
                    await session.execute(text("SELECT :n"), {"n": number})
        await app.dispose()
        return seen, line

    seen, line = asyncio.run(run())
    (repeat,) = seen.repeats
    assert (repeat.times, repeat.site.file, repeat.site.line) == (3, __file__, line)


def test_a_session_is_not_an_engine(app):
    with pytest.raises(InputError, match="not on Session"), wb.count_statements(Session(app)):
        pass
