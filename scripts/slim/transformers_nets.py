"""Classifiers and an embedding of transformers, a few channels wide, with their configurations and processors beside them."""

import torch
import transformers as t
from slim import Outputs, seeded, torch_case

NAMES = ["cat", "cup", "dog", "street", "tree"]
STATED = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]}


def labelled(config, **options):
    return config(**options, id2label=dict(enumerate(NAMES)), label2id={name: i for i, name in enumerate(NAMES)})


def made(constructor, config, *fields):
    torch.manual_seed(7)
    net = constructor(config)
    net.config.architectures = [constructor.__name__]
    return Outputs(seeded(net), *fields)


def processor(constructor, size):
    return constructor(size=size, image_mean=STATED["mean"], image_std=STATED["std"], do_normalize=True)


def small(**options):
    return dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, **options)


def cases():
    hf = dict(names=["pixel_values"], truth={"labels": NAMES, "preprocessing": STATED})

    config = labelled(t.Dinov2WithRegistersConfig, **small(image_size=32, patch_size=8, mlp_ratio=2, num_register_tokens=4))
    net = made(t.Dinov2WithRegistersForImageClassification, config, "logits")
    tokens = dict(size=(32, 32), form="nlc", grid=(4, 4))
    saved = [config, processor(t.BitImageProcessor, {"height": 32, "width": 32})]
    where = "net.dinov2_with_registers.encoder.layer.0"
    yield (
        "hf-dinov2-registers",
        net,
        dict(of="transformers DINOv2 with registers", layer=where, skip=5, head=net.net.classifier, saved=saved, exporter="dynamo", **tokens, **hf),
    )

    options = dict(image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[1, 2], window_size=2, mlp_ratio=2.0)
    config = labelled(t.Swinv2Config, **options)
    net = made(t.Swinv2ForImageClassification, config, "logits")
    saved = [config, processor(t.ViTImageProcessor, {"height": 32, "width": 32})]
    yield (
        "hf-swin2",
        net,
        dict(of="transformers Swin V2", size=(32, 32), layer="net.swinv2.layernorm", form="nlc", grid=(4, 4), head=net.net.classifier, saved=saved, exporter="dynamo", **hf),
    )

    config = t.CLIPVisionConfig(**small(image_size=32, patch_size=8, intermediate_size=32, projection_dim=12))
    net = made(t.CLIPVisionModelWithProjection, config, "image_embeds")
    saved = [config, t.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})]
    one = dict(score=lambda out: out[0, 3], target="value:image_embeds[3]", element=[0, 3], answer="ask", task="embedding", axis=None)
    yield (
        "hf-clip-vision",
        net,
        dict(of="transformers CLIP, vision", layer="net.vision_model.encoder.layers.0", skip=1, saved=saved, names=["pixel_values"], outputs=["image_embeds"], exporter="dynamo", **tokens, **one),
    )


def make(wanted):
    for name, net, options in cases():
        if wanted(name):
            wanted.run(name, lambda net=net, options=options, name=name: torch_case(name, net, **options))
