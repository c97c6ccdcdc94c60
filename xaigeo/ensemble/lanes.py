"""Vectors of 64 bytes in compiled loops: loads, stores and arithmetic on all lanes at once.

numba compiles a loop over short rows to scalar code, since it must allow that its arrays
overlap. Code written with these functions says which numbers move together. The module needs
numba and is imported only by code that loads when numba does.
"""

# numba's own types know neither intrinsics, which get one argument fewer than they declare, nor
# what a compiled function returns.
# mypy: ignore-errors

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import types
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, register_jitable, register_model

# The widest registers there are; machines with narrower ones use two or four for a vector.
BYTES = 64
# Lets a product and a sum become one instruction. All else keeps IEEE rules: NaN stays NaN.
CONTRACT = ("contract",)
# By bytes of a float: bits of the mantissa, the type of its bits, the largest exponent that
# `exp` is given, and the terms of its series that reach full precision.
FORMATS = {4: (23, ir.IntType(32), 87.0, 8), 8: (52, ir.IntType(64), 700.0, 14)}


class Lanes(types.Type):
    """The type of one vector."""

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype
        self.itemsize = dtype.bitwidth // 8
        super().__init__(name=f"Lanes({dtype})")

    @property
    def vector(self) -> ir.VectorType:
        """The vector as LLVM has it."""
        item = ir.FloatType() if self.itemsize == 4 else ir.DoubleType()
        return ir.VectorType(item, BYTES // self.itemsize)

    def constant(self, value: float) -> ir.Constant:
        """Return a vector with one value in all lanes."""
        return ir.Constant(self.vector, [value] * self.vector.count)


@register_model(Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Lanes) -> None:
        super().__init__(manager, kind, kind.vector)


def _arithmetic(symbol: Callable[..., Any], instruction: str) -> None:
    @infer_global(symbol)
    class Rule(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if isinstance(args[0], Lanes) and args[0] == args[-1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(symbol, Lanes, Lanes)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return getattr(builder, instruction)(*args, flags=CONTRACT)


for _symbol, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    _arithmetic(_symbol, _instruction)


def _place(context: Any, builder: Any, kind: Any, array: Any, place: Any, lanes: Lanes) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    start = builder.mul(place, ir.Constant(place.type, lanes.vector.count))
    return builder.bitcast(builder.gep(data, [start]), lanes.vector.as_pointer())


def read(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """Return the LLVM value of vector number `place` of an array, inside an intrinsic."""
    lanes = Lanes(kind.dtype)
    value = builder.load(_place(context, builder, kind, array, place, lanes))
    value.align = lanes.itemsize
    return value


@intrinsic
def load(typing: Any, array: Any, place: Any) -> Any:
    """Return vector number `place` of a contiguous array's memory."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return read(context, builder, array, *args)

    return Lanes(array.dtype)(array, types.intp), generate


@intrinsic
def store(typing: Any, array: Any, place: Any, lanes: Any) -> Any:
    """Write vector number `place` of a contiguous array's memory."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        target = _place(context, builder, array, args[0], args[1], lanes)
        builder.store(args[2], target).align = lanes.itemsize
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), generate


@intrinsic
def spread(typing: Any, number: Any) -> Any:
    """Return a vector with `number` in all lanes."""
    lanes = Lanes(number)

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        empty = ir.Constant(lanes.vector, ir.Undefined)
        first = builder.insert_element(empty, args[0], ir.Constant(ir.IntType(32), 0))
        return builder.shuffle_vector(first, empty, _places([0] * lanes.vector.count))

    return lanes(number), generate


@intrinsic(prefer_literal=True)
def same(typing: Any, lanes: Any, number: Any) -> Any:
    """Return a vector like `lanes` with a number written in the code in all its lanes."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return lanes.constant(float(number.literal_value))

    return lanes(lanes, number), generate


@intrinsic
def where_negative(typing: Any, x: Any, negative: Any, other: Any) -> Any:
    """Return lanes of `negative` where x < 0 and of `other` elsewhere, also where x is NaN."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        below = builder.fcmp_ordered("<", args[0], x.constant(0.0))
        return builder.select(below, args[1], args[2])

    return x(x, x, x), generate


@intrinsic
def larger(typing: Any, x: Any, floor: Any) -> Any:
    """Return the larger of each two lanes, NaN where x is."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        # In this order one instruction does it.
        return builder.select(builder.fcmp_ordered(">", args[1], args[0]), args[1], args[0])

    return x(x, x), generate


@intrinsic
def exp(typing: Any, x: Any) -> Any:
    """Return e^x, within two units in the last place; x is first cut to where that is normal."""
    mantissa, bits, limit, n_terms = FORMATS[x.itemsize]
    # Adding 1.5 * 2^mantissa rounds to an integer, which then stands in the lowest bits.
    magic = 1.5 * 2.0**mantissa
    words = ir.VectorType(bits, BYTES // x.itemsize)
    high = float(round(math.log(2.0) * 2**12)) / 2**12  # few bits: n * high is exact
    low = math.log(2.0) - high + 2.3190468138462996e-17  # what log(2) lacks in float64

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        const = x.constant
        value = args[0]
        for edge, symbol in ((limit, ">"), (-limit, "<")):
            beyond = builder.fcmp_ordered(symbol, value, const(edge))
            value = builder.select(beyond, const(edge), value)
        shifted = builder.fadd(builder.fmul(value, const(1.0 / math.log(2.0))), const(magic))
        n = builder.fsub(shifted, const(magic))
        rest = builder.fsub(value, builder.fmul(n, const(high)), flags=CONTRACT)
        rest = builder.fsub(rest, builder.fmul(n, const(low)), flags=CONTRACT)
        series = const(1.0 / math.factorial(n_terms - 1))
        for term in range(n_terms - 2, -1, -1):
            factor = const(1.0 / math.factorial(term))
            series = builder.fadd(
                builder.fmul(series, rest, flags=CONTRACT), factor, flags=CONTRACT
            )
        power = builder.shl(
            builder.bitcast(shifted, words), ir.Constant(words, [mantissa] * words.count)
        )
        # Adding n to the exponent multiplies by 2^n.
        return builder.bitcast(builder.add(builder.bitcast(series, words), power), x.vector)

    return x(x), generate


@intrinsic
def dot(typing: Any, x: Any, shares: Any, place: Any) -> Any:
    """Return the sum of lanes times vector `place` of float64 `shares`, in float64."""

    def generate(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        count = x.vector.count
        wide = ir.VectorType(ir.DoubleType(), count)
        data = context.make_array(shares)(context, builder, args[1]).data
        start = builder.mul(args[2], ir.Constant(args[2].type, count))
        weight = builder.load(builder.bitcast(builder.gep(data, [start]), wide.as_pointer()))
        weight.align = 8
        value = args[0] if x.itemsize == 8 else builder.fpext(args[0], wide)
        value = builder.fmul(value, weight)
        while count > 1:  # halves onto each other: one order of summing on every machine
            count //= 2
            empty = ir.Constant(value.type, ir.Undefined)
            front = builder.shuffle_vector(value, empty, _places(range(count)))
            back = builder.shuffle_vector(value, empty, _places(range(count, 2 * count)))
            value = builder.fadd(front, back)
        return builder.extract_element(value, ir.Constant(ir.IntType(32), 0))

    return types.float64(x, shares, types.intp), generate


@register_jitable
def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + e^-x)."""
    one = same(x, 1)
    return one / (one + exp(same(x, 0) - x))


def _places(places: Any) -> ir.Constant:
    places = list(places)
    return ir.Constant(ir.VectorType(ir.IntType(32), len(places)), places)
