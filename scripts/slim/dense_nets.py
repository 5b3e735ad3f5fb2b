"""Segmentations of transformers, segmentation_models_pytorch and torchvision, and a depth of transformers."""

import importlib

import segmentation_models_pytorch as smp
import torch
import transformers as t
from slim import Outputs, calibrated, first, picture, seeded, torch_case
from torch import nn
from transformers_nets import NAMES, STATED, labelled, processor


class Of(nn.Module):
    """The output of torchvision's segmentations that is wanted."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image):
        return self.net(image)["out"]


def tiny_encoder():
    """An encoder of segmentation_models_pytorch (its DenseNet) a few channels wide."""
    from segmentation_models_pytorch.encoders import encoders

    params = {"out_channels": [3, 8, 16, 16, 16, 16], "num_init_features": 8, "growth_rate": 4, "block_config": (2, 2, 2, 2), "bn_size": 2}
    known = encoders["densenet121"]
    encoders["tiny"] = {**known, "params": params}
    return "tiny"


def segmentation(name, net, size, **options):
    """The score is the mean logit of the class of most places, where it is the best; shares are those of the logits' own grid."""
    calibrated(net, picture(*size))
    with torch.no_grad():
        logits = first(net(picture(*size)))[0]
    seen = logits.argmax(0)
    counts = torch.bincount(seen.flatten(), minlength=logits.shape[0]).double()
    top = int(counts.argmax())
    shares = (counts / counts.sum()).tolist()
    inside = seen == top
    torch_case(
        name,
        net,
        size=size,
        task="segmentation",
        answer="places",
        score=lambda out: first(out)[0, top][inside].mean(),
        target=f"region:{top}",
        truth={"shares": shares, **options.pop("truth", {})},
        **options,
    )


def cases():
    torch.manual_seed(17)
    config = labelled(
        t.SegformerConfig,
        num_encoder_blocks=3,
        depths=[1, 1, 1],
        sr_ratios=[4, 2, 1],
        hidden_sizes=[8, 8, 12],
        patch_sizes=[7, 3, 3],
        strides=[4, 2, 2],
        num_attention_heads=[1, 1, 2],
        mlp_ratios=[2, 2, 2],
        decoder_hidden_size=12,
    )
    config.architectures = ["SegformerForSemanticSegmentation"]
    net = Outputs(seeded(t.SegformerForSemanticSegmentation(config)), "logits")
    saved = [config, processor(t.SegformerImageProcessor, {"height": 64, "width": 96})]
    hf = dict(saved=saved, names=["pixel_values"], truth={"labels": NAMES, "preprocessing": STATED})
    where = dict(layer="net.decode_head.activation", grid=(16, 24))
    yield segmentation, "hf-segformer", net, dict(of="transformers SegFormer", size=(64, 96), exporter="dynamo", free=False, head=net.net.decode_head.classifier, **where, **hf)

    torch.manual_seed(18)
    net = seeded(smp.Unet(tiny_encoder(), encoder_weights=None, decoder_channels=(8, 8, 4, 4, 4), classes=4))
    yield (
        segmentation,
        "smp-unet",
        net,
        dict(of="segmentation_models_pytorch U-Net", size=(64, 96), layer="decoder.blocks.4", grid=(64, 96), free=False, head=net.segmentation_head[0]),
    )

    torch.manual_seed(19)
    net = seeded(smp.PSPNet(tiny_encoder(), encoder_weights=None, encoder_depth=3, psp_out_channels=8, psp_use_norm=False, classes=3))
    yield segmentation, "smp-pspnet", net, dict(of="segmentation_models_pytorch PSPNet", size=(64, 96), layer="decoder", grid=(8, 12), exporter="dynamo", head=net.segmentation_head[0])

    v3 = importlib.import_module("torchvision.models.mobilenetv3")
    lraspp = importlib.import_module("torchvision.models.segmentation.lraspp")
    getter = importlib.import_module("torchvision.models._utils").IntermediateLayerGetter
    torch.manual_seed(20)
    rows = [(8, 3, 8, 8, False, "RE", 2, 1), (8, 3, 16, 12, True, "HS", 2, 1), (12, 5, 24, 12, True, "HS", 2, 1)]
    features = v3.MobileNetV3([v3.InvertedResidualConfig(*row, 1.0) for row in rows], 32).features
    net = seeded(Of(lraspp.LRASPP(getter(features, {"1": "low", "4": "high"}), 8, 96, 4, 16)))
    yield segmentation, "tv-lraspp", net, dict(of="torchvision LR-ASPP", size=(64, 96), layer="net.backbone.4", grid=(4, 6))

    torch.manual_seed(21)
    options = dict(hidden_size=8, num_hidden_layers=4, num_attention_heads=2, intermediate_size=12, image_size=32, patch_size=8)
    more = dict(neck_hidden_sizes=[4, 4, 4, 4], fusion_hidden_size=4, backbone_out_indices=[0, 1, 2, 3], readout_type="ignore", use_auxiliary_head=False)
    config = t.DPTConfig(**options, **more)
    config.architectures = ["DPTForDepthEstimation"]
    net = Outputs(seeded(t.DPTForDepthEstimation(config)), "predicted_depth")
    # depth behind a ReLU
    net.net.head.head[4].bias.data.fill_(2.0)
    saved = [config, processor(t.DPTImageProcessor, {"height": 32, "width": 32})]
    one = dict(score=lambda out: first(out)[0, 14, 17], target="value:predicted_depth[14,17]", element=[0, 14, 17], task="depth", answer="ask", axis=None)
    where = dict(layer="net.neck.fusion_stage.layers.3", grid=(32, 32), grids=[[4, 4], [8, 8], [16, 16], [32, 32], [64, 64]])
    yield (
        torch_case,
        "hf-dpt",
        net,
        dict(of="transformers DPT", size=(32, 32), names=["pixel_values"], outputs=["predicted_depth"], exporter="dynamo", saved=saved, free=False, **where, **one),
    )


def make(wanted):
    for how, name, net, options in cases():
        if wanted(name):
            wanted.run(name, lambda how=how, net=net, options=options, name=name: how(name, net, **options))
