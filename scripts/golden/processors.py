"""Golden tensors of the Python image processors, for check.mjs.

    python processors.py /tmp/golden-processors

Writes index.json, photos as raw pixels, and one float32 file per configuration and photo.
"""

import json
import os
import sys
import warnings

os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("KERAS_BACKEND", "torch")
warnings.filterwarnings("ignore")

import cv2
import numpy as np
import PIL
import timm.data
import torch
import torchvision
import transformers
from classes import ELSEWHERE, PATCHES, classes
from configurations import KERAS, LETTERBOX, NEEDED, OPEN_CLIP, TIMM, TORCHVISION, VARIANTS
from PIL import Image
from photos import photos
from torchvision import transforms

PAIRS = ("EfficientLoFTR", "LightGlue", "SuperGlue")


def composed(photo):
    """RGB, transparency on white."""
    if photo.mode == "RGBA":
        return Image.alpha_composite(Image.new("RGBA", photo.size, (255, 255, 255, 255)), photo).convert("RGB")
    return photo.convert("RGB")


def processed(name, cls, given, photo):
    """A class's picture of a photo, [3, H, W]."""
    processor = cls(**given)
    arguments = {}
    if name.startswith("VitMatte"):
        arguments["trimaps"] = np.zeros((photo.height, photo.width), dtype=np.uint8)
    if name.startswith("VitPose"):
        arguments["boxes"] = [[[0, 0, 10, 10]]]
    if not getattr(processor, "do_convert_rgb", None):
        photo = composed(photo)
    images = [photo, photo] if name.startswith(PAIRS) else photo
    made = processor(images, **arguments)
    if name.startswith("Idefics") and not hasattr(made, "keys"):
        values = made
    else:
        values = made["pixel_values_images" if name.startswith("VideoLlava") else "pixel_values"]
    values = values.numpy() if hasattr(values, "numpy") else values
    while not hasattr(values, "shape") or values.ndim > 3:
        values = values[0]
        values = values.numpy() if hasattr(values, "numpy") else values
    return np.asarray(values)[:3]


def letterbox(photo, height, width):
    """Ultralytics' LetterBox with auto and scaleFill off, then 0 … 1, channels first."""
    pixels = np.asarray(composed(photo))
    tall, wide = pixels.shape[:2]
    factor = min(height / tall, width / wide)
    inner = (int(round(wide * factor)), int(round(tall * factor)))
    x, y = (width - inner[0]) / 2, (height - inner[1]) / 2
    if (wide, tall) != inner:
        pixels = cv2.resize(pixels, inner, interpolation=cv2.INTER_LINEAR)
    top, bottom, left, right = round(y - 0.1), round(y + 0.1), round(x - 0.1), round(x + 0.1)
    pixels = cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    try:
        from ultralytics.data.augment import LetterBox

        theirs = LetterBox((height, width), auto=False)(image=np.ascontiguousarray(np.asarray(composed(photo))))
        assert np.array_equal(theirs, pixels), "Ultralytics does something else"
    except ImportError:
        print("ultralytics is not installed: its letterbox is that of our own lines")
    return (pixels.astype(np.float32) / 255).transpose(2, 0, 1)


def open_clip_transform(given):
    from open_clip.transform import PreprocessCfg, image_transform_v2

    return image_transform_v2(PreprocessCfg(**given), is_train=False)


def keras_input(photo, mode):
    from keras.src.applications import imagenet_utils

    values = imagenet_utils.preprocess_input(np.asarray(composed(photo)).astype(np.float32), mode=mode, data_format="channels_last")
    return np.asarray(values).transpose(2, 0, 1)


def jobs():
    """Name, source, what the file says, and the function that makes the tensor."""
    for name, cls in classes().items():
        if name in PATCHES | ELSEWHERE:
            continue
        needed = NEEDED.get(name, {})
        processor = cls(**needed)
        saved = json.loads(processor.to_json_string()) if hasattr(processor, "to_json_string") else None
        yield name, "processor", {"image_processor_type": name, **needed}, lambda photo, a=(name, cls, needed): processed(*a, photo), saved
    found = classes()
    for i, (name, given) in enumerate(VARIANTS):
        given = {**NEEDED.get(name, {}), **given}
        yield f"{name} {i}", "processor", {"image_processor_type": name, **given}, lambda photo, a=(name, found[name], given): processed(*a, photo), None
    for i, given in enumerate(TIMM):
        transform = timm.data.create_transform(**timm.data.resolve_data_config(pretrained_cfg=given), is_training=False)
        yield f"timm {i}", "timm", {"pretrained_cfg": given}, lambda photo, t=transform: t(composed(photo)).numpy(), None
    for given in TORCHVISION:
        side = given["height"]
        transform = transforms.Compose([
            transforms.Resize(side * 256 // 224), transforms.CenterCrop(side), transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ])
        yield f"torchvision {side}", "torchvision", given, lambda photo, t=transform: t(composed(photo)).numpy(), None
    for i, given in enumerate(OPEN_CLIP):
        cfg = {**given, "size": tuple(given["size"]) if isinstance(given["size"], list) else given["size"]}
        yield f"open_clip {i}", "open_clip", {"preprocess_cfg": given}, lambda photo, c=cfg: open_clip_transform(c)(composed(photo)).numpy(), None
    for height, width in LETTERBOX:
        yield f"letterbox {height}x{width}", "letterbox", {"imgsz": [height, width]}, lambda photo, a=(height, width): letterbox(photo, *a), None
    for mode in KERAS:
        yield f"keras {mode}", "keras", {"mode": mode}, lambda photo, m=mode: keras_input(photo, m), None


def main(folder):
    os.makedirs(folder, exist_ok=True)
    versions = {module.__name__: module.__version__ for module in (transformers, PIL, torch, torchvision, timm, cv2)}
    index = {"versions": versions, "photos": [], "cases": []}
    pictures = photos()
    for name, photo in pictures:
        pixels = np.asarray(photo)
        pixels.tofile(f"{folder}/{name}.bin")
        index["photos"].append({"name": name, "width": photo.width, "height": photo.height, "channels": 1 if pixels.ndim == 2 else pixels.shape[2]})
    for number, (name, source, given, make, saved) in enumerate(jobs()):
        for photo_name, photo in pictures:
            try:
                values = np.ascontiguousarray(make(photo), dtype=np.float32)
            except Exception as error:  # what Python itself refuses is no case
                index["cases"].append({"name": name, "photo": photo_name, "refused": repr(error)[:160]})
                continue
            file = f"{number:03}-{photo_name}.bin"
            values.tofile(f"{folder}/{file}")
            index["cases"].append({"name": name, "source": source, "given": given, "saved": saved, "photo": photo_name, "shape": values.shape, "file": file})
    with open(f"{folder}/index.json", "w", encoding="utf8") as file:
        json.dump(index, file)
    refused = sum("refused" in case for case in index["cases"])
    print(f"{number + 1} configurations, {len(index['cases']) - refused} tensors, {refused} refused by Python; {versions}")


if __name__ == "__main__":
    main(sys.argv[1])
