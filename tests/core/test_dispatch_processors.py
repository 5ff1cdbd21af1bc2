from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import ConfigError, PluginLoadError, PluginNotFoundError
from tests.core.distributions import install_site
from tests.core.host_plugins import Echo, Root, opened, processing, raising, refused

if TYPE_CHECKING:
    from fileroom.plugin import Processor
    from tests.core.distributions import Site


site = pytest.fixture(install_site, name="site")


def test_a_processor_is_opened_once_when_first_asked_for_and_closed_with_the_rest() -> None:
    made: list[Echo] = []

    def open_(options: object) -> Echo:
        made.append(Echo(options))
        return made[-1]

    dispatch = opened(processing(open_=open_), plugins={"echo": {"size": 5}})
    assert dispatch.processors == ("echo",)
    assert made == []
    threads = [threading.Thread(target=dispatch.processor, args=("echo",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert dispatch.processor("echo") is made[0]
    assert len(made) == 1
    assert made[0].options == Root(Path.cwd() / "archive" / "root", 5)
    dispatch.close()
    dispatch.close()
    assert made[0].closed == 1


def test_a_processor_that_failed_to_open_is_tried_again() -> None:
    failing_once = [raising(OSError())]

    def open_(options: object) -> Processor:
        return failing_once.pop()(options) if failing_once else Echo(options)

    dispatch = opened(processing(open_=open_))
    with pytest.raises(PluginLoadError):
        dispatch.processor("echo")
    assert isinstance(dispatch.processor("echo"), Echo)


def test_an_unknown_processor_is_answered_with_those_that_there_are(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("acme", plugins={"stamp": "acme_stamp:fileroom_processor"}, modules={"acme_stamp": "1 / 0"})
    with pytest.raises(PluginNotFoundError) as caught:
        opened(processing()).processor("ecco")
    assert "no processor 'ecco' is installed: there are " in str(caught.value)
    assert ", echo, " in str(caught.value)
    assert ", stamp, thumbnail" in str(caught.value)
    assert str(caught.value).endswith("did you mean 'echo'?")
    assert "while looking for a processor: processor 'stamp' of acme 1.0 cannot be used" in caplog.text


STAMP = """
from fileroom.plugin import ProcessorPlugin, hookimpl
from tests.core.host_plugins import Echo, Root
@hookimpl
def fileroom_processor():
    return ProcessorPlugin("print", Root, Echo, "")
"""


@pytest.mark.parametrize("entry", ["print", "stamp"])
def test_a_processor_that_is_only_installed_is_loaded_when_it_is_asked_for(site: Site, entry: str) -> None:
    site.install("acme", plugins={entry: "acme_stamp:fileroom_processor"}, modules={"acme_stamp": STAMP})
    dispatch = opened(plugins={entry: {"size": 7}})
    assert dispatch.processors == ()
    echo = dispatch.processor("print")
    assert isinstance(echo, Echo)
    assert echo.options == Root(Path.cwd() / "archive" / "root", 7)
    assert dispatch.processor("print") is echo
    dispatch.close()
    assert echo.closed == 1


def test_a_processor_that_is_disabled_cannot_be_had(site: Site) -> None:
    site.install("acme", plugins={"print": "acme_stamp:fileroom_processor"}, modules={"acme_stamp": "1 / 0"})
    with pytest.raises(PluginNotFoundError, match="'print' is disabled"):
        opened(plugins={"disable": ["print"]}).processor("print")


def test_options_of_one_call_lie_over_those_of_the_configuration_and_are_closed_with_it() -> None:
    dispatch = opened(processing(), plugins={"echo": {"size": 5}})
    with dispatch.making.using("echo", {"size": 6}) as one:
        echo = one.processor
        assert isinstance(echo, Echo)
        assert echo.options == Root(Path.cwd() / "archive" / "root", 6)
        assert echo.closed == 0
    assert echo.closed == 1
    kept = dispatch.processor("echo")
    assert isinstance(kept, Echo)
    assert kept.options == Root(Path.cwd() / "archive" / "root", 5)
    with pytest.raises(ConfigError) as caught, dispatch.making.using("echo", {"sice": 6}):
        pass
    assert caught.value.path == "echo.sice"


def test_options_of_a_processor_are_checked_before_it_is_asked_for() -> None:
    error = refused(processing(), plugins={"echo": {"sice": 1}})
    assert isinstance(error, ConfigError)
    assert error.path == "plugins.echo.sice"


def test_an_installed_processor_takes_its_options_from_the_table_of_its_entry_point(site: Site) -> None:
    site.install(
        "acme",
        plugins={"stamp": "acme_stamp:fileroom_processor"},
        modules={
            "acme_stamp": """
from fileroom.plugin import ProcessorPlugin, hookimpl
from tests.core.host_plugins import Echo, Root
@hookimpl
def fileroom_processor():
    return ProcessorPlugin("print", Root, Echo, "")
"""
        },
    )
    dispatch = opened(plugins={"enable": ["stamp"], "stamp": {"size": 7}})
    echo = dispatch.processor("print")
    assert isinstance(echo, Echo)
    assert echo.options == Root(Path.cwd() / "archive" / "root", 7)
    assert set(dispatch.option_types) == {"index", "storage", "plugins.stamp"}


def test_a_table_for_no_plugin_at_all_is_most_likely_misspelt(site: Site) -> None:
    site.install("acme", plugins={"stamp": "acme_stamp:fileroom_processor"})
    opened(plugins={"stamp": {"size": 7}})
    error = refused(plugins={"stmap": {"size": 7}})
    assert isinstance(error, ConfigError)
    assert error.path == "plugins.stmap"
    assert "did you mean 'stamp'?" in str(error)


def test_a_backend_is_not_enabled_as_a_plugin(site: Site) -> None:
    site.install("acme", plugins={"tape": "a:fileroom_storage"})
    error = refused(plugins={"enable": ["tape"]})
    assert isinstance(error, PluginNotFoundError)
    assert "no processor or extension 'tape' is installed (acme 1.0 offers the storage 'tape')" in str(error)
