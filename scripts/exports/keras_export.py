"""MobileNetV3 of Keras, which scales pixels in the network itself."""

import os

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from torchvision.models import ResNet18_Weights
from truth import PHOTO, PRETRAINED, write

weights = "imagenet" if PRETRAINED else None
net = keras.applications.MobileNetV3Small(input_shape=(224, 224, 3), weights=weights)
photo = keras.utils.load_img(PHOTO, target_size=(224, 224), interpolation="bilinear")
image = keras.utils.img_to_array(photo)[None]
if not PRETRAINED:
    head = net.get_layer("logits")
    logits = keras.Model(net.input, head.output)(image)
    logits = np.asarray(keras.ops.convert_to_numpy(logits))
    kernel, bias = head.get_weights()
    factor = 2 / logits.std()
    head.set_weights([kernel * factor, (bias - logits.mean()) * factor])

answers = net.predict(image, verbose=0)
net.export("mobilenet_v3.onnx", format="onnx")

write(
    "keras",
    "mobilenet_v3.onnx",
    {"keras": keras.__version__, "backend": keras.backend.backend()},
    labels=ResNet18_Weights.DEFAULT.meta["categories"],
    probabilities=np.asarray(answers)[0].tolist(),
)
