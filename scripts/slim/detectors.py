"""Detectors of transformers with the boxes of their own post-processing, and raw heads of torchvision."""

import importlib

import torch
import transformers as t
from slim import Outputs, calibrated, picture, seeded, torch_case
from torch import nn
from torchvision.models.detection.retinanet import RetinaNetHead
from torchvision.models.detection.ssdlite import SSDLiteHead
from torchvision.ops import FeaturePyramidNetwork
from transformers_nets import NAMES, STATED, labelled

SIZE = (64, 96)


def boxes(net, processor, count=3):
    """The best boxes, as the framework's processor makes them of the picture's answer: label, score, corners in pixels of the input."""
    with torch.no_grad():
        answer = net.net.double()(picture(*SIZE).double())
    net.net.float()
    [found] = processor.post_process_object_detection(answer, threshold=0.0, target_sizes=[SIZE])
    order = found["scores"].argsort(descending=True)[:count].tolist()
    rows = [(NAMES[found["labels"][i]], found["scores"][i].item(), found["boxes"][i].tolist()) for i in order]
    return [{"label": label, "score": score, "box": box} for label, score, box in rows]


def best(net, classes):
    """Candidate and class of the best box."""
    with torch.no_grad():
        logits = net(picture(*SIZE))[0][0, :, :classes]
    return divmod(int(logits.argmax()), classes)


def made(constructor, config, bias):
    torch.manual_seed(11)
    net = constructor(config)
    net.config.architectures = [constructor.__name__]
    calibrated(seeded(net), picture(*SIZE))
    bias(net)
    return Outputs(net, "logits", "pred_boxes")


def detector(name, net, processor, score, **options):
    found = boxes(net, processor)
    candidate, label = score
    torch_case(
        name,
        net,
        size=SIZE,
        names=["pixel_values"],
        outputs=["logits", "pred_boxes"],
        task="detection",
        answer="box",
        score=lambda out: out[0][0, candidate, label],
        target=f"value:logits[{candidate},{label}]",
        element=[0, candidate, label],
        axis=None,
        saved=[net.net.config, processor],
        truth={"labels": NAMES, "preprocessing": STATED, "boxes": found, "candidate": candidate},
        **options,
    )


def spread(*linears):
    """Boxes that lie apart, and scores that differ."""
    with torch.no_grad():
        for linear, factor in linears:
            linear.weight.mul_(factor)


