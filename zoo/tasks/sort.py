"""sort: the digits of the source in ascending order. "31415" -> "11345"."""

from zoo.registry import register_task
from zoo.tasks._sequences import SequenceTask, characters


@register_task("sort")
class Sort(SequenceTask):
    """2 to 10 digits; ``test_long`` has 11 to 20. Digits repeat, so they must be counted.

    Sources with the same digits in another order may stand in different
    splits: the order is what the task is about.
    """

    @staticmethod
    def draw(rng, length):
        return characters(rng, "0123456789", length)

    @staticmethod
    def answer(source):
        return "".join(sorted(source))
