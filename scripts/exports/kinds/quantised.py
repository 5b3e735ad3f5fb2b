"""ResNet-18 in int8, by ONNX Runtime's static quantisation of torchvision's export."""

import numpy
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static
from PIL import Image
from torchvision.models import ResNet18_Weights
from truth import PHOTO, write

weights = ResNet18_Weights.DEFAULT
photos = [weights.transforms()(Image.open(PHOTO).convert("RGB"))[None].numpy()]


class Photos(CalibrationDataReader):
    def __init__(self):
        self.rest = iter([{"image": photo} for photo in photos])

    def get_next(self):
        return next(self.rest, None)


quantize_static("resnet18.onnx", "resnet18-int8.onnx", Photos(), quant_format=QuantFormat.QDQ, per_channel=True)

session = onnxruntime.InferenceSession("resnet18-int8.onnx")
[logits] = session.run(None, {"image": numpy.concatenate(photos)})
write(
    "quantised",
    "resnet18-int8.onnx",
    {"onnxruntime": onnxruntime.__version__},
    labels=weights.meta["categories"],
    probabilities=torch.tensor(logits[0]).softmax(0).tolist(),
)
