"""Writes the networks of networks.py as ONNX, with any number of images: `export.py FOLDER`, for what is not there."""

import os
import sys

import torch
from networks import made, network, size

folder = sys.argv[1]
for name in made:
    file = os.path.join(folder, name.replace("/", "-") + ".onnx")
    if os.path.exists(file):
        continue
    net = network(name)
    torch.onnx.export(
        net,
        (torch.rand(2, 3, size, size),),
        file + ".part",
        input_names=["image"],
        output_names=["logits"],
        dynamic_shapes=({0: "batch"},),
        external_data=False,
        verbose=False,
    )
    os.rename(file + ".part", file)