def make(wanted):
    stated = dict(image_mean=STATED["mean"], image_std=STATED["std"])
    if wanted("hf-yolos"):
        options = dict(image_size=[64, 96], patch_size=16, num_detection_tokens=6, hidden_size=12, num_hidden_layers=2)
        config = labelled(t.YolosConfig, num_attention_heads=2, intermediate_size=24, use_mid_position_embeddings=False, **options)
        net = made(t.YolosForObjectDetection, config, lambda n: spread((n.class_labels_classifier.layers[-1], 3), (n.bbox_predictor.layers[-1], 3)))
        processor = t.YolosImageProcessor(size={"height": 64, "width": 96}, do_pad=False, **stated)
        where = dict(layer="net.vit.encoder.layer.0", form="nlc", grid=(4, 6), skip=1)
        wanted.run(
            "hf-yolos",
            lambda: detector("hf-yolos", net, processor, best(net, 5), of="transformers YOLOS", exporter="dynamo", free=False, **where),
        )
    if wanted("hf-detr"):
        backbone = t.ResNetConfig(embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage4"])
        options = dict(d_model=8, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2, decoder_attention_heads=2)
        config = labelled(t.DetrConfig, backbone_config=backbone, num_queries=6, encoder_ffn_dim=16, decoder_ffn_dim=16, **options)
        net_detr = made(t.DetrForObjectDetection, config, lambda n: spread((n.class_labels_classifier, 4), (n.bbox_predictor.layers[-1], 3)))
        processor_detr = t.DetrImageProcessor(size={"height": 64, "width": 96}, do_pad=False, **stated)
        where_detr = dict(layer="net.model.encoder.layers.0", form="nlc", grid=(2, 3))
        wanted.run(
            "hf-detr",
            lambda: detector("hf-detr", net_detr, processor_detr, best(net_detr, 5), of="transformers DETR", exporter="dynamo", free=False, **where_detr),
        )
    if wanted("hf-rtdetr"):
        backbone = t.RTDetrResNetConfig(embedding_size=4, hidden_sizes=[4, 4, 4, 4], depths=[1, 1, 1, 1], layer_type="basic", out_features=["stage2", "stage3", "stage4"])
        options = dict(encoder_hidden_dim=8, encoder_in_channels=[4, 4, 4], encoder_ffn_dim=12, encoder_attention_heads=2, decoder_in_channels=[8, 8, 8])
        more = dict(d_model=8, num_queries=5, decoder_ffn_dim=12, decoder_layers=1, decoder_attention_heads=2, decoder_n_points=2, hidden_expansion=0.5)
        config = labelled(t.RTDetrConfig, backbone_config=backbone, anchor_image_size=[64, 96], num_denoising=0, **options, **more)
        net_rt = made(t.RTDetrForObjectDetection, config, lambda n: spread((n.model.decoder.class_embed[0], 4), (n.model.decoder.bbox_embed[0].layers[-1], 3)))
        processor_rt = t.RTDetrImageProcessor(size={"height": 64, "width": 96}, do_normalize=True, **stated)
        where_rt = dict(layer="net.model.encoder_input_proj.0", grid=(8, 12), grids=[[8, 12], [4, 6], [2, 3]])
        wanted.run(
            "hf-rtdetr",
            lambda: detector("hf-rtdetr", net_rt, processor_rt, best(net_rt, 5), of="transformers RT-DETR", exporter="dynamo", free=False, **where_rt),
        )
    for name, net, options in raw_heads():
        if wanted(name):
            wanted.run(name, lambda net=net, options=options, name=name: torch_case(name, net, **options))


class Raw(nn.Module):
    """A backbone's maps and a head of torchvision, without anchors and decoding."""

    def __init__(self, head, pyramid=None):
        super().__init__()
        v3 = importlib.import_module("torchvision.models.mobilenetv3")
        rows = [(8, 3, 8, 8, False, "RE", 2, 1), (8, 3, 16, 8, True, "RE", 2, 1), (8, 5, 16, 8, True, "HS", 2, 1)]
        self.features = v3.MobileNetV3([v3.InvertedResidualConfig(*row, 1.0) for row in rows], 16).features[:-1]
        self.pyramid, self.head = pyramid, head

    def forward(self, image):
        maps = []
        for block in self.features:
            image = block(image)
            maps.append(image)
        maps = maps[-2:]
        if self.pyramid:
            maps = list(self.pyramid({"a": maps[0], "b": maps[1]}).values())
        answer = self.head(maps)
        return answer["cls_logits"], answer["bbox_regression"]


def raw_heads():
    torch.manual_seed(13)
    ssd = seeded(Raw(SSDLiteHead([8, 8], [3, 3], 6, nn.BatchNorm2d)))
    retina = seeded(Raw(RetinaNetHead(8, 3, 5), FeaturePyramidNetwork([8, 8], 8)))
    raw = dict(size=SIZE, outputs=["cls_logits", "bbox_regression"], task="detection", answer="ask", axis=None)
    one = dict(score=lambda out: out[0][0, 2, 1], target="value:cls_logits[2,1]", element=[0, 2, 1])
    yield "tv-ssdlite-raw", ssd, dict(of="torchvision SSDlite, raw heads", layer="features.2", grid=(8, 12), **raw, **one)
    yield "tv-retinanet-raw", retina, dict(of="torchvision RetinaNet, raw heads", layer="pyramid.layer_blocks.0", grid=(8, 12), exporter="dynamo", **raw, **one)
