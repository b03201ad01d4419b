"""What crosses between the trusted process and a student's: JSON and raw arrays in frames, never a pickle.

A frame is two sizes (8 bytes each, big-endian), a JSON text and the bytes of its arrays one after another. Python's
containers and NumPy's arrays are written as one-key objects: ``{"l": list}``, ``{"t": tuple}``, ``{"d": pairs}``,
``{"a": [dtype, shape]}``, ``{"n": dtype}`` (a NumPy scalar), ``{"b": size}`` (bytes), ``{"c": [re, im]}``.

`unpack` is the gate for all that comes back: known dtypes only, sizes that fit, a depth and a number of values, text
that is text. This file is also read inside the sandbox, so it imports nothing but NumPy and the standard library.
"""

from __future__ import annotations

import json
import math
import struct
from typing import IO, Any

import numpy as np

Array = np.ndarray[Any, Any]
HEADER = struct.Struct(">QQ")
MAX_TEXT, MAX_BYTES = 4 << 20, 32 << 20  # of one frame: its JSON, its arrays
MAX_DEPTH, MAX_VALUES, MAX_RANK = 40, 100_000, 16
_NUMERIC = {
    np.dtype(code).str: np.dtype(code)
    for code in ["?", "b", "B", "h", "H", "i", "I", "l", "L", "q", "Q", "e", "f", "d", "F", "D"]
}


class ProtocolError(Exception):
    """What came is not plain data, or too much of it."""


def _dtype(code: Any) -> np.dtype[Any]:
    """The dtype named by ``code``: a number's, or text and bytes of a modest width."""
    if isinstance(code, str):
        if code in _NUMERIC:
            return _NUMERIC[code]
        kind, width = code[:2], code[2:]
        if kind in ("<U", "|S") and width.isascii() and width.isdigit() and 1 <= int(width) <= 10_000:
            return np.dtype(code)
    raise ProtocolError(f"an array of dtype {str(code)[:40]} is not plain data")


def _encode(value: Any, buffers: list[bytes], depth: int = 0) -> Any:
    if depth > MAX_DEPTH:
        raise ProtocolError(f"nested deeper than {MAX_DEPTH} levels")
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if kind is list or kind is range:
        return {"l": [_encode(item, buffers, depth + 1) for item in value]}
    if isinstance(value, tuple):
        return {"t": [_encode(item, buffers, depth + 1) for item in value]}
    if isinstance(value, dict):
        pairs = value.items()
        return {"d": [[_encode(k, buffers, depth + 1), _encode(v, buffers, depth + 1)] for k, v in pairs]}
    if kind is complex:
        return {"c": [value.real, value.imag]}
    if kind in (bytes, bytearray):
        buffers.append(bytes(value))
        return {"b": len(value)}
    if isinstance(value, np.generic):
        array = _plain_dtype(np.asarray(value))
        buffers.append(array.tobytes())
        return {"n": _dtype(array.dtype.str).str}
    array = _as_array(value)
    buffers.append(array.tobytes())
    return {"a": [array.dtype.str, list(array.shape)]}


def _as_array(value: Any) -> Array:
    """A native array of ``value`` if it is one, or knows how to become one as a tensor does."""
    if not isinstance(value, np.ndarray):
        if not hasattr(value, "__array__"):
            raise ProtocolError(f"a {type(value).__name__} is not plain data (numbers, text, lists, dicts, arrays)")
        value = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
    array = _plain_dtype(np.asarray(value))
    _dtype(array.dtype.str)
    if array.nbytes > MAX_BYTES:
        raise ProtocolError(f"an array of {array.nbytes} bytes is larger than {MAX_BYTES}")
    return array


def _plain_dtype(array: Array) -> Array:
    """Return an array in this machine's byte order, its long doubles, which differ by machine, as doubles."""
    if array.dtype.char in "gG":
        return array.astype(float if array.dtype.char == "g" else complex)
    return array.astype(array.dtype.newbyteorder("="), copy=False) if array.dtype.kind in "iufcU" else array


def pack(value: Any) -> bytes:
    """Write a value as one frame.

    Raises
    ------
    ProtocolError
        If it holds something that is not plain data, or is too large.

    Examples
    --------
    >>> unpack(pack({"h_t": np.zeros((2, 3)), "lengths": [3, 1]}))["h_t"].shape
    (2, 3)
    >>> pack({1, 2})
    Traceback (most recent call last):
    ...
    birnn_grader.inside.protocol.ProtocolError: a set is not plain data (numbers, text, lists, dicts, arrays)
    """
    buffers: list[bytes] = []
    try:
        text = json.dumps(_encode(value, buffers), separators=(",", ":")).encode()
    except (RecursionError, ValueError) as error:  # an integer of thousands of digits is a ValueError
        raise ProtocolError(f"not plain data: {error}") from None
    body = b"".join(buffers)
    check_sizes(len(text), len(body))
    return HEADER.pack(len(text), len(body)) + text + body


