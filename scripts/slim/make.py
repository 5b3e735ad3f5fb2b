"""Makes every slimmed network, or those whose names hold a word that is given."""

import importlib
import os
import sys
import traceback
import warnings

warnings.filterwarnings("ignore")
os.environ.setdefault("KERAS_BACKEND", "torch")

import torch

torch.set_num_threads(1)

MODULES = ["timm_nets", "torchvision_nets", "transformers_nets", "detectors", "dense_nets", "changed_nets", "keras_nets"]


class Wanted:
    """Which networks are made; what fails is told at the end."""

    def __init__(self, words):
        self.words = words
        self.failed = []

    def __call__(self, name):
        return not self.words or any(word in name for word in self.words)

    def run(self, name, one):
        try:
            one()
        except Exception:
            self.failed.append(name)
            print(f"{name}: {traceback.format_exc(limit=-3)}", flush=True)


wanted = Wanted(sys.argv[1:])
for module in MODULES:
    importlib.import_module(module).make(wanted)
if wanted.failed:
    sys.exit(f"failed: {' '.join(wanted.failed)}")
