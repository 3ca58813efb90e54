"""Models of a user's own, written in the usual style of each framework."""

from __future__ import annotations


def torch_model(torch):
    """Every layer kind, in forms that people use: functions, methods, padding in words, slices, in place, dropout."""
    nn, functional = torch.nn, torch.nn.functional

    class Block(nn.Sequential):  # type: ignore[name-defined, misc]
        def __init__(self, inputs, outputs):
            super().__init__(
                nn.Conv2d(inputs, outputs, 3, padding="same", bias=False),
                nn.BatchNorm2d(outputs),
                nn.ReLU(inplace=True),
            )

    class Own(nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self):
            super().__init__()
            self.first = Block(3, 6)
            self.drop = nn.Dropout2d(0.5)
            self.deep = nn.Conv2d(6, 8, 3, stride=2, padding=1)
            self.even = nn.Conv2d(8, 8, (2, 3), padding="same", dilation=(1, 2))
            self.up = nn.ConvTranspose2d(8, 4, 3, stride=2, padding=1, output_padding=1)
            self.grow = nn.Upsample(scale_factor=2, mode="bilinear")
            self.relu = nn.ReLU()
            self.norm = nn.BatchNorm2d(4, affine=False, eps=1e-3)
            self.odd = nn.ZeroPad2d((0, 1, 2, 0))
            self.last = nn.Conv2d(10, 2, 2)

        def forward(self, x):
            first = self.drop(self.first(x))
            y = self.relu(self.deep(functional.max_pool2d(first, 2)))
            y = self.relu(self.even(y))
            y = self.norm(self.up(y).relu())
            y = self.grow(y)
            y = functional.pad(y, [1, 0, 2, 0])[:, :, 2:, 1:]
            joined = torch.cat((y, first), dim=1)
            return torch.sigmoid(self.last(self.odd(joined)))

    model = Own()
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            if tensor.dtype.is_floating_point:
                tensor.uniform_(0.5, 1.5) if "var" in name else tensor.normal_(0, 0.3)
    return model.eval()


def keras_model(keras):
    """Sequential in parts, activations inside layers and apart, shared pooling."""
    layers = keras.layers
    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 3))
    pool = layers.MaxPooling2D(2)
    skip = layers.Conv2D(6, (3, 2), padding="same", activation="relu", name="skip")(inputs)
    x = layers.Dropout(0.5)(pool(skip))
    x = layers.BatchNormalization(center=False, name="norm")(x)
    x = layers.ZeroPadding2D(((0, 1), (2, 1)))(pool(x))
    x = layers.Conv2D(5, 2, strides=(1, 2), use_bias=False, name="deep")(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2DTranspose(4, 3, strides=2, padding="same", activation="relu", name="up")(x)
    x = layers.UpSampling2D(2)(x)
    x = layers.Concatenate()([x, skip])
    x = layers.Conv2D(3, 3, strides=2, padding="same", name="strided")(x)
    x = layers.Conv2DTranspose(2, 2, strides=3, output_padding=1, name="sparse")(x)
    model = keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid", name="last")(x))
    for layer in model.layers:
        layer.set_weights(
            [
                keras.random.uniform(array.shape, 0.2, 1.2).numpy() - (0.7 if array.ndim > 1 else 0)
                for array in layer.get_weights()
            ]
        )
    return model
