"""The scene of lesson 01: a circle, a square, a triangle and a hexagon, drawn as outlines."""

import numpy as np
from PIL import Image, ImageDraw

CENTRES = {"circle": (36, 38), "square": (38, 118), "triangle": (104, 38), "hexagon": (100, 118)}  # row, column
HEIGHT, WIDTH, LINE = 140, 160, 3
_CORNERS = {"square": (4, 45), "triangle": (3, -90), "hexagon": (6, 0)}  # how many, first angle in degrees


def draw_scene(radius: int = 16) -> tuple[np.ndarray, dict[str, tuple[int, int]]]:
    """Draw the four figures, all with the same `radius` in pixels.

    Returns (image, centres): a (140, 160) float array with 255 on the outlines and 0 elsewhere, and the (row, column)
    of each figure's centre by name. Raises ValueError where the figures would touch the border.
    """
    _require_radius(radius)
    picture = Image.new("L", (WIDTH, HEIGHT))
    draw = ImageDraw.Draw(picture)
    for name, (row, column) in CENTRES.items():
        if name == "circle":
            box = (column - radius, row - radius, column + radius, row + radius)
            draw.ellipse(box, outline=255, width=LINE)
        else:
            corners, angle = _CORNERS[name]
            draw.polygon(_polygon(row, column, radius, corners, angle), outline=255, width=LINE)
    return np.asarray(picture, dtype=np.float64), dict(CENTRES)


def draw_ring(radius: int = 16) -> np.ndarray:
    """The circle alone, as a pattern of 0 and 1 in a square of 2 * radius + 1 pixels."""
    _require_radius(radius)
    side = 2 * radius + 1
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).ellipse((0, 0, side - 1, side - 1), outline=1, width=LINE)
    return np.asarray(picture, dtype=np.float64)


def nearest_figure(row: float, column: float) -> str:
    """The name of the figure whose centre is nearest to (row, column)."""
    return min(CENTRES, key=lambda name: (CENTRES[name][0] - row) ** 2 + (CENTRES[name][1] - column) ** 2)


def _polygon(row: int, column: int, radius: int, corners: int, first_angle: float) -> list[tuple[float, float]]:
    angles = np.deg2rad(first_angle + 360 / corners * np.arange(corners))
    return [(column + radius * np.cos(a), row + radius * np.sin(a)) for a in angles]


def _require_radius(radius: int) -> None:
    if not 4 <= radius <= 34:
        raise ValueError(f"radius={radius}: the figures fit into the scene with a radius of 4 to 34 pixels")
