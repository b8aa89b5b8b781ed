"""The bare means of drawing a person of the stand-in: a body of joints, a view of it, and a canvas.

Axes of the body: x to its left, y forwards, z up, in units of an average body height; the feet stand at z = 0.
A yaw of 0 faces the camera, 90 degrees shows a side, 180 the back. Used by course_utils.standin_figure.
"""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from course_utils.standin_people import Person


@dataclass(frozen=True)
class Pose:
    """yaw and pitch in radians (pitch: how far the camera looks down); phase of the step, from 0 to 2 pi."""

    yaw: float
    phase: float
    pitch: float


@dataclass
class Canvas:
    """A colour image and the mask of what was drawn on it. scale: pixels per body height; foot: where z = 0 stands."""

    size: tuple[int, int]
    scale: float
    foot: tuple[float, float]
    colour: Image.Image = field(init=False)
    mask: Image.Image = field(init=False)

    def __post_init__(self):
        self.colour, self.mask = Image.new("RGB", self.size), Image.new("L", self.size)
        self._pens = ImageDraw.Draw(self.colour), ImageDraw.Draw(self.mask)

    def pixel(self, point):
        return self.foot[0] + point[0] * self.scale, self.foot[1] - point[1] * self.scale

    def polygon(self, points, paint):
        pixels = [self.pixel(point) for point in points]
        if isinstance(paint, Image.Image):
            self._cloth(pixels, paint)
        else:
            self._pens[0].polygon(pixels, fill=paint)
        self._pens[1].polygon(pixels, fill=255)

    def ellipse(self, centre, half_width, half_height, paint):
        x, y = self.pixel(centre)
        width, height = half_width * self.scale, half_height * self.scale
        for pen, fill in zip(self._pens, (paint, 255), strict=True):
            pen.ellipse((x - width, y - height, x + width, y + height), fill=fill)

    def limb(self, start, end, start_width, end_width, paint):
        """A tapered stroke with round ends; widths are half widths."""
        along = np.subtract(end, start)
        across = np.array([-along[1], along[0]]) / (np.hypot(*along) + 1e-9)
        self.polygon(
            [
                start + across * start_width,
                end + across * end_width,
                end - across * end_width,
                start - across * start_width,
            ],
            paint,
        )
        self.ellipse(start, start_width, start_width, paint)
        self.ellipse(end, end_width, end_width, paint)

    def _cloth(self, pixels, cloth):
        """Fill with a pattern that hangs from the polygon's middle, so it moves with the body."""
        stencil = Image.new("L", self.size)
        ImageDraw.Draw(stencil).polygon(pixels, fill=255)
        x = round(float(np.mean([p[0] for p in pixels]))) - cloth.width // 2
        y = round(min(p[1] for p in pixels)) - 4
        left, top = max(x, 0), max(y, 0)
        box = (left, top, min(x + cloth.width, self.size[0]), min(y + cloth.height, self.size[1]))
        if box[2] > box[0] and box[3] > box[1]:
            piece = cloth.crop((box[0] - x, box[1] - y, box[2] - x, box[3] - y))
            self.colour.paste(piece, box, stencil.crop(box))


class View:
    """Turns points of the body into image points; depth grows towards the camera."""

    def __init__(self, pose):
        self.cos, self.sin = np.cos(pose.yaw), np.sin(pose.yaw)
        self.down = np.cos(pose.pitch), np.sin(pose.pitch)

    def depth(self, point):
        return point[1] * self.cos - point[0] * self.sin

    def __call__(self, point):
        across = point[0] * self.cos + point[1] * self.sin
        return np.array([across, point[2] * self.down[0] - self.depth(point) * self.down[1]])

    def width(self, half_width, half_depth):
        """Half width on the image of an ellipse seen from this side."""
        return float(np.hypot(half_width * self.cos, half_depth * self.sin))


def joints_of(person: Person, pose: Pose):
    """Hips, knees, ankles, toes, shoulders, elbows and wrists of both sides (1: the body's left), for one moment."""
    body = {}
    for side in (-1, 1):
        swing = side * person.stride * np.sin(pose.phase)
        bend = 1.3 * person.stride * max(0.0, side * np.cos(pose.phase))
        hip = np.array([side * 0.048 * person.build, 0, 0.5])
        knee = hip + 0.235 * _swung(swing)
        ankle = knee + 0.225 * _swung(swing - bend)
        toe = ankle + 0.065 * np.array([side * 0.15, np.cos(swing - bend), np.sin(swing - bend) * 0.6]) - (0, 0, 0.02)
        shoulder = np.array([side * 0.108 * person.build, 0, 0.8])
        elbow = shoulder + 0.155 * _swung(-0.9 * swing) + (side * 0.018, 0, 0)
        wrist = elbow + 0.145 * _swung(-0.9 * swing + 0.35)
        body[side] = {
            "hip": hip, "knee": knee, "ankle": ankle, "toe": toe, "shoulder": shoulder, "elbow": elbow, "wrist": wrist
        }  # fmt: skip
    return body


def _swung(angle):
    return np.array([0, np.sin(angle), -np.cos(angle)])


def shade(colour, factor):
    return tuple(int(value * factor) for value in colour)


def moved(point, x, y):
    """The image point x to the right and y up."""
    return np.array([point[0] + x, point[1] + y])


def sheet(view, outline):
    """A shape that is the same left and right of the body's axis: (half width, z) from top to bottom."""
    left = [moved(view((0, 0, z)), -half, 0) for half, z in outline]
    right = [moved(view((0, 0, z)), half, 0) for half, z in outline]
    return left + right[::-1]
