"""Takes a sample of golden tensors into the repository: small ones, a byte a value.

    python sample.py ../../packages/gradcam/test/fixtures/processors
"""

import json
import sys

import cv2
import numpy as np
import PIL
import timm.data
import torch
import torchvision
import transformers
from classes import classes
from photos import photos
from processors import composed, keras_input, letterbox, open_clip_transform, processed
from torchvision import transforms

SIZE = {"height": 30, "width": 24}
BOUNDS = {"shortest_edge": 24, "longest_edge": 36}

PROCESSORS = [
    ("ViT", "tiny", {"size": 24}),
    ("ViT", "grey", {"size": SIZE, "resample": 1}),
    ("ViT", "portrait", {"size": SIZE, "resample": 3, "do_normalize": False}),
    ("ViT", "turned", {"size": 24, "do_pad": True, "pad_size": {"height": 28, "width": 36}}),
    ("DeiT", "portrait", {"size": 30, "crop_size": 24}),
    ("CLIP", "rgba", {"size": 24, "crop_size": 24}),
    ("CLIP", "wide", {"size": {"shortest_edge": 20}, "crop_size": {"height": 24, "width": 19}}),
    ("MobileViT", "panorama", {"size": {"shortest_edge": 24}, "crop_size": 20}),
    ("Levit", "portrait", {"size": {"shortest_edge": 24}, "crop_size": 24}),
    ("ConvNext", "wide", {"size": 24}),
    ("PoolFormer", "turned", {"size": 24, "crop_size": 24}),
    ("Perceiver", "wide", {"size": 24, "crop_size": 28}),
    ("EfficientNet", "tiny", {"size": 24, "rescale_factor": 1 / 127.5, "rescale_offset": True}),
    ("Vivit", "rgba", {"size": 28, "crop_size": 24}),
    ("Tvp", "portrait", {"size": {"longest_edge": 24}, "do_center_crop": False, "pad_size": 30, "image_mean": [0.4, 0.5, 0.6]}),
    ("Detr", "tiny", {"size": 24, "max_size": 30}),
    ("ConditionalDetr", "portrait", {"size": BOUNDS}),
    ("RTDetr", "panorama", {"size": {"max_height": 30, "max_width": 40}, "do_pad": True}),
    ("Yolos", "tiny", {"size": {"shortest_edge": 33, "longest_edge": 60}}),
    ("Mask2Former", "turned", {"size": BOUNDS, "size_divisor": 16}),
    ("Eomt", "grey", {"size": {"shortest_edge": 30, "longest_edge": 30}, "do_pad": True}),
    ("RfDetr", "turned", {"size": {"height": 24, "width": 24}}),
    ("Sam", "portrait", {"size": {"longest_edge": 30}, "pad_size": {"height": 32, "width": 32}}),
    ("Sapiens2", "tiny", {"size": SIZE, "do_pad": True}),
    ("DPT", "wide", {"size": 28, "keep_aspect_ratio": True, "ensure_multiple_of": 14}),
    ("ZoeDepth", "tiny", {"size": SIZE}),
    ("GLPN", "tiny", {"size_divisor": 16}),
    ("Vilt", "tiny", {"size": {"shortest_edge": 32}, "size_divisor": 16}),
    ("TextNet", "rgba", {"size": {"shortest_edge": 24}, "size_divisor": 16}),
    ("Owlv2", "panorama", {"size": {"height": 24, "width": 24}}),
    ("Llava", "wide", {"size": 24, "crop_size": 24, "do_pad": True}),
    ("Janus", "portrait", {"size": {"height": 28, "width": 28}}),
    ("Donut", "turned", {"size": {"height": 36, "width": 24}}),
    ("Swin2SR", "rgba", {}),
    ("LightGlue", "tiny", {"size": SIZE}),
    ("PPLCNet", "wide", {"resize_short": 28, "crop_size": 24}),
    ("PPOCRV5ServerRec", "wide", {"size": {"height": 16, "width": 64}, "pad_size": {"height": 16, "width": 64}}),
    ("UVDoc", "tiny", {"size": SIZE}),
    ("PPDocLayoutV2", "tiny", {"size": SIZE}),
]
TIMM = [
    ("tiny", {"input_size": [3, 24, 20], "crop_pct": 0.95}),
    ("wide", {"input_size": [3, 28, 28], "crop_pct": 1.0, "crop_mode": "border"}),
]


def jobs():
    found = classes()
    for kind, photo, given in PROCESSORS:
        name = f"{kind}ImageProcessor"
        yield name, "processor", {"image_processor_type": name, **given}, photo, lambda p, a=(name, found[name], given): processed(*a, p)
    for photo, given in TIMM:
        transform = timm.data.create_transform(**timm.data.resolve_data_config(pretrained_cfg=given), is_training=False)
        yield "timm", "timm", {"pretrained_cfg": given}, photo, lambda p, t=transform: t(composed(p)).numpy()
    clip = {"size": 24, "resize_mode": "longest", "fill_color": 100}
    yield "open_clip", "open_clip", {"preprocess_cfg": clip}, "panorama", lambda p: open_clip_transform(clip)(composed(p)).numpy()
    yield "letterbox", "letterbox", {"imgsz": [28, 40]}, "portrait", lambda p: letterbox(p, 28, 40)
    yield "keras", "keras", {"mode": "caffe"}, "tiny", lambda p: keras_input(p, "caffe")
    normal = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    usual = transforms.Compose([transforms.Resize(32), transforms.CenterCrop(28), transforms.ToTensor(), normal])
    yield "torchvision", "torchvision", {"height": 28, "width": 28}, "wide", lambda p: usual(composed(p)).numpy()


def main(target):
    blob = bytearray()
    pictures = dict(photos(part=3))
    stored, cases = [], []
    for name, photo in pictures.items():
        pixels = np.asarray(photo)
        stored.append({"name": name, "width": photo.width, "height": photo.height, "channels": 1 if pixels.ndim == 2 else pixels.shape[2], "at": len(blob)})
        blob.extend(pixels.tobytes())
    for name, source, given, photo, make in jobs():
        values = np.asarray(make(pictures[photo]), dtype=np.float32)
        # each channel in 255 steps from its least to its greatest value
        low = values.min(axis=(1, 2))
        step = np.maximum((values.max(axis=(1, 2)) - low) / 255, 1e-9)
        cases.append({"name": name, "source": source, "given": given, "photo": photo, "shape": values.shape, "low": [float(v) for v in low], "step": [float(v) for v in step], "at": len(blob)})
        blob.extend(np.round((values - low[:, None, None]) / step[:, None, None]).astype(np.uint8).tobytes())
    versions = {module.__name__: module.__version__ for module in (transformers, PIL, torch, torchvision, timm, cv2)}
    with open(f"{target}/cases.bin", "wb") as file:
        file.write(blob)
    with open(f"{target}/cases.json", "w", encoding="utf8") as file:
        json.dump({"versions": versions, "photos": stored, "cases": cases}, file)
    print(f"{len(cases)} cases, {len(blob)} bytes")


main(sys.argv[1])
