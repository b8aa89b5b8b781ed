"""Plain data as bytes and back, for the wall between a student's process and ours. Nothing in it can carry code.

A value is one letter and what the letter asks for: numbers, texts, bytes, lists, tuples, sets, dicts, NumPy arrays and
scalars (never of objects), torch tensors (those of a GPU arrive on one where there is one), and the few other kinds of
specials.py. `H` is a handle: an agreed piece of data that stands for an object on the other side. The decoder reads
bytes that a hostile program may have written: it answers with a value or with a WireError, and takes no more memory
than a small multiple of the message.

agent/source.py sends the text of this module into the student's kernel; of the course it imports but specials.py, which
travels with it.
"""

import struct
import sys
from collections.abc import Callable
from typing import Any

from course_admin.grading.specials import build_special, dump_special

MAX_DEPTH = 120
MAX_PARTS = 4_000_000  # values in one message
MAX_INT_BYTES = 1 << 15
ARRAY_KINDS = "biufcSUmM"
TENSOR_TYPES = {  # name in torch -> the NumPy type that carries its bytes
    **{name: name for name in ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8")},
    **{"bool": "bool", "bfloat16": "int16", "complex64": "complex64", "complex128": "complex128"},
}
_CONTAINERS = {b"L": list, b"U": tuple, b"E": set, b"Z": frozenset}
_LETTERS = {kind: letter for letter, kind in _CONTAINERS.items()}


class WireError(Exception):
    """These bytes are no message."""


class NotPlain(TypeError):
    """This value is no plain data."""


def encode(value: Any, stand_in: Callable[[Any], Any] | None = None) -> bytes:
    """`value` as bytes. For what is no plain data, `stand_in(value)` gives plain data that travels as a handle.

    Raises NotPlain where there is no stand-in, and for what is nested too deeply, circular or too large.
    """
    parts: list[bytes] = []
    _encode(value, stand_in, parts.append, parts, 0)
    return b"".join(parts)


def _encode(value: Any, stand_in, put, parts: list[bytes], depth: int) -> None:
    kind = type(value)
    if depth > MAX_DEPTH or len(parts) > 3 * MAX_PARTS:
        raise NotPlain("nested too deeply, circular or too large")
    if value is None:
        put(b"N")
    elif kind is bool:
        put(b"T" if value else b"F")
    elif kind is int:
        if value.bit_length() > 8 * MAX_INT_BYTES - 8:
            raise NotPlain("an integer of too many digits")
        raw = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        put(b"I" + struct.pack("<I", len(raw)) + raw)
    elif kind is float:
        put(b"D" + struct.pack("<d", value))
    elif kind is complex:
        put(b"C" + struct.pack("<dd", value.real, value.imag))
    elif kind is str:
        put(b"S" + _sized(value.encode("utf-8", "surrogatepass")))
    elif kind is bytes or kind is bytearray:
        put((b"B" if kind is bytes else b"Y") + _sized(bytes(value)))
    elif kind in _LETTERS:
        put(_LETTERS[kind] + struct.pack("<I", len(value)))
        for part in value:
            _encode(part, stand_in, put, parts, depth + 1)
    elif kind is dict:
        put(b"M" + struct.pack("<I", len(value)))
        for key, part in value.items():
            _encode(key, stand_in, put, parts, depth + 1)
            _encode(part, stand_in, put, parts, depth + 1)
    else:
        _encode_other(value, stand_in, put, parts, depth)


def _encode_other(value: Any, stand_in, put, parts: list[bytes], depth: int) -> None:
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    special = dump_special(value)
    if special is not None:
        put(b"X")
        _encode(special, stand_in, put, parts, depth + 1)
    elif numpy and issubclass(type(value), (numpy.ndarray, numpy.generic)) and plain_array(value) is not None:
        array = plain_array(value)
        put(b"G" if issubclass(type(value), numpy.generic) else b"R")
        put(_sized(array.dtype.str.encode()) + _shape(array.shape) + array.tobytes())
    elif torch and issubclass(type(value), torch.Tensor) and _dense(value, torch):
        tensor = value.detach().cpu().resolve_conj().resolve_neg().contiguous()
        name = str(tensor.dtype).removeprefix("torch.")
        raw = tensor.view(torch.int16) if name == "bfloat16" else tensor
        gradient = value.grad if value.requires_grad and value.is_leaf else None
        facts = value.requires_grad, gradient is not None, issubclass(type(value), torch.nn.Parameter), value.is_cuda
        put(b"P" + bytes(facts) + _sized(name.encode()) + _shape(tuple(tensor.shape)))
        put(raw.numpy().tobytes())
        if gradient is not None:
            _encode(gradient.detach(), stand_in, put, parts, depth + 1)
    elif stand_in is not None:
        put(b"H")
        _encode(stand_in(value), stand_in, put, parts, depth + 1)
    else:
        raise NotPlain(f"a {type(value).__name__} is no plain data")


def plain_array(value: Any) -> Any:
    """A NumPy array or scalar as a plain array in native order, or None where it is none (objects, masks)."""
    import numpy

    masked = issubclass(type(value), numpy.ma.MaskedArray) and numpy.ma.getmaskarray(value).any()
    if masked or value.dtype.kind not in ARRAY_KINDS:
        return None
    array = numpy.array(value, subok=False, order="C")
    if array.dtype.char in "gG":
        array = array.astype(numpy.float64 if array.dtype.char == "g" else numpy.complex128)
    return array.astype(array.dtype.newbyteorder("<"), copy=False)


def _dense(tensor: Any, torch: Any) -> bool:
    known = str(tensor.dtype).removeprefix("torch.") in TENSOR_TYPES
    return known and tensor.layout == torch.strided and not torch.nn.parameter.is_lazy(tensor)


def _sized(raw: bytes) -> bytes:
    if len(raw) >= 1 << 32:
        raise NotPlain("too large")
    return struct.pack("<I", len(raw)) + raw


def _shape(shape: tuple[int, ...]) -> bytes:
    return struct.pack(f"<B{len(shape)}Q", len(shape), *shape)


def decode(data: bytes, resolve: Callable[[Any], Any] | None = None) -> Any:
    """The value in `data`; `resolve` turns what stands for a handle into an object. Raises WireError, and only that."""
    reader = Reader(data, resolve)
    try:
        value = reader.value(0)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"no message: {type(error).__name__}") from None
    if reader.place != len(data):
        raise WireError("bytes are left over")
    return value


