"""MobileNetV3 of timm, with the config.json that timm writes for Hugging Face."""

import os

import timm
import torch
from PIL import Image
from timm.models import save_for_hf
from truth import PHOTO, PRETRAINED, telling, write

breeds = ["Abyssinian", "Bengal", "Birman", "Bombay", "Egyptian Mau", "Maine Coon", "Persian", "Ragdoll", "Siamese", "Sphynx"]

net = timm.create_model("mobilenetv3_small_050", pretrained=PRETRAINED, num_classes=10).eval()
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(net), is_training=False)
image = transform(Image.open(PHOTO).convert("RGB"))[None]
telling(net, net.classifier, image)

save_for_hf(net, "mobilenet", model_config={"label_names": breeds})
torch.onnx.export(net, (torch.rand(1, 3, 224, 224),), "mobilenet/model.onnx", dynamic_shapes=({0: "batch"},))

os.remove("mobilenet/pytorch_model.bin")
with torch.no_grad():
    probabilities = net(image).softmax(1)[0].tolist()
write(
    "timm",
    "mobilenet",
    {"timm": timm.__version__, "torch": torch.__version__},
    labels=breeds,
    probabilities=probabilities,
)
