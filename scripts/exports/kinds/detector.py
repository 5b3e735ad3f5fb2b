"""A detector of torchvision, SSDlite, with all that it does after its heads: boxes, suppression, labels."""

import torch
from PIL import Image
from torchvision.models.detection import SSDLite320_MobileNet_V3_Large_Weights, ssdlite320_mobilenet_v3_large
from torchvision.transforms.functional import to_tensor
from truth import PHOTO, PRETRAINED, write

weights = SSDLite320_MobileNet_V3_Large_Weights.DEFAULT
names = weights.meta["categories"]
net = ssdlite320_mobilenet_v3_large(weights=weights if PRETRAINED else None, weights_backbone=None).eval()
image = to_tensor(Image.open(PHOTO).convert("RGB").resize((320, 320), Image.BILINEAR))
if not PRETRAINED:
    # features of random weights vanish: norms are set by the photo, and scores are spread
    for norm in net.modules():
        if isinstance(norm, torch.nn.BatchNorm2d):
            norm.momentum = None
            norm.train()
    with torch.no_grad():
        net([image, image.flip(2)])
        net.eval()
        for parameter in net.head.classification_head.parameters():
            parameter.mul_(1.5)

torch.onnx.export(
    net,
    ([image],),
    "ssdlite.onnx",
    input_names=["image"],
    output_names=["boxes", "scores", "labels"],
    opset_version=17,
    dynamo=False,
)
with open("coco.txt", "w") as file:
    file.write("\n".join(names))

with torch.no_grad():
    [found] = net([image])
best = found["scores"].argmax()
write(
    "detector",
    "ssdlite.onnx",
    {"torch": torch.__version__},
    labels=names,
    box=found["boxes"][best].tolist(),
    score=found["scores"][best].item(),
    index=found["labels"][best].item(),
)
