"""The reference package of the course on bidirectional recurrent networks.

Where to begin depends on what you want:

- to *understand*: `birnn_ref.cells`, one step of each cell with its backward pass beside it, then `birnn_ref.plain`,
  which applies a step to a whole sequence, and goes back;
- to *use* it: `birnn_ref.estimators`, after scikit-learn's contract, or their parts, `birnn_ref.layers`,
  `birnn_ref.models`, `birnn_ref.losses` and `birnn_ref.train`, with data from `birnn_ref.datasets`, scores from
  `birnn_ref.metrics` and a look inside by `birnn_ref.inspect`;
- to *compare* it: `birnn_ref.twins`, the same layers and models in PyTorch, Keras and ONNX;
- to *doubt* it: `birnn_ref.experiments`, the studies behind the book's figures;
- to make it *faster*: `birnn_ref.layers.scans`, all steps at once, held to `birnn_ref.plain` by tests.
"""

__version__ = "0.2.0.dev0"  # the one place that says it; CONTRIBUTING.md says when it changes
