from __future__ import annotations

import numpy as np
import pytest

from harness.__main__ import main
from harness.core.results import Verdict
from harness.operations.conv_transpose.dialects import lower
from harness.operations.conv_transpose.oracle import count_terms
from harness.quality import precision
from harness.quality.precision import CHANNELS, KERNELS, MOST_TERMS, SLIGHT, ZEROS, Layer, layers, show


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_tap_reaches_every_element(kernel):
    layer = Layer(kernel, 5)
    geometry = lower(layer.case)
    assert geometry.output_shape == (1, precision.OUTPUTS, precision.SIZE, precision.SIZE)
    assert np.all(count_terms(geometry) == layer.terms)


def test_the_layers_go_from_3_channels_to_2048_and_halves_to_2048_products():
    tried = list(layers())
    wide = {
        (layer.kernel, layer.channels) for layer, mutants in tried if layer.dtype == "float32" and mutants is SLIGHT
    }
    assert wide == {(kernel, channels) for kernel in KERNELS for channels in CHANNELS}
    assert (min(CHANNELS), max(CHANNELS)) == (3, 2048)
    for dtype in ("float16", "bfloat16"):
        assert MOST_TERMS in {layer.terms for layer, mutants in tried if layer.dtype == dtype and ZEROS in mutants}


@pytest.mark.parametrize("layer", [Layer(1, 3), Layer(3, 64)], ids=str)
def test_slight_faults_are_found_and_named(layer):
    shown = show(layer, ("OperandsInTf32", "SumsTruncated", ZEROS, "ProductMissing"))
    assert [one.judgement.verdict for one in shown] == [Verdict.DIVERGES] * 4
    assert [one.names[0] for one in shown] == [
        "operands-rounded(tf32)",
        "sums-truncated",
        "all-zero",
        "product-missing",
    ]
    assert all(one.proven for one in shown)


def test_what_is_right_is_not_proven_wrong():
    (shown,) = show(Layer(2, 3), ("Honest",))
    assert shown.judgement.verdict is Verdict.EXACT
    assert not shown.proven


def test_the_table_names_what_is_not_proven(monkeypatch, capsys):
    monkeypatch.setattr(precision, "layers", lambda: [(Layer(1, 3), ("OperandsInTf32", "Honest"))])
    assert main(["prove", "--precision", "-j", "1"]) == 1
    out = capsys.readouterr().out
    assert "1 of 2 diverge and are named" in out
    assert out.splitlines()[-1] == "not proven: Honest in float32-1x1-3"
    monkeypatch.setattr(precision, "layers", lambda: [(Layer(1, 3), ("OperandsInTf32", "KernelRotated"))])
    assert main(["prove", "--precision", "-j", "1"]) == 1
    monkeypatch.setattr(precision, "layers", lambda: [(Layer(1, 3), ("OperandsInTf32",))])
    assert main(["prove", "--precision", "-j", "1"]) == 0
    (row,) = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("OperandsInTf32")][-1:]
    assert row[1:6] == ["float32", "1x1", "3", "3", "diverges"]
    assert row[-2:] == ["operands-rounded(tf32),", "operands-rounded(float16)"]
