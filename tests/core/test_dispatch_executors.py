from __future__ import annotations

import sys
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fileroom._dispatch import Dispatch
from fileroom._plugins.listing import list_plugins
from fileroom.config import load_config
from fileroom.errors import ConfigError, MissingDependencyError, PluginLoadError, PluginNotFoundError
from fileroom.plugin import Executor, ExecutorPlugin, hookimpl
from tests.core.distributions import install_site
from tests.core.host_plugins import Bell, Root, config_of, extending, opened, processing, raising

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.core.distributions import Site

site = pytest.fixture(install_site, name="site")

SOURCE = """
from fileroom.plugin import ExecutorPlugin, hookimpl
from tests.core.host_plugins import Root
from tests.core.test_dispatch_executors import Mule
@hookimpl
def fileroom_executor():
    return ExecutorPlugin("mule", Root, Mule, "")
"""


class Mule(Executor):
    def __init__(self, options: object) -> None:
        self.options = options
        self.closed = 0

    def submit(self, request: bytes) -> Future[bytes]:
        return Future()

    def slots(self) -> int:
        return 1

    def close(self) -> None:
        self.closed += 1


def executing(open_: Callable[[Any], Executor] = Mule, name: str = "mule") -> object:
    class Executing:
        @hookimpl
        def fileroom_executor(self) -> ExecutorPlugin:
            return ExecutorPlugin(name, Root, open_, "")

    return Executing()


def test_an_executor_that_a_host_passed_is_opened_once_when_asked_for_and_closed_with_the_rest() -> None:
    dispatch = opened(executing(), plugins={"mule": {"size": 5}})
    mule = dispatch.executor("mule")
    assert isinstance(mule, Mule)
    assert mule is dispatch.executor("mule")
    assert mule.options == Root(Path.cwd() / "archive" / "root", 5)
    dispatch.close()
    dispatch.close()
    assert mule.closed == 1


def test_an_installed_executor_is_imported_when_asked_for_though_it_is_not_enabled(site: Site) -> None:
    site.install("acme", plugins={"mule": "acme_mule:fileroom_executor"}, modules={"acme_mule": SOURCE})
    dispatch = opened()
    assert site.imported() == []
    assert type(dispatch.executor("mule")).__name__ == "Mule"
    assert site.imported() == ["acme_mule"]


def test_an_archive_opens_whatever_its_executors_need(site: Site) -> None:
    site.install("acme", plugins={"mule": "acme_mule:fileroom_executor"}, modules={"acme_mule": "1 / 0"})
    dispatch = opened()
    with pytest.raises(PluginLoadError, match=r"executor 'mule' of acme 1\.0 cannot be used"):
        dispatch.executor("mule")
    with pytest.raises(PluginNotFoundError, match=r"no executor 'mul' is installed.*did you mean 'mule'"):
        dispatch.executor("mul")


def test_an_executor_that_is_disabled_runs_nothing(site: Site) -> None:
    site.install("acme", plugins={"mule": "acme_mule:fileroom_executor"}, modules={"acme_mule": SOURCE})
    with pytest.raises(ConfigError, match="is disabled"):
        opened(plugins={"disable": ["mule"]}).executor("mule")
    assert site.imported() == []


def test_an_executor_that_failed_to_open_is_tried_again() -> None:
    failing_once = [raising(OSError())]

    def open_(options: object) -> Executor:
        return failing_once.pop()(options) if failing_once else Mule(options)

    dispatch = opened(executing(open_))
    with pytest.raises(PluginLoadError):
        dispatch.executor("mule")
    assert isinstance(dispatch.executor("mule"), Mule)


def test_what_opens_no_executor_is_refused() -> None:
    dispatch = opened(executing(lambda options: options))
    with pytest.raises(PluginLoadError, match="it opened Root, which is no Executor"):
        dispatch.executor("mule")


def test_the_built_in_executors_are_listed_as_available() -> None:
    states = {one.name: one.state for one in list_plugins(config_of()) if one.kind == "executor"}
    assert states == {"dask": "available", "local": "available"}


def test_without_distributed_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("fileroom_plugins.dask_executor.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    dispatch = opened(plugins={"dask": {"scheduler": "tcp://127.0.0.1:8786"}})
    with pytest.raises(MissingDependencyError, match=r"pip install 'fileroom\[dask\]'"):
        dispatch.executor("dask")


@pytest.mark.parametrize("options", [{}, {"scheduler": " "}, {"scheduler": "tcp://a:1", "timeout": 0}])
def test_options_that_reach_nobody_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"plugins\.dask"):
        opened(plugins={"dask": options}).executor("dask")


def test_less_than_no_processes_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"plugins\.local: jobs"):
        opened(plugins={"local": {"jobs": -1}}).executor("local")


def test_workers_do_without_a_hosts_executor_and_without_no_other_plugin_of_its() -> None:
    assert not is_confined(executing())
    assert is_confined(processing())
    assert is_confined(extending(Bell))
    assert is_confined(executing(), Bell())


def is_confined(*plugins: object) -> bool:
    return Dispatch.open(load_config("archive"), plugins).confined
