"""A ViT of transformers, with its configuration and its image processor beside it."""

import torch
import transformers
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor
from truth import PHOTO, PRETRAINED, telling, write

if PRETRAINED:
    net = ViTForImageClassification.from_pretrained("google/vit-base-patch16-224").eval()
    processor = ViTImageProcessor.from_pretrained("google/vit-base-patch16-224")
else:
    names = ["cat", "cup", "dog", "person", "street", "tree"]
    small = {"hidden_size": 96, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 192}
    net = ViTForImageClassification(ViTConfig(**small, id2label=dict(enumerate(names)))).eval()
    processor = ViTImageProcessor()
image = processor(Image.open(PHOTO).convert("RGB"), return_tensors="pt")["pixel_values"]
telling(net, net.classifier, image)

net.config.save_pretrained("vit")
processor.save_pretrained("vit")
torch.onnx.export(
    net,
    (torch.rand(1, 3, 224, 224),),
    "vit/model.onnx",
    input_names=["pixel_values"],
    output_names=["logits"],
    dynamic_shapes={"pixel_values": {0: "batch"}},
)

with torch.no_grad():
    probabilities = net(image).logits.softmax(1)[0].tolist()
write(
    "transformers",
    "vit",
    {"transformers": transformers.__version__, "torch": torch.__version__},
    labels=[net.config.id2label[i] for i in range(net.config.num_labels)],
    probabilities=probabilities,
)
