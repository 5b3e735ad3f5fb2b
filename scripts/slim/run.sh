#!/usr/bin/env bash
# Slimmed networks of torchvision, timm, transformers, segmentation_models_pytorch and Keras, with the frameworks' own answers, for
# packages/gradcam/test/model/slim.test.ts. Weights are random.
#
#   scripts/slim/run.sh [NAME…]      only those whose names hold a word
#
# The Python environment is that of scripts/exports, and a folder beside it for what is needed here alone; GRADCAM_EXPORTS_PYTHON names a
# Python that has the packages of both requirements.txt already.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export SLIM_OUT=$here/../../packages/gradcam/test/fixtures/slim
export PYTHONDONTWRITEBYTECODE=1 KERAS_BACKEND=torch

python=${GRADCAM_EXPORTS_PYTHON:-}
if [ -z "$python" ]; then
  python=$("$here/../exports/python.sh")
  place=${XDG_CACHE_HOME:-$HOME/.cache}/gradcam/slim-packages
  if ! cmp -s "$here/requirements.txt" "$place/installed.txt"; then
    rm -rf "$place"
    "$python" -m pip install --quiet --no-cache-dir --no-deps --target "$place" --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$place/installed.txt"
  fi
  export PYTHONPATH=$place
fi

mkdir -p "$SLIM_OUT"
"$python" "$here/make.py" "$@"
