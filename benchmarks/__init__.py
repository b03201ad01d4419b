"""What `make bench` measures: a module a benchmark, each with ``run(say)``, which returns what it found."""
