"""What crosses between the processes: plain data, checked, and nothing else."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from birnn_grader.inside.protocol import HEADER, MAX_BYTES, ProtocolError, pack, unpack

dtypes = st.sampled_from([np.bool_, np.int8, np.uint16, np.int64, np.float16, np.float32, np.float64, np.complex64])
arrays = dtypes.flatmap(lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)))
plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(max_size=20)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=20,
)


def _frame(tree, body=b""):
    text = json.dumps(tree).encode()
    return HEADER.pack(len(text), len(body)) + text + body


@given(values)
@settings(deadline=None)
def test_plain_data_comes_back_as_it_was(value):
    found = unpack(pack(value))
    assert found == value
    assert type(found) is type(value)


@given(arrays)
@settings(deadline=None)
def test_arrays_come_back_with_their_dtype_and_shape_and_memory_of_their_own(array):
    found = unpack(pack([array, array[::-1] if array.ndim else array]))
    assert found[0].dtype == array.dtype
    assert found[0].shape == array.shape
    np.testing.assert_array_equal(found[0], array)
    np.testing.assert_array_equal(found[1], array[::-1] if array.ndim else array)
    assert type(found[0]) is np.ndarray
    assert found[0].flags.owndata or found[0].base.flags.owndata


def test_scalars_text_and_foreign_byte_orders_cross():
    assert isinstance(unpack(pack(np.float32(2.5))), np.float32)
    assert unpack(pack(np.array(["past", "future"]))).tolist() == ["past", "future"]
    assert unpack(pack(np.array([1.5, 2.0], dtype=">f8"))).tolist() == [1.5, 2.0]
    assert np.isnan(unpack(pack(float("nan"))))


def test_a_subclass_of_ndarray_crosses_as_a_plain_array():
    class Liar(np.ndarray):
        def __array_function__(self, *_):
            return True

    assert type(unpack(pack(np.zeros(3).view(Liar)))) is np.ndarray


@pytest.mark.parametrize("value", [{1, 2}, object(), print, np.array([print]), np.array(["2024"], dtype="M8[D]")])
def test_what_is_not_plain_data_is_refused(value):
    with pytest.raises(ProtocolError, match="plain data"):
        pack(value)


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0" * 10,
        HEADER.pack(2**60, 0),
        HEADER.pack(0, 2**60),
        HEADER.pack(5, 0) + b"{}",
        _frame({"a": ["|O", [1]]}, b"12345678"),
        _frame({"a": ["|V8", [1]]}, b"12345678"),
        _frame({"a": ["<f8", [-1]]}),
        _frame({"a": ["<f8", [2**62, 0]]}),
        _frame({"a": ["<f8", [3]]}, b"too short"),
        _frame({"a": ["<f8", [1]]}, b"1234567890"),
        _frame({"a": ["<f8", "3"]}),
        _frame({"a": ["<U99999999", [0]]}),
        _frame({"a": ["<f8", [True]]}, b"12345678"),
        _frame({"b": -1}),
        _frame({"b": True}, b"1"),
        _frame({"d": [[{"l": []}, 1]]}),
        _frame({"d": [[1]]}),
        _frame({"c": ["1", "2"]}),
        _frame({"x": 1}),
        _frame({"l": [], "t": []}),
        _frame([1, 2]),
        _frame({"l": [0] * 200_000}),
        _frame(json.loads('{"l":[' * 100 + "]}" * 100)),
        HEADER.pack(6, 0) + b"[[[[[[",
        HEADER.pack(200_000, 0) + b"[" * 200_000,
        HEADER.pack(5000, 0) + b"1" * 5000,
        HEADER.pack(4, 0) + b"\xff\xfe\xfd\xfc",
    ],
)
def test_a_forged_frame_is_refused(frame):
    with pytest.raises(ProtocolError):
        unpack(frame)


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_random_bytes_are_refused_and_never_worse(data):
    with pytest.raises(ProtocolError):
        unpack(HEADER.pack(len(data), 0) + data + b"!")


def test_what_is_too_large_is_refused_before_it_is_sent():
    with pytest.raises(ProtocolError, match="larger than"):
        pack(np.broadcast_to(np.zeros(1), (MAX_BYTES, 2)))


@pytest.mark.parametrize("kind", [np.longdouble, np.clongdouble])
def test_a_long_double_crosses_as_a_double(kind):
    found = unpack(pack([kind(2.5), np.array([1, 2], kind)]))
    assert found[0].dtype == found[1].dtype
    assert found[0] == 2.5
    assert found[1].dtype == np.dtype(float if kind is np.longdouble else complex)
    assert found[1].tolist() == [1, 2]
