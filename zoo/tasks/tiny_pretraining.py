"""tiny-pretraining: everything that is written in the tiny world, without a label."""

from functools import cache

from zoo.datasets.sentences import sentences
from zoo.registry import register_task
from zoo.tasks import Task
from zoo.tasks.tiny_inference import TinyInference
from zoo.tasks.tiny_names import TinyNames
from zoo.tasks.tiny_questions import TinyQuestions
from zoo.tasks.tiny_sentiment import TinySentiment
from zoo.tasks.tiny_stories import TinyStories

PAGE = 5  # reviews, or sentences about names, that make a document


@register_task("tiny-pretraining")
class TinyPretraining(Task):
    """The texts of the tiny tasks: stories, stories with a question or a claim, pages of reviews, pages about names.

    Each split takes the same split of those tasks, so what is pre-trained on
    ``train`` has not seen a text that they test with. Letters are lowercased,
    as for BERT "uncased". The vocabulary knows all words of all tiny tasks.
    """

    kind = "pretraining"
    variants = ("en", "ko")
    splits = ("train", "validation", "test")
    tokenizer = "word"
    lowercase = True
    vocabulary_size = 1000
    max_length = 128
    steps = 3000
    batch_size = 32

    def examples(self, split):
        self.check_split(split)
        return _documents(self.variant, split)


@cache
def _documents(variant, split):
    stories = [example["text"].split("\n") for example in TinyStories(variant).examples(split)]
    claims = [
        [*sentences(example["text"]), example["text_pair"]] for example in TinyInference(variant).examples(split)
    ]
    questions = [
        [*sentences(example["context"]), example["question"]] for example in TinyQuestions(variant).examples(split)
    ]
    reviews = [example["text"] for example in TinySentiment(variant).examples(split)]
    names = [" ".join(example["tokens"]) for example in TinyNames(variant).examples(split)]
    found = [*stories, *claims, *questions, *_pages(reviews), *_pages(names)]
    return [{"sentences": document} for document in found]


def _pages(texts):
    return [texts[start : start + PAGE] for start in range(0, len(texts), PAGE)]
