"""Models that lie in wheels, as their packages hand them out, and what those packages make of their answers."""

import ast
import glob
import importlib.util
import os
import shutil

import cv2
import numpy as np
import onnxruntime
import torch
from PIL import Image
from subject import PHOTO, Subject, photo, text_picture


def build(entry) -> Subject:
    folder = os.path.dirname(importlib.util.find_spec(entry["package"]).origin)
    [source] = glob.glob(os.path.join(folder, "**", entry["file"]), recursive=True)
    session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0].name

    def net(image):
        return tuple(torch.from_numpy(value) for value in session.run(None, {given: image.numpy()}))

    def copied(folder):
        path = os.path.join(folder, entry["file"])
        shutil.copy(source, path)
        return path

    picture = text_picture(entry["text"]) if "text" in entry else PHOTO
    image = torch.from_numpy(prepared(entry, photo(picture)))
    scores = lambda outputs: outputs[entry.get("output", 0)]
    if entry["task"] == "segmentation" and entry.get("last"):
        scores = lambda outputs: outputs[entry["output"]].permute(0, 3, 1, 2)
    names = session.get_modelmeta().custom_metadata_map.get("names")
    labels = list(ast.literal_eval(names).values()) if names else None
    subject = Subject(net, image, entry["task"], scores, {"package": copied}, labels=labels, by_file=True, picture=picture)
    if entry["task"] == "detection":
        subject.scores = lambda outputs: outputs[0][:, 4:].transpose(1, 2)
        subject.boxes = lambda outputs: nudenet(outputs[0], entry)
    return subject


def prepared(entry, picture) -> np.ndarray:
    """The photo as the package prepares it."""
    height, width = entry["size"]
    if entry.get("inside"):
        # as the file's metadata say, where its package puts the photo into a corner of a black square
        scale = min(width / picture.width, height / picture.height)
        inner = Image.fromarray(cv2.resize(np.asarray(picture), (round(picture.width * scale), round(picture.height * scale))))
        picture = Image.new("RGB", (width, height), (114, 114, 114))
        picture.paste(inner, ((width - inner.width) // 2, (height - inner.height) // 2))
    pixels = np.asarray(picture.resize((width, height)), np.float32)
    if entry.get("bgr"):
        pixels = pixels[..., ::-1]
    pixels = (pixels - np.float32(entry.get("mean", 0))) * np.float32(entry.get("scale", 1))
    return np.ascontiguousarray((pixels if entry.get("last") else pixels.transpose(2, 0, 1))[None], np.float32)


def nudenet(rows, entry):
    """Rows of cx, cy, w, h and scores in pixels of a square that holds the photo in its middle."""
    found = rows[0].T
    candidate, index = divmod(int(found[:, 4:].argmax()), found.shape[1] - 4)
    sizes, scale = photo().size, max(photo().size) / entry["size"][0]
    x, y, width, height = (found[candidate, :4] * scale).tolist()
    x, y = x - (max(sizes) - sizes[0]) / 2, y - (max(sizes) - sizes[1]) / 2
    box = [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    return [{"index": index, "score": float(found[candidate, 4 + index]), "box": box, "candidate": candidate}]
