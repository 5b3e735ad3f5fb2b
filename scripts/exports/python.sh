#!/usr/bin/env bash
# Prints the Python of the environment that the exports need, and makes it where it is missing or of other versions.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=${XDG_CACHE_HOME:-$HOME/.cache}/gradcam/exports-python
python=$place/bin/python
if ! cmp -s "$here/requirements.txt" "$place/installed.txt"; then
  python3 -m venv --clear "$place"
  "$python" -m pip install --quiet --no-cache-dir --requirement "$here/requirements.txt" >&2
  cp "$here/requirements.txt" "$place/installed.txt"
fi
echo "$python"
