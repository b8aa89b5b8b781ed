"""Draws one walking person of the stand-in: legs, arms and clothes on a skeleton in three dimensions.

Every part is a pair of a depth and a drawing; the far ones are drawn first. Used by course_utils.standin (lesson 11).
"""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from course_utils.standin_body import Canvas, Pose, View, joints_of, moved, shade, sheet
from course_utils.standin_extras import bag_parts, head_parts
from course_utils.standin_people import Person

_FAR = 0.78  # brightness of what lies in the body's own shadow


def draw_figure(canvas: Canvas, person: Person, pose: Pose) -> None:
    """Draw the person on the canvas, far parts first."""
    view = View(pose)
    body = joints_of(person, pose)
    parts = [*_legs(person, body, view), *_arms(person, body, view), *_torso(person, view, canvas.scale)]
    parts += [*head_parts(person, view), *bag_parts(person, body, view)]
    for _, draw in sorted(parts, key=lambda part: part[0]):
        draw(canvas)


def _legs(person, body, view):
    for side, joints in body.items():
        depth = view.depth((joints["knee"] + joints["ankle"]) / 2)
        light = _FAR if depth < -0.02 else 1.0
        cloth, skin = shade(person.bottom_colour, light), shade(person.skin, light)
        bare_leg = person.bottom != "trousers" or person.top == "dress"
        loose = (0.95 + 0.25 * (person.texture_seed % 5) / 4) * person.build

        def draw(canvas, joints=joints, light=light, cloth=cloth, skin=skin, bare_leg=bare_leg, loose=loose):
            hip, knee, ankle, toe = (view(joints[name]) for name in ("hip", "knee", "ankle", "toe"))
            shin = skin if bare_leg else cloth
            canvas.limb(knee, ankle, 0.029 * loose, 0.02 * (person.build if bare_leg else loose), shin)
            canvas.limb(hip, knee, 0.05 * loose, 0.035 * loose, skin if person.top == "dress" else cloth)
            canvas.limb(moved(ankle, 0, -0.012), toe, 0.021, 0.017, shade(person.shoe_colour, light))

        yield 0.1 * depth - 0.05 + 0.001 * side, draw  # under the top


def _arms(person, body, view):
    for joints in body.values():
        depth = view.depth(joints["elbow"]) * 1.2
        light = _FAR if depth < -0.03 else 1.0
        sleeve, skin = shade(_sleeve_colour(person), light), shade(person.skin, light)

        def draw(canvas, joints=joints, sleeve=sleeve, skin=skin):
            shoulder, elbow, wrist = (view(joints[name]) for name in ("shoulder", "elbow", "wrist"))
            thick = person.build * (1.12 if person.top in ("jacket", "coat") else 1.0)
            canvas.ellipse(moved(wrist, 0, -0.026), 0.018, 0.024, skin)
            canvas.limb(elbow, wrist, 0.022 * thick, 0.017 * thick, sleeve if person.long_sleeves else skin)
            half = (shoulder + elbow) / 2
            canvas.limb(half, elbow, 0.026 * thick, 0.022 * thick, sleeve if person.long_sleeves else skin)
            canvas.limb(moved(shoulder, 0, -0.012), half, 0.033 * thick, 0.029 * thick, sleeve)

        yield depth, draw


def _sleeve_colour(person):
    return person.second_colour if person.pattern == "yoke" else person.top_colour


def _torso(person, view, scale):
    build, hem = person.build, {"shirt": 0.475, "jacket": 0.465, "coat": 0.34, "dress": 0.31}[person.top]
    cloth = person.top_colour if person.pattern in ("plain", "print") else _cloth(person, round(scale))
    chest, waist = view.width(0.122 * build, 0.07 * build), view.width(0.1 * build, 0.068 * build)
    flare = {"shirt": 0.105, "jacket": 0.112, "coat": 0.135, "dress": 0.15}[person.top]
    bottom = view.width(flare * build, (flare - 0.028) * build)

    def draw(canvas):
        if person.bottom == "skirt" and person.top != "dress":
            edge = view.width(0.135, 0.11)
            canvas.polygon(sheet(view, [(waist, 0.55), (edge, 0.3)]), person.bottom_colour)
        canvas.limb(view((0, 0, 0.82)), view((0, 0, 0.86)), 0.03, 0.028, shade(person.skin, 0.85))
        shape = [(0.035, 0.848), (chest * 0.93, 0.822), (chest, 0.77), (waist, 0.6), (bottom, hem)]
        canvas.polygon(sheet(view, shape), cloth)
        if person.top in ("jacket", "coat") and view.cos > 0.15:
            middle = 0.075 * view.sin
            opening = [(-0.03, 0.845), (0.03, 0.845), (0.042, hem + 0.02), (-0.042, hem + 0.02)]
            canvas.polygon([moved(view((0, 0, z)), x * view.cos + middle, 0) for x, z in opening], person.inner_colour)
        if person.pattern == "print" and abs(view.cos) > 0.2 and person.top in ("shirt", "dress"):
            middle = 0.07 * view.sin * np.sign(view.cos)
            width, height = 0.055 * abs(view.cos), 0.03 + 0.02 * (person.texture_seed % 3)
            print_shape = [(-1, -1), (1, -1), (1, 1), (-1, 1)]
            centre = moved(view((0, 0, 0.71)), middle, 0)
            canvas.polygon([moved(centre, x * width, y * height) for x, y in print_shape], person.second_colour)

    yield 0.0, draw


@lru_cache(maxsize=256)
def _cloth(person, scale):
    """The pattern of the person's top as a picture, `scale` pixels per body height."""
    width, height = max(8, round(0.5 * scale)), max(8, round(0.7 * scale))
    cloth = Image.new("RGB", (width, height), person.top_colour)
    pen = ImageDraw.Draw(cloth)
    step = max(4, round((0.05 + 0.04 * (person.texture_seed % 3)) * scale))
    if person.pattern == "yoke":
        pen.rectangle((0, 0, width, round(0.13 * scale)), fill=person.second_colour)
    if person.pattern in ("stripes", "checks"):
        for y in range(0, height, step):
            pen.rectangle((0, y, width, y + step // 2 - 1), fill=person.second_colour)
    if person.pattern in ("pinstripes", "checks"):
        line = shade(person.second_colour, 0.8) if person.pattern == "checks" else person.second_colour
        for x in range(width // 2 % step, width, step):
            pen.rectangle((x, 0, x + max(1, step // 3), height), fill=line)
    return cloth
