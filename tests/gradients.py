"""Central differences: what a backward pass is held to where no framework has the same layer."""

import numpy as np

from birnn_ref.layers import SparseRows


def dense(gradient, shape):
    """A gradient as an array, sparse or not."""
    if not isinstance(gradient, SparseRows):
        return gradient
    full = np.zeros(shape)
    full[gradient.rows] = gradient.values
    return full


def differences(score, array, step=1e-6):
    """The gradient of ``score()`` with respect to ``array``, whose entries are nudged in place."""
    found = np.zeros_like(array)
    for at in np.ndindex(array.shape):
        kept = array[at]
        values = []
        for side in (step, -step):
            array[at] = kept + side
            values.append(score())
        array[at] = kept
        found[at] = (values[0] - values[1]) / (2 * step)
    return found


def check_parameters(layer, score, rtol=1e-6, atol=1e-8):
    """Hold every stored gradient of ``layer`` to differences of ``score``, a scalar of its forward pass."""
    gradients = dict(layer.named_gradients())
    parameters = dict(layer.named_parameters())
    assert gradients.keys() == parameters.keys()
    for name, parameter in parameters.items():
        found = dense(gradients[name], parameter.shape)
        np.testing.assert_allclose(found, differences(score, parameter), rtol=rtol, atol=atol, err_msg=name)


def check_padding(layer, x, d_outputs, lengths, pad, out_lengths=None):
    """Hold a padded batch to its sequences one by one, each cut to its length: outputs, ``dx`` and every gradient.

    ``out_lengths`` is how many outputs count in each sequence; None where the outputs have no time axis.
    """

    def filled(array, counting):
        array = array.copy()
        array[np.arange(array.shape[1]) >= np.asarray(counting)[:, None]] = pad
        return array

    timed = out_lengths is not None
    y = layer.forward(filled(x, lengths), lengths)
    dx = layer.backward(filled(d_outputs, out_lengths) if timed else d_outputs)
    sums = {name: dense(g, layer.params[name].shape) for name, g in layer.grads.items()}
    alone = {name: np.zeros_like(g) for name, g in sums.items()}
    for i, n in enumerate(lengths):
        m = out_lengths[i] if timed else None
        own = slice(i, i + 1)
        y_own = layer.forward(x[own, :n])
        dx_own = layer.backward(d_outputs[own, :m])
        for name, g in layer.grads.items():
            alone[name] += dense(g, layer.params[name].shape)
        np.testing.assert_allclose(y[own, :m] if timed else y[own], y_own, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(dx[own, :n], dx_own, rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(dx[own, n:], 0)
        if timed:
            np.testing.assert_array_equal(y[own, m:], 0)
    for name, g in sums.items():
        np.testing.assert_allclose(g, alone[name], rtol=1e-10, atol=1e-12, err_msg=name)
