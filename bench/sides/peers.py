"""PyTorch and its libraries beside the others: asked by JSON lines, `peers.py IMAGE` (float32 [1, 3, 224, 224])."""

import importlib.metadata
import json
import sys
import time

import numpy
import torch
from captum.attr import IntegratedGradients, LayerGradCam, NoiseTunnel, Occlusion, Saliency
from networks import network, size
from pytorch_grad_cam import GradCAM, ScoreCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torchcam.methods import GradCAM as TorchCam

image = torch.from_numpy(numpy.fromfile(sys.argv[1], numpy.float32)).reshape(1, 3, size, size)
layers = {
    "GoogLeNet": lambda net: net.inception5b,
    "ResNet-50": lambda net: net.layer4[-1],
    "MobileNetV2": lambda net: net.features[-1],
    "ViT-B/16": lambda net: net.encoder.layers[-2],
}


def tokens_as_places(x):
    return x[:, 1:].reshape(len(x), 14, 14, -1).permute(0, 3, 1, 2)


def cam_of(kind):
    def prepare(net, layer, target, name, **options):
        reshape = tokens_as_places if name.startswith("ViT") else None
        cam = kind(model=net, target_layers=[layer], reshape_transform=reshape)
        cam.batch_size = options.get("batch", 16)
        return lambda: cam(image, [ClassifierOutputTarget(target)])[0], cam.activations_and_grads.release

    return prepare


def torchcam(net, layer, target, name):
    cam = TorchCam(net, target_layer=layer)
    return lambda: cam(target, net(image))[0], cam.remove_hooks


def attribution(of):
    """What Captum's class of attributions gives, as a function of network, layer and target."""

    def prepare(net, layer, target, name, **options):
        return of(net, layer, target, **options), lambda: None

    return prepare


def smooth_grad(net, layer, target, batch, samples):
    tunnel = NoiseTunnel(Saliency(net))
    return lambda: tunnel.attribute(
        image, nt_samples=samples, nt_samples_batch_size=batch, stdevs=0.15, target=target, abs=False
    )


def integrated(net, layer, target, batch, steps):
    gradients = IntegratedGradients(net)
    return lambda: gradients.attribute(image, target=target, n_steps=steps, internal_batch_size=batch).sum(1)


def occlusion(net, layer, target, batch):
    windows = {"sliding_window_shapes": (3, 45, 45), "strides": (3, 22, 22)}
    return lambda: Occlusion(net).attribute(image, target=target, perturbations_per_eval=batch, **windows)[:, 0]


def gradients(net, layer, target, name, batch, count, layout):
    """Gradients to the image as fast as PyTorch gives them: nothing but these, in batches, weights frozen."""
    order = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    asked = [each.requires_grad for each in net.parameters()]
    net.to(memory_format=order).requires_grad_(False)
    x = image.repeat(batch, 1, 1, 1).contiguous(memory_format=order).requires_grad_()

    def run():
        for _ in range(0, count, batch):
            (found,) = torch.autograd.grad(net(x)[:, target].sum(), x)
        return found[:1].abs().amax(1)

    def restore():
        net.to(memory_format=torch.contiguous_format)
        for each, was in zip(net.parameters(), asked):
            each.requires_grad_(was)

    return run, restore


tasks = {
    "grad-cam, pytorch-grad-cam": cam_of(GradCAM),
    "score-cam, pytorch-grad-cam": cam_of(ScoreCAM),
    "grad-cam, TorchCAM": torchcam,
    "grad-cam, Captum": attribution(
        lambda net, layer, target: lambda: LayerGradCam(net, layer).attribute(image, target=target)
    ),
    "saliency": attribution(lambda net, layer, target: lambda: Saliency(net).attribute(image, target=target).amax(1)),
    "integrated-gradients": attribution(integrated),
    "smooth-grad": attribution(smooth_grad),
    "occlusion": attribution(occlusion),
    "gradients": gradients,
}
opened = {}


def answer(ask):
    name = ask["network"]
    if opened.get("name") != name:
        opened.clear()
        opened.update(name=name, net=network(name))
    net, options = opened["net"], ask.get("options", {})
    run, done = tasks[ask["task"]](net, layers[name](net), ask["target"], name, **options)
    times = []
    for _ in range(ask["times"]):
        start = time.perf_counter()
        found = run()
        times.append((time.perf_counter() - start) * 1000)
    done()
    kept = numpy.asarray(found.detach() if torch.is_tensor(found) else found, numpy.float64).ravel()
    return {"ms": times, **({"map": kept.tolist()} if ask.get("map") else {})}


versions = {each: importlib.metadata.version(each) for each in ("torch", "captum", "grad-cam", "torchcam")}
print(json.dumps({"versions": versions, "threads": torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line))), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
