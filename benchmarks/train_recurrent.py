"""Training recurrent encoder-decoders on pairs of Multi30k's lengths, with the sizes of bentrevett's tutorials.

The peers in PyTorch are the tutorials' models (github.com/bentrevett/pytorch-seq2seq 1, 2 and 3) as one would write
them today: ``torch.nn.LSTM`` and ``GRU`` read whole batches, packed, so that they spend nothing on padding and, as ours
do, end at the last real token; the decoder reads the right target in one call. Where attention stands in the way
of that, a GRU takes one step after the other, and only what depends on the step is computed in it.
"""

import functools

import numpy as np

from benchmarks.pairs import BATCH, SOURCE_VOCABULARY, TARGET_VOCABULARY, columns
from benchmarks.race import Race
from benchmarks.training import batches, torch_turn, zoo_turn

EMBEDDING, HIDDEN = 256, 512
STEPS = 4  # a turn


def zoo(name):
    def model():
        from zoo.layers.heads import LanguageModelHead
        from zoo.models.attention_seq2seq import AttentionSeq2Seq, AttentionSeq2SeqConfig
        from zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig
        from zoo.task_model import TaskModel

        sizes = {"hidden_dim": HIDDEN, "embedding_dim": EMBEDDING}
        vocabularies = SOURCE_VOCABULARY, TARGET_VOCABULARY
        if name == "attention":
            backbone = AttentionSeq2Seq(AttentionSeq2SeqConfig(*vocabularies, **sizes))
        elif name == "gru":
            backbone = Seq2Seq(Seq2SeqConfig(*vocabularies, **sizes, cell="gru", context_at_every_step=True))
        else:
            backbone = Seq2Seq(Seq2SeqConfig(*vocabularies, **sizes, num_layers=2))
        return TaskModel(backbone, LanguageModelHead(TARGET_VOCABULARY))

    return zoo_turn(model, columns(), BATCH, STEPS)


def pytorch(name, packed=True):
    import torch
    from torch import nn
    from torch.nn import functional as F
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    def read(module, x, lengths):
        """Outputs and the final state; without packing that of the last place, real or not."""
        if not packed:
            return module(x)
        outputs, state = module(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
        return pad_packed_sequence(outputs, batch_first=True)[0], state

    class Seq2Seq(nn.Module):
        """Tutorials 1 and 2."""

        def __init__(self):
            super().__init__()
            self.source, self.target = (
                nn.Embedding(size, EMBEDDING) for size in (SOURCE_VOCABULARY, TARGET_VOCABULARY)
            )
            if name == "lstm":
                self.encoder = nn.LSTM(EMBEDDING, HIDDEN, 2, batch_first=True)
                self.decoder = nn.LSTM(EMBEDDING, HIDDEN, 2, batch_first=True)
                self.output = nn.Linear(HIDDEN, TARGET_VOCABULARY)
            else:
                self.encoder = nn.GRU(EMBEDDING, HIDDEN, batch_first=True)
                self.decoder = nn.GRU(EMBEDDING + HIDDEN, HIDDEN, batch_first=True)
                self.output = nn.Linear(EMBEDDING + 2 * HIDDEN, TARGET_VOCABULARY)

        def forward(self, source_ids, lengths, mask, target_ids):
            _, state = read(self.encoder, self.source(source_ids), lengths)
            embedded = self.target(target_ids)
            if name == "lstm":
                return self.output(self.decoder(embedded, state)[0])
            context = state[-1][:, None].expand(-1, embedded.shape[1], -1)
            outputs, _ = self.decoder(torch.cat([embedded, context], -1), state)
            return self.output(torch.cat([embedded, outputs, context], -1))

    class Attention(nn.Module):
        """Tutorial 3."""

        def __init__(self):
            super().__init__()
            self.source, self.target = (
                nn.Embedding(size, EMBEDDING) for size in (SOURCE_VOCABULARY, TARGET_VOCABULARY)
            )
            self.encoder = nn.GRU(EMBEDDING, HIDDEN, bidirectional=True, batch_first=True)
            self.bridge = nn.Linear(2 * HIDDEN, HIDDEN)
            self.query, self.keys = nn.Linear(HIDDEN, HIDDEN), nn.Linear(2 * HIDDEN, HIDDEN, bias=False)
            self.direction = nn.Linear(HIDDEN, 1, bias=False)
            self.decoder = nn.GRUCell(EMBEDDING + 2 * HIDDEN, HIDDEN)
            self.output = nn.Linear(EMBEDDING + 3 * HIDDEN, TARGET_VOCABULARY)

        def forward(self, source_ids, lengths, mask, target_ids):
            memory, state = read(self.encoder, self.source(source_ids), lengths)
            hidden = torch.tanh(self.bridge(torch.cat([state[0], state[1]], -1)))
            keys, embedded, seen = self.keys(memory), self.target(target_ids), []
            for now in embedded.unbind(1):
                scores = self.direction(torch.tanh(self.query(hidden)[:, None] + keys)).squeeze(-1)
                weights = scores.masked_fill(~mask, -1e9).softmax(-1)
                context = torch.bmm(weights[:, None], memory).squeeze(1)
                hidden = self.decoder(torch.cat([now, context], -1), hidden)
                seen.append(torch.cat([hidden, context, now], -1))
            return self.output(torch.stack(seen, 1))

    def loss_of(model, source_ids, lengths, mask, target_ids, labels):
        logits = model(source_ids, lengths, mask, target_ids)
        return F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-1)

    def stream():
        for inputs, labels, weights in batches(columns(), BATCH):
            mask = inputs["encoder_padding_mask"]
            source_ids, target_ids = (inputs[f"{side}_token_ids"].astype(np.int64) for side in ("encoder", "decoder"))
            labels = np.where(weights > 0, labels, -1).astype(np.int64)
            yield (source_ids, mask.sum(1), mask, target_ids, labels), weights.sum()

    torch.manual_seed(0)
    module = Attention() if name == "attention" else Seq2Seq()
    return torch_turn(module, loss_of, stream(), STEPS)


def race(name, title):
    return Race(
        title=f"train {title}, hidden {HIDDEN}, batch {BATCH}, pairs of Multi30k's lengths",
        unit="target tokens",
        contestants={
            "zoo": functools.partial(zoo, name),
            "PyTorch": functools.partial(pytorch, name),
            "PyTorch padded": functools.partial(pytorch, name, packed=False),
        },
        goals={"PyTorch": 1.2},
    )


RACES = {
    "seq2seq-lstm": race("lstm", "LSTM seq2seq, 2 layers"),
    "seq2seq-gru": race("gru", "GRU seq2seq"),
    "seq2seq-attention": race("attention", "attention seq2seq"),
}
