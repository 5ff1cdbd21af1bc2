from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from fileroom.errors import ConfigError, PluginError
from fileroom.events import Accept, Incoming, Quarantine, Reject, Replace
from fileroom.model import Header, Identity
from tests.core.distributions import extension_source, install_site
from tests.core.host_plugins import Bell, Gate, extending, opened, refused

if TYPE_CHECKING:
    from fileroom.events import Decision
    from tests.core.distributions import Site


site = pytest.fixture(install_site, name="site")

INCOMING = Incoming(Header(Identity("p", "1", "2", "3"), "", "", {}), 0, io.BytesIO)


def decide(decision: object) -> Decision:
    (intervention,) = opened(Gate(decision)).interventions
    return intervention.decide(INCOMING)


@pytest.mark.parametrize("decision", [Accept(), Reject("r"), Quarantine("q"), Replace(b"x")])
def test_an_interventions_decision_is_returned(decision: Decision) -> None:
    assert decide(decision) is decision


def test_an_intervention_that_returns_nothing_accepts() -> None:
    assert decide(None) == Accept()


@pytest.mark.parametrize("error", [ValueError("DOE^JANE"), SystemExit("DOE^JANE")])
def test_an_intervention_that_fails_is_a_plugin_error_that_tells_the_type_only(error: BaseException) -> None:
    with pytest.raises(PluginError) as caught:
        decide(error)
    assert (
        str(caught.value) == f"the intervention 'Gate' of the host application failed: {type(error).__name__}"
    )
    assert caught.value.__cause__ is error
    assert (caught.value.plugin, caught.value.distribution) == ("Gate", "argument")


@pytest.mark.parametrize("answer", [True, "reject", b"bytes"])
def test_an_intervention_that_returns_anything_else_is_a_plugin_error(answer: object) -> None:
    with pytest.raises(PluginError, match=r"returned .*, which is no decision"):
        decide(answer)


def test_interventions_run_in_the_order_of_the_configuration_then_the_hosts_others() -> None:
    plugins = [
        Gate(None),
        extending(lambda _: Gate(Reject("a")), "a"),
        extending(lambda _: Gate(Reject("b")), "b"),
    ]
    dispatch = opened(*plugins, ingest={"before_store": ["b", "a", "b"]})
    assert [one.name for one in dispatch.interventions] == ["b", "a", "Gate"]
    assert [one.decide(INCOMING) for one in dispatch.interventions] == [Reject("b"), Reject("a"), Accept()]
    assert dispatch.has_interventions


def test_without_interventions_there_are_none() -> None:
    assert not opened(Bell()).has_interventions


GATE = extension_source("gate", "@hookimpl\n    def fileroom_before_store(self): return Reject('here')")


def test_naming_an_intervention_loads_it(site: Site) -> None:
    site.install("acme", plugins={"gate": "acme_gate:fileroom_extension"}, modules={"acme_gate": GATE})
    dispatch = opened(ingest={"before_store": ["gate"]})
    (gate,) = dispatch.interventions
    assert (gate.name, gate.distribution) == ("gate", "acme")
    assert gate.decide(INCOMING) == Reject("here")


def test_an_enabled_intervention_that_is_not_named_does_not_run_and_that_is_said(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.install("acme", plugins={"gate": "acme_gate:fileroom_extension"}, modules={"acme_gate": GATE})
    assert not opened(plugins={"enable": ["gate"]}).has_interventions
    assert "[ingest] before_store does not name it" in caplog.text


def test_a_plugin_with_event_hooks_alone_needs_no_registration(site: Site) -> None:
    source = """
from fileroom.plugin import Reject, hookimpl
@hookimpl
def fileroom_before_store(incoming):
    return Reject("by module")
"""
    site.install("acme", plugins={"gate": "acme_gate"}, modules={"acme_gate": source})
    (intervention,) = opened(ingest={"before_store": ["gate"]}).interventions
    assert intervention.decide(INCOMING) == Reject("by module")


def test_what_before_store_names_must_be_an_intervention() -> None:
    error = refused(extending(Bell), ingest={"before_store": ["bell"]})
    assert isinstance(error, ConfigError)
    assert "'bell' is no intervention" in str(error)
