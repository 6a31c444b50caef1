"""Pre-training on the user's own documents."""

from zoo.datasets import DataError
from zoo.registry import register_task
from zoo.tasks._documents import divide_documents, document
from zoo.tasks.language_modelling import LanguageModelling


@register_task("pretraining")
class Pretraining(LanguageModelling):
    """Guesses masked tokens, and whether a sentence follows another.

    What a document is: as in the task ``language-modelling``, in a ``.txt`` file a
    stretch of lines between blank lines; of several files, or a folder of them,
    each file. Next sentence prediction needs at least two. Fewer than 20 are cut, the first 80 % of
    each for training; more are dealt out whole. Line ends and end marks divide
    sentences; lines that were wrapped for print are joined first.
    """

    kind = "pretraining"
    tokenizer = "wordpiece"

    def read(self, paths):
        return self._divided_into_sentences(super().read(paths))

    def read_folder(self, folder):
        return self._divided_into_sentences(super().read_folder(folder))

    def _divided_into_sentences(self, items):
        return [(self.placed(document(each["text"]), *self.place_of(each)), texts) for each, texts in items]

    def divided(self, items):
        if len(items) < 2 and self.next_sentence:
            raise DataError(
                f"{', '.join(self.data)}: one document; next sentence prediction takes half of its sentences from "
                "another one. Give several files, a folder of them, or put blank lines between documents; or leave "
                "next sentence prediction out (next_sentence=false)."
            )

        def note(part, whole):
            return self.placed(part, *self.place_of(whole))

        return divide_documents([example for example, _ in items], ", ".join(self.data), note)
