"""Applications of Keras, a few channels wide, by Keras' own exporter; the right values by the torch backend, whose gradients are autograd's."""

import contextlib
import io
import os

import keras
import numpy as np
import onnx
import torch
from slim import OUT, grad_cam, in_double, named, picture, rounded, runs, samples, slimmed, write

# the preprocessing of applications lies outside of the network: −1…1, as the picture is


def mobilenet():
    keras.utils.set_random_seed(29)
    net = keras.applications.MobileNet(input_shape=(64, 96, 3), alpha=0.04, weights=None, classes=5, classifier_activation="softmax", dropout=0)
    return net, "conv_pw_13_relu", (2, 3)




def redrawn(net, image):
    """Statistics near those of the picture, layer by layer."""
    numbers = np.random.default_rng(3)
    for layer in net.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            seen = keras.ops.convert_to_numpy(keras.Model(net.input, layer.input)(image))
            mean, var = seen.mean((0, 1, 2)), np.maximum(seen.var((0, 1, 2)), 1e-3)
            size = mean.shape
            values = [numbers.uniform(0.6, 1.4, size), numbers.uniform(-0.3, 0.3, size)]
            layer.set_weights([*values, mean + 0.3 * np.sqrt(var) * numbers.standard_normal(size), var * numbers.uniform(0.7, 1.3, size)])


def keras_case(name, of, net, layer, grid):
    size = tuple(net.input.shape[1:3])
    image = picture(*size).permute(0, 2, 3, 1).contiguous()
    redrawn(net, image)
    kernel, *rest = net.get_layer("conv_preds").get_weights()
    net.get_layer("conv_preds").set_weights([kernel * 6, *rest])
    inner = keras.Model(net.input, [net.get_layer("conv_preds").output, net.get_layer(layer).output, net.output])
    x = image.clone().requires_grad_()
    with in_double():
        logits, feature, answer = inner(x, training=False)
    flat = logits.reshape(1, -1)
    best = int(flat.argmax())
    to_feature, to_picture = torch.autograd.grad(flat[0, best], [feature, x])
    cam = grad_cam(feature.detach(), to_feature, "nhwc", grid)
    folder = f"{OUT}/{name}"
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/model.onnx"
    net(image)
    with contextlib.redirect_stdout(io.StringIO()):
        net.export(path, format="onnx", verbose=False)
    slimmed(path)
    [given] = [value.name for value in onnx.load(path).graph.input]
    tensors, [output] = runs(path, {given: image.numpy()})
    tensor, shape = named(tensors, feature.detach().numpy())
    if np.abs(tensors[output] - answer.detach().numpy()).max() > 1e-4:
        raise ValueError("the file gives other scores")
    write(
        name,
        of=of,
        exporter="keras",
        input={"name": given, "layout": "nhwc", "size": list(size)},
        task="classification",
        answer="class",
        classes={"axis": 1, "count": 5},
        output=output,
        logits=rounded(flat.detach().numpy()),
        probabilities=True,
        score={"target": best, "element": [0, best], "value": flat[0, best].item()},
        layer={"tensor": tensor, "shape": shape, "grid": list(grid), "grids": [list(grid)], "cam": rounded(cam, 6)},
        gradient=samples(to_picture),
    )


def make(wanted):
    if wanted("keras-mobilenet"):
        wanted.run("keras-mobilenet", lambda: keras_case("keras-mobilenet", "Keras MobileNet", *mobilenet()))
