"""Fileroom's pytest plugin: makes assertions in the contract kits explain themselves."""

import pytest

pytest.register_assert_rewrite("fileroom.testing")
