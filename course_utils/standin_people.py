"""Who walks through the stand-in: body, clothes and bag of one person, drawn from a seed.

A person wears the same clothes on every image, as in Market-1501. Most clothes are dark, grey or blue, so colour alone
does not tell people apart: cut, pattern, bag, hair and build do their part. Used by course_utils.standin (lesson 11).
"""

from dataclasses import dataclass

import numpy as np

Colour = tuple[int, int, int]

CLOTHES = {
    "black": (28, 28, 32), "charcoal": (62, 62, 68), "grey": (128, 128, 132), "silver": (178, 180, 182),
    "white": (232, 230, 226), "navy": (30, 38, 82), "blue": (44, 84, 168), "sky": (126, 172, 214),
    "teal": (22, 118, 122), "green": (46, 116, 62), "olive": (96, 98, 54), "lime": (150, 190, 70),
    "yellow": (222, 190, 52), "orange": (218, 118, 40), "red": (184, 38, 40), "maroon": (104, 28, 42),
    "pink": (222, 134, 160), "purple": (104, 62, 140), "beige": (198, 178, 144), "brown": (104, 72, 48),
}  # fmt: skip
_TOPS = {"black": 5, "charcoal": 3, "grey": 4, "white": 6, "navy": 3, "blue": 3, "red": 3}
_BOTTOMS = {
    "black": 6,
    "charcoal": 4,
    "navy": 5,
    "blue": 5,
    "beige": 3,
    "grey": 3,
    "brown": 2,
    "olive": 2,
    "white": 1.5,
}
_SKIN = ((238, 202, 176), (224, 180, 148), (206, 158, 122), (172, 122, 88), (122, 82, 58), (86, 58, 44))
_HAIR = ((22, 18, 18), (46, 32, 26), (84, 56, 38), (128, 92, 52), (186, 152, 96), (150, 146, 142))


@dataclass(frozen=True)
class Person:
    """Colours are RGB from 0 to 255; height and build are factors on an average body."""

    height: float
    build: float
    stride: float
    skin: Colour
    hair: str  # short, long, tail, bald, cap
    hair_colour: Colour
    cap_colour: Colour
    top: str  # shirt, jacket, coat, dress
    pattern: str  # plain, stripes, pinstripes, checks, yoke, print
    long_sleeves: bool
    top_colour: Colour
    second_colour: Colour
    inner_colour: Colour
    bottom: str  # trousers, shorts, skirt
    bottom_colour: Colour
    shoe_colour: Colour
    bag: str  # none, backpack, satchel, carrier
    bag_colour: Colour
    texture_seed: int


def draw_person(rng: np.random.Generator) -> Person:
    """A person from the given random numbers; the same generator state gives the same person."""
    woman = rng.random() < 0.5
    top = _pick(rng, {"shirt": 5, "jacket": 3, "coat": 1.5, "dress": 2 if woman else 0})
    bottom = _pick(rng, {"trousers": 6, "shorts": 2.5, "skirt": 1.5 if woman else 0})
    return Person(
        height=rng.normal(0.97 if woman else 1.03, 0.035),
        build=float(np.clip(rng.normal(0.95 if woman else 1.05, 0.11), 0.75, 1.35)),
        stride=rng.uniform(0.28, 0.5),
        skin=_near(rng, _SKIN[rng.integers(len(_SKIN))], 8),
        hair=_pick(
            rng, {"long": 4, "tail": 3, "short": 2} if woman else {"short": 6, "bald": 1, "cap": 2, "long": 0.4}
        ),
        hair_colour=_near(rng, _HAIR[rng.integers(len(_HAIR))], 8),
        cap_colour=_clothes(rng, {}),
        top=top,
        pattern=_pick(rng, {"plain": 5, "stripes": 2, "pinstripes": 1, "checks": 1.5, "yoke": 1.5, "print": 2.5}),
        long_sleeves=top in ("jacket", "coat") or rng.random() < 0.35,
        top_colour=_clothes(rng, _TOPS, everything=0.7),
        second_colour=_clothes(rng, {}),
        inner_colour=_clothes(rng, _TOPS, everything=0.7),
        bottom=bottom,
        bottom_colour=_clothes(rng, _BOTTOMS, everything=0.25),
        shoe_colour=_clothes(rng, {"black": 5, "white": 5, "brown": 3}, everything=0.3),
        bag=_pick(rng, {"none": 4, "backpack": 3, "satchel": 2, "carrier": 2}),
        bag_colour=_clothes(rng, {"black": 4, "red": 1, "brown": 2}),
        texture_seed=int(rng.integers(2**31)),
    )


def _pick(rng, weights):
    names, values = list(weights), np.array(list(weights.values()), dtype=float)
    return names[rng.choice(len(names), p=values / values.sum())]


def _clothes(rng, favourites, everything=1.0):
    """A colour of CLOTHES, favourites more often; `everything` is the weight of each other colour."""
    name = _pick(rng, {name: favourites.get(name, everything) for name in CLOTHES})
    return _near(rng, CLOTHES[name], 9)


def _near(rng, colour, spread):
    shade = rng.normal(0, spread)
    return tuple(int(np.clip(value + shade + rng.normal(0, spread / 2), 5, 250)) for value in colour)
