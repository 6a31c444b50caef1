"""Question answering: the answer is a stretch of a context, with the user's own questions."""

from zoo.composed import composed, composed_place
from zoo.datasets import DataError
from zoo.datasets.readers import ending, malformed
from zoo.datasets.structured import squad
from zoo.registry import register_task
from zoo.tasks._own import OwnDataTask
from zoo.tasks._records import found, strings, text


@register_task("question-answering")
class QuestionAnswering(OwnDataTask):
    """Finds the answer to a question in a context; questions about one article stand in one split.

    Files: ``.jsonl`` with ``{"context", "question", "answers": [...], "starts": [...]}``
    (at which character of the context each answer starts; one article is one
    context), or ``.json`` of SQuAD v1.1.
    """

    kind = "span-answering"
    formats = ".jsonl with {context, question, answers, starts}, or .json of SQuAD v1.1"
    max_length = 384  # as BERT on SQuAD

    def divided(self, items):
        try:
            return super().divided(items)
        except DataError as error:
            raise DataError(f"{error} All questions about one article count as one.") from None

    def records(self, path):
        return squad(path) if ending(path) == ".json" else super().records(path)

    def example(self, record, path, line):
        text(record, "context", path, line, longest=None)
        context = record["context"]  # as it stands: the starts count its characters
        if record.get("answers") == []:
            expected = "a list with an answer: questions without one (SQuAD 2.0) are not supported"
            raise malformed(path, line, "'answers' is []", f"{expected}, --bad-lines skip leaves them out")
        answers, starts = strings(record, "answers", path, line), record.get("starts")
        if not isinstance(starts, list) or [type(start) for start in starts] != [int] * len(answers):
            problem = f"'starts' is {found(record, 'starts')}"
            raise malformed(path, line, problem, f"a list of {len(answers)} integer(s), one each")
        starts = [composed_place(context, start) if start > 0 else start for start in starts]
        context, answers = composed((context, answers))
        for answer, start in zip(answers, starts, strict=True):
            there = context[start : start + len(answer)] if start >= 0 else ""
            if there != answer:
                problem = f"the context has {there!r:.200} at character {start}"
                raise malformed(path, line, problem, f"the answer {answer!r:.200} there")
        question = text(record, "question", path, line)
        example = {"context": context, "question": question, "answers": answers, "starts": starts}
        return example, [context, *([record["article"]] if "article" in record else [])]
