"""What is known of a network that is tried: how it is called, what its answer means, and how it is written as ONNX."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

PHOTO = os.environ["PHOTO"]
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


@dataclass
class Subject:
    """`scores` takes what `net` returns for `image` and gives [1, C], [1, C, H, W] or, for boxes, [1, candidates, C]."""

    net: Callable
    image: torch.Tensor
    task: str
    scores: Callable[[Any], torch.Tensor]
    exporters: dict[str, Callable[[str], str]]
    labels: list[str] | None = None
    # from scores to what the framework calls the score of a class; None where it is the score itself
    chance: Callable[[torch.Tensor], torch.Tensor] | None = None
    # boxes as the framework finds them, in pixels of the photo: [{index, score, box, candidate}]
    boxes: Callable[[Any], list[dict]] | None = None
    # whether the framework's files, beside the model or in it, say how photos are prepared
    prepared: bool = False
    # whether the gradients are those of the file itself, as torch cannot ask the framework for its own
    by_file: bool = False
    # the picture that the command is asked about
    picture: str = PHOTO
    notes: list[str] = field(default_factory=list)


def photo(path: str = PHOTO) -> Image.Image:
    return Image.open(path).convert("RGB")


def text_picture(words: str) -> str:
    """The path of a picture of two lines of text, for networks that look for some."""
    path = os.path.join(os.environ["ASK_FROM"], f"text-{os.getpid()}.png")
    picture = Image.new("RGB", (448, 448), "white")
    for line, top in zip(words.split("/"), (90, 260), strict=True):
        ImageDraw.Draw(picture).text((40, top), line, "black", ImageFont.load_default(64))
    picture.save(path)
    return path


def squeezed(height: int, width: int, mean=IMAGENET[0], std=IMAGENET[1]) -> torch.Tensor:
    """The whole photo at the network's size: what is assumed, and said to be, where a file tells nothing."""
    pixels = np.asarray(photo().resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255
    pixels = (pixels - np.float32(mean)) / np.float32(std)
    return torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy())


def otherwise_rounded(subject, share=0.01) -> list:
    """Answers about photos of which one value in a hundred is another by one of 255 levels, as two ways to resize differ."""
    level = float(subject.image.max() - subject.image.min()) / 255
    found = []
    for seed in range(5):
        drawn = torch.rand(subject.image.shape, generator=torch.Generator().manual_seed(seed))
        step = level * ((drawn < share / 2).float() - (drawn > 1 - share / 2).float())
        with torch.no_grad():
            found.append(subject.net(subject.image + step.to(subject.image.dtype)))
    return found


def stands_out(subject) -> bool:
    """Whether the framework's best box stays the same one where much of the photo is rounded otherwise: else the next one is as right."""
    right, *others = [subject.boxes(each)[0] for each in (outputs_of(subject), *otherwise_rounded(subject, 0.25))]
    same = lambda box: box["index"] == right["index"] and max(abs(a - b) for a, b in zip(box["box"], right["box"], strict=True)) < 0.5
    return all(same(box) and abs(box["score"] - right["score"]) < 0.01 for box in others)


def outputs_of(subject):
    with torch.no_grad():
        return subject.net(subject.image)


def torch_exporters(net, image, names=None, batch=True) -> dict[str, Callable[[str], str]]:
    """Both of PyTorch's exporters, as their users call them: TorchScript with names, the default one with nothing."""
    outputs = names or ["output"]

    def torchscript(folder: str) -> str:
        path = os.path.join(folder, "model.onnx")
        axes = {name: {0: "batch"} for name in ["input", *outputs]} if batch else None
        torch.onnx.export(
            net, (image,), path, dynamo=False, opset_version=17, input_names=["input"], output_names=outputs, dynamic_axes=axes
        )
        return path

    def dynamo(folder: str) -> str:
        path = os.path.join(folder, "model.onnx")
        shapes = ({0: torch.export.Dim("batch")},) if batch else None
        torch.onnx.export(net, (image,), path, dynamo=True, dynamic_shapes=shapes)
        return path

    return {"torchscript": torchscript, "dynamo": dynamo}
