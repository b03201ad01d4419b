"""The reference package of the course on bidirectional recurrent networks."""

__version__ = "0.2.0.dev0"  # the one place that says it; CONTRIBUTING.md says when it changes
