"""Fixtures of the whole test run: real servers."""

pytest_plugins = ["tests.servers.plugin"]
