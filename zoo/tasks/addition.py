"""addition: the sum of two numbers, written as people write it. "12+345" -> "357"."""

from zoo.registry import register_task
from zoo.tasks._sequences import SequenceTask


@register_task("addition")
class Addition(SequenceTask):
    """Numbers of 1 to 3 digits, the most significant digit first, in the sum too; ``test_long``: 4 or 5 digits.

    The first digit of the sum depends on the carries of all others, which is
    what makes the usual order hard. "3+4" and "4+3" stand in the same split.
    """

    lengths = (1, 3)
    lengths_long = (4, 5)

    @staticmethod
    def draw(rng, length):
        shorter = rng.randint(1 if length <= Addition.lengths[1] else Addition.lengths_long[0], length)
        numbers = [_number(rng, length), _number(rng, shorter)]
        rng.shuffle(numbers)
        return "+".join(numbers)

    @staticmethod
    def answer(source):
        return str(sum(int(number) for number in source.split("+")))

    @staticmethod
    def content(source):
        return sorted(source.split("+"))


def _number(rng, digits):
    """A number of so many digits, without leading zeros."""
    return str(rng.randint(10 ** (digits - 1) if digits > 1 else 0, 10**digits - 1))
