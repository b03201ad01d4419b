"""What `make bench` measures: one module per benchmark, each with ``run(say)``, which returns what it found."""
