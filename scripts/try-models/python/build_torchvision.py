"""torchvision's networks, in a size that a small machine runs; their files say nothing of photos and labels."""

import torch
import torchvision
from subject import Subject, photo, squeezed, torch_exporters
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


HEADS = ("cls_score", "cls_logits", "classification_head.module_list")


def detector(name, entry, options) -> Subject:
    size = entry.get("size", 160)
    options |= {"weights_backbone": None}
    if not name.startswith("ssd"):
        options |= {"min_size": size, "max_size": size}
    net = Alone(torchvision.models.get_model(name, **options)).eval()
    image = squeezed(size, size, (0, 0, 0), (1, 1, 1))
    redraw(net, image)
    for path, module in net.named_modules():
        # few boxes stand out, as of trained weights
        if any(head in path for head in HEADS) and hasattr(module, "weight") and hasattr(module, "out_channels" if "cls_score" not in path else "out_features"):
            with torch.no_grad():
                module.weight.mul_(entry.get("spread", 20))
    width, height = photo().size
    scale = torch.tensor([width / size, height / size] * 2)

    def scores(outputs):
        _, labels, found = outputs
        return (torch.nn.functional.one_hot(labels, 91) * found[:, None])[None]

    def boxes(outputs):
        corners, labels, found = outputs
        best = int(found.argmax())
        return [{"index": int(labels[best]), "score": float(found[best]), "box": (corners[best] * scale).tolist(), "candidate": best}]

    exporters = torch_exporters(net, image, ["boxes", "labels", "scores"], batch=False)
    return Subject(net, image, "detection", scores, exporters, boxes=boxes)
