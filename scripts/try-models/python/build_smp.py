"""Networks of segmentation_models_pytorch on a small encoder, with softmax left to their users as by default."""

import segmentation_models_pytorch as smp
from subject import Subject, squeezed, torch_exporters
from weights import redraw, tell


def build(entry) -> Subject:
    size = entry.get("size", 128)
    options = {"encoder_name": "resnet18", "encoder_weights": None, "classes": 5, **entry.get("options", {})}
    net = getattr(smp, entry["class"])(**options).eval()
    image = squeezed(size, size)
    redraw(net, image)
    scores = lambda outputs: outputs
    tell(net, image, scores)
    return Subject(net, image, "segmentation", scores, torch_exporters(net, image))
