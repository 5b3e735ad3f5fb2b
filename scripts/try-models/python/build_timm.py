"""timm's networks, with the config.json that timm writes for Hugging Face."""

import os

import timm
from subject import Subject, photo, torch_exporters
from timm.models import save_for_hf
from weights import redraw, tell

BREEDS = ["Abyssinian", "Bengal", "Birman", "Bombay", "Egyptian Mau", "Maine Coon", "Persian", "Ragdoll", "Siamese", "Sphynx"]


def build(entry) -> Subject:
    name = entry["name"].split("/")[1]
    options = dict(entry.get("options", {}))
    size = entry.get("size")
    if size and entry.get("sized", True) and "img_size" not in options and entry.get("img_size"):
        options["img_size"] = size
    net = timm.create_model(name, pretrained=False, num_classes=len(BREEDS), **options).eval()
    config = timm.data.resolve_model_data_config(net)
    if size:
        config["input_size"] = (3, size, size)
    transform = timm.data.create_transform(**config, is_training=False)
    image = transform(photo())[None]
    redraw(net, image)
    tell(net, image, lambda outputs: outputs)

    def within(export):
        def write(folder):
            net.pretrained_cfg = {**net.pretrained_cfg, "input_size": tuple(config["input_size"])}
            save_for_hf(net, folder, model_config={"label_names": BREEDS})
            for file in os.listdir(folder):
                if file.endswith((".bin", ".safetensors")):
                    os.remove(os.path.join(folder, file))
            export(folder)
            return folder

        return write

    exporters = {key: within(export) for key, export in torch_exporters(net, image).items()}
    return Subject(net, image, "classification", lambda outputs: outputs, exporters, labels=BREEDS, prepared=True)
