"""Plain data crosses the wire unchanged; whatever else comes is refused, quickly and in one way."""

from __future__ import annotations

import json
import math
import random
import re
import socket
import struct
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
from attacking import memory
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.sandbox.inside import wire

DTYPES = sorted(wire.DTYPES)
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]))
NUMBERS = st.sampled_from(DTYPES).flatmap(lambda code: arrays.from_dtype(np.dtype(code)))
ARRAYS = st.sampled_from(DTYPES).flatmap(
    lambda code: arrays.arrays(code, arrays.array_shapes(min_dims=0, max_dims=5, min_side=0))
)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
HASHABLE = st.none() | st.booleans() | st.integers() | TEXT | st.tuples(st.integers(), TEXT)
VALUES = st.recursive(
    PLAIN | NUMBERS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(HASHABLE, inner, max_size=5)
    ),
    max_leaves=20,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(["list", "tuple", "dict", "array", "number", "other", "source", *DTYPES]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)  # fmt: skip


def split(frame: bytes) -> tuple[bytes, bytes]:
    """Return the header and the buffers of a whole frame."""
    header, body = wire.LENGTHS.unpack(frame[:8])
    assert len(frame) == 8 + header + body
    return frame[8 : 8 + header], frame[8 + header :]


def crossed(value: Any, trusting: bool = False) -> Any:
    """Return what arrives when a value is sent."""
    return wire.decode(*split(wire.encode(value)), trusting)


def same(before: Any, after: Any) -> bool:
    """Whether two values are equal to the last bit, and of the same types."""
    if type(before) is not type(after):
        return False
    if isinstance(before, (np.ndarray, np.generic)):
        return (before.dtype, before.shape, before.tobytes()) == (
            after.dtype, after.shape, after.tobytes()
        )  # fmt: skip
    if isinstance(before, dict):
        return same(list(before.items()), list(after.items()))
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, float):
        return struct.pack("d", before) == struct.pack("d", after) or (before != before != after)
    return bool(before == after)


def refused(header: bytes, body: bytes = b"", trusting: bool = False) -> bool:
    """Whether a frame is refused; anything but a WireError is an error of this test too."""
    try:
        value = wire.decode(header, body, trusting)
    except wire.WireError:
        return True
    assert plain(value), type(value)
    return False


PLAIN = (type(None), bool, int, float, str, np.number, np.bool_, wire.Other, wire.Source)


def plain(value: Any) -> bool:
    """Whether a value is plain data through and through."""
    if isinstance(value, dict):
        return all(plain(part) for pair in value.items() for part in pair)
    if isinstance(value, (list, tuple)):
        return all(map(plain, value))
    if isinstance(value, np.ndarray):
        return type(value) is np.ndarray and value.dtype.str in DTYPES
    return type(value) in PLAIN or isinstance(value, np.generic)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_plain_data_arrives_as_it_was(value: Any) -> None:
    assert same(value, crossed(value))


@pytest.mark.parametrize(
    "value",
    [
        0.0, -0.0, math.nan, math.inf, -math.inf, 5e-324, True, 1, 1.0, 2**1023, -(2**1023),
        "", "naïve 💡 \n\t ∑", [], (), {}, [[], ()], {(1, "a"): [None]}, np.float64(-0.0),
        np.array(-0.0), np.zeros((0,)), np.zeros((3, 0, 2)), np.bool_(True), np.array([]),
        np.int8(-1), np.array([[1, 2], [3, 4]]).T, np.arange(10)[::-2],
        np.array([complex(-0.0, math.nan)]), np.float16(0.1), [np.zeros(2), np.float32(1)],
    ],
)  # fmt: skip
def test_borders_of_plain_data_arrive_as_they_were(value: Any) -> None:
    assert same(value, crossed(value))


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (2**1024, "int"),
        (object(), "object"),
        (wire.Other, "type"),
        (np.array([object()]), "ndarray"),
        (np.array(["a"]), "ndarray"),
        (np.array([1.0], ">f8"), "ndarray"),
        (np.zeros(2).view(type("Mine", (np.ndarray,), {})), "Mine"),
        (type("Mine", (float,), {})(1), "Mine"),
        (np.datetime64("2020"), "datetime64"),
        ({1, 2}, "set"),
        (b"bytes", "bytes"),
    ],
)
def test_of_other_values_only_the_name_arrives(value: Any, arrives: str) -> None:
    [[one], [other]] = crossed([value]), crossed([value])
    assert isinstance(one, wire.Other) and one.type == arrives
    assert one != other  # or a test that compares two answers would pass whatever they are


