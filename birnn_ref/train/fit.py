"""The training loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from birnn_ref._checks import check_rng
from birnn_ref.layers import no_grad
from birnn_ref.train.checkpoint import load_checkpoint, save_checkpoint
from birnn_ref.train.clipping import clip_gradients
from birnn_ref.train.early_stopping import EarlyStopping
from birnn_ref.train.optimisers import Optimiser
from birnn_ref.train.schedules import Schedule
from birnn_ref.train.scoring import Decode, Loss, Metric, Scoring, Total
from birnn_ref.train.sequences import Batch, Sequences

Callback = Callable[[int, dict[str, Any], Any], bool | None]
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
    decode: Decode | None = None,
    class_weights: Any = None,
    ignore: float | None = None,
    clip: float | None = None,
    schedule: Schedule | None = None,
    checkpoint: str | Path | None = None,
    callbacks: Sequence[Callback] = (),
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Train a model; with held-out data, leave it with the parameters that did best there.

    Parameters
    ----------
    model : Layer
        Its ``forward(x, lengths, rng=rng)`` returns logits, its ``backward`` takes their gradient.
    data : Sequences
    loss : callable
        `softmax_cross_entropy`, `binary_cross_entropy`, `ctc_loss`, or a model's own ``loss``, which may have
        parameters. What it is called with follows from the data: logits and targets, lengths where each step has a
        target, and target lengths where the targets have some.
    optimiser : Optimiser
        Of this model.
    epochs, batch_size : int
    rng : numpy.random.Generator
        Shuffles the data, and draws what the model's layers draw in training.
    validation : Sequences, optional
        Held-out data, scored after each epoch.
    patience : int, optional
        Stop after this many epochs without a better loss on the held-out data, or a better ``metric``.
    metric : callable, optional
        Chooses the best epoch in place of the loss: ``metric(true, said)``, the higher the better, from a list of the
        held-out targets and one of the model's answers, one row per sequence, without what does not count; see
        `span_f1`.
    decode : callable, optional
        From logits and lengths to answers, of the targets' shape, or for targets with lengths of their own a list of
        arrays, as `ctc_greedy` gives; else the model's own ``decode``, else the highest logit.
    class_weights : array, ``(classes,)``, optional
        How much each class weighs in the loss.
    ignore : number, optional
        A target of this value, such as -1 or NaN, counts for nothing, in the loss, the accuracy and the metric.
    clip : float, optional
        The largest norm of the gradient.
    schedule : callable, optional
        From the number of steps taken to the next one's rate; see `linear_decay`.
    checkpoint : path, optional
        Written after each epoch. If the file is there at the start, training goes on from it, and the result is the
        same, bit for bit, as if it had never stopped.
    callbacks : sequence of callables, optional
        Each is called after an epoch as ``callback(epoch, entry, model)``, with the epoch's number from 0 and its entry
        of the history, to which it may add plain data; training stops after the epoch in which one returns True.
    progress : callable, optional
        Wraps each epoch's batches, as `progress_bar` does.

    Returns
    -------
    list of dict
        One per epoch: ``loss`` and ``accuracy`` over the training data as it went, ``seconds`` of training, and with
        held-out data ``validation_loss``, ``validation_accuracy`` and the metric by its name. There is no accuracy
        where answers are numbers. That of targets with lengths of their own is of whole answers.

    Raises
    ------
    TypeError
        If ``rng`` is not a generator, or the loss takes no ``class_weights`` or ``ignore``.
    ValueError
        If ``patience`` or ``metric`` comes without ``validation``, the optimiser is another model's, or the loss has
        parameters that are not the model's.
    CheckpointError
        If the checkpoint does not belong to this model.
    """
    if patience is not None and validation is None:
        raise ValueError("patience needs validation: stopping early is decided on held-out data")
    if metric is not None and validation is None:
        raise ValueError("metric needs validation: the best epoch is chosen on held-out data")
    check_rng(rng)
    if optimiser.model is not model:
        raise ValueError("optimiser belongs to another model than the one to train")
    scoring = Scoring(model, loss, decode, metric, class_weights, ignore)
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
        entry = _train(scoring, batches, optimiser, rng, clip, schedule)
        entry["seconds"] = time.perf_counter() - start
        if validation is not None:
            scores = _evaluate(scoring, validation, max(batch_size, 256))
            entry |= {f"validation_{name}": value for name, value in scores.items()}
            # Lower is better to the stopping, so a metric comes with its sign turned.
            done = stopping.update(epoch, scores["loss"] if metric is None else -scores[_name(metric)], model)
        stops = [callback(epoch, entry, model) for callback in callbacks]  # every one is called
        done = done or any(stops)
        history.append(entry)
        if checkpoint is not None:
            best = [stopping.best_loss, stopping.best_epoch]
            notes = {"history": history, "done": done, "best": best}
            save_checkpoint(checkpoint, model, optimiser, rng, notes=notes, arrays=stopping.best)
    stopping.restore(model)
    return history


def evaluate(
    model: Any, data: Sequences, *, loss: Loss, batch_size: int = 256, metric: Metric | None = None,
    decode: Decode | None = None, class_weights: Any = None, ignore: float | None = None,
) -> dict[str, float]:  # fmt: skip
    """Return the mean ``loss`` and the ``accuracy``, over sequences or, where each step has a target, over steps.

    With a ``metric`` also its value by its name. Arguments are those of `fit`.
    """
    return _evaluate(Scoring(model, loss, decode, metric, class_weights, ignore), data, batch_size)


def _evaluate(scoring: Scoring, data: Sequences, batch_size: int) -> dict[str, float]:
    total, metric = Total(scoring), scoring.metric
    for batch in data.batches(batch_size):
        if scoring.weight(batch):
            with no_grad():
                logits = scoring.model.forward(batch.x, batch.lengths)
            said = scoring.answers(logits, batch)
            total.add(scoring.loss_of(logits, batch)[0], said, batch, keep=metric is not None)
    return total.means() | ({} if metric is None else {_name(metric): float(metric(total.true, total.said))})


def _train(
    scoring: Scoring, batches: Iterable[Batch], optimiser: Optimiser, rng: np.random.Generator, clip: float | None,
    schedule: Schedule | None,
) -> dict[str, float]:  # fmt: skip
    """Train on every batch; return the mean loss and the accuracy."""
    total, model = Total(scoring), scoring.model
    for batch in batches:
        if not scoring.weight(batch):
            continue
        logits = model.forward(batch.x, batch.lengths, rng=rng)
        value, d_logits = scoring.loss_of(logits, batch)
        said = scoring.answers(logits, batch)  # by the parameters that gave the logits
        model.backward(d_logits)
        if clip is not None:
            clip_gradients(model, clip)
        if schedule:
            optimiser.rate = schedule(optimiser.steps)
        optimiser.step()
        total.add(value, said, batch)
    return total.means()


def _name(metric: Metric) -> str:
    return getattr(metric, "__name__", "metric")
