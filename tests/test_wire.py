"""The wire between the student's process and ours: plain data survives it, and nothing else gets through."""

import collections
import contextlib
import datetime
import decimal
import enum
import fractions
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_admin.grading import wire
from course_admin.grading.wire import NotPlain, WireError, decode, encode

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.complex_numbers()
    | st.text()
    | st.binary()
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.datetimes().map(lambda moment: moment.replace(fold=0))
    | st.timedeltas()
)
HASHABLE = st.recursive(LEAVES, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
VALUES = st.recursive(
    LEAVES | arrays.arrays(arrays.scalar_dtypes(), arrays.array_shapes(min_dims=0, min_side=0, max_side=3)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
    ),
    max_leaves=15,
)


def shown(value) -> str:
    """A text that is the same for two values of the same kinds and content: NaN is NaN, a set has no order."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype.newbyteorder('=')}{value.shape}{value.tolist()}"
    if isinstance(value, dict):
        return f"dict{[(shown(key), shown(part)) for key, part in value.items()]}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}{list(map(shown, value))}"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}{sorted(map(shown, value))}"
    return f"{type(value).__name__} {value!r}"


@settings(max_examples=300, deadline=None)
@given(VALUES)
def test_what_is_plain_arrives_as_it_was(value):
    assert shown(value) == shown(decode(encode(value)))


@pytest.mark.parametrize(
    "value",
    [
        range(3, 9, 2),
        slice(1, None),
        collections.deque([1, 2], 5),
        datetime.date(2026, 11, 25),
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        np.float32(0.1),
        np.bool_(True),
        np.datetime64("2026-11-25"),
        np.dtype("float32"),
        np.float64,
        int,
        bytearray(b"x"),
        ...,
        np.zeros((2, 0, 3), np.uint8),
        np.array(["a", "ümlaut"]),
        np.asfortranarray(np.arange(6).reshape(2, 3)),
        "\ud800",
    ],
    ids=repr,
)
def test_other_kinds_travel_too(value):
    got = decode(encode(value))
    assert type(got) is type(value) and np.array_equal(got, value)


def test_named_tuples_and_generators_of_random_numbers():
    point = collections.namedtuple("Point", "x y")(1, [2])
    got = decode(encode(point))
    assert got == point and got.y == [2] and type(got).__name__ == "Point"
    for kind in (np.random.default_rng(1), np.random.RandomState(1), random.Random(1)):
        assert decode(encode(kind)).random() == kind.random()


@pytest.mark.parametrize("name", sorted(wire.TENSOR_TYPES))
def test_tensors_keep_their_type_and_shape(name):
    import torch

    tensor = torch.ones(2, 3).to(getattr(torch, name)).requires_grad_(name == "float32")
    got = decode(encode([tensor]))[0]
    assert got.dtype == tensor.dtype and torch.equal(got, tensor.detach())
    assert got.requires_grad is (name == "float32")


def test_kinds_of_torch_travel_too():
    import torch

    for value in (torch.device("cpu"), torch.device("cuda", 1), torch.float32, torch.bool, torch.Size([2, 3])):
        got = decode(encode(value))
        assert type(got) is type(value) and got == value
    generator = torch.Generator().manual_seed(3)
    torch.rand(5, generator=generator)
    got = decode(encode(generator))
    assert torch.equal(torch.rand(4, generator=got), torch.rand(4, generator=generator))


@pytest.mark.parametrize(
    "told",
    [("torch.dtype", "load"), ("torch.dtype", "nothing"), ("torch.device", "tpu9"), ("torch.Size", ("a",)),
     ("torch.Generator", np.zeros(5056, np.uint8)), ("torch.Generator", np.zeros(3, np.uint8)), ("torch.load", "x")],
    ids=str,
)  # fmt: skip
def test_what_describes_no_kind_of_torch_is_no_message(told):
    with pytest.raises(WireError):
        decode(b"X" + encode(told))


class Count(int):
    """Says that it is three, and lies."""

    def __repr__(self):
        return "3"

    __str__ = __repr__

    def __int__(self):
        return 3


def test_subclasses_lose_what_they_define():
    assert decode(encode(Count(5))) == 5 and type(decode(encode(Count(5)))) is int
    assert type(decode(encode(np.matrix([[1, 2]])))) is np.ndarray
    assert decode(encode(collections.OrderedDict(a=1))) == {"a": 1}
    liar = type("Liar", (list,), {"__iter__": lambda self: iter([2]), "__len__": lambda self: 2})
    assert decode(encode(liar([1]))) == [1] and type(decode(encode(liar()))) is list


@pytest.mark.parametrize(
    "value",
    [
        object(),
        lambda: 0,
        np.array([object()]),
        np.ma.masked_array([1], [True]),
        np.zeros(1, [("a", int)]),
        enum.IntEnum("E", "A").A,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_not_plain_is_refused_or_becomes_a_handle(value):
    with pytest.raises(NotPlain):
        encode([value])
    assert decode(encode([value], lambda it: 7), lambda number: number + 1) == [8]


def test_integers_have_a_bound():
    assert decode(encode(1 << 100_000)) == 1 << 100_000
    with pytest.raises(NotPlain):
        encode(1 << 10_000_000)


def test_circular_and_deep_values_are_refused():
    circle, deep = [], []
    circle.append(circle)
    for _ in range(1000):
        deep = [deep]
    for value in (circle, deep):
        with pytest.raises(NotPlain):
            encode(value)


def attempt(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(data, lambda told: told)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200))
def test_the_decoder_survives_any_bytes(data):
    attempt(data)


@settings(max_examples=300, deadline=None)
@given(VALUES, st.data())
def test_the_decoder_survives_damaged_messages(value, data):
    message = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    attempt(bytes(message[: data.draw(st.integers(0, len(message)))]))


def test_the_decoder_survives_many_hostile_messages():
    letters, random_bytes = b"NTFIDCSBYLUEZMRGPXH", random.Random(5)
    for _ in range(20_000):
        attempt(
            bytes(
                random_bytes.choice(letters) if random_bytes.random() < 0.5 else random_bytes.randrange(256)
                for _ in range(30)
            )
        )


@pytest.mark.parametrize(
    "data",
    [
        b"L\xff\xff\xff\xff",  # a list of four thousand million values that are not there
        b"S\xff\xff\xff\x7fabc",
        b"L\x01\x00\x00\x00" * 100_000 + b"N",
        b"R" + wire._sized(b"<f8") + wire._shape((1 << 40, 1 << 40)),
        b"R" + wire._sized(b"<f8") + wire._shape((0, 1 << 63)),
        b"R" + wire._sized(b"|O") + wire._shape((1,)) + bytes(8),
        b"R" + wire._sized(b"|V8") + wire._shape((1,)) + bytes(8),
        b"R" + wire._sized(b"<U0") + wire._shape((1 << 40,)),
        b"R" + wire._sized(b"<U1") + wire._shape((1,)) + b"\xff" * 4,
        b"M\x01\x00\x00\x00L\x00\x00\x00\x00N",  # a list as a key
        b"X" + encode(("RandomState", ("MT19937", np.zeros(3, np.uint32), 10**9, 0, 0.0))),
        b"X" + encode(("namedtuple", "A", ("__class__",), (1,))),
        b"X" + encode(("eval", "1")),
        b"X" + encode(("Fraction", 1, 0)),
        b"N" + b"N",
        b"H" + b"N",
    ],
)
def test_a_hostile_message_is_refused(data):
    with pytest.raises(WireError):
        decode(data)


def test_a_boolean_array_holds_nothing_but_yes_and_no():
    forged = b"R" + wire._sized(b"|b1") + wire._shape((2,)) + b"\x02\x00"
    assert (decode(forged) == np.array([True, False])).all()
