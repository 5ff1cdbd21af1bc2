"""What stands behind the question mark of a URL, where the driver cannot use it: one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from fileroom.errors import ConfigError
from fileroom_plugins.databases.opening import open_database

if TYPE_CHECKING:
    from pathlib import Path

_NOWHERE = "joe:hunter2@127.0.0.1:1/archive"


def connect(url: str) -> None:
    database = open_database(url)
    try:
        with database.read():
            pass
    finally:
        database.close()


def refused(url: str) -> str:
    """Open a database and connect; return what is said."""
    with pytest.raises(ConfigError) as caught:
        connect(url)
    assert caught.value.__cause__ is None
    assert "hunter2" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "parameters",
    [
        "nonsense=hunter2",
        "charset=hunter2",
        "read_timeout=hunter2",
        "connect_timeout=hunter2",
        "port=hunter2",
    ],
)
def test_parameters_that_the_driver_of_mariadb_does_not_take_are_refused(parameters: str) -> None:
    pytest.importorskip("pymysql")
    said = refused(f"mysql+pymysql://{_NOWHERE}?{parameters}")
    assert said.startswith("database mysql://127.0.0.1:1/archive: the driver pymysql does not take the URL's")
    assert said.endswith("correct what stands behind the question mark")


def test_certificates_that_are_not_there_or_none_are_refused(tmp_path: Path) -> None:
    pytest.importorskip("pymysql")
    none = tmp_path / "hunter2.pem"
    url = f"mysql+pymysql://{_NOWHERE}?ssl_ca={none.as_posix()}"
    assert "the URL's parameters, or their values" in refused(url)
    none.write_text("no certificate")
    assert "the URL's parameters, or their values" in refused(url)


def test_parameters_that_libpq_does_not_take_are_refused() -> None:
    pytest.importorskip("psycopg")
    said = refused(f"postgresql://{_NOWHERE}?nonsense=hunter2")
    assert said.startswith("database postgresql://127.0.0.1:1/archive: the driver psycopg does not take")
