"""Networks of one framework: built, exported, asked about, compared with it. Writes one result for each exporter, whatever fails."""

import importlib
import json
import math
import os
import shutil
import signal
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

LIMIT = float(os.environ["LIMIT"])


def main() -> None:
    """Each network in a process of its own, forked from this one, which has loaded the framework."""
    place, results, stamp = sys.argv[1:4]
    entries = json.load(sys.stdin)
    framework = entries[0]["name"].split("/")[0]
    builder = importlib.import_module(f"build_{framework}")
    for entry in entries:
        child = os.fork()
        if child == 0:
            os.setsid()
            one(entry, builder, place, results, stamp)
            sys.stdout.flush()
            os._exit(0)
        failed = awaited(child)
        for exporter in entry["exporters"] if failed else []:
            if not os.path.exists(file_of(results, entry, exporter)):
                written(results, entry, exporter, {"stamp": stamp, "harness": failed})
        print(entry["name"], flush=True)


def awaited(child) -> str:
    """Why a child failed; empty where it did not."""
    begin = time.monotonic()
    while time.monotonic() - begin < LIMIT:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return "" if status == 0 else f"ended with {status}"
        time.sleep(0.1)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return f"took more than {LIMIT:.0f} seconds"


def file_of(results, entry, exporter) -> str:
    return os.path.join(results, f"{entry['name'].replace('/', '-')}.{exporter}.json")


def written(results, entry, exporter, result) -> None:
    with open(file_of(results, entry, exporter), "w") as file:
        json.dump(in_json({"name": entry["name"], "exporter": exporter, "entry": entry, **result}), file, indent=1)


def in_json(value):
    """NaN and infinity as words: JSON has no such numbers."""
    if isinstance(value, dict):
        return {key: in_json(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [in_json(each) for each in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def one(entry, builder, place, results, stamp) -> None:
    begin = time.monotonic()
    torch.manual_seed(1)
    torch.set_num_threads(2)
    np.random.seed(1)
    subject, failed = None, None
    for exporter in entry["exporters"]:
        if os.path.exists(file_of(results, entry, exporter)):
            os.remove(file_of(results, entry, exporter))
    try:
        subject = builder.build(entry)
    except Exception:
        failed = traceback.format_exc()[-2000:]
    for exporter in entry["exporters"]:
        result = {"stamp": stamp}
        try:
            if subject is None:
                result["not_built"] = failed
            else:
                result |= tried(subject, exporter, os.path.join(place, entry["name"].replace("/", "-"), exporter))
        except Exception:
            result["harness"] = traceback.format_exc()[-2000:]
        written(results, entry, exporter, {**result, "seconds": time.monotonic() - begin})


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
