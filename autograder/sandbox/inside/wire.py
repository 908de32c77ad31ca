"""Plain data over a socket: typed, capped, no pickle. Both sides of the boundary use this file.

A frame is the length of its header and of its buffers, the header in JSON, then the buffers.
In the header None, bool, int, float and str stand for themselves and everything else is a list
that begins with its kind: ["list", ...], ["tuple", ...], ["dict", key, value, ...],
["array", dtype, shape], ["number", dtype] and ["other", name of the type]. The bytes of arrays and
NumPy numbers follow in the order in which they are met. Whoever reads believes nothing.
"""

from __future__ import annotations

import json
import math
import re
import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .caps import (
    HUGE_INT,
    MAX_BRACKETS,
    MAX_BYTES,
    MAX_CHOSEN,
    MAX_DEPTH,
    MAX_INT,
    MAX_KEYS,
    MAX_NODES,
    MAX_TUPLES,
)

DTYPES = {np.dtype(code).str for code in "?bhilqBHILQefdFD"}
WIDE = {"g": np.float64, "G": np.complex128}
COMPLEX = {np.dtype(code).str for code in "FD"}
LENGTHS = struct.Struct("!II")
UNPRINTABLE = re.compile("[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class WireError(Exception):
    """What came is no frame that we accept, or what should go is no plain data."""


@dataclass(frozen=True, eq=False)
class Other:
    """A value that is not plain data: only the name of its type crosses the wire.

    It equals no other: two sets are not the same because both are sets.
    """

    type: str


@dataclass(frozen=True)
class Source:
    """A function of x as the source of an expression; only a student's process accepts one."""

    text: str

    def __call__(self, x: Any) -> Any:
        """Return the expression's value at `x`."""
        return eval(self.text, {"np": np, "x": x})


def encode(value: Any) -> bytes:
    """Return `value` as a frame; of a value that is no plain data the type's name goes."""
    buffers: list[bytes] = []
    nodes = size = 0

    def tree(item: Any, depth: int) -> Any:
        nonlocal nodes, size
        kind = type(item)
        nodes += 1
        size += item.nbytes if kind is np.ndarray else len(item) if kind is str else 0
        if nodes > MAX_NODES or depth > MAX_DEPTH or size > MAX_BYTES:
            raise WireError("the value is too large or too deeply nested")
        if item is None or kind in (bool, float):
            return item
        if kind is int:
            return item if abs(item) < MAX_INT else ["other", "int"]
        if kind is str:
            return UNPRINTABLE.sub("\ufffd", item)
        if kind in (list, tuple):
            return [kind.__name__, *(tree(part, depth + 1) for part in item)]
        if kind is dict:
            return ["dict", *(tree(part, depth + 1) for pair in item.items() for part in pair)]
        if kind in (np.ndarray, np.longdouble, np.clongdouble) and item.dtype.char in WIDE:
            item = item.astype(WIDE[item.dtype.char])  # wider than others can read; judged as these
        if kind is np.ndarray and item.dtype.str in DTYPES:
            buffers.append(item.tobytes())
            return ["array", item.dtype.str, list(item.shape)]
        if isinstance(item, np.generic) and kind.__module__ == "numpy" and item.dtype.str in DTYPES:
            buffers.append(item.tobytes())
            return ["number", item.dtype.str]
        if kind is Source:
            return ["source", item.text]
        return ["other", UNPRINTABLE.sub("\ufffd", str(kind.__name__))[:100]]

    header = json.dumps(tree(value, 0), separators=(",", ":")).encode()
    body = b"".join(buffers)
    if len(header) + len(body) > MAX_BYTES:
        raise WireError("the value is too large")
    return LENGTHS.pack(len(header), len(body)) + header + body


def decode(header: bytes, body: bytes, trusting: bool = False) -> Any:
    """Return the value that a frame's header and buffers stand for, or raise WireError.

    A student's process is `trusting`: it takes functions from the grader, never the reverse.
    """
    position = nodes = chosen = tuples = keys = 0

    def take(dtype: str, shape: list[int]) -> Any:
        nonlocal position
        plain = type(shape) is list and len(shape) <= 8 and all(type(n) is int for n in shape)
        if dtype not in DTYPES or not plain or any(n < 0 for n in shape):
            raise WireError("an array of unknown type or shape")
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if size > len(body) - position:
            raise WireError("an array larger than its bytes")
        array = np.frombuffer(body, np.dtype(dtype), math.prod(shape), position)
        position += size
        return array.reshape(shape).copy()

    def bounded() -> None:
        if not trusting and (chosen > MAX_CHOSEN or tuples > MAX_TUPLES or keys > MAX_KEYS):
            raise WireError("too many values whose hashes can be chosen")

    def value(item: Any, depth: int) -> Any:
        nonlocal nodes, chosen, tuples
        nodes += 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            raise WireError("too large or too deeply nested")
        bounded()
        if type(item) is str:
            return UNPRINTABLE.sub("\ufffd", item)
        if type(item) is int:
            chosen += abs(item) >= HUGE_INT
            return item
        if item is None or type(item) in (bool, float):
            return item
        match item:
            case ["list", *parts]:
                return [value(part, depth + 1) for part in parts]
            case ["tuple", *parts]:
                tuples += 1
                return tuple(value(part, depth + 1) for part in parts)
            case ["dict", *parts] if len(parts) % 2 == 0:
                pairs = zip(parts[::2], parts[1::2], strict=True)
                both = [(key(k, depth + 1), value(v, depth + 1)) for k, v in pairs]
                return dict(both)
            case ["array", str(dtype), shape]:
                return take(dtype, shape)
            case ["number", str(dtype)]:
                chosen += dtype in COMPLEX
                return take(dtype, [])[()]
            case ["other", str(name)]:
                return Other(UNPRINTABLE.sub("\ufffd", name)[:100])
            case ["source", str(text)] if trusting:
                return Source(text)
        raise WireError("a value of unknown kind")

    def key(item: Any, depth: int) -> Any:
        nonlocal keys
        before = nodes
        made = value(item, depth)
        keys += nodes - before if type(made) is tuple else 0
        bounded()
        return made

    if header.count(b"[") + header.count(b"{") > MAX_BRACKETS:
        raise WireError("too many lists")
    try:
        decoded = value(json.loads(header), 0)
    except (ValueError, TypeError, RecursionError, MemoryError) as problem:
        raise WireError(f"not a frame: {type(problem).__name__}") from None
    if position != len(body):
        raise WireError("bytes that belong to nothing")
    return decoded


def send(connection: socket.socket, value: Any) -> None:
    """Send one frame."""
    connection.sendall(encode(value))


def receive(connection: socket.socket, seconds: float | None = None, trusting: bool = False) -> Any:
    """Return the next frame's value; TimeoutError when it is not whole after `seconds`."""
    deadline = None if seconds is None else time.monotonic() + seconds
    header, body = LENGTHS.unpack(exactly(connection, LENGTHS.size, deadline))
    if header + body > MAX_BYTES:
        raise WireError("a frame larger than allowed")
    read = exactly(connection, header, deadline), exactly(connection, body, deadline)
    return decode(*read, trusting)


def exactly(connection: socket.socket, count: int, deadline: float | None) -> bytes:
    """Read `count` bytes; EOFError when the other side is gone."""
    chunks = bytearray()
    while len(chunks) < count:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and (left <= 0 or not select.select([connection], [], [], left)[0]):
            raise TimeoutError
        chunk = connection.recv(min(count - len(chunks), 2**20))
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)
