from __future__ import annotations

import jinja2
import pytest

from harness.core.templates import templates


@pytest.mark.parametrize(("html", "text"), [(True, "&lt;b&gt;"), (False, "<b>")])
def test_values_are_escaped_for_html_alone(html, text):
    assert templates("harness.reports", html=html).from_string("{{ x }}").render(x="<b>") == text


def test_a_missing_name_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        templates("harness.reports").from_string("{{ x }}").render()
