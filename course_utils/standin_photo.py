"""Takes one photograph of the stand-in: a person in a place, seen by one camera and cut out by a box.

Used by course_utils.standin (lesson 11).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from course_utils.standin_body import Canvas, Pose
from course_utils.standin_figure import draw_figure
from course_utils.standin_people import Person
from course_utils.standin_places import CAMERAS, HEIGHT, HORIZON, WIDTH, Camera, place, smooth_noise

SIZE = (64, 128)  # width, height in pixels: Market-1501's own
_FINE = 2  # people are drawn this many times larger, so that edges come out smooth
_FULL_HEIGHT = 0.88  # an average person fills this share of a box


@dataclass(frozen=True)
class Box:
    """How a box lies around a person: zoom of what is in it, and its shift in box widths and heights."""

    zoom: float = 1.0
    right: float = 0.0
    down: float = 0.0


@dataclass(frozen=True)
class Passage:
    """One walk past one camera: where it leads, in what light. The images of a passage share it."""

    yaw: float
    start: float
    light: float

    @staticmethod
    def draw(rng: np.random.Generator) -> "Passage":
        return Passage(rng.uniform(0, 2 * np.pi), rng.uniform(0, WIDTH), float(np.exp(rng.normal(0, 0.09))))


def loose_box(rng: np.random.Generator) -> Box:
    """A detector's box: too large, too small, or beside the person."""
    return Box(float(np.exp(rng.normal(-0.02, 0.075))), rng.normal(0, 0.048), rng.normal(0, 0.026))


def tight_box(rng: np.random.Generator) -> Box:
    """A box drawn by hand."""
    return Box(rng.uniform(1.0, 1.06), rng.normal(0, 0.02), rng.normal(0, 0.01))


def partial_box(rng: np.random.Generator) -> Box:
    """A box that shows the person only in part: junk."""
    return Box(rng.uniform(1.5, 2.3), rng.uniform(-0.45, 0.45), rng.choice([-0.45, 0.5]) * rng.uniform(0.6, 1.2))


def photograph(
    person: Person | None,
    camera_id: int,
    passage: Passage,
    box: Box,
    rng: np.random.Generator,
    seed: int,
    stranger: Person | None = None,
) -> Image.Image:
    """A 64 x 128 RGB image, before JPEG. person None: the place alone; stranger: somebody else who walks behind."""
    camera = CAMERAS[camera_id]
    picture = _background(camera_id, passage, box, rng, seed)
    if stranger is not None:
        _put(picture, stranger, Box(box.zoom * 0.72, rng.choice([-1, 1]) * rng.uniform(0.25, 0.5), -0.06), rng, camera)
    mask = Image.new("L", picture.size)
    if person is not None:
        turned = passage.yaw + rng.normal(0, 0.15)
        mask = _put(picture, person, box, rng, camera, turned)
    if rng.random() < 0.12:
        _obstacle(picture, mask, rng)
    pixels = _shaded(picture.reduce(_FINE), mask.reduce(_FINE), camera, rng)
    return _developed(pixels, camera, passage.light * float(np.exp(rng.normal(0, 0.05))), rng)


def _background(camera_id, passage, box, rng, seed):
    width, height = SIZE[0] / box.zoom, SIZE[1] / box.zoom
    left = (passage.start + rng.normal(0, 45)) % (WIDTH - width)
    top = rng.uniform(max(0.0, HORIZON + 14 - height), max(1.0, HEIGHT - height))
    fine = (SIZE[0] * _FINE, SIZE[1] * _FINE)
    box_in_place = (left, top, left + width, min(top + height, HEIGHT))
    return place(camera_id, seed).resize(fine, Image.Resampling.BILINEAR, box=box_in_place)


