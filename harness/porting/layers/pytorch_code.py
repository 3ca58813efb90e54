"""A layer as PyTorch code."""

from __future__ import annotations

from harness.adapters.pytorch import DEFAULTS
from harness.porting.layers.code import Code, Draft, indented, pads_and_cuts
from harness.porting.layers.layer import negative
from harness.porting.layers.python_text import as_scalar, write_call

_IMPORTS = ("import numpy as np", "import torch")
_ADD_BIAS = '''

class AddBias(torch.nn.Module):
    """Adds one number per channel to (N, C, H, W), the appended zeros included."""

    def __init__(self, bias):
        super().__init__()
        self.bias = torch.nn.Parameter(torch.from_numpy(np.array(bias)))

    def forward(self, x):
        return x + self.bias[:, None, None]'''


def write(draft: Draft) -> list[str]:
    """Imports and ``make_layer``, which returns a ConvTranspose2d, or a Sequential where it is composed."""
    late = draft.expression.bias == "after"
    body = [*_call(draft), draft.permutation_comment, "with torch.no_grad():"]
    body.append(f"    layer.weight.copy_(torch.from_numpy(np.array({draft.permuted})))")
    if draft.expression.bias == "native":
        body.append("    layer.bias.copy_(torch.from_numpy(np.array(bias)))")
    after = [*_crops(draft), *["AddBias(bias)"] * late]
    body += write_call("return torch.nn.Sequential", ["layer", *after], {}) if after else ["return layer"]
    helpers = _ADD_BIAS.split("\n") if late else []
    return [*_IMPORTS, *helpers, "", "", f"def make_layer({draft.weights}):", *indented([draft.docstring, *body])]


def _call(draft: Draft) -> list[str]:
    module = dict(draft.expression.call["module"])
    positional = [str(as_scalar(module.pop(name))) for name in ("in_channels", "out_channels", "kernel_size")]
    arguments = {**module, "bias": draft.expression.bias == "native"}
    if draft.case.dtype != "float32":
        arguments["dtype"] = Code(f"torch.{draft.case.dtype}")
    return write_call("layer = torch.nn.ConvTranspose2d", positional, arguments, DEFAULTS)


def _crops(draft: Draft) -> list[str]:
    """ZeroPad2d takes (left, right, top, bottom); negative numbers crop."""
    pads, cuts = pads_and_cuts(draft.expression.crop)
    around = [pads] if pads else []
    around += [negative(cuts)] if cuts else []
    return [f"torch.nn.ZeroPad2d({(*columns, *rows)})" for rows, columns in around]
