"""Random weights that let a network's answer depend on the picture: nothing constant is left as its class made it."""

import math

import torch


def redraw(net, image) -> None:
    generator = torch.Generator().manual_seed(7)

    def uniform(like, low, high):
        return torch.rand(like.shape, generator=generator).to(like) * (high - low) + low

    def normal(like, deviation):
        return torch.randn(like.shape, generator=generator).to(like) * deviation

    with torch.no_grad():
        # some classes draw the weights of their norms around 0 as those of convolutions: values fade to nothing
        for module in net.modules():
            weight = getattr(module, "weight", None) if "Norm" in type(module).__name__ else None
            if weight is not None and weight.abs().max() < 0.2:
                weight.fill_(1)
        for name, parameter in net.named_parameters():
            if not parameter.is_floating_point() or parameter.numel() == 0:
                continue
            first = parameter.flatten()[0].item()
            if not bool((parameter == first).all()) or math.isnan(first):
                continue
            if parameter.numel() == 1:
                if first == 0:
                    parameter.fill_(0.5)
            elif first == 0 and name.endswith("attention_biases") and math.isqrt(parameter.shape[1]) ** 2 == parameter.shape[1]:
                parameter.copy_(normal(parameter, 0.1) - uniform(parameter[:, :1], 0.5, 2) * distances(parameter))
            elif first == 0 and parameter.dim() > 1 and parameter.numel() > parameter.shape[0]:
                parameter.copy_(normal(parameter, 1 / math.sqrt(parameter.numel() / parameter.shape[0])))
            elif first == 0:
                parameter.copy_(normal(parameter, 0.1))
            elif abs(first) < 0.2:
                parameter.copy_(uniform(parameter, 0.2, 0.6))
            else:
                parameter.copy_(uniform(parameter, 0.6, 1.4) * first)
    settle(net, image)


def distances(biases):
    """How far the places lie apart whose biases these are: from the first place to each of a square grid, as LeViT and its kin number them.
    Trained heads look at what is near; without that attention is flat, and what is reached through it alone is the same at every place."""
    side = math.isqrt(biases.shape[1])
    steps = torch.arange(side).to(biases)
    return torch.hypot(steps[:, None], steps[None]).flatten()


def settle(net, image) -> None:
    """Statistics of norms become those of the photo and three noisy versions of it; fresh ones let values fade on their way."""
    norms = [module for module in net.modules() if isinstance(module, torch.nn.modules.batchnorm._BatchNorm)]
    # those of transformers' detectors learn nothing: they are told
    frozen = [module for module in net.modules() if type(module).__name__.endswith("FrozenBatchNorm2d")]
    if not norms and not frozen:
        return
    generator = torch.Generator().manual_seed(8)
    noise = torch.randn((3, *image.shape[1:]), generator=generator) * image.std() / 2
    batch = torch.cat([image, image.flip(-1) + noise]).float()
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 1
        norm.train()
    hooks = [norm.register_forward_pre_hook(told) for norm in frozen]
    try:
        with torch.no_grad():
            net(batch)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()
        for hook in hooks:
            hook.remove()


def told(norm, given) -> None:
    """Statistics of what comes, before it is normalised."""
    norm.running_mean.copy_(given[0].mean((0, 2, 3)))
    norm.running_var.copy_(given[0].var((0, 2, 3)))


def tell(net, image, scores, deviation=2.0) -> bool:
    """Stretches the layer that makes the scores until they differ by `deviation`, with mean 0. False where no one layer makes them."""
    made = {}

    def keep(module, _, output):
        if isinstance(output, torch.Tensor):
            made[module] = output

    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    hooks = [module.register_forward_hook(keep) for module in net.modules() if isinstance(module, kinds)]
    with torch.no_grad():
        found = scores(net(image))
    for hook in hooks:
        hook.remove()
    found = found.detach()
    for module, output in reversed(made.items()):
        if output.numel() == found.numel() and torch.allclose(output.reshape(found.shape), found, atol=1e-5):
            with torch.no_grad():
                factor = deviation / found.std().clamp(min=1e-6)
                module.weight.mul_(factor)
                if module.bias is not None:
                    module.bias.sub_(found.mean()).mul_(factor)
            return True
    return False
