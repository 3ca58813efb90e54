"""The plugin, where a clone was installed before its package offered it."""

from importlib.metadata import entry_points

if not entry_points(group="pytest11", name="harness_pytest"):
    pytest_plugins = ["harness_pytest"]