def _put(picture, person, box, rng, camera, yaw=None):
    """Draw the person and the shadow at the feet into the picture; returns the person's mask."""
    width, height = picture.size
    scale = height * _FULL_HEIGHT * box.zoom * person.height
    foot = (width * (0.5 + box.right), height * (0.5 + box.down + 0.46 * box.zoom))
    canvas = Canvas(picture.size, scale, foot)
    yaw = rng.uniform(0, 2 * np.pi) if yaw is None else yaw
    draw_figure(canvas, person, Pose(yaw, rng.uniform(0, 2 * np.pi), camera.pitch + rng.normal(0, 0.03)))
    shadow = Image.new("L", (width // 4, height // 4))
    x, y, half = foot[0] / 4 - camera.light * 4, foot[1] / 4, 0.14 * scale / 4
    ImageDraw.Draw(shadow).ellipse((x - half, y - half / 3, x + half, y + half / 3), fill=110)
    shadow = shadow.filter(ImageFilter.BoxBlur(1.5)).resize(picture.size)
    picture.paste((18, 18, 22), mask=shadow)
    picture.paste(canvas.colour, mask=canvas.mask)
    return canvas.mask


def _obstacle(picture, mask, rng):
    """Something stands between the camera and the person: a post, a bush, or somebody's bicycle."""
    width, height = picture.size
    pen, hole = ImageDraw.Draw(picture), ImageDraw.Draw(mask)
    kind, x = rng.integers(3), rng.uniform(0.1, 0.9) * width
    if kind == 0:
        grey, half = int(rng.integers(60, 180)), rng.uniform(5, 11)
        post = (x - half, 0, x + half, height)
        pen.rectangle(post, fill=(grey, grey, grey))
        hole.rectangle(post, fill=0)
    elif kind == 1:
        for _ in range(14):
            bx, by, r = x + rng.normal(0, 22), height - rng.uniform(0, 70), rng.uniform(9, 18)
            leaf = (bx - r, by - r, bx + r, by + r)
            pen.ellipse(leaf, fill=(int(rng.integers(36, 70)), int(rng.integers(74, 116)), int(rng.integers(34, 60))))
            hole.ellipse(leaf, fill=0)
    else:
        y, r = height - 40, 34
        for wheel in (x - 40, x + 40):
            pen.ellipse((wheel - r, y - r, wheel + r, y + r), outline=(26, 26, 28), width=4)
        frame = [(x - 40, y), (x - 12, y - 46), (x + 30, y - 46), (x + 40, y), (x + 2, y), (x - 12, y - 46)]
        pen.line(frame, fill=tuple(int(v) for v in rng.integers(30, 200, 3)), width=5)


@lru_cache(maxsize=1)
def _grain():
    """A bank of noise, cut at a random place for each image: folds of cloth, and the sensor's noise."""
    rng = np.random.default_rng(20150)
    folds = sum(smooth_noise(rng, 400, 300, cell) for cell in (4, 9)) / 2
    return folds.astype(np.float32), rng.normal(size=(400, 300, 3)).astype(np.float32)


def _cut(bank, rng):
    y, x = rng.integers(bank.shape[0] - SIZE[1]), rng.integers(bank.shape[1] - SIZE[0])
    return bank[y : y + SIZE[1], x : x + SIZE[0]]


def _shaded(picture, mask, camera, rng):
    """Light from one side and folds in the cloth, on the person only; (128, 64, 3) float32."""
    body = np.asarray(mask, dtype=np.float32) / 255
    round_body = np.asarray(mask.filter(ImageFilter.BoxBlur(3)), dtype=np.float32) / 255
    slope = np.zeros_like(round_body)
    slope[:, 3:-3] = round_body[:, 6:] - round_body[:, :-6]
    shade = 1 + body * (-0.34 * camera.light * slope + 0.10 * _cut(_grain()[0], rng))
    return np.asarray(picture, dtype=np.float32) * shade[..., None]


def _developed(pixels, camera: Camera, light, rng):
    """What the camera makes of the light: saturation, cast, gamma, contrast, blur and noise."""
    grey = pixels.mean(axis=2, keepdims=True)
    pixels = grey + camera.saturation * (pixels - grey)
    pixels *= np.float32(light) * np.asarray(camera.gain, dtype=np.float32)
    picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).point(_curve(camera) * 3)
    if camera.blur > 1:
        small = (round(SIZE[0] / camera.blur), round(SIZE[1] / camera.blur))
        picture = picture.resize(small, Image.Resampling.BOX).resize(SIZE, Image.Resampling.BILINEAR)
    noisy = np.asarray(picture, dtype=np.float32) + camera.noise * _cut(_grain()[1], rng)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))


@lru_cache(maxsize=12)
def _curve(camera):
    value = 255 * (np.arange(256) / 255) ** camera.gamma
    return [int(v) for v in np.clip(128 + camera.contrast * (value - 128) + camera.lift, 0, 255)]