class Reader:
    """Reads one message from the front to its end."""

    def __init__(self, data: bytes, resolve: Callable[[Any], Any] | None):
        self.data, self.resolve, self.place, self.parts = data, resolve, 0, 0

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.place:
            raise WireError("the message ends too early")
        self.place += count
        return self.data[self.place - count : self.place]

    def size(self) -> int:
        return struct.unpack("<I", self.take(4))[0]

    def count(self) -> int:
        """How many values follow; each takes a byte at least, so a small message cannot promise many."""
        count = self.size()
        self.parts += count
        if self.parts > MAX_PARTS or count > len(self.data) - self.place:
            raise WireError("too many values")
        return count

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError("nested too deeply")
        letter = self.take(1)
        if letter in b"NTF":
            return {b"N": None, b"T": True, b"F": False}[letter]
        if letter == b"I":
            size = self.size()
            if size > MAX_INT_BYTES:
                raise WireError("an integer of too many digits")
            return int.from_bytes(self.take(size), "little", signed=True)
        if letter == b"D":
            return struct.unpack("<d", self.take(8))[0]
        if letter == b"C":
            return complex(*struct.unpack("<dd", self.take(16)))
        if letter == b"S":
            return self.take(self.size()).decode("utf-8", "surrogatepass")
        if letter in b"BY":
            return self.take(self.size()) if letter == b"B" else bytearray(self.take(self.size()))
        if letter in _CONTAINERS:
            return _CONTAINERS[letter]([self.value(depth + 1) for _ in range(self.count())])
        if letter == b"M":
            return {self.value(depth + 1): self.value(depth + 1) for _ in range(self.count())}
        if letter in b"RG":
            return self.array(scalar=letter == b"G")
        if letter == b"P":
            return self.tensor(depth)
        if letter == b"X":
            return build_special(self.value(depth + 1))
        if letter == b"H" and self.resolve is not None:
            return self.resolve(self.value(depth + 1))
        raise WireError(f"unknown letter {letter!r}")

    def shape(self) -> tuple[int, ...]:
        (axes,) = self.take(1)
        return struct.unpack(f"<{axes}Q", self.take(8 * axes))

    def array(self, scalar: bool) -> Any:
        import numpy

        name = self.take(self.size()).decode("ascii")
        if len(name) > 20 or name[:1] not in "<|" or name[1:2] not in ARRAY_KINDS:
            raise WireError("an array of another type")
        array = self.numbers(numpy.dtype(name), self.shape())
        if scalar and array.ndim:
            raise WireError("a scalar with axes")
        return array[()] if scalar else array

    def numbers(self, dtype: Any, shape: tuple[int, ...]) -> Any:
        """An array of its own memory, all of whose elements are valid ones of `dtype`."""
        import numpy

        count = 1
        for length in shape:
            count *= length
        if dtype.kind not in ARRAY_KINDS or (not dtype.itemsize and count > MAX_PARTS):
            raise WireError("an array of another type")
        raw = self.take(count * dtype.itemsize)
        array = numpy.empty(shape, dtype)
        if array.size and dtype.itemsize:
            flat = numpy.frombuffer(raw, numpy.uint8 if dtype.kind == "b" else dtype)
            array[...] = (flat != 0 if dtype.kind == "b" else flat).reshape(shape)
            if dtype.kind == "U" and numpy.frombuffer(raw, "<u4").max() > sys.maxunicode:
                raise WireError("an array with a text that is none")
        return array

    def tensor(self, depth: int) -> Any:
        import numpy
        import torch

        wants_gradient, has_gradient, is_parameter, on_gpu = self.take(4)
        name = self.take(self.size()).decode("ascii")
        array = self.numbers(numpy.dtype(TENSOR_TYPES[name]), self.shape())
        tensor = torch.from_numpy(array)
        tensor = tensor.view(torch.bfloat16) if name == "bfloat16" else tensor
        tensor = tensor.cuda() if on_gpu and torch.cuda.is_available() else tensor
        if is_parameter:
            tensor = torch.nn.Parameter(tensor, requires_grad=bool(wants_gradient))
        elif wants_gradient:
            tensor.requires_grad_(True)
        if has_gradient:
            tensor.grad = self.value(depth + 1)
        return tensor
