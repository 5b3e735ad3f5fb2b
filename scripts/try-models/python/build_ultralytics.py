"""Ultralytics' networks of the smallest size, with names, task and size in the file; they run in the environment of these scripts alone."""

import math
import os
import shutil

import cv2
import torch
from subject import PHOTO, Subject, photo
from ultralytics import YOLO
from ultralytics.data.augment import LetterBox
from ultralytics.utils.ops import scale_boxes
from weights import redraw


def build(entry) -> Subject:
    kind, size = entry.get("kind", "detect"), entry.get("size", 256)
    model = YOLO(f"{entry['name'].split('/')[1]}.yaml", task=entry.get("kind"))
    net = model.model.float().eval()
    count = len(net.names)
    net.names = {i: f"thing {i}" for i in range(count)}
    labels = list(net.names.values())
    if kind == "classify":
        return classifier(model, net, size, labels)
    letterboxed = LetterBox((size, size), auto=False)(image=cv2.imread(PHOTO))
    image = torch.from_numpy(letterboxed[..., ::-1].copy()).permute(2, 0, 1)[None] / 255
    redraw(net, image)
    few_stand_out(net, image)
    alone = lambda pixels: tensor(net(pixels))
    with torch.no_grad():
        ended = alone(image).shape[-1] < 100
    scores = (lambda out: one_hot(out, count)) if ended else (lambda out: out[:, 4 : 4 + count].transpose(1, 2))

    def boxes(out):
        values = scores(out)[0]
        candidate, index = divmod(int(values.argmax()), count)
        row = out[0, candidate] if ended else out[0, :, candidate]
        box = in_photo(row, kind, ended, size)
        return [{"index": index, "score": float(values[candidate, index]), "box": box, "candidate": candidate}]

    return Subject(alone, image, "detection", scores, {"ultralytics": exporter(model, size)}, labels=labels, boxes=boxes, prepared=True)


def tensor(answer) -> torch.Tensor:
    """The first tensor of an answer, which is that of the exported file."""
    while isinstance(answer, (tuple, list)):
        answer = answer[0]
    return answer


def one_hot(out, count):
    return torch.nn.functional.one_hot(out[..., 5].long(), count) * out[..., 4:5]


def few_stand_out(net, image) -> None:
    """Scores of trained networks are next to nothing nearly everywhere: the last layers of all class branches are stretched for that."""
    head = net.model[-1]
    branches = [branch for name in ("cv3", "one2one_cv3") for branch in (getattr(head, name, None) or [])]
    for branch in branches:
        last = branch[-1]
        made = []
        hook = last.register_forward_hook(lambda _, __, output, made=made: made.append(output))
        with torch.no_grad():
            net(image)
        hook.remove()
        if not made:
            continue
        factor = 1.5 / made[0].std().clamp(min=1e-6)
        with torch.no_grad():
            last.weight.mul_(factor)
            last.bias.copy_((last.bias - made[0].mean()) * factor - 5)


def in_photo(row, kind, ended, size) -> list[float]:
    """Corners in the photo, by Ultralytics' own way out of the letterbox: it cuts upright boxes to the photo, and turned ones not."""
    width, height = photo().size
    out = lambda box, **how: scale_boxes((size, size), torch.tensor([box]), (height, width), **how)[0].tolist()
    first, second, third, fourth = row[:4].tolist()
    if ended and kind != "obb":
        return out([first, second, third, fourth])
    across, down = third, fourth
    if kind == "obb":
        first, second, across, down = out([first, second, third, fourth], xywh=True)
        cos, sin = abs(math.cos(row[-1])), abs(math.sin(row[-1]))
        across, down = across * cos + down * sin, across * sin + down * cos
    box = [first - across / 2, second - down / 2, first + across / 2, second + down / 2]
    return box if kind == "obb" else out(box)


def exporter(model, size):
    def write(folder):
        before = os.getcwd()
        os.chdir(folder)
        try:
            made = os.path.abspath(model.export(format="onnx", imgsz=size, simplify=False, opset=17))
        finally:
            os.chdir(before)
        path = os.path.join(folder, "model.onnx")
        if made != path:
            shutil.move(made, path)
        model.model.float().eval()
        return path

    return write


def classifier(model, net, size, labels) -> Subject:
    from ultralytics.data.augment import classify_transforms

    image = classify_transforms(size)(photo())[None]
    redraw(net, image)
    last = net.model[-1].linear

    def logits(pixels):
        made = []
        hook = last.register_forward_hook(lambda _, __, output: made.append(output))
        net(pixels)
        hook.remove()
        return made[-1]

    with torch.no_grad():
        found = logits(image)
        factor = 2 / found.std()
        last.weight.mul_(factor)
        last.bias.copy_((last.bias - found.mean()) * factor)
    chance = lambda scores: scores.softmax(0)
    exporters = {"ultralytics": exporter(model, size)}
    return Subject(logits, image, "classification", lambda out: out, exporters, labels=labels, chance=chance, prepared=True)
