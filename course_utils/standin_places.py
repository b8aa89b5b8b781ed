"""The six places of the stand-in: what lies behind the people, and how each camera sees.

Each camera has its own light, colour cast, sharpness, noise and tilt, as the six of Market-1501 have
(five are sharp, the sixth is an old one of low resolution). Used by course_utils.standin (lesson 11).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 420, 232  # of a place, in pixels of the finished images
HORIZON = 92
PEOPLE = (2017, 1709, 2707, 920, 2338, 3245)  # images of each camera in Market-1501's training set: how busy it is


@dataclass(frozen=True)
class Camera:
    """gain: factor on red, green, blue; contrast and lift: slope and black level; saturation: 0 is grey, 1 as it is.

    light: from the left (-1) to the right (1), times its hardness; blur: image is shrunk by this and enlarged again.
    """

    gain: tuple[float, float, float]
    gamma: float
    contrast: float
    lift: float
    saturation: float
    light: float
    pitch: float
    blur: float
    noise: float
    quality: int


CAMERAS = {
    1: Camera((1.06, 1.01, 0.94), 0.97, 1.02, 2, 1.00, -0.9, 0.20, 1.0, 3, 92),
    2: Camera((0.95, 1.01, 1.03), 1.02, 0.98, 3, 0.92, 0.4, 0.28, 1.3, 4, 88),
    3: Camera((0.88, 0.87, 0.92), 1.02, 1.00, 2, 0.95, 0.7, 0.14, 1.2, 6, 85),
    4: Camera((1.03, 0.99, 0.87), 1.00, 0.97, 3, 0.97, -0.3, 0.34, 1.4, 5, 88),
    5: Camera((0.99, 1.00, 1.01), 1.04, 1.09, -3, 1.04, 1.0, 0.18, 1.0, 4, 90),
    6: Camera((0.97, 0.99, 1.04), 0.99, 0.90, 11, 0.84, -0.5, 0.24, 2.0, 5, 78),
}


def _milder(pixels, strength=0.52):
    """Pull every colour towards a grey; behind the people nothing is as black or as bright as their clothes."""
    return (128 + strength * (pixels.astype(np.float32) - 128)).astype(np.uint8)


@lru_cache(maxsize=12)
def place(camera_id: int, seed: int) -> Image.Image:
    """The empty place before a camera, WIDTH x HEIGHT, without the camera's own cast."""
    rng = np.random.default_rng([seed, 7, camera_id])
    picture = Image.new("RGB", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(picture)
    (_plaza, _lawn, _brick, _hall, _street, _market)[camera_id - 1](pen, rng)
    picture = picture.filter(ImageFilter.GaussianBlur(0.7))
    picture = Image.fromarray(_milder(np.asarray(picture)))
    grain = 1 + 0.05 * smooth_noise(rng, HEIGHT, WIDTH, 3) + 0.09 * smooth_noise(rng, HEIGHT, WIDTH, 24)
    return Image.fromarray(np.clip(np.asarray(picture) * grain[..., None], 0, 255).astype(np.uint8))


def smooth_noise(rng: np.random.Generator, height: int, width: int, cell: int) -> np.ndarray:
    """Noise of mean 0 and spread about 1 whose bumps are `cell` pixels wide; (height, width) float32."""
    coarse = rng.normal(size=(height // cell + 2, width // cell + 2)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def _ground(pen, near, far):
    for y in range(HORIZON, HEIGHT):
        t = (y - HORIZON) / (HEIGHT - HORIZON)
        pen.line((0, y, WIDTH, y), fill=tuple(int(a + (b - a) * t) for a, b in zip(far, near, strict=True)))


def _rows(pen, colour, step):
    """Joints between slabs: rows that draw together towards the horizon, and lines that run towards it."""
    y, gap = HORIZON + 3.0, 3.0
    while y < HEIGHT:
        pen.line((0, y, WIDTH, y), fill=colour)
        gap *= 1.28
        y += gap
    for x in range(-WIDTH, 2 * WIDTH, step):
        pen.line((WIDTH / 2 + (x - WIDTH / 2) * 0.45, HORIZON, x, HEIGHT), fill=colour)


def _blobs(pen, rng, count, colours, top, bottom, size):
    for _ in range(count):
        x, y, r = rng.uniform(0, WIDTH), rng.uniform(top, bottom), rng.uniform(*size)
        pen.ellipse((x - r, y - 0.8 * r, x + r, y + 0.8 * r), fill=colours[rng.integers(len(colours))])


def _plaza(pen, rng):
    pen.rectangle((0, 0, WIDTH, HORIZON), fill=(186, 200, 212))
    for x in range(0, WIDTH, 70):
        top = rng.integers(5, 45)
        pen.rectangle((x, top, x + 62, HORIZON), fill=(168, 156, 146))
        for y in range(int(top) + 6, HORIZON - 12, 13):
            for column in range(x + 6, x + 58, 13):
                pen.rectangle((column, y, column + 7, y + 7), fill=(96, 108, 120))
    _blobs(pen, rng, 26, ((70, 104, 56), (88, 122, 66)), 66, 88, (9, 17))
    _ground(pen, (206, 198, 186), (176, 170, 162))
    _rows(pen, (156, 150, 142), 46)


def _lawn(pen, rng):
    pen.rectangle((0, 0, WIDTH, HORIZON), fill=(94, 122, 88))
    _blobs(pen, rng, 130, ((48, 84, 44), (66, 104, 52), (86, 124, 68), (40, 66, 40)), 0, HORIZON, (10, 26))
    for x in range(30, WIDTH, 88):
        pen.rectangle((x, 20, x + 8, HORIZON + 8), fill=(82, 64, 48))
    _ground(pen, (112, 146, 74), (88, 122, 66))
    pen.polygon([(150, HORIZON), (205, HORIZON), (330, HEIGHT), (90, HEIGHT)], fill=(172, 164, 150))


def _brick(pen, rng):
    pen.rectangle((0, 0, WIDTH, HORIZON + 14), fill=(118, 106, 98))
    for row, y in enumerate(range(0, HORIZON + 14, 7)):
        for x in range(-16 + 8 * (row % 2), WIDTH, 16):
            tint = int(rng.integers(-14, 14))
            pen.rectangle((x, y, x + 14, y + 5), fill=(150 + tint, 92 + tint, 74 + tint))
    for x in (40, 170, 310):
        pen.rectangle((x, 12, x + 62, 74), fill=(58, 70, 84), outline=(206, 200, 190), width=3)
    _ground(pen, (112, 110, 110), (98, 96, 98))
    _rows(pen, (84, 84, 86), 64)


def _hall(pen, rng):
    pen.rectangle((0, 0, WIDTH, HORIZON + 6), fill=(198, 192, 178))
    for x in range(0, WIDTH, 56):
        shade = int(rng.integers(-22, 22))
        pen.rectangle((x + 4, 8, x + 50, HORIZON + 2), fill=(128 + shade, 150 + shade, 158 + shade))
        pen.line((x + 27, 8, x + 27, HORIZON), fill=(226, 222, 212), width=2)
    for x in range(20, WIDTH, 130):
        pen.rectangle((x, 0, x + 20, HORIZON + 26), fill=(222, 214, 196))
    _ground(pen, (212, 200, 176), (184, 172, 150))
    _rows(pen, (168, 154, 130), 38)


def _street(pen, rng):
    pen.rectangle((0, 0, WIDTH, HORIZON), fill=(146, 150, 154))
    _blobs(pen, rng, 40, ((58, 80, 52), (80, 98, 66)), 0, 44, (12, 26))
    for x in range(10, WIDTH, 104):
        colour = ((168, 36, 36), (220, 220, 224), (44, 58, 104), (40, 40, 44))[int(rng.integers(4))]
        pen.rounded_rectangle((x, 66, x + 88, 98), 8, fill=colour)
        pen.rounded_rectangle((x + 14, 50, x + 72, 74), 8, fill=(60, 72, 82))
        for wheel in (x + 18, x + 68):
            pen.ellipse((wheel - 9, 88, wheel + 9, 106), fill=(26, 26, 28))
    _ground(pen, (94, 94, 98), (118, 118, 122))
    for x in range(-40, WIDTH, 66):
        pen.polygon([(x, 150), (x + 34, 150), (x + 40, 164), (x - 2, 164)], fill=(226, 226, 220))


def _market(pen, rng):
    pen.rectangle((0, 0, WIDTH, HORIZON + 10), fill=(160, 166, 170))
    for x in range(0, WIDTH, 84):
        colour = ((196, 60, 52), (222, 184, 70), (60, 128, 88), (70, 98, 160))[int(rng.integers(4))]
        pen.rectangle((x, 0, x + 80, 22), fill=colour)
        pen.rectangle((x + 4, 26, x + 76, HORIZON + 10), fill=(84, 88, 94))
    _blobs(pen, rng, 60, ((198, 96, 52), (206, 190, 80), (92, 140, 70), (150, 60, 60)), 78, 100, (4, 9))
    _ground(pen, (150, 152, 154), (132, 134, 138))
    _rows(pen, (120, 122, 126), 90)
