"""Text to text: a source is rewritten as a target (translation, copying, sorting, ...).

An encoder-decoder reads the source with its encoder. A decoder reads source
and target as one sequence (a prefix language model); the loss counts the
target only, so that both kinds are measured on the same tokens.

==================  ====================================  ==========================
backbone            input                                 label
==================  ====================================  ==========================
encoder_decoder     source [END] | [START] target         target [END]
decoder             [START] source [END] target           (source) target [END]
==================  ====================================  ==========================
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds._writing import Prompts, WritingKind, limited, prompt_lengths
from zoo.layers.heads import LanguageModelHead
from zoo.ragged import frame, in_chunks
from zoo.registry import register_kind
from zoo.signatures import ids_input
from zoo.tokenizers import split_words


@register_kind("text-to-text")
class TextToText(WritingKind):
    """Source in, target out. Examples: ``{"source": str, "target": str}``."""

    backbone_kinds = ("encoder_decoder", "decoder")
    fields = ("source",)
    outputs = {"target": "string [B]: what the model writes"}
    tokenizer_names = ("source", "target")
    own_data_task = "translation"
    metric = "bleu"

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        sources = [example["source"] for example in examples]
        targets = [example["target"] for example in examples]
        if tokenizers:
            pass
        elif task.shared_vocabulary or backbone_kind == "decoder":
            shared = cls.train_tokenizer(task, sources + targets)
            tokenizers = {"source": shared, "target": shared}
        else:
            tokenizers = {"source": cls.train_tokenizer(task, sources), "target": cls.train_tokenizer(task, targets)}
        facts = {
            **cls.task_facts(task),
            "lowercase": task.lowercase,
            "target_language": task.target_language,
        }
        return cls(backbone_kind, tokenizers, facts)

    def settings(self):
        sizes = {f"{side}_vocabulary_size": self.tokenizers[text].vocabulary_size
                 for side, text in (("encoder", "source"), ("decoder", "target"))}
        if self.backbone_kind == "decoder":
            sizes = {"vocabulary_size": self.tokenizers["target"].vocabulary_size}
        return {**sizes, "max_sequence_length": self.sequence_length}

    @property
    def sequence_length(self):
        one_text = self.facts["max_length"] + 1
        return one_text if self.backbone_kind == "encoder_decoder" else 2 * one_text

    def head(self, backbone):
        return LanguageModelHead(self.tokenizers["target"].vocabulary_size, tied_to=backbone.tied_embedding)

    def source_ids(self, sources):
        """Strings [B] -> ragged ids [B, None] as the backbone reads them."""
        tokenizer = self.tokenizers["source"]
        ids = frame(self.cut(tokenizer.encode(sources), self.facts["max_length"], "source"), tokenizer.end_id)
        return ids if self.backbone_kind == "encoder_decoder" else frame(tokenizer.start_id, ids)

    def ragged_inputs(self, source):
        name = "encoder_token_ids" if self.backbone_kind == "encoder_decoder" else "token_ids"
        return {name: self.source_ids(source)}

    def id_inputs(self):
        if self.backbone_kind == "decoder":
            return super().id_inputs()
        return {"encoder_token_ids": ids_input("int32 [B, S]: the source, its end included, -1 behind each row")}

    def target_ids(self, targets):
        """Strings [B] -> ragged ids [B, None], [END] included."""
        tokenizer = self.tokenizers["target"]
        return frame(tokenizer.encode(targets)[:, : self.facts["max_length"]], tokenizer.end_id)

    def columns(self, examples):
        sources = in_chunks(self.source_ids, [example["source"] for example in examples])
        targets = in_chunks(self.target_ids, [example["target"] for example in examples])
        if self.backbone_kind == "encoder_decoder":
            start_id = self.tokenizers["target"].start_id
            shifted = [np.concatenate([[start_id], target[:-1]]).astype(np.int32) for target in targets]
            inputs = {"encoder_token_ids": sources, "decoder_token_ids": shifted}
            return Columns(inputs, targets, [np.ones(len(target), np.float32) for target in targets])
        joined = [np.concatenate([source, target]) for source, target in zip(sources, targets, strict=True)]
        weights = [np.arange(1, len(row)) >= len(source) for row, source in zip(joined, sources, strict=True)]
        return Columns(
            {"token_ids": [row[:-1] for row in joined]},
            [row[1:] for row in joined],
            [weight.astype(np.float32) for weight in weights],
        )

    @property
    def reader(self):
        return self.tokenizers["source"]

    @property
    def writer(self):
        return self.tokenizers["target"]

    @property
    def question_length(self):
        return self.facts["max_length"] + (1 if self.backbone_kind == "encoder_decoder" else 2)

    def prompts(self, inputs, max_tokens):
        if self.backbone_kind == "encoder_decoder":
            lengths = tf.ones([tf.shape(inputs["encoder_token_ids"])[0]], tf.int32)
            prompt_ids = tf.fill([tf.size(lengths), 1], self.writer.start_id)
        else:
            prompt_ids, lengths = inputs["token_ids"], prompt_lengths(inputs)
        room = tf.fill(tf.shape(lengths), self.facts["max_length"])
        return Prompts(inputs, prompt_ids, lengths, tf.minimum(limited(room, max_tokens), room))

    def longest(self, field, model, **options):
        longest = self.facts["max_length"]
        return longest, f"this run reads {longest} at most: shorten it, or split it into sentences."

    def answers(self, model, examples, batch_size=64):
        return self.in_batches(model, examples, batch_size)["target"]

    def expected(self, example):
        return example["target"]

    def input_length(self, example):
        """Words of the source; characters where the task's text has no spaces."""
        words = example["source"].split()
        return len(words) if len(words) > 1 else len(example["source"])

    def score(self, examples, answers):
        """Exact match, and BLEU and chrF (0 to 100) unless the task is scored by exact match alone."""
        references = [example["target"] for example in examples]
        # A published vocabulary may keep capitals where the task does not count them.
        written = str.lower if self.facts["lowercase"] else str
        exact = metrics.exact_match([written(text) for text in references], [written(text) for text in answers])
        if self.metric == "exact_match":
            return exact
        language = self.facts["target_language"]
        is_korean = language == "ko" or (language is None and metrics.is_korean(references))
        tokenize = "char" if is_korean else "13a"
        scores = metrics.bleu(references, answers, lowercase=self.facts["lowercase"], tokenize=tokenize)
        return {**scores, **metrics.token_bleu(self._tokens(references), self._tokens(answers)), **exact}

    def _tokens(self, texts):
        """Texts as lists of tokens, lower-cased where the task is: what published token BLEU was computed on."""
        if self.facts["lowercase"]:
            texts = [text.lower() for text in texts]
        words, _, _ = split_words(tf.constant(texts, tf.string))
        return [[token.decode("utf-8") for token in row] for row in words.to_list()]
