"""reverse: write the source from back to front. "abcd" -> "dcba"."""

from zoo.registry import register_task
from zoo.tasks._sequences import SequenceTask, characters


@register_task("reverse")
class Reverse(SequenceTask):
    """2 to 10 letters; ``test_long`` has 11 to 20. The first letter out is the last that was read."""

    @staticmethod
    def draw(rng, length):
        return characters(rng, "abcdefghij", length)

    @staticmethod
    def answer(source):
        return source[::-1]
