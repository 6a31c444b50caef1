"""How examples of a task become a prompt for a language model (Brown et al. 2020, figure 2.1, arXiv:2005.14165).

One example a line; the line of the question ends where the answer is to begin::

    apple => dax
    garden => wug
    melon =>

A text that has line feeds is written in one line, parts of a text with `` / `` between them.
"""

ARROW = " =>"


def line(example):
    """An example with its answer: ``"apple => dax\\n"``."""
    return question(example) + answer(answer_of(example))


def question(example):
    """An example without its answer: ``"melon =>"``."""
    fields = ("source",) if "source" in example else ("text", "text_pair")
    return " / ".join(_in_one_line(example[field]) for field in fields if field in example) + ARROW


def answer(text):
    """How an answer stands behind its question: ``" dax\\n"``."""
    return f" {_in_one_line(text)}\n"


def answer_of(example):
    """The right answer of an example: its label, or its target."""
    return example["target"] if "target" in example else example["label"]


def _in_one_line(text):
    return " ".join(text.split())
