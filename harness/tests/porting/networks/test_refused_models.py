"""A model that is not followed, or is read wrongly, is refused by name; what only looks like one is ported."""

from __future__ import annotations

import pytest

from harness.porting import TranslationError, compare, port
from harness.porting.networks import porting as module
from harness.porting.networks.compare import side
from harness.tests.porting.networks.unfollowed_models import unfollowed

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:Using padding='same'", "ignore::FutureWarning"
)


@pytest.mark.filterwarnings("ignore:.*spectral_norm")
def test_what_is_not_followed_is_refused_by_name_before_anything_is_judged(frameworks, monkeypatch):
    def judged(*arguments):
        raise AssertionError("something was judged")

    monkeypatch.setattr(module, "findings_of", judged)
    for message, models in unfollowed(frameworks.torch).items():
        for model in models:
            with pytest.raises(TranslationError, match=message):
                port(model.eval(), "keras", (1, 3, 8, 8))


def test_in_place_is_ported_where_nothing_reads_it_again(frameworks):
    nn = frameworks.torch.nn
    model = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 3, 1), nn.ReLU(inplace=True), nn.Dropout(inplace=True))
    there = port(model.eval(), "keras", (1, 3, 6, 6))
    assert not any(one.differs for one in compare(model, there, (2, 3, 7, 5)))


def test_what_is_read_wrongly_is_not_charged_to_the_model(frameworks, monkeypatch):
    """A fault of the reader: nobody says that PyTorch's own model differs."""
    torch = frameworks.torch
    honest = side("pytorch").read

    def misread(model, shape):
        reading = honest(model, shape)
        weights = {name: 2 * array for name, array in reading.weights.items()}
        return type(reading)(reading.network, weights, reading.run, reading.sized)

    monkeypatch.setattr(side("pytorch"), "read", misread)
    with pytest.raises(TranslationError) as caught:
        port(torch.nn.Conv2d(3, 2, 1).eval(), "keras", (1, 3, 4, 4))
    assert (
        "what is read of PyTorch's model is not what it gives, so it is not ported: first in layer 0 (conv2d)"
        in str(caught.value)
    )


def test_a_forward_that_a_trace_does_not_show_is_refused_by_compare_too(frameworks):
    torch = frameworks.torch

    class Hidden(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 2, 1)

        def forward(self, x):
            y = self.conv(x)
            return torch.relu(y) if isinstance(x, torch.Tensor) else torch.sigmoid(y)

    model = Hidden().eval()
    for action in (lambda: compare(model, model, (1, 3, 4, 4)), lambda: port(model, "keras", (1, 3, 4, 4))):
        with pytest.raises(TranslationError, match=r"layer sigmoid .* as it is called gives another output"):
            action()
