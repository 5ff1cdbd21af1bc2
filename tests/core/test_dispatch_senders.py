from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fileroom._plugins.listing import list_plugins
from fileroom.errors import ConfigError, MissingDependencyError, PluginLoadError, PluginNotFoundError
from fileroom.plugin import EchoResult, Sender, SenderPlugin, SendReport, hookimpl
from tests.core.distributions import install_site
from tests.core.host_plugins import Root, config_of, opened, raising

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fileroom.network import Host, NetworkOptions
    from fileroom.plugin import SendItem, SendStatus
    from tests.core.distributions import Site

site = pytest.fixture(install_site, name="site")

SOURCE = """
from fileroom.plugin import SenderPlugin, hookimpl
from tests.core.host_plugins import Root
from tests.core.test_dispatch_senders import Pigeon
@hookimpl
def fileroom_sender():
    return SenderPlugin("pigeon", Root, Pigeon, "")
"""


class Pigeon(Sender):
    def __init__(self, options: object, network: NetworkOptions) -> None:
        self.options = options
        self.network = network
        self.closed = 0

    def echo(self, host: Host) -> EchoResult:
        return EchoResult(0)

    def send(
        self, host: Host, items: Iterable[SendItem], on_status: Callable[[SendStatus], object]
    ) -> SendReport:
        return SendReport()

    def close(self) -> None:
        self.closed += 1


def sending(open_: Callable[[Any, Any], Sender] = Pigeon, name: str = "pigeon") -> object:
    class Sending:
        @hookimpl
        def fileroom_sender(self) -> SenderPlugin:
            return SenderPlugin(name, Root, open_, "")

    return Sending()


def test_a_sender_that_a_host_passed_is_opened_once_when_first_asked_for_and_closed_with_the_rest() -> None:
    dispatch = opened(
        sending(), network={"sender": "pigeon", "ae_title": "LOFT"}, plugins={"pigeon": {"size": 5}}
    )
    pigeon = dispatch.sender()
    assert isinstance(pigeon, Pigeon)
    assert pigeon is dispatch.sender()
    assert pigeon.options == Root(Path.cwd() / "archive" / "root", 5)
    assert pigeon.network.ae_title == "LOFT"
    dispatch.close()
    dispatch.close()
    assert pigeon.closed == 1


def test_an_installed_sender_is_imported_when_first_asked_for_though_it_is_not_enabled(site: Site) -> None:
    site.install("acme", plugins={"pigeon": "acme_post:fileroom_sender"}, modules={"acme_post": SOURCE})
    dispatch = opened(network={"sender": "pigeon"})
    assert site.imported() == []
    assert type(dispatch.sender()).__name__ == "Pigeon"
    assert site.imported() == ["acme_post"]


def test_a_host_s_own_sender_wins_over_an_installed_one_of_its_name(site: Site) -> None:
    site.install("acme", plugins={"pigeon": "acme_post:fileroom_sender"}, modules={"acme_post": "1 / 0"})
    assert isinstance(opened(sending(), network={"sender": "pigeon"}).sender(), Pigeon)


def test_an_archive_opens_whatever_its_sender_needs_or_does_not_find(site: Site) -> None:
    site.install("acme", plugins={"pigeon": "acme_post:fileroom_sender"}, modules={"acme_post": "1 / 0"})
    broken = opened(network={"sender": "pigeon"})
    with pytest.raises(PluginLoadError, match=r"sender 'pigeon' of acme 1\.0 cannot be used"):
        broken.sender()
    missing = opened(network={"sender": "pidgeon"})
    with pytest.raises(PluginNotFoundError, match=r"network\.sender: no sender 'pidgeon'.*mean 'pigeon'"):
        missing.sender()


def test_a_sender_that_is_disabled_sends_nothing(site: Site) -> None:
    site.install("acme", plugins={"pigeon": "acme_post:fileroom_sender"}, modules={"acme_post": SOURCE})
    dispatch = opened(network={"sender": "pigeon"}, plugins={"disable": ["pigeon"]})
    with pytest.raises(ConfigError, match="is disabled"):
        dispatch.sender()
    assert site.imported() == []


def test_a_sender_that_failed_to_open_is_tried_again() -> None:
    failing_once = [raising(OSError())]

    def open_(options: object, network: NetworkOptions) -> Sender:
        return failing_once.pop()(options) if failing_once else Pigeon(options, network)

    dispatch = opened(sending(open_), network={"sender": "pigeon"})
    with pytest.raises(PluginLoadError):
        dispatch.sender()
    assert isinstance(dispatch.sender(), Pigeon)


def test_the_sender_of_the_configuration_is_listed_as_enabled() -> None:
    states = {one.name: one.state for one in list_plugins(config_of()) if one.kind == "sender"}
    assert states == {"dimse": "enabled"}


def test_without_pynetdicom_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("fileroom_plugins.dimse.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pynetdicom", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'fileroom\[dimse\]'"):
        opened().sender()
