"""copy: repeat the source. "gabba" -> "gabba"."""

from zoo.registry import register_task
from zoo.tasks._sequences import SequenceTask, characters


@register_task("copy")
class Copy(SequenceTask):
    """2 to 10 letters; ``test_long`` has 11 to 20. The simplest test of a memory: nothing is to be computed."""

    @staticmethod
    def draw(rng, length):
        return characters(rng, "abcdefghij", length)

    @staticmethod
    def answer(source):
        return source
