"""Head, hair and bag of a person of the stand-in. Used by course_utils.standin_figure."""

from course_utils.standin_body import moved, shade, sheet


def head_parts(person, view):
    centre = view((0, 0.012, 0.925))
    back, width = view((0, -0.03, 0.935)), view.width(0.045, 0.054)
    hair = person.cap_colour if person.hair == "cap" else person.hair_colour

    def long_hair(canvas):
        tail = person.hair == "tail"
        half, end = (0.022, 0.82) if tail else (view.width(0.056, 0.04), 0.80)
        root, tip = view((0, -0.055, 0.935)), view((0, -0.075, end))
        canvas.polygon(
            [moved(root, -half, 0), moved(root, half, 0), moved(tip, half, 0), moved(tip, -half, 0)], person.hair_colour
        )

    def draw(canvas):
        if person.hair == "long":
            canvas.ellipse(view((0, -0.012, 0.91)), width + 0.013, 0.066, hair)
        canvas.ellipse(centre, width, 0.062, person.skin)
        if person.hair == "bald":
            return
        canvas.ellipse(moved(back, 0, 0.018), width + 0.006, 0.046 if view.cos > -0.3 else 0.062, hair)
        if view.cos > -0.3:  # the face, below the fringe
            face = view((0, 0.05, 0.912))
            canvas.ellipse(face, view.width(0.036, 0.03), 0.04, person.skin)
        if person.hair == "cap":
            canvas.ellipse(view((0, 0.075, 0.945)), view.width(0.04, 0.035), 0.011, shade(hair, 0.8))

    if person.hair in ("long", "tail"):
        yield view.depth((0, -0.09, 0)) * 1.5, long_hair
    yield 0.02, draw


def bag_parts(person, body, view):
    colour, dark = person.bag_colour, shade(person.bag_colour, 0.7)
    if person.bag == "backpack":

        def pack(canvas):
            half = view.width(0.085, 0.055)
            for outline, paint in (([(half * 0.8, 0.815), (half, 0.78), (half, 0.58), (half * 0.85, 0.56)], colour),
                                   ([(half * 0.7, 0.67), (half * 0.7, 0.585)], dark)):  # fmt: skip
                canvas.polygon([moved(point, -0.105 * view.sin, 0) for point in sheet(view, outline)], paint)

        def straps(canvas):
            for side in (-1, 1):
                top, end = view((side * 0.06, 0.05, 0.83)), view((side * 0.07, 0.068, 0.66))
                canvas.limb(top, end, 0.011, 0.011, dark)

        yield -0.13 * view.cos - 0.001, pack
        if view.cos > -0.2:
            yield 0.005, straps
    if person.bag == "satchel":
        side = 1 if person.texture_seed % 2 else -1

        def strap(canvas):
            front = 0.07 if view.cos > 0 else -0.07
            canvas.limb(view((-side * 0.07, front * 0.6, 0.83)), view((side * 0.1, front, 0.53)), 0.009, 0.009, dark)

        def pouch(canvas):
            centre, half = view((side * 0.135 * person.build, -0.01, 0.48)), view.width(0.035, 0.085)
            canvas.polygon([moved(centre, x * half, y * 0.06) for x, y in ((-1, 1), (1, 1), (1, -1), (-1, -1))], colour)
            canvas.polygon([moved(centre, x * half, y * 0.06) for x, y in ((-1, 1), (1, 1), (1, 0.2), (-1, 0.2))], dark)

        yield 0.004, strap
        yield view.depth((side * 0.14, 0, 0)) + 0.004, pouch
    if person.bag == "carrier":
        joints = body[1 if person.texture_seed % 2 else -1]

        def carrier(canvas):
            hand, half = view(joints["wrist"]), view.width(0.035, 0.07)
            outline = ((-0.5, -0.02), (0.5, -0.02), (1.1, -0.15), (-1.1, -0.15))
            canvas.polygon([moved(hand, x * half, y) for x, y in outline], colour)

        yield view.depth(joints["wrist"]) * 1.2 - 0.001, carrier
