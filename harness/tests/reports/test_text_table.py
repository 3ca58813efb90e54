from __future__ import annotations

import pytest

from harness.reports.text_table import table


def test_columns_are_as_wide_as_their_longest_cell():
    rows = [("name", "count", "text"), ("a", "10", ""), ("longer", "7", "end")]
    assert table(rows) == ["name    count  text", "a       10", "longer  7      end"]
    assert table(rows, right=[1])[1:] == ["a          10", "longer      7  end"]


def test_rows_of_different_lengths_are_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        table([("a",), ("b", "c")])
