from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fileroom._dispatch import Dispatch
from fileroom._loader import Found, discover, load
from fileroom._plugins.listing import PluginInfo, list_plugins
from fileroom._plugins.requirements import requirements_of_extra, unmet
from fileroom.config import load_config
from fileroom.errors import MissingDependencyError, PluginError, PluginLoadError
from fileroom.tags import TagSet
from tests.core.distributions import FakeIndex, FakeStorage, index_source, install_site, storage_source

if TYPE_CHECKING:
    from pathlib import Path

    from tests.core.distributions import Site

site = pytest.fixture(install_site, name="site")


def found(name: str) -> Found:
    return next(one for one in discover() if one.name == name)


def listed(name: str, **tables: dict[str, object]) -> list[PluginInfo]:
    config = load_config("archive", **tables)
    return [one for one in list_plugins(config) if one.name == name]


# Discovery


def test_a_plugin_is_found_with_its_kind_and_provenance_and_not_imported(site: Site) -> None:
    site.install(
        "acme-tapes",
        "2.3",
        plugins={"tape": "acme_tape:fileroom_storage"},
        modules={"acme_tape": "raise RuntimeError('imported')"},
    )
    assert found("tape") == Found("tape", "storage", "acme_tape", "acme-tapes", "2.3")
    assert found("tape").source == "acme-tapes 2.3"
    assert listed("tape") == [PluginInfo("tape", "storage", "acme-tapes", "2.3", "available", "")]
    assert site.imported() == []


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("m:fileroom_index", "index"),
        ("m:fileroom_storage", "storage"),
        ("m:fileroom_processor", "processor"),
        ("m:fileroom_extension", "extension"),
        ("m", "unknown"),
        ("m:storage", "unknown"),
        ("m:fileroom_stored", "unknown"),
    ],
)
def test_the_kind_is_told_by_the_hook_that_the_entry_point_names(site: Site, value: str, kind: str) -> None:
    site.install("acme", plugins={"thing": value})
    assert found("thing").kind == kind


def test_a_kind_before_the_name_lets_one_distribution_offer_the_name_for_two_kinds(site: Site) -> None:
    site.install(
        "acme",
        plugins={"storage.tape": "a:fileroom_storage", "index.tape": "b:fileroom_index"},
        requires=['fileroom-no-such-thing; extra == "tape"'],
    )
    assert {(one.kind, one.module) for one in discover() if one.name == "tape"} == {
        ("storage", "a"),
        ("index", "b"),
    }
    (storage,) = (one for one in discover() if (one.name, one.kind) == ("tape", "storage"))
    assert storage.remedy == "pip install 'acme[tape]'"
    assert {one.state for one in listed("tape")} == {"missing extra"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index.tape", "a:fileroom_storage"),
        ("storage.", "a:fileroom_storage"),
        ("storage", "a:fileroom_storage"),
        ("unknown.tape", "a"),
        ("storage.tape", "a"),
    ],
)
def test_a_name_that_does_not_begin_with_its_kind_stays_as_it_is(site: Site, name: str, value: str) -> None:
    site.install("acme", plugins={name: value})
    assert [one.name for one in discover() if one.distribution == "acme"] == [name]


def test_a_kind_before_the_name_is_no_part_of_it_in_a_configuration(site: Site) -> None:
    site.install(
        "acme",
        plugins={"storage.tape": "acme_tape:fileroom_storage", "index.tape": "acme_rows:fileroom_index"},
        modules={"acme_tape": storage_source("tape"), "acme_rows": index_source("tape")},
    )
    config = load_config("archive", index={"backend": "tape"}, storage={"backend": "tape"})
    dispatch = Dispatch.open(config)
    assert isinstance(dispatch.open_storage(), FakeStorage)
    assert isinstance(dispatch.open_index(TagSet({})), FakeIndex)


def test_an_entry_point_that_is_listed_twice_counts_once(site: Site, tmp_path: Path) -> None:
    site.install("acme", plugins={"tape": "acme_tape:fileroom_storage"})
    site.install("acme-editable", plugins={"tape": "acme_tape:fileroom_storage"})
    assert [one.distribution for one in discover() if one.name == "tape"] == ["acme"]


