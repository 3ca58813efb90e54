"""Models of PyTorch that no reader follows, by the message that refuses them."""

from __future__ import annotations


def unfollowed(torch):
    return altered_layers(torch) | unfollowed_forwards(torch)


def conv(torch):
    return torch.nn.Conv2d(3, 3, 3, padding=1)


def altered_layers(torch):
    """Layers that do more, or other, than their class says."""
    nn = torch.nn

    def hooked(register):
        layer = conv(torch)
        getattr(layer, register)(lambda *arguments: None)
        return nn.Sequential(nn.ReLU(), layer)

    def replaced():
        layer = conv(torch)
        layer.forward = lambda x: 2 * x
        return nn.Sequential(layer)

    class Derived(nn.Conv2d):  # type: ignore[name-defined, misc]
        def forward(self, x):
            return super().forward(2 * x)

    norm = nn.utils.parametrizations.weight_norm
    return {
        r"layer 1 \(Conv2d\): has forward hooks \(<lambda>\)": [hooked("register_forward_hook"), hooked("register_forward_pre_hook")],
        r"layer 0 \(ParametrizedConv2d\): has parametrizations \(weight\)": [nn.Sequential(norm(conv(torch))), nn.Sequential(nn.utils.parametrizations.spectral_norm(conv(torch)))],
        r"layer 0 \(Conv2d\): has forward hooks \(.*Norm\)": [nn.Sequential(nn.utils.spectral_norm(conv(torch)))],
        r"layer 0 \(Conv2d\): has a forward of its own": [replaced()],
        r"layer mul \(mul\): is none of the kinds": [nn.Sequential(Derived(3, 3, 1))],
    }  # fmt: skip


def unfollowed_forwards(torch):
    """Modules whose own ``forward`` a reader does not follow."""
    nn, functional = torch.nn, torch.nn.functional

    def calling(function, *layers):
        class Calling(nn.Module):  # type: ignore[name-defined, misc]
            def __init__(self):
                super().__init__()
                self.layers = nn.ModuleList(layers)
                self.register_buffer("count", torch.zeros(1))

            def forward(self, x):
                return function(self, x)

        return Calling()

    def counted(self, x):
        self.count += 1
        return self.layers[0](x)

    def written(self, x):
        y = self.layers[0](x)
        z = functional.relu(y, inplace=True)
        return torch.cat([y, z], 1)

    def seen(self, x):
        y = self.layers[0](x)
        inner = y[:, :, 1:, 1:]
        z = inner.relu_()
        return torch.cat([y[:, :, 1:, 1:], z], 1)

    def overwritten(self, x):
        torch.relu_(x)
        return self.layers[0](x)

    shared = conv(torch)
    return {
        r"layer count \(tensor\): is changed by forward": [calling(counted, conv(torch))],
        r"layer relu \(in place\): writes in place into what cat reads again": [calling(written, conv(torch))],
        r"layer relu_ \(in place\): writes in place into what getitem_1 reads again": [calling(seen, conv(torch))],
        r"layer relu_ \(in place\): writes in place into what layers.0 reads again": [calling(overwritten, conv(torch))],
        r"layer r \(in place\): writes in place": [Rewritten(torch).eval()],
        r"raises on an input of shape": [calling(lambda self, x: self.layers[0](x, None, 1), nn.ConvTranspose2d(3, 3, 3))],
        r"raises on an input of": [calling(lambda self, x: self.layers[0](x, 1), nn.ReLU())],
        r"layer 1 \(conv2d\): is called twice|layer 0 \(conv2d\): is called twice": [nn.Sequential(shared, shared)],
        r"cannot be traced by torch.fx.*control flow": [calling(lambda self, x: x if x.mean() > 0 else torch.relu(x))],
        r"cannot be traced by torch.fx \(within 0\)": [nn.Sequential(calling(lambda self, x: x if x.shape[2] > 7 else torch.relu(x)))],
    }  # fmt: skip


def Rewritten(torch):  # noqa: N802
    nn = torch.nn

    class InPlace(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.c, self.r, self.o = nn.Conv2d(3, 2, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(4, 2, 1)

        def forward(self, x):
            y = self.c(x)
            z = self.r(y)
            return self.o(torch.cat([y, z], 1))

    return InPlace()
