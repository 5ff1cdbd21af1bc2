from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import fileroom
from fileroom._dispatch import Dispatch
from fileroom._plugins.listing import list_plugins
from fileroom.config import load_config
from fileroom.errors import ConfigError, FeedError, PluginLoadError, PluginNotFoundError
from fileroom.plugin import Feed, FeedItem, FeedPlugin, hookimpl
from tests.core.distributions import install_site
from tests.core.host_plugins import Root, config_of, opened, raising

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.core.distributions import Site

site = pytest.fixture(install_site, name="site")

SOURCE = """
from fileroom.plugin import FeedPlugin, hookimpl
from tests.core.host_plugins import Root
from tests.core.test_dispatch_feeds import Spring
@hookimpl
def fileroom_feed():
    return FeedPlugin("spring", Root, Spring, "")
"""


class Spring(Feed):
    def __init__(self, options: object) -> None:
        self.options = options

    def __iter__(self) -> Iterator[FeedItem]:
        yield FeedItem("drop", 1, lambda: io.BytesIO(b"x"))


def feeding(open_: Callable[[Any], Feed] = Spring, name: str = "spring") -> object:
    class Feeding:
        @hookimpl
        def fileroom_feed(self) -> FeedPlugin:
            return FeedPlugin(name, Root, open_, "")

    return Feeding()


def test_a_feed_gets_the_options_of_whoever_opens_it_and_each_opens_one_of_their_own() -> None:
    dispatch = opened(feeding())
    one, other = dispatch.feed("spring", {"size": 5}), dispatch.feed("spring", {})
    assert isinstance(one, Spring)
    assert isinstance(other, Spring)
    assert one is not other
    assert one.options == Root(Path.cwd() / "archive" / "root", 5)
    assert other.options == Root(Path.cwd() / "archive" / "root", 1)


def test_options_that_a_feed_does_not_have_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"feed\.sise: unknown key; did you mean 'size'"):
        opened(feeding()).feed("spring", {"sise": 5})


def test_an_installed_feed_is_imported_when_it_is_opened_and_again_opened(site: Site) -> None:
    site.install("acme", plugins={"feed.spring": "acme_well:fileroom_feed"}, modules={"acme_well": SOURCE})
    dispatch = opened()
    assert site.imported() == []
    assert [type(dispatch.feed("spring", {})).__name__ for _ in range(2)] == ["Spring"] * 2
    assert site.imported() == ["acme_well"]


def test_an_archive_opens_whatever_feeds_need(site: Site) -> None:
    site.install("acme", plugins={"spring": "acme_well:fileroom_feed"}, modules={"acme_well": "1 / 0"})
    dispatch = opened()
    with pytest.raises(PluginLoadError, match=r"feed 'spring' of acme 1\.0 cannot be used"):
        dispatch.feed("spring", {})
    with pytest.raises(PluginNotFoundError, match=r"no feed 'sprin' is installed.*did you mean 'spring'"):
        dispatch.feed("sprin", {})


def test_a_host_s_own_feed_wins_over_an_installed_one_of_its_name(site: Site) -> None:
    site.install("acme", plugins={"spring": "acme_well:fileroom_feed"}, modules={"acme_well": "1 / 0"})
    assert isinstance(opened(feeding()).feed("spring", {}), Spring)


def test_a_feed_that_is_disabled_is_not_opened(site: Site) -> None:
    site.install("acme", plugins={"spring": "acme_well:fileroom_feed"}, modules={"acme_well": SOURCE})
    with pytest.raises(ConfigError, match="is disabled"):
        opened(plugins={"disable": ["spring"]}).feed("spring", {})
    assert site.imported() == []


def test_errors_of_a_feed_that_are_fileroom_s_pass_and_others_are_the_plugin_s() -> None:
    with pytest.raises(FeedError, match="dried up"):
        opened(feeding(raising(FeedError("dried up")))).feed("spring", {})
    with pytest.raises(PluginLoadError, match="opening it failed: OSError"):
        opened(feeding(raising(OSError("secret")))).feed("spring", {})


def test_what_opens_no_feed_is_refused() -> None:
    with pytest.raises(PluginLoadError, match="it opened Root, which is no Feed"):
        opened(feeding(lambda options: options)).feed("spring", {})


def test_the_built_in_feed_is_listed_as_available() -> None:
    states = {one.name: one.state for one in list_plugins(config_of()) if one.kind == "feed"}
    assert states == {"sql": "available"}


def test_workers_do_without_a_hosts_feed() -> None:
    assert not Dispatch.open(load_config("archive"), [feeding()]).confined


def test_an_archive_imports_from_a_feed_that_its_host_passed(tmp_path: Path) -> None:
    with fileroom.open(tmp_path / "archive", register=[feeding()]) as archive, archive.feed("spring") as feed:
        assert [one.name for one in archive.ingest(feed)] == ["drop"]
