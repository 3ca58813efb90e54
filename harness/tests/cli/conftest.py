"""A folder with one small suite, from which commands are run as in a clone."""

import shutil

import pytest

from harness.core.corpus import CORPUS, SCHEMA

SUITE = """
suite: Small
about: a legal case, an illegal twin and a sweep
defaults: {dialect: pytorch, batch: 2, in_channels: 2, out_channels: 3, input_size: [3, 4], kernel_size: [3, 2]}
cases:
  - {id: plain, about: the plain thing, strides: [2, 1], padding: [1, 0], bias: true}
  - {id: too-much-padding-added, about: output_padding at the stride, output_padding: 1, expect: {error: true}}
  - {id: sizes, about: every size, sweep: {strides: [1, 2, 3], padding: [0, [1, 0]]}}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "small.yaml").write_text(SUITE)
    shutil.copy(CORPUS / SCHEMA, tmp_path / "cases")
    return tmp_path
