"""Networks of torchvision and timm with random weights of a seed, the same at every start."""

import timm
import torch
import torchvision.models as zoo

size = 224


def calibrated(net):
    """Random weights let activations vanish or explode: batch normalisation takes mean and variance of noise instead."""
    norms = [each for each in net.modules() if isinstance(each, torch.nn.BatchNorm2d)]
    for each in norms:
        each.momentum = None  # the mean over all batches
    with torch.no_grad():
        net.train()(torch.randn(8, 3, size, size))
    return net.eval()


def vit():
    net = zoo.vit_b_16(weights=None)
    torch.nn.init.normal_(net.heads.head.weight, std=0.02)  # zeros otherwise: no gradient
    return net.eval()


def coat():
    return timm.create_model("coat_tiny", pretrained=False).eval()


made = {
    "GoogLeNet": lambda: calibrated(zoo.googlenet(weights=None, aux_logits=False, init_weights=True)),
    "ResNet-50": lambda: calibrated(zoo.resnet50(weights=None)),
    "MobileNetV2": lambda: calibrated(zoo.mobilenet_v2(weights=None)),
    "ViT-B/16": vit,
    "swin_t": lambda: zoo.swin_t(weights=None).eval(),
    "vgg16": lambda: zoo.vgg16(weights=None).eval(),
    "CoaT": coat,
}


def network(name):
    torch.manual_seed(14)
    return made[name]()
