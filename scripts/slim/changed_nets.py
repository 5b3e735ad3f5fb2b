"""Files that a tool changed after the export: quantised, fused, in half precision; and recurrent layers."""

import os

import numpy as np
import onnx
import torch
import torchvision_nets
from slim import OUT, calibrated, picture, rounded, runs, seeded, slimmed, stretched, torch_case, write
from timm.models import vision_transformer
from torch import nn


def fused(path, image, name):
    """onnxruntime's optimiser for transformers."""
    from onnxruntime.transformers import optimizer
    from onnxruntime.transformers.fusion_options import FusionOptions

    made = optimizer.optimize_model(path, model_type="vit", num_heads=2, hidden_size=16, opt_level=0, optimization_options=FusionOptions("vit"))
    made.save_model_to_file(path)
    counts = {node.op_type for node in onnx.load(path).graph.node}
    assert {"SkipLayerNormalization", "Attention"} & counts, counts


def halved(path, image, name):
    """float16 throughout, by onnxruntime's converter."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(convert_float_to_float16(onnx.load(path), keep_io_types=False), path)
    slimmed(path)


class Crnn(nn.Module):
    """Text recognition: convolutions, columns as steps, a recurrent layer of both directions, [T, N, C]."""

    def __init__(self, cell):
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 12, 3, 2, 1), nn.BatchNorm2d(12), nn.ReLU()
        )
        self.recurrent = cell(12, 10, bidirectional=True)
        self.head = nn.Linear(20, 7)

    def forward(self, image):
        steps = self.conv(image).mean(2).permute(2, 0, 1)
        return self.head(self.recurrent(steps)[0])


def quantised(folder):
    """onnxruntime's static quantiser, QDQ. The map by hand: behind the last layer lie a mean and a linear layer alone."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    net = torchvision_nets.mobilenet_v3()
    # the head of MobileNetV3 without its hidden layer: linear from the features on
    net.classifier = nn.Linear(96, 5)
    image = picture(64, 96)
    net = stretched(calibrated(seeded(net, seed=6), image), net.classifier, image)
    os.makedirs(folder, exist_ok=True)
    plain = f"{folder}/plain.onnx"
    torch.onnx.export(net, (image,), plain, dynamo=False, opset_version=17, input_names=["image"], output_names=["logits"])

    class Pictures(CalibrationDataReader):
        def __init__(self):
            self.left = [image.numpy(), -image.numpy(), 0.5 * image.numpy()]

        def get_next(self):
            return {"image": self.left.pop()} if self.left else None

    path = f"{folder}/model.onnx"
    quantize_static(plain, path, Pictures(), quant_format=QuantFormat.QDQ, per_channel=False, extra_options={"QuantizeBias": False})
    os.remove(plain)
    return path, image


def quantised_case(name):
    path, image = quantised(f"{OUT}/{name}")
    tensors, [output] = runs(path, {"image": image.numpy()})
    logits = tensors[output][0]
    best = int(logits.argmax())
    model = onnx.load(path)
    gemm = next(node for node in model.graph.node if node.op_type == "Gemm")
    weight = tensors[gemm.input[1]]
    pool = next(node for node in model.graph.node if node.op_type in ("GlobalAveragePool", "ReduceMean") and tensors[node.output[0]].shape[1] == 96)
    feature = tensors[pool.input[0]]
    places = feature.shape[2] * feature.shape[3]
    row = (weight[best] if weight.shape[0] == 5 else weight[:, best]) / places
    cam = np.einsum("c,chw->hw", row, feature[0])
    write(
        name,
        of="torchvision MobileNetV3",
        exporter="torchscript, onnxruntime quantize_static (QDQ)",
        input={"name": "image", "layout": "nchw", "size": [64, 96]},
        task="classification",
        answer="class",
        classes={"axis": 1, "count": 5},
        output=output,
        logits=rounded(logits),
        score={"target": best, "element": [0, best], "value": float(logits[best])},
        layer={"tensor": pool.input[0], "shape": list(feature.shape), "grid": [4, 6], "grids": [[4, 6]], "cam": rounded(cam, 6)},
    )


def make(wanted):
    if wanted("fused-vit"):
        torch.manual_seed(23)
        options = dict(img_size=(32, 48), patch_size=8, embed_dim=16, depth=3, num_heads=2, mlp_ratio=2)
        vit = seeded(vision_transformer.VisionTransformer(num_classes=5, **options))
        for block in vit.blocks:
            block.attn.fused_attn = False
        where = dict(layer="blocks.1", form="nlc", grid=(4, 6), skip=1)
        wanted.run("fused-vit", lambda: torch_case("fused-vit", vit, of="timm ViT", size=(32, 48), head=vit.head, changed=fused, **where))
    if wanted("half-regnet"):
        net = next(net for name, net, _ in torchvision_nets.cases() if name == "tv-regnet")
        options = dict(size=(64, 96), layer="trunk_output", grid=(4, 6), head=net.fc, changed=halved, tolerance=1e-2)
        wanted.run("half-regnet", lambda: torch_case("half-regnet", net, of="torchvision RegNetY", **options))
    for name, cell, exporter in [("crnn-gru", nn.GRU, "torchscript"), ("crnn-lstm", nn.LSTM, "torchscript")]:
        if wanted(name):
            torch.manual_seed(24)
            net = seeded(Crnn(cell))
            step = dict(score=lambda out: out[5, 0, 2], target="value:logits[5,2]", element=[5, 0, 2], task="sequence", answer="ask", axis=2)
            options = dict(of=f"convolutions and {cell.__name__}", size=(32, 48), layer="conv", grid=(8, 12), exporter=exporter, free=False)
            wanted.run(name, lambda net=net, name=name, step=step, options=options: torch_case(name, net, **options, **step))
    if wanted("qdq-mobilenet"):
        wanted.run("qdq-mobilenet", lambda: quantised_case("qdq-mobilenet"))
