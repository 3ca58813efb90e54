"""pytest collects the YAML suites through the harness's plugin."""

pytest_plugins = ["harness.pytest_plugin"]
