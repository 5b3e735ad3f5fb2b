"""ResNet-18 of torchvision, by PyTorch's exporter."""

import torch
import torchvision
from PIL import Image
from torchvision.models import resnet18
from truth import PHOTO, PRETRAINED, telling, write

net = resnet18(weights="DEFAULT" if PRETRAINED else None).eval()
weights = torchvision.models.ResNet18_Weights.DEFAULT
image = weights.transforms()(Image.open(PHOTO).convert("RGB"))[None]
telling(net, net.fc, image)

torch.onnx.export(
    net,
    (torch.rand(1, 3, 224, 224),),
    "resnet18.onnx",
    input_names=["image"],
    output_names=["logits"],
    dynamic_shapes=({0: "batch"},),
)

with torch.no_grad():
    probabilities = net(image).softmax(1)[0].tolist()
write(
    "torchvision",
    "resnet18.onnx",
    {"torch": torch.__version__, "torchvision": torchvision.__version__},
    labels=weights.meta["categories"],
    probabilities=probabilities,
)
