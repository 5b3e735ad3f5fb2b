"""torchvision's networks, in a size that a small machine runs; their files say nothing of photos and labels."""

import torch
import torchvision
from subject import Subject, squeezed, torch_exporters
from weights import redraw, tell


def build(entry) -> Subject:
    name = entry["name"].split("/")[1]
    options = {"weights": None, **entry.get("options", {})}
    if entry["task"] == "detection":
        return detector(name, entry, options)
    size = entry.get("size", 96)
    if entry["task"] == "segmentation":
        options |= {"weights_backbone": None}
    net = torchvision.models.get_model(name, **options).eval()
    image = squeezed(size, size)
    redraw(net, image)
    if entry["task"] == "segmentation":
        scores = lambda outputs: outputs["out"]
        tell(net, image, scores)
        return Subject(net, image, "segmentation", scores, torch_exporters(net, image, ["out", "aux"] if options.get("aux_loss") else ["out"]))
    scores = lambda outputs: outputs
    tell(net, image, scores)
    return Subject(net, image, "classification", scores, torch_exporters(net, image))


class Alone(torch.nn.Module):
    """A detector of torchvision for one picture: what their users wrap around it, as it takes and gives lists."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, image):
        found = self.net([image[0]])[0]
        return found["boxes"], found["labels"], found["scores"]


def detector(name, entry, options) -> Subject:
    size = entry.get("size", 160)
    options |= {"weights_backbone": None, "min_size": size, "max_size": size}
    net = Alone(torchvision.models.get_model(name, **options).eval())
    image = squeezed(size, size, (0, 0, 0), (1, 1, 1))
    redraw(net, image)
    return Subject(net, image, "detection-free", lambda outputs: outputs[2][None, :, None], torch_exporters(net, image, ["boxes", "labels", "scores"], batch=False))
