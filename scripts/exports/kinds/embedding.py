"""CLIP's picture half of transformers, with its processor: an embedding."""

import os

import torch
from PIL import Image
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection
from truth import PHOTO, PRETRAINED, write

if PRETRAINED:
    net = CLIPVisionModelWithProjection.from_pretrained("openai/clip-vit-base-patch32").eval()
    processor = CLIPImageProcessor.from_pretrained("openai/clip-vit-base-patch32")
else:
    small = CLIPVisionConfig(hidden_size=192, intermediate_size=384, num_hidden_layers=4, num_attention_heads=3, projection_dim=64)
    net = CLIPVisionModelWithProjection(small).eval()
    processor = CLIPImageProcessor()

net.config.save_pretrained("clip")
processor.save_pretrained("clip")
torch.onnx.export(
    net,
    (torch.rand(1, 3, 224, 224),),
    "clip/model.onnx",
    input_names=["pixel_values"],
    output_names=["image_embeds", "last_hidden_state"],
    dynamic_shapes={"pixel_values": {0: "batch"}},
)


def embedding(photo):
    with torch.no_grad():
        return net(**processor(Image.open(photo).convert("RGB"), return_tensors="pt")).image_embeds[0]


other = os.path.join(os.path.dirname(PHOTO), "coffee.png")
likeness = torch.cosine_similarity(embedding(PHOTO), embedding(other), dim=0).item()
write("embedding", "clip", {"torch": torch.__version__}, labels=[], likeness=likeness)