def test_listing_says_of_a_malformed_entry_point_that_it_is_broken(site: Site) -> None:
    site.install("acme", plugins={"tape": "not a module!"})
    (info,) = listed("tape")
    assert (info.state, info.reason) == ("broken", "its entry point names no module")
    with pytest.raises(PluginLoadError, match=r"plugin 'tape' of acme 1\.0 cannot be used: its entry point"):
        load(found("tape"))


def test_importing_fileroom_looks_for_no_plugins() -> None:
    program = """
import importlib.metadata, sys
def refuse(**_): raise AssertionError("looked for plugins")
importlib.metadata.entry_points = refuse
import fileroom, fileroom.plugin, fileroom._dispatch
assert not [name for name in sys.modules if name.startswith("fileroom_plugins.")]
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


# Listing


def test_listing_tells_what_is_enabled_disabled_and_available(site: Site) -> None:
    site.install(
        "acme",
        plugins={
            "tape": "a:fileroom_storage",
            "rows": "b:fileroom_index",
            "stamp": "c:fileroom_processor",
            "gate": "d:fileroom_extension",
            "bell": "e",
            "idle": "f:fileroom_storage",
        },
    )
    config = load_config(
        "archive",
        index={"backend": "rows"},
        storage={"backend": "tape"},
        plugins={"enable": ["stamp", "bell"], "disable": ["bell"]},
        ingest={"before_store": ["gate"]},
    )
    states = {one.name: one.state for one in list_plugins(config) if one.distribution == "acme"}
    assert states == {
        "tape": "enabled",
        "rows": "enabled",
        "stamp": "enabled",
        "gate": "enabled",
        "bell": "disabled",
        "idle": "available",
    }


def test_a_backends_name_enables_no_plugin_of_another_kind(site: Site) -> None:
    site.install("acme", plugins={"tape": "a:fileroom_index"})
    (info,) = listed("tape", storage={"backend": "tape"})
    assert info.state == "available"


def test_listing_names_both_distributions_of_a_conflict_and_the_choice_ends_it(site: Site) -> None:
    site.install("acme", "1.0", plugins={"tape": "a:fileroom_storage"})
    site.install("Bolt_Storage", "2.0", plugins={"tape": "b:fileroom_storage"})
    states = {one.distribution: (one.state, one.reason) for one in listed("tape")}
    assert states["acme"][0] == states["Bolt_Storage"][0] == "conflict"
    assert "Bolt_Storage 2.0" in states["acme"][1]
    assert "acme 1.0" in states["Bolt_Storage"][1]
    chosen = listed("tape", storage={"backend": "tape", "distribution": "bolt-storage"})
    assert {one.distribution: one.state for one in chosen} == {"acme": "available", "Bolt_Storage": "enabled"}


def test_one_name_for_two_kinds_is_no_conflict(site: Site) -> None:
    site.install("acme", plugins={"tape": "a:fileroom_storage"})
    site.install("bolt", plugins={"tape": "b:fileroom_index"})
    assert {one.state for one in listed("tape")} == {"available"}


def test_listing_works_without_a_configuration(site: Site) -> None:
    site.install("acme", plugins={"tape": "a:fileroom_storage"})
    assert "available" in {one.state for one in list_plugins() if one.name == "tape"}


# Extras


def test_listing_explains_a_missing_extra(site: Site) -> None:
    site.install(
        "acme",
        plugins={"tape": "a:fileroom_storage"},
        requires=["pluggy", 'fileroom-no-such-thing>=2; extra == "tape"', "other-thing; extra == 'more'"],
    )
    (info,) = listed("tape", storage={"backend": "tape"})
    assert info.state == "missing extra"
    assert info.reason == "needs fileroom-no-such-thing: pip install 'acme[tape]'"


def test_loading_a_plugin_whose_extra_is_missing_says_how_to_install_it(site: Site) -> None:
    site.install(
        "acme",
        plugins={"tape": "acme_tape:fileroom_storage"},
        modules={"acme_tape": ""},
        requires=['fileroom-no-such-thing; extra == "tape"'],
    )
    with pytest.raises(MissingDependencyError) as caught:
        load(found("tape"))
    assert str(caught.value) == "storage 'tape' needs fileroom-no-such-thing: pip install 'acme[tape]'"
    assert (caught.value.plugin, caught.value.distribution) == ("tape", "acme")
    assert site.imported() == []


@pytest.mark.parametrize(
    ("specifier", "missing"),
    [
        ("acme", ()),
        ("acme>=1.2", ()),
        ("acme >= 1.2.3", ()),
        ("acme>=1.2.3.0", ()),
        ("acme>=1.10", ("acme>=1.10",)),
        ("acme (>=2)", ("acme (>=2)",)),
        ("Ac.me", ("Ac.me",)),
        ("acme[more]>=2,<3", ("acme[more]>=2,<3",)),
        ("acme==9", ()),
        ("acme~=9.0", ()),
        ("acme>=9rc1", ()),
        ("acme @ https://example.org/acme>=9.whl", ()),
        ("absent @ https://example.org/absent.whl", ("absent",)),
        ("absent>=1", ("absent",)),
        ("???", ()),
    ],
)
def test_a_requirement_is_unmet_when_absent_or_surely_too_old(
    site: Site, specifier: str, missing: tuple[str, ...]
) -> None:
    site.install("acme", "1.2.3")
    assert unmet([specifier]) == missing


def test_only_requirements_that_the_extra_alone_brings_are_judged() -> None:
    requires = [
        "base",
        'a; extra == "s3"',
        "b>=1 ; extra=='S3'",
        'c; extra == "S.3"',
        'd; python_version < "3" and extra == "s3"',
        'e; extra == "other"',
    ]
    assert requirements_of_extra(requires, "s3") == ("a", "b>=1")
    assert requirements_of_extra(requires, "s_3") == ("c",)


# Loading


def load_source(site: Site, source: str) -> PluginError:
    site.install("acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": source})
    with pytest.raises(PluginError) as caught:
        load(found("tape"))
    assert (caught.value.plugin, caught.value.distribution) == ("tape", "acme")
    return caught.value


def test_loading_imports_the_module_whatever_hook_the_entry_point_names(site: Site) -> None:
    site.install("acme", plugins={"tape": "acme_tape:fileroom_storage"}, modules={"acme_tape": "x = 1"})
    assert load(found("tape")).x == 1


def test_an_import_of_somebody_elses_missing_module_is_a_missing_dependency(site: Site) -> None:
    error = load_source(site, "import fileroom_no_such_driver.client")
    assert type(error) is MissingDependencyError
    assert "storage 'tape' needs fileroom_no_such_driver" in str(error)
    assert isinstance(error.__cause__, ModuleNotFoundError)


def test_a_missing_module_of_its_own_is_the_plugins_fault(site: Site) -> None:
    error = load_source(site, "import acme_tape.missing")
    assert type(error) is PluginLoadError
    assert "storage 'tape' of acme 1.0 cannot be used: importing it failed" in str(error)


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("1 / 0", ZeroDivisionError),
        ("from os import no_such_name", ImportError),
        ("def broken(:", SyntaxError),
        ("import sys; sys.exit('bye')", SystemExit),
    ],
)
def test_whatever_an_import_throws_becomes_a_load_error_with_its_cause(
    site: Site, source: str, cause: type[BaseException]
) -> None:
    error = load_source(site, source)
    assert type(error) is PluginLoadError
    assert type(error.__cause__) is cause
    assert cause.__name__ in str(error)


def test_a_plugin_can_say_itself_at_import_what_it_lacks(site: Site) -> None:
    source = "from fileroom.plugin import MissingDependencyError as E; raise E('get a tape', 'tape', 'acme')"
    error = load_source(site, source)
    assert type(error) is MissingDependencyError
    assert str(error) == "get a tape"


def test_an_interrupt_during_an_import_is_not_swallowed(site: Site) -> None:
    site.install("acme", plugins={"tape": "acme_tape"}, modules={"acme_tape": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        load(found("tape"))


def test_a_module_that_is_not_there_is_the_plugins_fault(site: Site) -> None:
    site.install("acme", plugins={"tape": "acme_absent.inner"})
    with pytest.raises(PluginLoadError, match="plugin 'tape' of acme"):
        load(found("tape"))
