"""``python -m zoo.cli``: the same as the command ``zoo``."""

from zoo.cli.main import main

main(prog_name="zoo")
