"""tiny-inference-text: tiny-inference as a text that is written, its label in words."""

from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks.tiny_inference import TinyInference


@register_task("tiny-inference-text")
class TinyInferenceText(Task):
    """A story and a sentence about the world after it are the source, its label is the target.

    The examples of tiny-inference in the form that a language model can be asked in: no head, and so nothing
    but a prompt, has to be trained (Lester et al. 2021, arXiv:2104.08691).
    """

    kind = "text-to-text"
    variants = TinyInference.variants
    splits = TinyInference.splits
    vocabulary_size = TinyInference.vocabulary_size
    max_length = TinyInference.max_length
    steps = TinyInference.steps
    batch_size = TinyInference.batch_size
    metric = "exact_match"

    def examples(self, split):
        return [
            {"source": f"{example['text']} {example['text_pair']}", "target": example["label"]}
            for example in TinyInference(self.variant).examples(split)
        ]
