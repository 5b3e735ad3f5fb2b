"""transformers' networks, a few channels wide, with configuration and image processor beside them, as `save_pretrained` writes them."""

import os
from types import SimpleNamespace

import torch
import transformers
from subject import Subject, photo, stands_out
from weights import redraw, tell

NAMES = ["cat", "cup", "dog", "person", "street", "tree"]


class Fields(torch.nn.Module):
    """The network with nothing but some fields of its answer, as exporters name them."""

    def __init__(self, net, fields):
        super().__init__()
        self.net, self.fields = net, fields

    def forward(self, pixel_values):
        answer = self.net(pixel_values=pixel_values)
        return tuple(answer[field] for field in self.fields)


def configured(described, **more):
    """A configuration from its description, with those that lie in it."""
    options = {key: configured(value) if isinstance(value, dict) and "class" in value else value for key, value in described.get("options", {}).items()}
    return getattr(transformers, described["class"])(**options, **more)


# of so many draws one has a best box
DRAWS = 8
# the last digits of a score are each library's own
TIED = 2e-6


def build(entry) -> Subject:
    """Detectors are drawn until their best box is one by more than roundings: queries of random weights score nearly alike."""
    for seed in range(1, DRAWS + 1):
        torch.manual_seed(seed)
        subject = drawn(entry)
        if entry["task"] != "detection" or stands_out(subject):
            return subject
    raise ValueError(f"of {DRAWS} draws of weights none has a best box that stays the same one where the photo is rounded otherwise")


def drawn(entry) -> Subject:
    labelled = entry["task"] not in ("embedding", "depth")
    names = {"id2label": dict(enumerate(NAMES)), "label2id": {name: i for i, name in enumerate(NAMES)}} if labelled else {}
    config = configured(entry["config"], **names)
    net = getattr(transformers, entry["class"])(config).eval()
    net.config.architectures = [entry["class"]]
    processor = configured(entry["processor"])
    image = processor(photo(), return_tensors="pt")["pixel_values"]
    fields = entry["outputs"]
    alone = Fields(net, fields).eval()
    redraw(alone, image)
    scores = lambda outputs: outputs[0]
    if labelled:
        tell(alone, image, scores, 4.0 if entry["task"] == "detection" else 2.0)

    def within(dynamo):
        def write(folder):
            net.config.save_pretrained(folder)
            processor.save_pretrained(folder)
            path = os.path.join(folder, "model.onnx")
            free = entry.get("free", True)
            if dynamo:
                shapes = ({0: torch.export.Dim("batch")},) if free else None
                torch.onnx.export(alone, (image,), path, dynamo=True, input_names=["pixel_values"], output_names=fields, dynamic_shapes=shapes)
            else:
                axes = {name: {0: "batch"} for name in ["pixel_values", *fields]} if free else None
                torch.onnx.export(alone, (image,), path, dynamo=False, opset_version=18, input_names=["pixel_values"], output_names=fields, dynamic_axes=axes)
            return folder

        return write

    exporters = {"torchscript": within(False), "dynamo": within(True)}
    subject = Subject(alone, image, entry["task"], scores, exporters, labels=NAMES if labelled else None, prepared=True)
    if entry["task"] == "detection":
        detector(subject, entry, processor)
    return subject


def detector(subject, entry, processor) -> None:
    """Scores and boxes as the processor makes them; the candidate is the row whose scores hold the best one."""
    softmax = entry.get("softmax", False)
    subject.scores = lambda outputs: outputs[0].softmax(-1)[..., :-1] if softmax else outputs[0].sigmoid()

    def boxes(outputs):
        width, height = photo().size
        answer = SimpleNamespace(logits=outputs[0], pred_boxes=outputs[1])
        [found] = processor.post_process_object_detection(answer, threshold=0.0, target_sizes=[(height, width)])
        scores = subject.scores(outputs)[0]

        def box(i):
            index, score = int(found["labels"][i]), float(found["scores"][i])
            return {"index": index, "score": score, "box": found["boxes"][i].tolist(), "candidate": int((scores[:, index] - score).abs().argmin())}

        order = found["scores"].argsort(descending=True)
        return [box(i) for i in order.tolist() if found["scores"][order[0]] - found["scores"][i] < TIED]

    subject.boxes = boxes
