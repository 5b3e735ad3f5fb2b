"""Writes the library's table of image processor classes from the installed transformers.

    python table.py ../../packages/gradcam/src/model/preprocessing/processors.ts
"""

import json
import sys

import transformers
from classes import COMMON, ELSEWHERE, PATCHES, classes, defaults, never, rule_of

MEANS = {
    "imagenet": ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    "half": ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    "clip": ([0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]),
}
# Fields of single classes that say something about the picture; all other fields of theirs are known and mean nothing here.
ABOUT_PIXELS = (
    *("crop_pct", "size_divisor", "ensure_multiple_of", "keep_aspect_ratio", "do_grayscale", "do_flip_channel_order", "rescale_offset"),
    *("include_top", "offset", "min_size", "do_thumbnail", "do_align_long_axis", "do_crop_margin", "constant_values", "pad_mode", "resize_short"),
    *("limit_side_len", "limit_type", "max_side_limit", "max_image_width", "max_image_size", "min_image_size", "patch_size", "do_affine_transform"),
    *("do_image_splitting", "do_split_image", "crop_to_patches", "do_pan_and_scan", "do_color_quantize", "split_image", "image_size"),
)


def text(value):
    """A value of JSON as biome writes it: keys bare, single quotes."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key}: {text(each)}" for key, each in value.items()) + " }" if value else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, str):
        return value if value in ("IMAGENET_MEAN", "IMAGENET_STD") else "'" + value + "'"
    return json.dumps(value)


def entry(name, cls):
    values, own = defaults(name, cls)
    row = {"rule": rule_of(name, cls)}
    if "Torchvision" in "".join(parent.__name__ for parent in cls.__mro__):
        row["torchvision"] = True
    flags = never(cls)
    if flags:
        row["never"] = flags
    other = [key for key in own if key not in ABOUT_PIXELS]
    if other:
        row["silent"] = other
    bare = [key for key in own if key in ABOUT_PIXELS and values.get(key) is None]
    if bare:
        row["open"] = bare
    mean, std = values.pop("image_mean", None), values.pop("image_std", None)
    named = next((key for key, pair in MEANS.items() if [mean, std] == list(pair)), None)
    if named:
        row["normal"] = named
    for key, value in (("image_mean", mean), ("image_std", std)):
        if value is not None and not named:
            values[key] = value
    for key in other:
        values.pop(key, None)
    if values.get("rescale_factor") == 1 / 255:
        del values["rescale_factor"]
    if values.get("rescale_factor") == 1 / 127.5:
        values["rescale_factor"] = 0.00784313725490196
    row["fields"] = {key: value for key, value in values.items() if value not in (None, [])}
    return row


def main(target):
    found = classes()
    pictures = {name: entry(name, cls) for name, cls in found.items() if name not in PATCHES | ELSEWHERE}
    rules = sorted({row["rule"] for row in pictures.values()})
    lines = [
        f"/** @file Made by scripts/golden/table.py of transformers {transformers.__version__}: image processor classes, and what absent fields mean. */",
        "",
        f"export const transformersVersion = '{transformers.__version__}'",
        "",
        "/** Ways from photo to picture. */",
        "export type Rule = " + " | ".join(f"'{rule}'" for rule in rules),
        "",
        "/** A class of image processors. */",
        "export interface Processor {",
        "  rule: Rule",
        "  /** Crops as torchvision does, where the rest is odd. */",
        "  torchvision?: true",
        "  /** Flags that the class does not look at. */",
        "  never?: readonly string[]",
        "  /** Fields of its own that say nothing about pixels. */",
        "  silent?: readonly string[]",
        "  /** Fields of its own about pixels that have no default. */",
        "  open?: readonly string[]",
        "  /** Mean and deviation, where they are well-known ones. */",
        "  normal?: 'imagenet' | 'half' | 'clip'",
        "  /** Fields of a configuration, where a file does not have them; `rescale_factor` is 1/255 where it is not here. */",
        "  fields: Readonly<Record<string, unknown>>",
        "}",
        "",
        "/** By name, without `ImageProcessor`. */",
        "// biome-ignore format: one line a class",
        "export const processors: Readonly<Record<string, Processor>> = {",
        *(f"  {name.removesuffix('ImageProcessor')}: {text(row)}," for name, row in pictures.items()),
        "}",
        "",
        "/** Fields that all classes have. */",
        f"export const commonFields: readonly string[] = {text(sorted(COMMON))}",
        "",
        "/** Classes that make patches, tiles or tokens of a photo: no picture. */",
        "export const patchMakers: ReadonlySet<string> = new Set([",
        *(f"  '{name.removesuffix('ImageProcessor')}'," for name in sorted(PATCHES)),
        "])",
        "",
    ]
    with open(target, "w", encoding="utf8") as file:
        file.write("\n".join(lines))
    missing = PATCHES - set(found)
    if missing:
        raise SystemExit(f"no longer there: {', '.join(sorted(missing))}")
    print(f"{len(pictures)} classes that make pictures, {len(PATCHES)} that do not, of transformers {transformers.__version__}")


main(sys.argv[1])
