"""One network: built, exported, asked about, compared with its framework. Writes one result for each exporter, whatever fails."""

import importlib
import json
import os
import shutil
import sys
import time
import traceback
import warnings

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
warnings.simplefilter("ignore")

import numpy as np
import torch
from answers import checks_of

torch.manual_seed(1)
torch.set_num_threads(2)


def main() -> None:
    entry = json.loads(sys.argv[1])
    place, results = sys.argv[2], sys.argv[3]
    stamp = os.environ["STAMP"]
    framework = entry["name"].split("/")[0]
    wanted = entry["exporters"]
    begin = time.monotonic()
    subject, failed = None, None
    try:
        np.random.seed(1)
        subject = importlib.import_module(f"build_{framework}").build(entry)
    except Exception:
        failed = traceback.format_exc()[-2000:]
    for exporter in wanted:
        result = {"name": entry["name"], "exporter": exporter, "stamp": stamp, "entry": entry}
        folder = os.path.join(place, entry["name"].replace("/", "-"), exporter)
        try:
            if subject is None:
                result["not_built"] = failed
            else:
                result |= tried(subject, exporter, folder)
        except Exception:
            result["harness"] = traceback.format_exc()[-2000:]
        result["seconds"] = time.monotonic() - begin
        path = os.path.join(results, f"{entry['name'].replace('/', '-')}.{exporter}.json")
        with open(path, "w") as file:
            json.dump(result, file, indent=1)
        print(path)


def tried(subject, exporter, folder) -> dict:
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(os.path.join(folder, "model"))
    try:
        model = subject.exporters[exporter](os.path.join(folder, "model"))
    except Exception as error:
        return {"not_exported": f"{type(error).__name__}: {str(error)[-600:]}"}
    image = os.path.join(folder, "input.npy")
    np.save(image, np.ascontiguousarray(subject.image.detach().numpy()))
    file = model if model.endswith(".onnx") else os.path.join(model, "model.onnx")
    result = {"task": subject.task, "model": model, "prepared": subject.prepared}
    return result | checks_of(subject, model, file, image)


main()
