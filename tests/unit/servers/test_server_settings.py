"""The tuned settings."""

from workbench.servers import settings


def test_every_setting_is_there_once_and_has_a_reason() -> None:
    assert len(set(settings.NAMES)) == len(settings.TUNED)
    assert all(len(setting.why) > 20 for setting in settings.TUNED)


def test_an_older_server_is_not_given_what_it_does_not_know() -> None:
    assert "io_method=sync" in settings.arguments(18)
    assert "io_method=sync" not in settings.arguments(16)
    assert "jit=off" in settings.arguments(0)
    assert settings.arguments(0)[0::2] == ["-c"] * (len(settings.arguments(0)) // 2)
