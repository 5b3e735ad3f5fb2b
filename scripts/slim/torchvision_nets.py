"""Architectures of torchvision, a few channels wide."""

import importlib

import torch
from slim import seeded, torch_case
from torch import nn


def module(name):
    return importlib.import_module(f"torchvision.models.{name}")


def made(constructor, *arguments, **options):
    torch.manual_seed(5)
    return seeded(constructor(*arguments, num_classes=5, **options))


def mobilenet_v3():
    v3 = module("mobilenetv3")
    rows = [(8, 3, 8, 8, True, "RE", 2, 1), (8, 3, 24, 12, False, "RE", 2, 1), (12, 5, 24, 12, True, "HS", 2, 1)]
    return made(v3.MobileNetV3, [v3.InvertedResidualConfig(*row, 1.0) for row in rows], 32)


def efficientnet():
    v1 = module("efficientnet")
    rows = [(1, 3, 2, 8, 8, 1), (3, 5, 2, 8, 12, 2), (3, 3, 2, 12, 16, 1)]
    return made(v1.EfficientNet, [v1.MBConvConfig(*row) for row in rows], 0.2, last_channel=40)


def googlenet():
    """All channels divided by 16; blocks that keep the width are left out."""
    v1 = module("googlenet")
    few = lambda channels: channels if channels == 3 else channels // 16  # noqa: E731
    conv = lambda i, o, **rest: v1.BasicConv2d(few(i), few(o), **rest)  # noqa: E731
    inception = lambda *widths: v1.Inception(*widths, conv_block=conv)  # noqa: E731
    torch.manual_seed(5)
    net = v1.GoogLeNet(5, aux_logits=False, init_weights=False, blocks=[conv, inception, None])
    net.inception4b = net.inception4c = net.inception5a = nn.Identity()
    net.fc = nn.Linear(64, 5)
    return seeded(net)


def vgg():
    v = module("vgg")
    with torch.device("meta"):
        net = v.VGG(v.make_layers([8, "M", 8, 8, "M", 12, 12, "M"]), num_classes=5, init_weights=False)
    net.features = v.make_layers([8, "M", 8, 8, "M", 12, 12, "M"])
    torch.manual_seed(5)
    net.classifier = nn.Sequential(nn.Linear(12 * 49, 16), nn.ReLU(True), nn.Dropout(), nn.Linear(16, 5))
    return seeded(net, spread=1.4)


def squeezenet():
    s = module("squeezenet")
    net = made(s.SqueezeNet, "1_1")
    pool = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
    fires = [s.Fire(12, 4, 12, 12), s.Fire(24, 4, 12, 12), pool, s.Fire(24, 6, 16, 16)]
    net.features = nn.Sequential(nn.Conv2d(3, 12, kernel_size=3, stride=2), nn.ReLU(inplace=True), pool, *fires)
    net.classifier[1] = nn.Conv2d(32, 5, kernel_size=1)
    return seeded(net, spread=1.4)


def densenet():
    return made(module("densenet").DenseNet, 4, (2, 2, 2, 2), 8, 2)


def cases():
    net = mobilenet_v3()
    yield "tv-mobilenet-v3", net, dict(of="torchvision MobileNetV3", size=(64, 96), layer="features", grid=(4, 6), head=net.classifier[-1])

    v2 = module("mobilenetv2")
    net = made(v2.MobileNetV2, width_mult=0.5, inverted_residual_setting=[[1, 8, 1, 1], [3, 16, 1, 2], [3, 24, 2, 2]], round_nearest=4)
    # torchvision's last layer has 1280 channels at least
    net.features[-1] = v2.Conv2dNormActivation(12, 32, kernel_size=1, activation_layer=nn.ReLU6)
    net.classifier[1] = nn.Linear(32, 5)
    seeded(net)
    yield (
        "tv-mobilenet-v2",
        net,
        dict(of="torchvision MobileNetV2", size=(64, 96), layer="features", grid=(8, 12), head=net.classifier[-1], exporter="dynamo"),
    )

    net = efficientnet()
    yield "tv-efficientnet", net, dict(of="torchvision EfficientNet", size=(64, 96), layer="features", grid=(4, 6), head=net.classifier[-1])

    net = densenet()
    yield "tv-densenet", net, dict(of="torchvision DenseNet", size=(64, 96), layer="features.norm5", grid=(2, 3), head=net.classifier)

    net = googlenet()
    yield "tv-googlenet", net, dict(of="torchvision GoogLeNet", size=(64, 96), layer="inception5b", grid=(2, 3), head=net.fc)

    net = vgg()
    yield "tv-vgg", net, dict(of="torchvision VGG", size=(56, 56), layer="features.11", grid=(14, 14), grids=[[14, 14], [7, 7]], head=net.classifier[-1], exporter="dynamo")

    regnet = module("regnet")
    blocks = regnet.BlockParams(depths=[1, 1, 2], widths=[8, 8, 16], group_widths=[4, 4, 4], bottleneck_multipliers=[1.0] * 3, strides=[2] * 3, se_ratio=0.25)
    net = made(regnet.RegNet, blocks, stem_width=8)
    yield "tv-regnet", net, dict(of="torchvision RegNetY", size=(64, 96), layer="trunk_output", grid=(4, 6), head=net.fc)

    net = made(module("shufflenetv2").ShuffleNetV2, [1, 2, 1], [8, 16, 16, 24, 32])
    yield "tv-shufflenet", net, dict(of="torchvision ShuffleNetV2", size=(64, 96), layer="conv5", grid=(2, 3), head=net.fc)

    net = squeezenet()
    yield "tv-squeezenet", net, dict(of="torchvision SqueezeNet", size=(64, 96), layer="features", grid=(7, 11), head=net.classifier[1])


def make(wanted):
    for name, net, options in cases():
        if wanted(name):
            wanted.run(name, lambda net=net, options=options, name=name: torch_case(name, net, **options))