@pytest.mark.parametrize(
    ("text", "arrives"),
    [
        ("a\ud800\x00\x9bb", "a\ufffd\ufffd\ufffdb"),
        ("\x1b[31mred\x1b[0m\r\n", "\x1b[31mred\x1b[0m\r\n"),
    ],
)
def test_text_arrives_without_what_cannot_be_shown(text: str, arrives: str) -> None:
    assert crossed([text]) == [arrives]


def test_numbers_that_are_wider_arrive_as_float64() -> None:
    with np.errstate(over="ignore"):
        one, many, huge = crossed(
            [np.longdouble("0.1"), np.array(["0.1", "1"], np.longdouble), np.longdouble("1e400")]
        )
    assert type(one) is np.float64 and one == 0.1 and huge == np.inf
    assert many.dtype == np.float64 and many.tolist() == [0.1, 1]
    assert type(crossed(np.clongdouble(1j))) is np.complex128


@pytest.mark.parametrize(
    "value",
    [
        [0] * wire.MAX_NODES,
        "x" * (wire.MAX_BYTES + 1),
        np.zeros(wire.MAX_BYTES // 8 + 1),
        [np.zeros(wire.MAX_BYTES // 16)] * 3,
    ],
    ids=["nodes", "text", "array", "arrays"],
)
def test_too_much_is_not_sent(value: Any) -> None:
    with pytest.raises(wire.WireError):
        wire.encode(value)


def test_a_list_in_itself_is_not_sent() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(wire.WireError):
        wire.encode(value)


def test_a_function_crosses_to_the_student_only() -> None:
    function = crossed(wire.Source("x ** 2 + np.sum(x)"), trusting=True)
    assert function(3) == 12
    with pytest.raises(wire.WireError):
        crossed(wire.Source("x"))


def test_an_array_that_arrives_is_its_own_and_can_be_written() -> None:
    array = crossed(np.arange(3.0))
    array[0] = 7
    assert array.tolist() == [7, 1, 2]


@settings(max_examples=300, deadline=None)
@given(JSON, st.binary(max_size=64), st.booleans())
def test_any_json_is_refused_or_plain_data(header: Any, body: bytes, trusting: bool) -> None:
    refused(json.dumps(header).encode(), body, trusting)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=64))
def test_any_bytes_are_refused_or_plain_data(header: bytes, body: bytes) -> None:
    refused(header, body)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers() | st.integers(-2, 2) | st.sampled_from([2**31, 2**62, 2**63, 2**70])),
    st.sampled_from([*DTYPES, "|O", "<U9", "|V8", "<M8[s]", ">f8", "f8", "", "float64"]),
    st.binary(max_size=64),
)
def test_any_shape_is_refused_or_fits_its_bytes(shape: list[int], dtype: str, body: bytes) -> None:
    refused(json.dumps(["array", dtype, shape]).encode(), body)


def mutate(frame: bytes, rng: random.Random) -> bytes:
    """Return a frame with a few bytes changed, cut, doubled, or swapped for telling words."""
    made = bytearray(frame)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(made) + 1)
        match rng.randrange(6):
            case 0 if place < len(made):
                made[place] = rng.randrange(256)
            case 1:
                del made[place : place + rng.randint(1, 8)]
            case 2:
                made[place:place] = made[place : place + rng.randint(1, 16)]
            case 3:
                made[place:place] = rng.choice(WORDS)
            case 4:
                digits = [m.span() for m in re.finditer(rb"\d+", made)]
                if digits:
                    start, end = rng.choice(digits)
                    made[start:end] = rng.choice(NUMERALS)
            case _:
                made[place:place] = rng.randbytes(rng.randint(1, 8))
    return bytes(made)


NUMERALS = [b"0", b"-1", b"1e999", b"NaN", b"9" * 30, b"1" * 5000, b"2147483648", b"true", b"0.5"]
WORDS = [
    b'["list"]', b'["array","<f8",[2]]', b'["array","|O",[1]]', b'["number","<f8"]', b"[" * 3000,
    b'["dict",["list"],1]', b'["other","x"]', b'["source","x"]', b"null", b'"', b"\\ud800", b"{}",
]  # fmt: skip
SAMPLES = [
    {"id": 3, "value": np.arange(6.0).reshape(2, 3), "type": "ndarray", "printed": ""},
    {"id": 4, "outputs": [{"output_type": "stream", "name": "stdout", "text": "∑ é \n"}]},
    {
        "id": 5,
        "value": [np.float64(1.5), (1, 2.5, None), {"a": np.zeros((0, 2), "?")}],
        "error": "",
    },
    {"id": 6, "kind": "function", "value": None},
    np.array([1 + 2j]),
    [[[[[-0.0, math.nan, True, 2**200]]]]],
]


