"""Whether the places of the layer that was used are places of the photo, by the patch test of this repository."""

import json
import os

from command import run

PATCH_TEST = os.environ["PATCH_TEST"]


def places_check(model, layer, image) -> dict | None:
    """None where nothing was tested: of one place there is nothing to test, so that is right."""
    words = [PATCH_TEST, model, "--json", "--picture", image]
    answer = run(words + (["--layer", layer["used"]] if "used" in layer else []))
    try:
        found = json.loads(answer["out"])
    except ValueError:
        return None
    if "refused" in found:
        return None
    if found["grid"].startswith("1×1"):
        return {"ok": True, "got": "one place", "right": "one place"}
    got = f"{found['other']} {found['otherFit']:.2f}" if found["answers"] else "no place answers"
    right = f"{found['grid']} {found['fit']:.2f}" if found["answers"] else "every place answers"
    return {"ok": found["pass"], "got": "as read" if found["pass"] else got, "right": right, "kind": found["kind"]}
