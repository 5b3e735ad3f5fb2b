"""Pictures that OpenCV resizes by INTER_LINEAR, every byte: [width, height, new width, new height, bytes].

    python opencv.py ../../packages/gradcam/test/fixtures/opencv.json
"""

import json
import sys

import cv2
import numpy as np

SIZES = [(5, 4, 8, 7), (13, 11, 4, 5), (7, 3, 16, 6)]


def picture(width, height):
    level = lambda x, y, c: (x * 37 + y * 91 + c * 53 + x * y * 7) % 256
    return np.array([[[level(x, y, c) for c in range(3)] for x in range(width)] for y in range(height)], dtype=np.uint8)


cases = [
    [w, h, to_w, to_h, cv2.resize(picture(w, h), (to_w, to_h), interpolation=cv2.INTER_LINEAR).reshape(-1).tolist()]
    for w, h, to_w, to_h in SIZES
]
with open(sys.argv[1], "w") as file:
    json.dump(cases, file, separators=(",", ":"))
