"""Speed beside peers: the same work by the zoo and by others, in turn, in one go. ``python -m benchmarks --help``."""
