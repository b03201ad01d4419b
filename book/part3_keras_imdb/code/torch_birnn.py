"""Sentiment of whole reviews in PyTorch: python torch_birnn.py --cell gru"""

# [settings]
import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from birnn_ref.datasets import load_imdb
from scipy.sparse import coo_array, csr_array
from scipy.sparse.linalg import svds
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader

parser = argparse.ArgumentParser()
parser.add_argument("--cell", choices=("lstm", "gru"), default="gru")
parser.add_argument("--seed", type=int, default=0)
parser.add_argument("--epochs", type=int, default=5)
parser.add_argument("--reviews", type=int, help="of each split; all if left out")
parser.add_argument("--out", type=Path, default=Path("torch_birnn"))
options = parser.parse_args()

WORDS, FEATURES, HIDDEN, BATCH, UNKNOWN = 30_000, 100, 96, 64, 2
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(options.seed)
options.out.mkdir(parents=True, exist_ok=True)


# [data]
class Buckets:
    """Rows in batches of about equal length, dealt anew each epoch."""

    def __init__(self, lengths, seed):
        self.lengths, self.rng = np.asarray(lengths), np.random.default_rng(seed)

    def __len__(self):
        return -(-len(self.lengths) // BATCH)

    def __iter__(self):
        blurred = self.lengths * self.rng.uniform(0.9, 1.1, len(self.lengths))
        dealt = np.array_split(blurred.argsort(), len(self))
        return iter([dealt[k] for k in self.rng.permutation(len(dealt))])


def collate(reviews):
    ids, labels = zip(*reviews, strict=True)
    lengths = torch.tensor([len(review) for review in ids])
    padded = pad_sequence([torch.as_tensor(review) for review in ids], batch_first=True)
    return padded.long(), lengths, torch.tensor(labels, dtype=torch.float32)


data = load_imdb(WORDS, rng=np.random.default_rng(options.seed))
splits = {}
for name in ("train", "validation", "test"):
    x, y = data[name].x[: options.reviews], data[name].y[: options.reviews]
    splits[name] = list(zip(x, y, strict=True))
buckets = Buckets([len(review) for review, _ in splits["train"]], options.seed)
loader = DataLoader(splits["train"], batch_sampler=buckets, collate_fn=collate)


# [vectors]
def word_vectors(reviews, window=5):
    """Return (WORDS, FEATURES): words that keep the same company start out alike."""
    apart = np.zeros(window, np.int64)  # so that no pair spans two reviews
    text = np.concatenate([np.append(review, apart) for review in reviews])
    counts = csr_array((WORDS, WORDS))
    for k in range(1, window + 1):
        a, b = text[:-k], text[k:]
        words = (a > 0) & (b > 0)
        near = np.ones(words.sum()), (a[words], b[words])
        counts = counts + coo_array(near, counts.shape)
    counts = (counts + counts.T).tocoo()
    often = counts.sum(axis=0)
    expected = often[counts.row] * (often**0.75 / np.sum(often**0.75))[counts.col]
    more = np.maximum(np.log(counts.data / expected), 0)  # more often than by chance
    ppmi = csr_array((more, (counts.row, counts.col)), counts.shape)
    u, s, _ = svds(ppmi, FEATURES, v0=np.ones(WORDS))
    vectors = u * np.sqrt(s)  # (words, features)
    vectors -= vectors.mean(axis=0)
    return torch.tensor(0.1 * vectors / vectors.std(), dtype=torch.float32)


vectors = word_vectors([review for review, _ in splits["train"]])


# [model]
class Reader(nn.Module):
    def __init__(self, cell):
        super().__init__()
        layer = {"lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.words = nn.Embedding.from_pretrained(vectors.clone(), freeze=False)
        self.ahead = layer(FEATURES, HIDDEN, batch_first=True)
        self.back = layer(FEATURES, HIDDEN, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.readout = nn.Linear(4 * HIDDEN, 1)

    def states(self, ids, lengths):
        x = self.words(ids)  # (batch, time, features)
        x = x * self.dropout(torch.ones_like(x[:, :1]))  # one mask for all steps
        step = torch.arange(ids.shape[1], device=ids.device)
        last = lengths[:, None] - 1
        turned = torch.where(step <= last, last - step, step)[:, :, None]
        h_f, _ = self.ahead(x)  # (batch, time, hidden)
        h_b, _ = self.back(x.take_along_dim(turned, dim=1))
        return torch.cat([h_f, h_b.take_along_dim(turned, dim=1)], dim=2)

    def forward(self, ids, lengths):
        h = self.states(ids, lengths)  # (batch, time, 2 * hidden)
        counts = torch.arange(ids.shape[1], device=ids.device) < lengths[:, None]
        mean = (h * counts[:, :, None]).sum(dim=1) / lengths[:, None]
        top = h.masked_fill(~counts[:, :, None], -torch.inf).amax(dim=1)
        pooled = torch.cat([mean, top], dim=1)  # (batch, 4 * hidden)
        return self.readout(self.dropout(pooled))[:, 0]


# [training]
@torch.inference_mode()
def logits(model, name):
    """Return the logits of a split's reviews, (reviews,)."""
    model.eval()
    lengths = np.array([len(review) for review, _ in splits[name]])
    found = torch.empty(len(lengths))
    for rows in np.array_split(lengths.argsort(), -(-len(lengths) // BATCH)):
        ids, counts, _ = collate([splits[name][k] for k in rows])
        found[rows] = model(ids.to(device), counts.to(device)).cpu()
    return found


def scores(found, name):
    """Return the loss and the accuracy that logits have on a split."""
    y = torch.tensor([float(label) for _, label in splits[name]])
    right = (found > 0) == (y > 0)
    return cross_entropy(found, y).item(), right.float().mean().item()


model = Reader(options.cell).to(device)
average = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.998))
optimiser = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
steps = options.epochs * len(loader)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
history, best = [], {"validation_loss": float("inf")}
for epoch in range(1, options.epochs + 1):
    start, total = time.perf_counter(), 0.0
    model.train()
    for ids, lengths, y in loader:
        counts = torch.arange(ids.shape[1]) < lengths[:, None]
        forgotten = counts & (torch.rand(ids.shape) < 0.3)  # word dropout
        ids = ids.masked_fill(forgotten, UNKNOWN).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            loss = cross_entropy(model(ids, lengths.to(device)), y.to(device))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)  # one norm over all weights
        optimiser.step()
        schedule.step()
        average.update_parameters(model)
        total += loss.item() / len(loader)
    held_out = scores(logits(average.module, "validation"), "validation")
    figures = (epoch, total, *held_out, time.perf_counter() - start)
    names = ("epoch", "train_loss", "validation_loss", "validation_accuracy", "seconds")
    history.append(dict(zip(names, figures, strict=True)))
    print({name: round(value, 4) for name, value in history[-1].items()}, flush=True)
    if history[-1]["validation_loss"] < best["validation_loss"]:
        best, weights = history[-1], copy.deepcopy(average.module.state_dict())
    elif epoch - best["epoch"] == 2:
        break  # two epochs without a gain

# [saving]
torch.save(weights, options.out / "weights.pt")
reader = Reader(options.cell).to(device)
reader.load_state_dict(torch.load(options.out / "weights.pt", weights_only=True))
found = {name: logits(reader, name) for name in ("validation", "test")}
test_loss, test_accuracy = scores(found["test"], "test")
np.savez_compressed(options.out / "logits.npz", **found)
result = {"best_epoch": best["epoch"], "test_accuracy": test_accuracy}
result |= {"test_loss": test_loss, "source": data.source, "history": history}
(options.out / "result.json").write_text(json.dumps(result, indent=1))
print(f"epoch {best['epoch']}: test accuracy {test_accuracy:.4f}")


# [checks]
def by_packing(model, ids, lengths):
    """Return the states as PyTorch's own bidirectional layer gives them."""
    both = type(model.ahead)(FEATURES, HIDDEN, batch_first=True, bidirectional=True)
    backward = {f"{k}_reverse": v for k, v in model.back.state_dict().items()}
    both.load_state_dict(model.ahead.state_dict() | backward)
    x = model.words(ids)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(both(packed)[0], batch_first=True)[0]


reader = reader.cpu().eval()
reviews = [torch.as_tensor(review[:60]) for review in data["test"].x[:7]]
reviews.append(reviews[0][:9])  # a short one among them
ids, lengths, _ = collate([(review, 0) for review in reviews])
with torch.inference_mode():
    together = reader(ids, lengths)
    alone = torch.cat([reader(r[None].long(), torch.tensor([len(r)])) for r in reviews])
    padding = torch.arange(ids.shape[1]) >= lengths[:, None]
    filled = reader(ids.masked_fill(padding, 99), lengths)  # another word as padding
    apart = reader.states(ids, lengths) - by_packing(reader, ids, lengths)
assert padding.any()
assert torch.allclose(together, alone, atol=1e-5), "batch mates must not matter"
assert torch.equal(together, filled), "what the padding holds must not matter"
assert apart[~padding].abs().max() < 1e-5, "the same as PyTorch's bidirectional layer"
print("padding does not matter; packing gives the same states")
