"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from birnn_ref._checks import Float, Int, check_rng, within
from birnn_ref.layers import no_grad
from birnn_ref.train.checkpoint import load_checkpoint, save_checkpoint
from birnn_ref.train.clipping import clip_gradients
from birnn_ref.train.early_stopping import EarlyStopping
from birnn_ref.train.optimisers import Optimiser
from birnn_ref.train.schedules import Schedule
from birnn_ref.train.sequences import Batch, Sequences

Loss = Callable[..., tuple[float, Float]]
Metric = Callable[[list[Any], list[Any]], float]
Progress = Callable[[Iterable[Any], str, int], Iterable[Any]]


def fit(
    model: Any,
    data: Sequences,
    *,
    loss: Loss,
    optimiser: Optimiser,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: Sequences | None = None,
    patience: int | None = None,
    metric: Metric | None = None,
    clip: float | None = None,
    schedule: Schedule | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Train a model; with held-out data, leave it with the parameters that did best there.

    Parameters
    ----------
    model : Layer
        Its ``forward(x, lengths, rng=rng)`` returns logits, its ``backward`` takes their gradient.
    data : Sequences
    loss : callable
        `softmax_cross_entropy`, `binary_cross_entropy`, or a model's own ``loss``, which may have parameters.
    optimiser : Optimiser
        Of this model.
    epochs, batch_size : int
    rng : numpy.random.Generator
        Shuffles the data, and draws what the model's layers draw in training.
    validation : Sequences, optional
        Held-out data, scored after each epoch.
    patience : int, optional
        Stop after so many epochs without a better loss on the held-out data, or a better ``metric``.
    metric : callable, optional
        Chooses the best epoch in place of the loss: ``metric(true, said)``, the higher the better, from a list of the
        held-out targets and one of the model's answers, a row a sequence, padding left out; see `span_f1`.
    clip : float, optional
        The largest norm of the gradient.
    schedule : callable, optional
        From the number of steps taken to the next one's rate; see `linear_decay`.
    checkpoint : path, optional
        Written after each epoch. If the file is there at the start, training goes on from it, and the result is the
        same, bit for bit, as if it had never stopped.
    progress : callable, optional
        Wraps each epoch's batches, as `progress_bar` does.

    Returns
    -------
    list of dict
        One per epoch: ``loss`` and ``accuracy`` over the training data as it went, ``seconds`` of training, and with
        held-out data ``validation_loss``, ``validation_accuracy`` and the metric by its name. An answer is what the
        model's own ``decode(logits, lengths)`` gives, else the highest logit.

    Raises
    ------
    TypeError
        If ``rng`` is not a generator.
    ValueError
        If ``patience`` or ``metric`` comes without ``validation``, or the optimiser is another model's.
    CheckpointError
        If the checkpoint does not belong to this model.
    """
    if patience is not None and validation is None:
        raise ValueError("patience needs validation: stopping early is decided on held-out data")
    if metric is not None and validation is None:
        raise ValueError("metric needs validation: the best epoch is chosen on held-out data")
    check_rng(rng)
    if optimiser.model is not model:
        raise ValueError("optimiser holds another model than the one to train")
    stopping, history = EarlyStopping(patience), []
    done = False
    if checkpoint is not None and Path(checkpoint).exists():
        notes, stopping.best = load_checkpoint(checkpoint, model, optimiser, rng)
        history, done = notes["history"], notes["done"]
        stopping.best_loss, stopping.best_epoch = notes["best"]
    while len(history) < epochs and not done:
        epoch, start = len(history), time.perf_counter()
        batches: Iterable[Batch] = data.batches(batch_size, rng)
        if progress:
            batches = progress(batches, f"epoch {epoch + 1}", -(-len(data) // batch_size))
        entry = _train(model, batches, loss, optimiser, rng, clip, schedule)
        entry["seconds"] = time.perf_counter() - start
        if validation is not None:
            scores = evaluate(model, validation, loss=loss, batch_size=max(batch_size, 256), metric=metric)
            entry |= {f"validation_{name}": value for name, value in scores.items()}
            # Lower is better to the stopping, so a metric comes with its sign turned.
            done = stopping.update(epoch, scores["loss"] if metric is None else -scores[_name(metric)], model)
        history.append(entry)
        if checkpoint is not None:
            best = [stopping.best_loss, stopping.best_epoch]
            notes = {"history": history, "done": done, "best": best}
            save_checkpoint(checkpoint, model, optimiser, rng, notes=notes, arrays=stopping.best)
    stopping.restore(model)
    return history


def evaluate(
    model: Any, data: Sequences, *, loss: Loss, batch_size: int = 256, metric: Metric | None = None
) -> dict[str, float]:
    """Return the mean ``loss`` and the ``accuracy``, over sequences or, where each step has a target, over steps.

    With a ``metric``, as `fit` takes it, also its value by its name.
    """
    total = _Total()
    true: list[Any] = []
    answers: list[Any] = []
    for batch in data.batches(batch_size):
        if _weight(batch):
            with no_grad():
                logits = model.forward(batch.x, batch.lengths)
            said = _said(model, logits, batch)
            total.add(_loss(loss, logits, batch)[0], said, batch)
            if metric is not None:
                true += _own_steps(batch.y, batch)
                answers += _own_steps(said, batch)
    return total.means() | ({} if metric is None else {_name(metric): float(metric(true, answers))})


def _train(
    model: Any, batches: Iterable[Batch], loss: Loss, optimiser: Optimiser, rng: np.random.Generator,
    clip: float | None, schedule: Schedule | None,
) -> dict[str, float]:  # fmt: skip
    """Train on every batch; return the mean loss and the accuracy."""
    total = _Total()
    for batch in batches:
        if not _weight(batch):
            continue
        logits = model.forward(batch.x, batch.lengths, rng=rng)
        value, d_logits = _loss(loss, logits, batch)
        said = _said(model, logits, batch)  # by the parameters that gave the logits
        model.backward(d_logits)
        if clip is not None:
            clip_gradients(model, clip)
        if schedule:
            optimiser.rate = schedule(optimiser.steps)
        optimiser.step()
        total.add(value, said, batch)
    return total.means()


class _Total:
    """Loss and right answers, added up over batches by what counts in each."""

    def __init__(self) -> None:
        self.loss = self.right = self.weight = 0.0

    def add(self, loss: float, said: Int, batch: Batch) -> None:
        weight = _weight(batch)
        self.loss += weight * loss
        self.right += _right(said, batch)
        self.weight += weight

    def means(self) -> dict[str, float]:
        if not self.weight:
            raise ValueError("data holds no step that counts")
        return {"loss": self.loss / self.weight, "accuracy": self.right / self.weight}


def _loss(loss: Loss, logits: Float, batch: Batch) -> tuple[float, Float]:
    return loss(logits, batch.y, batch.lengths) if batch.y.ndim > 1 else loss(logits, batch.y)


def _weight(batch: Batch) -> int:
    """What counts in a batch: its sequences, or its steps."""
    if batch.y.ndim == 1:
        return len(batch.y)
    return int(batch.y.size if batch.lengths is None else batch.lengths.sum())


def _said(model: Any, logits: Float, batch: Batch) -> Int:
    """Return the model's answers, of the targets' shape."""
    said: Any
    if hasattr(model, "decode"):
        said = model.decode(logits, batch.lengths)
    elif logits.ndim == batch.y.ndim:
        said = logits > 0
    elif logits.shape[-1] == 1:
        said = logits[..., 0] > 0
    else:
        said = logits.argmax(axis=-1)
    if said.shape != batch.y.shape:
        raise ValueError(f"y has shape {batch.y.shape}, expected {said.shape}: one target for each of the answers")
    answers: Int = said
    return answers


def _right(said: Int, batch: Batch) -> int:
    """How many answers are right."""
    agree = said == batch.y
    if batch.y.ndim > 1 and batch.lengths is not None:
        agree &= within(batch.lengths, batch.y.shape[1])
    return int(agree.sum())


def _own_steps(rows: Any, batch: Batch) -> list[Any]:
    """Return a row a sequence, cut to its length."""
    if batch.y.ndim == 1 or batch.lengths is None:
        return list(rows)
    return [row[:n] for row, n in zip(rows, batch.lengths, strict=True)]


def _name(metric: Metric) -> str:
    return getattr(metric, "__name__", "metric")
