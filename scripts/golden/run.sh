#!/bin/sh
# Everything that the Python processors say, anew: the table of classes, the sample of the tests, and golden tensors of all
# configurations, which check.mjs holds ours to. Needs Python 3.11 or newer, and 6 GB outside the repository.
#
#   scripts/golden/run.sh [FOLDER]      (default /tmp/golden-processors; its environment lies beside it)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
gradcam="$here/../../packages/gradcam"
folder=${1:-/tmp/golden-processors}
environment="$folder-environment"
if [ ! -x "$environment/bin/python" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet -r "$here/requirements.txt"
fi
export PYTHONDONTWRITEBYTECODE=1 TRANSFORMERS_VERBOSITY=error YOLO_CONFIG_DIR="$environment"
cd "$here"
"$environment/bin/python" table.py "$gradcam/src/model/preprocessing/processors.ts"
"$environment/bin/python" sample.py "$gradcam/test/fixtures/processors"
"$environment/bin/python" opencv.py "$gradcam/test/fixtures/opencv.json"
"$environment/bin/python" processors.py "$folder"
cd ../..
npx biome format --write "$gradcam/src/model/preprocessing/processors.ts" "$gradcam/test/fixtures/processors"
npm run build --silent
node scripts/golden/check.mjs "$folder"
