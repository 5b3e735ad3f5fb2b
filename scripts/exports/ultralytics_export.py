"""A YOLO of Ultralytics, which writes names, task and size into the file."""

import os

os.environ.setdefault("YOLO_AUTOINSTALL", "false")

import cv2
import torch
import ultralytics
from truth import PHOTO, PRETRAINED, write
from ultralytics import YOLO
from ultralytics.data.augment import LetterBox
from ultralytics.utils import YAML
from ultralytics.utils.checks import check_yaml

model = YOLO("yolo11n.pt" if PRETRAINED else "yolo11n.yaml")
if not PRETRAINED:
    model.model.names = YAML.load(check_yaml("coco.yaml"))["names"]

letterboxed = LetterBox((640, 640), auto=False)(image=cv2.imread(PHOTO))
image = torch.from_numpy(letterboxed[..., ::-1].copy()).permute(2, 0, 1)[None] / 255
if not PRETRAINED:
    net = model.model
    with torch.no_grad():
        # fresh statistics let values fade on their way, so that all boxes of all photos are alike: those of the photo are taken
        norms = [module for module in net.modules() if isinstance(module, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.momentum = 1
        net.train()(image)
        scores = net.eval()(image)[0][:, 4:].logit()
        # the best box stands out, with next to nothing elsewhere
        factor = 1.5 / scores.std()
        for branch in net.model[-1].cv3:
            branch[-1].weight.mul_(factor)
            branch[-1].bias.copy_((branch[-1].bias - scores.mean()) * factor - 5)

model.export(format="onnx", simplify=False)

with torch.no_grad():
    rows = model.model.eval()(image)[0][0]
best = rows[4:].max(0).values.argmax().item()
write(
    "ultralytics",
    "yolo11n.onnx",
    {"ultralytics": ultralytics.__version__, "torch": torch.__version__},
    labels=[model.names[i] for i in range(len(model.names))],
    score=rows[4:, best].max().item(),
    index=rows[4:, best].argmax().item(),
    box=rows[:4, best].tolist(),
)
