#!/usr/bin/env bash
# Networks as other frameworks export them, with the frameworks' own answers for one photo, for packages/cli/test/exports*.test.ts: five
# classifiers and detectors, and one network of each kind.
#
#   scripts/exports/run.sh [FOLDER]
#
# FOLDER is $GRADCAM_EXPORTS, or gradcam-exports among the temporary files. The Python environment, 7 GB with pip from PyPI, lies in
# the user's cache and is made once; GRADCAM_EXPORTS_PYTHON names a Python that has the packages of requirements.txt already. Weights
# are random, since most machines cannot load trained ones; PRETRAINED=1 loads them where the framework can.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-${GRADCAM_EXPORTS:-${TMPDIR:-/tmp}/gradcam-exports}}
export PHOTO=${PHOTO:-$here/../../examples/photos/cat-chelsea.png}
export PYTHONDONTWRITEBYTECODE=1 YOLO_AUTOINSTALL=false KERAS_BACKEND=torch

stamp=$(cat "$here"/*.py "$here"/kinds/*.py "$here/requirements.txt" | sha256sum | cut -c1-16)${PRETRAINED:+-pretrained}
[ "$(cat "$out/made" 2>/dev/null)" = "$stamp" ] && exit 0

python=${GRADCAM_EXPORTS_PYTHON:-$("$here/python.sh")}

mkdir -p "$out"
if [ ! -d "$out/truth" ] && [ -n "$(ls -A "$out")" ]; then
  echo "$out holds other files: name a new folder" >&2
  exit 1
fi
rm -rf "${out:?}"/*
cd "$out"
for name in torchvision timm transformers ultralytics keras; do
  "$python" -W ignore::Warning "$here/${name}_export.py"
done
for name in detector segmentation embedding quantised; do
  PYTHONPATH=$here "$python" -W ignore::Warning "$here/kinds/$name.py"
done
echo "$stamp" >made