def soak(count: int, seed: int) -> int:
    """Decode `count` mutated frames; return how many of them were refused."""
    rng = random.Random(seed)
    frames = [wire.encode(sample) for sample in SAMPLES]
    gone = 0
    for _ in range(count):
        header, body = split(rng.choice(frames))
        if rng.random() < 0.8:
            header = mutate(header, rng)
        if rng.random() < 0.3:
            body = mutate(body, rng)
        begun = time.perf_counter()
        gone += refused(header, body)
        assert time.perf_counter() - begun < 5, header
    return gone


def test_mutated_frames_are_refused_or_plain_data() -> None:
    assert 4000 < soak(8000, seed=1) < 8000


@pytest.mark.parametrize(
    "header",
    [
        b"[" * wire.MAX_BYTES,
        b'["list"' + b",[]" * (wire.MAX_BYTES // 3 - 3) + b"]",
        b'["list"' + b',{"":0}' * (wire.MAX_BYTES // 7 - 3) + b"]",
        b'["list"' + b",0.1" * (wire.MAX_BYTES // 4 - 8) + b"]",
        b'["list"' + b',"ab"' * (wire.MAX_BYTES // 5 - 8) + b"]",
        b'["list"' + b",[[[0.1]]]" * (wire.MAX_BRACKETS // 3 - 8) + b"]",
        b'["list"' + b",[[[]]]" * (wire.MAX_BYTES // 7 - 3) + b"]",
        b'"' + b"\\u0000" * (wire.MAX_BYTES // 6 - 3),
        b"1" * wire.MAX_BYTES,
        b"\x00" * wire.MAX_BYTES,
    ],
    ids=[
        "depth",
        "lists",
        "objects",
        "numbers",
        "words",
        "fewer",
        "nested",
        "unclosed",
        "digits",
        "zeros",
    ],
)
def test_the_largest_frames_cost_little(header: bytes) -> None:
    before, begun = memory(reset=True), time.process_time()
    assert refused(header)
    assert time.process_time() - begun < 6
    assert memory() - before < 300


def test_sixteen_megabytes_of_text_arrive() -> None:
    text = '"\\' * 2**20 + "∑" * 2**20
    assert crossed(text) == text


class Line:
    """Two ends of a socket."""

    def __enter__(self) -> tuple[socket.socket, socket.socket]:
        self.ends = socket.socketpair()
        return self.ends

    def __exit__(self, *_: object) -> None:
        for end in self.ends:
            end.close()


def test_frames_follow_each_other_on_a_socket() -> None:
    with Line() as (ours, theirs):
        for value in SAMPLES:
            wire.send(theirs, value)
        assert all(same(value, wire.receive(ours, seconds=1)) for value in SAMPLES)


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"", TimeoutError),
        (b"\0\0\0", TimeoutError),
        (wire.encode(1)[:-1], TimeoutError),
        (struct.pack("!II", 2**32 - 1, 2**32 - 1), wire.WireError),
        (struct.pack("!II", wire.MAX_BYTES, 1), wire.WireError),
        (struct.pack("!II", 0, 0), wire.WireError),
    ],
)
def test_unfinished_and_oversized_frames(sent: bytes, error: type[Exception]) -> None:
    with Line() as (ours, theirs):
        theirs.sendall(sent)
        begun = time.monotonic()
        with pytest.raises(error):
            wire.receive(ours, seconds=0.2)
        assert time.monotonic() - begun < 2


def test_a_frame_cut_off_by_the_end_of_the_process() -> None:
    with Line() as (ours, theirs):
        theirs.sendall(wire.encode([1, 2, 3])[:-2])
        theirs.close()
        with pytest.raises(EOFError):
            wire.receive(ours, seconds=1)


def test_a_frame_that_drips_gets_no_more_time() -> None:
    with Line() as (ours, theirs):
        theirs.sendall(struct.pack("!II", 1000, 0))
        drip = threading.Timer(0.2, theirs.sendall, [b"x"])
        drip.start()
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            wire.receive(ours, seconds=0.3)
        assert 0.2 < time.monotonic() - begun < 2
        drip.join()


if __name__ == "__main__":  # by hand: python tests/test_wire.py 1000000
    soak(20_000, seed=2)
    grown = memory(reset=True)
    number = int(sys.argv[1])
    print(f"{soak(number, seed=3):,} of {number:,} mutated frames were refused; plain data else")
    assert memory() - grown < 100
