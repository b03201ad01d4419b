"""The floor under forward and backward through a bidirectional layer: its matrix products alone, in two ways.

Both write into memory set aside before, and take all steps' projections in one product. ``blas_products`` has BLAS
share each product among its threads; between two products of a loop those wait for work, and spin. ``products`` gives
each direction a thread of its own on which BLAS uses no other, in one compiled loop: nothing waits. It is the lower
one nearly everywhere, and the one that the ratios are held to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.passes import GATES, Pass, Shape


class Memory:
    """What the products of one direction read and write."""

    def __init__(self, cell: str, shape: Shape) -> None:
        batch, time, features, hidden = shape
        rows, width, rng = batch * time, GATES[cell] * hidden, np.random.default_rng(0)

        def drawn(*size: int) -> np.ndarray:
            return rng.uniform(-0.1, 0.1, size=size).astype(np.float32)

        self.time = time
        self.inputs, self.states, self.gates = drawn(rows, features), drawn(rows, hidden), drawn(rows, width)
        self.W_xh, self.W_hh, self.W_hh_T = drawn(features, width), drawn(hidden, width), drawn(width, hidden)
        self.h_t, self.a_t = drawn(batch, hidden), drawn(batch, width)
        self.a, self.dx = np.empty_like(self.gates), np.empty_like(self.inputs)
        self.a_next, self.d_next = np.empty_like(self.a_t), np.empty_like(self.h_t)
        self.dW_xh, self.dW_hh = np.empty_like(self.W_xh), np.empty_like(self.W_hh)

    def of_all_steps(self) -> None:
        """Multiply what is one product for all steps: the gradients of inputs and weights."""
        np.matmul(self.states.T, self.gates, out=self.dW_hh)
        np.matmul(self.inputs.T, self.gates, out=self.dW_xh)
        np.matmul(self.gates, self.W_xh.T, out=self.dx)


def blas_products(cell: str, shape: Shape) -> Pass:
    """Return the products of both directions, one after the other, each shared among BLAS's threads."""
    both = [Memory(cell, shape) for _ in range(2)]

    def one_pass() -> None:
        for own in both:
            np.matmul(own.inputs, own.W_xh, out=own.a)
            for _ in range(own.time):
                np.matmul(own.h_t, own.W_hh, out=own.a_next)
            for _ in range(own.time):
                np.matmul(own.a_t, own.W_hh_T, out=own.d_next)
            own.of_all_steps()

    return one_pass


def products(cell: str, shape: Shape) -> Pass:
    """Return the products of both directions, at once, each on a thread of its own."""
    from birnn_ref.layers.scans import threads
    from birnn_ref.layers.scans.compiled.kernels import kernel, multiply

    @kernel
    def steps(times: int, h: Any, W: Any, out: Any) -> None:
        for _ in range(times):
            multiply(h, W, out)

    both = [Memory(cell, shape) for _ in range(2)]

    def direction(own: Memory) -> None:
        np.matmul(own.inputs, own.W_xh, out=own.a)
        steps(own.time, own.h_t, own.W_hh, own.a_next)
        steps(own.time, own.a_t, own.W_hh_T, own.d_next)
        own.of_all_steps()

    def one_pass() -> None:
        with threads.directions(True, threads.WORTH_A_THREAD) as run:
            run([lambda own=own: direction(own) for own in both])

    return one_pass
