"""Applications of Keras on its torch backend, whose gradients are autograd's; pictures are channels-last."""

import os

import keras
import numpy as np
import torch
from PIL import Image
from subject import Subject, photo, squeezed


def build(entry) -> Subject:
    size = entry.get("size", 128)
    name = entry["name"].split("/")[1]
    net = getattr(keras.applications, name)(input_shape=(size, size, 3), weights=None, classes=10, **entry.get("options", {}))
    image = torch.from_numpy(np.asarray(photo().resize((size, size), Image.Resampling.BILINEAR), np.float32)[None])
    # networks that do not scale by themselves get what is assumed where a file tells nothing
    if entry.get("scaled"):
        image = squeezed(size, size).permute(0, 2, 3, 1).contiguous()
    renormed(net, image)
    head = [layer for layer in net.layers if layer.get_weights()][-1]
    finished = getattr(head, "activation", None)
    head.activation = keras.activations.linear
    logits = keras.Model(net.input, head.input)

    def scores_of(pixels):
        return head(logits(pixels, training=False)).reshape(1, -1)

    # an export wants a network that was called
    with torch.no_grad():
        net(image, training=False)
        found = scores_of(image)
    kernel, *bias = head.get_weights()
    factor = 2 / float(found.std())
    head.set_weights([kernel * factor, *[(value - float(found.mean())) * factor for value in bias]])

    def answer(pixels):
        head.activation = keras.activations.linear
        return scores_of(pixels)

    def write(folder):
        head.activation = finished
        path = os.path.join(folder, "model.onnx")
        net.export(path, format="onnx", verbose=False)
        return path

    return Subject(answer, image, "classification", lambda out: out, {"keras": write}, chance=lambda scores: scores.softmax(0))


def as_torch(value) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else torch.as_tensor(value)


def renormed(net, image) -> None:
    """Statistics near those of the photo, layer by layer."""
    numbers = np.random.default_rng(3)
    norms = [layer for layer in net.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for layer in norms:
        with torch.no_grad():
            seen = as_torch(keras.Model(net.input, layer.input)(image, training=False)).numpy()
        weights = layer.get_weights()
        size = weights[-1].shape
        mean, var = seen.mean((0, 1, 2)), np.maximum(seen.var((0, 1, 2)), 1e-3)
        drawn = [numbers.uniform(0.6, 1.4, size)] if layer.scale else []
        drawn += [numbers.uniform(-0.3, 0.3, size)] if layer.center else []
        layer.set_weights([*drawn, mean + 0.3 * np.sqrt(var) * numbers.standard_normal(size), var * numbers.uniform(0.7, 1.3, size)])
