"""What the exports share: networks without trained weights that tell one photo from another, and the framework's own answers."""

import json
import os

import torch

torch.manual_seed(1)

# for those who can load weights: PRETRAINED=1
PRETRAINED = bool(os.environ.get("PRETRAINED"))

PHOTO = os.environ["PHOTO"]


def telling(net, head, image):
    """Random weights make all classes alike; the last layer is stretched until logits of `image` have deviation 2 and mean 0."""
    if PRETRAINED:
        return
    with torch.no_grad():
        logits = net(image)
        logits = getattr(logits, "logits", logits)
        factor = 2 / logits.std()
        head.weight.mul_(factor)
        head.bias.copy_((head.bias - logits.mean()) * factor)


def write(name, model, versions, **truth):
    """One file of truth for one model, in a folder of its own: nothing may lie beside a model that its users would not have there."""
    os.makedirs("truth", exist_ok=True)
    with open(f"truth/{name}.json", "w") as file:
        json.dump({"model": model, "versions": versions, **truth}, file)
    print(f"{name}: {model}")
