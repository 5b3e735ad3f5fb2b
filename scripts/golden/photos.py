"""Seven odd photos: grey, with transparency, tiny, wide, tall, a panorama, and one that EXIF turns."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageOps


def scene(width, height, seed):
    """Gradients, edges, a fine pattern and noise: whatever resizing can get wrong."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 255 / max(width - 1, 1), y * 255 / max(height - 1, 1), (x + y) % 256], axis=-1)
    image = Image.fromarray(base.astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x0, y0 = int(rng.integers(0, width)), int(rng.integers(0, height))
        x1, y1 = x0 + int(rng.integers(1, width)), y0 + int(rng.integers(1, height))
        colour = tuple(int(c) for c in rng.integers(0, 256, 3))
        (draw.rectangle if rng.integers(0, 2) else draw.ellipse)([x0, y0, x1, y1], fill=colour)
    pixels = np.asarray(image).astype(int)
    third = height // 3
    pixels[:third] = np.clip(pixels[:third] + rng.integers(-40, 41, (third, width, 3)), 0, 255)
    stripes = (x[-third:] // 2 + y[-third:] // 3) % 2 == 0
    pixels[-third:][stripes] = 255 - pixels[-third:][stripes]
    return Image.fromarray(pixels.astype(np.uint8))


def photos(part=1):
    """Pairs of name and PIL image, upright as a reader of photos hands it on; with `part` 3 a third of their size."""

    def sized(width, height, seed):
        return scene(width // part, height // part, seed)

    transparent = sized(120, 90, 2).convert("RGBA")
    y, x = np.mgrid[0 : transparent.height, 0 : transparent.width]
    transparent.putalpha(Image.fromarray(((x * 2 + y) % 256).astype(np.uint8)))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    stored = io.BytesIO()
    sized(160, 110, 7).save(stored, "PNG", exif=exif)
    return [
        ("grey", sized(130, 97, 1).convert("L")),
        ("rgba", transparent),
        ("tiny", scene(37, 53, 3)),
        ("wide", sized(331, 97, 4)),
        ("portrait", sized(150, 267, 5)),
        ("panorama", sized(420, 70, 6)),
        ("turned", ImageOps.exif_transpose(Image.open(io.BytesIO(stored.getvalue())))),
    ]
