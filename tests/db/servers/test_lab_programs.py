"""Redis, web servers and workers: they answer, they say why not, and they end with us."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import psutil
import pytest
from redis.exceptions import AuthenticationError
from victims import becomes_true

from workbench.errors import ServerError, TimedOut
from workbench.patterns import caching
from workbench.patterns.web.load import Block, Call, decode_outcomes, encode
from workbench.servers import engine, process, redis, web

STUB = "workbench.patterns.web.upstream:app"
DRIVER = "workbench.patterns.web.driver"

USE = """
import json, time, psutil
from contextlib import ExitStack
from workbench.servers import process, redis, web
with ExitStack() as running:
    url = running.enter_context(redis.running("embedded"))
    running.enter_context(web.serving("workbench.patterns.web.upstream:app", workers=2))
    running.enter_context(web.worker("workbench.patterns.web.driver"))
    found = psutil.Process().children(recursive=True)
    print(json.dumps([url, [(each.pid, process.mark(each.pid)) for each in found]]), flush=True)
    time.sleep(60)
"""


def test_redis_is_empty_private_and_gone_at_the_end() -> None:
    with redis.running("embedded") as url, redis.running("embedded") as other:
        client, second = caching.connect(url), caching.connect(other)
        assert client.dbsize() == 0
        client.set("a", "1")
        assert second.dbsize() == 0
        folder = Path(url.removeprefix("unix://")).parent
        assert folder.stat().st_mode & 0o077 == 0
        assert client.config_get("save") == {"save": ""}
        assert client.config_get("port") == {"port": "0"}
        client.close()
        second.close()
    assert not folder.exists()


@pytest.mark.container
def test_redis_in_a_container_takes_only_who_knows_the_password() -> None:
    missing = engine.why_not(print, pull_s=0, name=redis.image())
    if missing and not os.environ.get("WORKBENCH_CI"):
        pytest.skip(missing)
    words: list[str] = []
    with redis.running("container", words.append) as url:
        assert words == [f"using Redis: container of {redis.image()}"]
        client = caching.connect(url)
        assert client.dbsize() == 0
        assert client.config_get("save") == {"save": ""}
        client.close()
        stranger = caching.connect(re.sub(":[0-9a-f]+@", "", url))
        with pytest.raises(AuthenticationError):
            stranger.dbsize()
        stranger.close()
        assert len(containers_of(redis.image())) == 1
    assert containers_of(redis.image()) == []


def containers_of(image: str) -> list[str]:
    """The Redis containers of the workbench, running or not."""
    with engine.client() as client:
        found = client.containers.list(all=True, filters={"name": "workbench-redis-"})
        return [str(each.name) for each in found if image in each.image.tags]


@pytest.mark.container
def test_without_an_image_the_program_does_and_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKBENCH_REDIS_IMAGE", "workbench-no-such-image:1")
    words: list[str] = []
    with redis.running("container", words.append) as url:
        assert url.startswith("unix://")
    (line,) = words
    assert line.startswith("using Redis: redis-server ")
    assert line.endswith(", because image workbench-no-such-image:1 is not here yet")


def test_no_redis_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.servers.redis.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ServerError, match=r"there is no Redis here; .*pip install 'workbench"):
        redis.find("embedded")


def test_a_redis_that_does_not_run_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerError, match=f"{broken} does not run"):
        redis.find("embedded")


def test_a_web_server_answers_under_a_port_of_its_own() -> None:
    with web.serving(STUB, workers=2) as url, web.serving(STUB) as other:
        assert url != other
        assert json.loads(urlopen(f"{url}/repositories/7", timeout=10).read())["id"] == 7
        assert json.loads(urlopen(f"{other}/calls", timeout=10).read()) == {"calls": 0}


def test_an_application_that_does_not_start_is_reported_with_its_last_words() -> None:
    with (
        pytest.raises(ServerError, match=r"no\.such:app does not start: .*No module named 'no'"),
        web.serving("no.such:app"),
    ):
        pass


def test_a_worker_answers_and_is_bounded_in_time() -> None:
    with (
        web.serving(STUB, variables={"UPSTREAM_LATENCY_MS": "600"}) as url,
        web.worker(DRIVER) as ask,
    ):
        calls = Block("x", url, (Call("/calls"),) * 5, clients=2)
        (outcome,) = decode_outcomes(ask(encode([calls]), 30))
        assert outcome.statuses == (200,) * 5
        slow = Block("x", url, (Call("/repositories/1"),), clients=1)
        with pytest.raises(TimedOut, match=f"{DRIVER} gave no answer within"):
            ask(encode([slow]), 0.1)


def test_a_call_without_answer_has_status_0() -> None:
    with (
        web.serving(STUB, variables={"UPSTREAM_LATENCY_MS": "5000"}) as url,
        web.worker(DRIVER) as ask,
    ):
        blocks = [
            Block("late", url, (Call("/repositories/1"),), clients=1, patience_s=0.3),
            Block("nobody", "http://127.0.0.1:1", (Call("/"),), clients=1),
            Block("missing", url, (Call("/nothing"),), clients=1),
        ]
        outcomes = decode_outcomes(ask(encode(blocks), 30))
    assert [outcome.statuses for outcome in outcomes] == [(0,), (0,), (404,)]


def test_kill_9_leaves_nothing() -> None:
    victim = subprocess.Popen([sys.executable, "-c", USE], stdout=subprocess.PIPE, text=True)
    with victim:
        assert victim.stdout is not None
        url, children = json.loads(victim.stdout.readline())
        folder = Path(url.removeprefix("unix://")).parent
        names = {psutil.Process(pid).name() for pid, _ in children}
        assert len(children) >= 10
        assert "redis-server" in names
        victim.send_signal(signal.SIGKILL)
    assert becomes_true(lambda: not any(process.lives(pid, mark) for pid, mark in children))
    assert becomes_true(lambda: not folder.exists())
