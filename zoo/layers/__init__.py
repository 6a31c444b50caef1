"""The layers that the families are made of: plain Keras layers and functions, to be used in any Keras code.

========================  ==================================================================
:mod:`.embeddings`        token ids to vectors, and vectors back to logits
:mod:`.dense`             products with a matrix
:mod:`.positions`         where a token stands: waves or learned vectors
:mod:`.masks`             who may attend to whom; True = may attend
:mod:`.attention`         dot-product and multi-head attention, recording of attention maps
:mod:`.alignment`         attention of a recurrent decoder: additive, dot, general
:mod:`.feed_forward`      two dense layers at each place, and their activations
:mod:`.blocks`            encoder and decoder blocks of a Transformer
:mod:`.cells`             vanilla, LSTM and GRU cells
:mod:`.recurrent`         cells over time, stacked, in one or both directions
:mod:`.heads`             hidden states to answers
:mod:`.pretraining`       the head of BERT's pre-training
:mod:`.auxiliary`         a head beside which the text is predicted, too
:mod:`.saving`            the layers in the files of ``model.save``
========================  ==================================================================
"""

from zoo.layers.alignment import AdditiveScore, DotScore, GeneralScore, attend, make_score
from zoo.layers.attention import (
    MultiHeadAttention,
    attention_weights,
    dot_product_attention,
    merge_heads,
    record,
    recording,
    split_heads,
    weighted_mean,
    write_memory,
)
from zoo.layers.auxiliary import WithLanguageModelling
from zoo.layers.blocks import DecoderBlock, EncoderBlock
from zoo.layers.cells import CELLS, GRUCell, LSTMCell, RecurrentCell, SimpleCell, make_cell
from zoo.layers.checks import check_heads, check_length, check_sizes
from zoo.layers.dense import Dense, by_row
from zoo.layers.embeddings import TokenEmbedding
from zoo.layers.feed_forward import ACTIVATIONS, FeedForward
from zoo.layers.heads import (
    POOLINGS,
    ClassificationHead,
    LanguageModelHead,
    MaskedLanguageModelHead,
    RegressionHead,
    SpanHead,
    TokenClassificationHead,
    pool,
)
from zoo.layers.initializers import fresh
from zoo.layers.masks import causal_mask, combine_masks, padding_to_attention_mask, past_mask
from zoo.layers.positions import LearnedPositions, SinusoidalPositions, sinusoidal_positions
from zoo.layers.pretraining import PretrainingHead
from zoo.layers.recurrent import BidirectionalStack, RecurrentLayer, RecurrentStack, over_time
from zoo.layers.saving import make_savable

__all__ = [
    "ACTIVATIONS",
    "CELLS",
    "POOLINGS",
    "AdditiveScore",
    "BidirectionalStack",
    "ClassificationHead",
    "DecoderBlock",
    "Dense",
    "DotScore",
    "EncoderBlock",
    "FeedForward",
    "GRUCell",
    "GeneralScore",
    "LSTMCell",
    "LanguageModelHead",
    "LearnedPositions",
    "MaskedLanguageModelHead",
    "MultiHeadAttention",
    "PretrainingHead",
    "RecurrentCell",
    "RecurrentLayer",
    "RecurrentStack",
    "RegressionHead",
    "SimpleCell",
    "SinusoidalPositions",
    "SpanHead",
    "TokenClassificationHead",
    "TokenEmbedding",
    "WithLanguageModelling",
    "attend",
    "attention_weights",
    "by_row",
    "causal_mask",
    "check_heads",
    "check_length",
    "check_sizes",
    "combine_masks",
    "dot_product_attention",
    "fresh",
    "make_cell",
    "make_score",
    "merge_heads",
    "over_time",
    "padding_to_attention_mask",
    "past_mask",
    "pool",
    "record",
    "recording",
    "sinusoidal_positions",
    "split_heads",
    "weighted_mean",
    "write_memory",
]

make_savable(each for each in map(globals().get, __all__) if isinstance(each, type))
