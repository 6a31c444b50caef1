"""tiny-questions-text: tiny-questions as a text that is written, the answer behind the question."""

from zoo.registry import register_task
from zoo.tasks.tiny_questions import TinyQuestions


@register_task("tiny-questions-text")
class TinyQuestionsText(TinyQuestions):
    """A story and a question about it are the source, the answer is the target.

    The examples of tiny-questions in the form that a language model can be asked in (Radford et al. 2019, GPT-2): no
    head, and so nothing but a prompt, has to be trained (Lester et al. 2021, arXiv:2104.08691). The answers are words
    that stories are made of: who has read stories can spell them.
    """

    kind = "text-to-text"
    metric = "exact_match"

    def examples(self, split):
        return [
            {"source": f"{example['context']} {example['question']}", "target": example["answers"][0]}
            for example in super().examples(split)
        ]