def check_sizes(text: int, body: int) -> None:
    """Refuse a frame that is too large before a byte of it is kept."""
    if text > MAX_TEXT or body > MAX_BYTES:
        raise ProtocolError(f"a message of {text + body} bytes is too large")


class Reader:
    """Puts one frame together from what arrives; one that is too large is refused before a byte of it is kept."""

    def __init__(self) -> None:
        self.frame, self.size, self.sized = bytearray(), HEADER.size, False

    def missing(self) -> int:
        """Return how many bytes are to be read next; 0 when the frame is whole."""
        return self.size - len(self.frame)

    def take(self, chunk: bytes) -> None:
        """Add what was read, at most what was `missing`."""
        self.frame += chunk
        if not self.sized and not self.missing():
            text, body = HEADER.unpack(self.frame)
            check_sizes(text, body)
            self.size, self.sized = self.size + text + body, True

    def value(self) -> Any:
        """Return the value of the whole frame."""
        return unpack(bytes(self.frame))


def receive(stream: IO[bytes]) -> Any:
    """Read one frame from a stream that waits, and return its value; None where the stream ends."""
    reader = Reader()
    while missing := reader.missing():
        chunk = stream.read(missing)
        if not chunk:
            return None
        reader.take(chunk)
    return reader.value()


class _Decoder:
    def __init__(self, body: memoryview) -> None:
        self.body, self.at, self.values = body, 0, 0

    def take(self, size: int) -> memoryview:
        if size > len(self.body) - self.at:
            raise ProtocolError("the arrays' bytes are missing")
        start, self.at = self.at, self.at + size
        return self.body[start : self.at]

    def array(self, code: Any, shape: Any) -> Array:
        dtype = _dtype(code)
        fits = isinstance(shape, list) and len(shape) <= MAX_RANK
        if not (fits and all(type(n) is int and 0 <= n <= MAX_BYTES for n in shape)):
            raise ProtocolError("an array's shape is not a short list of sizes")
        data = self.take(math.prod(shape) * dtype.itemsize)
        array: Array = np.frombuffer(data, dtype).reshape(shape).copy()  # its own memory, writable
        if dtype.kind == "U":
            signs = array.reshape(-1).view(np.uint32)
            signs[(signs > 0x10FFFF) | ((signs >= 0xD800) & (signs < 0xE000))] = ord("?")
        return array.view(np.uint8).astype(bool) if dtype.kind == "b" else array  # a byte other than 0 and 1 is not one

    def value(self, tree: Any, depth: int = 0) -> Any:
        self.values += 1
        if depth > MAX_DEPTH or self.values > MAX_VALUES:
            raise ProtocolError("too deep, or too many values")
        if type(tree) is str:
            return tree.encode("utf-8", "replace").decode()  # half a surrogate pair is not text
        if tree is None or type(tree) in (bool, int, float):
            return tree
        if type(tree) is not dict or len(tree) != 1:
            raise ProtocolError("an unknown form of value")
        (tag, content), depth = next(iter(tree.items())), depth + 1
        if tag in ("l", "t") and type(content) is list:
            items = [self.value(item, depth) for item in content]
            return items if tag == "l" else tuple(items)
        if tag == "d" and type(content) is list and all(type(p) is list and len(p) == 2 for p in content):
            return {self.key(k, depth): self.value(v, depth) for k, v in content}
        if tag == "a" and type(content) is list and len(content) == 2:
            return self.array(*content)
        if tag == "n":
            return self.array(content, [])[()]
        if tag == "b" and type(content) is int and content >= 0:
            return bytes(self.take(content))
        if tag == "c" and type(content) is list and len(content) == 2 and all(type(n) is float for n in content):
            return complex(*content)
        raise ProtocolError("an unknown form of value")

    def key(self, tree: Any, depth: int) -> Any:
        key = self.value(tree, depth)
        try:
            hash(key)
        except TypeError:
            raise ProtocolError("a dict's key is not plain") from None
        return key


def unpack(frame: bytes) -> Any:
    """Read the value of one whole frame, checking every part of it.

    Raises
    ------
    ProtocolError
        If anything in it is not as `pack` writes it.
    """
    if len(frame) < HEADER.size:
        raise ProtocolError("a frame without its sizes")
    text, body = HEADER.unpack_from(frame)
    check_sizes(text, body)
    if len(frame) != HEADER.size + text + body:
        raise ProtocolError("a frame of another size than it says")
    view = memoryview(frame)[HEADER.size :]
    try:
        tree = json.loads(bytes(view[:text]))
        decoder = _Decoder(view[text:])
        value = decoder.value(tree)
    except ProtocolError:
        raise
    except (ValueError, RecursionError, OverflowError, TypeError) as error:
        raise ProtocolError(f"not a message: {error}") from None
    if decoder.at != body:
        raise ProtocolError("bytes that belong to no array")
    return value
