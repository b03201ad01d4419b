"""Sentiment of whole reviews in Keras: python keras_birnn.py --cell lstm"""

# [settings]
import argparse
import json
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from birnn_ref.datasets import load_imdb
from keras import layers

parser = argparse.ArgumentParser()
parser.add_argument("--cell", choices=("lstm", "gru"), default="lstm")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--epochs", type=int, default=2)
parser.add_argument("--reviews", type=int, help="of each split; all if left out")
parser.add_argument("--out", type=Path, default=Path("keras_birnn"))
options = parser.parse_args()

WORDS, FEATURES, HIDDEN, BATCH, UNKNOWN = 30_000, 100, 64, 64, 2
if tf.config.list_physical_devices("GPU"):
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
keras.utils.set_random_seed(options.seed)
options.out.mkdir(parents=True, exist_ok=True)

# [data]
EDGES = [64, 96, 128, 160, 192, 224, 256, 320, 400, 512, 640, 800, 1024]
data = load_imdb(WORDS, rng=np.random.default_rng(options.seed))


def forget(ids, label):
    """Word dropout: one word in ten becomes the unknown one."""
    return tf.where(tf.random.uniform(tf.shape(ids)) < 0.1, UNKNOWN, ids), label


def batches(name):
    """Yield a split in batches of similar length, padded to the longest."""
    x, y = data[name].x[: options.reviews], data[name].y[: options.reviews]
    kinds = (tf.TensorSpec([None], tf.int32), tf.TensorSpec([], tf.int32))
    pairs = tf.data.Dataset.from_generator(
        lambda: zip(x, y, strict=True), output_signature=kinds
    )
    if name == "train":
        pairs = pairs.shuffle(len(x), seed=options.seed).map(forget)
    sizes = [BATCH] * (len(EDGES) + 1)  # one for each bucket
    bucketed = pairs.bucket_by_sequence_length(lambda x, _: tf.size(x), EDGES, sizes)
    counted = tf.data.experimental.assert_cardinality(sum(1 for _ in bucketed))
    return bucketed.apply(counted).prefetch(2)


# [model]
@keras.saving.register_keras_serializable("book")
class MaskedMax(layers.Layer):
    """The maximum over the steps that count: GlobalMaxPooling1D takes no mask."""

    def __init__(self, **how):
        super().__init__(**how)
        self.supports_masking = True

    def call(self, h, mask=None):
        return keras.ops.max(keras.ops.where(mask[:, :, None], h, -1e4), axis=1)

    def compute_mask(self, h, mask=None):
        return None


def build(cell):
    layer = {"lstm": layers.LSTM, "gru": layers.GRU}[cell]
    ids = keras.Input((None,), dtype="int32")
    x = layers.Embedding(WORDS, FEATURES, mask_zero=True)(ids)  # hands a mask on
    x = layers.SpatialDropout1D(0.5)(x)  # one mask for all steps
    h = layers.Bidirectional(layer(HIDDEN, return_sequences=True))(x)
    pooled = layers.Concatenate()([layers.GlobalAveragePooling1D()(h), MaskedMax()(h)])
    y = layers.Dense(1, dtype="float32")(layers.Dropout(0.5)(pooled))
    return keras.Model(ids, y)


# [training]
class Clock(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.start


train, held_out, test = (batches(name) for name in ("train", "validation", "test"))
steps = options.epochs * len(train)
rate = keras.optimizers.schedules.CosineDecay(
    1.2e-4, steps, warmup_target=3e-3, warmup_steps=3 * steps // 10
)
model = build(options.cell)
model.compile(
    keras.optimizers.AdamW(rate, weight_decay=0.01, global_clipnorm=1.0),
    loss=keras.losses.BinaryCrossentropy(from_logits=True),
    metrics=[keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy")],
)
callbacks = [
    keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True),
    Clock(),
]
how = {"epochs": options.epochs, "callbacks": callbacks, "shuffle": False, "verbose": 2}
history = model.fit(train, validation_data=held_out, **how).history

# [saving]
model.save(options.out / "model.keras")
reader = keras.models.load_model(options.out / "model.keras")
test_loss, test_accuracy = reader.evaluate(test, verbose=0)
best = int(np.argmin(history["val_loss"])) + 1
result = {"best_epoch": best, "test_accuracy": test_accuracy, "test_loss": test_loss}
result |= {"source": data.source, "backend": keras.backend.backend()}
result["history"] = history
(options.out / "result.json").write_text(json.dumps(result, indent=1))
print(f"epoch {best}: test accuracy {test_accuracy:.4f}")

# [checks]
reviews = [list(review[:60]) for review in data["test"].x[:7]]
reviews.append(reviews[0][:9])  # a short one among them
padded = keras.utils.pad_sequences(reviews, padding="post")
together = keras.ops.convert_to_numpy(reader(padded))[:, 0]
singly = [reader(np.array([review])) for review in reviews]
alone = keras.ops.convert_to_numpy(keras.ops.concatenate(singly))[:, 0]
longer = keras.ops.convert_to_numpy(reader(np.pad(padded, [(0, 0), (0, 30)])))[:, 0]
assert (padded == 0).any()
assert np.allclose(together, alone, atol=1e-5), "batch mates must not matter"
assert np.allclose(together, longer, atol=1e-5), "more padding must not matter"
print("padding does not matter")
