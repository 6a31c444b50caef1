"""Multi30k: image captions, translated between English, German and French."""

from zoo.datasets.catalogue import CORPORA
from zoo.datasets.files import locate
from zoo.datasets.readers import parallel
from zoo.registry import register_task
from zoo.tasks import Task

_FILES = {"train": "train", "validation": "val", "test": "test_2016_flickr"}


@register_task("multi30k")
class Multi30k(Task):
    """Translates a caption; the official splits: 29,000, 1,014 and 1,000 (test 2016 Flickr).

    Lowercased words that occur at least twice in training, as in the tutorials
    whose figures it is compared with.
    """

    kind = "text-to-text"
    variants = ("de-en", "en-de", "fr-en", "en-fr", "de-fr", "fr-de")
    corpora = ("multi30k",)
    citation = CORPORA["multi30k"].citation
    tokenizer = "word"
    lowercase = True
    min_frequency = 2
    shared_vocabulary = False
    vocabulary_size = 10000
    max_length = 64  # the longest caption has 55 words and punctuation marks
    batch_size = 128

    def examples(self, split):
        self.check_split(split)
        files = [locate("multi30k", f"{_FILES[split]}.{language}.gz") for language in self.variant.split("-")]
        # Some lines begin or end with a space.
        return [{"source": source.strip(), "target": target.strip()} for _, (source, target) in parallel(*files)]
