"""A segmentation of torchvision, LR-ASPP on MobileNetV3, with the names of its classes."""

import torch
from PIL import Image
from torchvision.models.segmentation import LRASPP_MobileNet_V3_Large_Weights, lraspp_mobilenet_v3_large
from truth import PHOTO, PRETRAINED, write

weights = LRASPP_MobileNet_V3_Large_Weights.DEFAULT
net = lraspp_mobilenet_v3_large(weights=weights if PRETRAINED else None, weights_backbone=None).eval()
image = weights.transforms()(Image.open(PHOTO).convert("RGB"))[None]
if not PRETRAINED:
    # features of random weights vanish, and one class takes all places: norms are set by the photo, and all classes to mean 0
    with torch.no_grad():
        for norm in net.modules():
            if isinstance(norm, torch.nn.BatchNorm2d):
                norm.momentum = None
        net.train()
        net(image)
        net.eval()
        net.classifier.high_classifier.bias -= net(image)["out"].mean((0, 2, 3))


class Scores(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.net = net

    def forward(self, image):
        return self.net(image)["out"]


torch.onnx.export(
    Scores(),
    (torch.rand(1, 3, 520, 520),),
    "lraspp.onnx",
    input_names=["image"],
    output_names=["scores"],
    dynamic_shapes=({0: "batch", 2: "height", 3: "width"},),
)
with open("voc.txt", "w") as file:
    file.write("\n".join(weights.meta["categories"]))

with torch.no_grad():
    best = net(image)["out"].argmax(1)
shares = [(best == k).float().mean().item() for k in range(len(weights.meta["categories"]))]
write("segmentation", "lraspp.onnx", {"torch": torch.__version__}, labels=weights.meta["categories"], shares=shares)
