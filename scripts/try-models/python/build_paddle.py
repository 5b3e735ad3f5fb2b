"""Networks of Paddle by paddle2onnx."""

import os

import numpy as np
import paddle
import torch
from subject import Subject, squeezed


def build(entry) -> Subject:
    paddle.seed(1)
    name, size = entry["name"].split("/")[1], entry.get("size", 96)
    net = getattr(paddle.vision.models, name)(num_classes=10, **entry.get("options", {}))
    image = squeezed(size, size)
    settle(net, paddle.to_tensor(image.numpy()))
    net.eval()

    def answer(pixels):
        with paddle.no_grad():
            return (torch.from_numpy(net(paddle.to_tensor(pixels.numpy())).numpy()),)

    def write(folder):
        path = os.path.join(folder, "model")
        spec = paddle.static.InputSpec([None, 3, size, size], "float32", "x")
        paddle.onnx.export(net, path, input_spec=[spec], opset_version=17)
        return f"{path}.onnx"

    return Subject(answer, image, "classification", lambda outputs: outputs[0], {"paddle2onnx": write}, by_file=True)


def settle(net, image) -> None:
    """Statistics of the photo, and classes that differ."""
    for layer in net.sublayers():
        if isinstance(layer, paddle.nn.BatchNorm2D):
            layer._momentum = 0.0
    net.train()
    with paddle.no_grad():
        net(paddle.concat([image, image.flip(-1) + paddle.randn(image.shape) * 0.5]))
        net.eval()
        last = [layer for layer in net.sublayers() if isinstance(layer, paddle.nn.Linear)][-1]
        found = net(image)
        factor = 2 / float(found.std())
        last.weight.set_value(last.weight * factor)
        last.bias.set_value((last.bias - float(found.mean())) * factor)
