"""Google's original layout: bert_config.json, bert_model.ckpt.* (a TensorFlow checkpoint), vocab.txt."""

from zoo.pretrained import tokenizer_files
from zoo.pretrained.configurations import settings_of
from zoo.pretrained.errors import PretrainedError, names
from zoo.pretrained.fields import BERT
from zoo.pretrained.files import check_large_file
from zoo.pretrained.huggingface import letters
from zoo.pretrained.mapping import read
from zoo.pretrained.tables import GOOGLE_BERT
from zoo.pretrained.weights import Pretrained
from zoo.tokenizers.vocabulary import read_lines

CONFIG, WEIGHTS, VOCABULARY = "bert_config.json", "bert_model.ckpt", "vocab.txt"
OF_TRAINING = ("adam_m", "adam_v")  # last parts of names: what the optimizer remembers beside each weight


def recognises(files):
    return CONFIG in files


def load(folder, config, dropout=None):
    """Reads a folder, see :func:`zoo.pretrained.read`."""
    import tensorflow as tf

    settings = settings_of(config, BERT, folder / CONFIG, dropout)
    path = _checkpoint(folder)
    for file in folder.glob(f"{path.name}.data-*"):
        check_large_file(file)
    try:
        checkpoint = tf.train.load_checkpoint(str(path))
        arrays = {name: checkpoint.get_tensor(name) for name in checkpoint.get_variable_to_shape_map() if _counts(name)}
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
        raise PretrainedError(f"{path} is damaged ({type(error).__name__}: {error}); get it again.") from error
    weights = read(GOOGLE_BERT, letters(settings), arrays, path)
    tokenizer, problem = tokenizer_files.attempt(_tokenizer, folder)
    return Pretrained("bert", settings, weights, tokenizer, str(folder), problem)


def _checkpoint(folder):
    """The prefix of the one checkpoint in a folder."""
    found = sorted(file.with_suffix("") for file in folder.glob("*.index"))
    if not found:
        raise PretrainedError(f"{folder / WEIGHTS}.index is missing: no TensorFlow checkpoint is beside {CONFIG}.")
    if len(found) > 1:
        raise PretrainedError(f"{folder} has more than one checkpoint: {names(path.name for path in found)}; keep one.")
    return found[0]


def _tokenizer(folder):
    if not (folder / VOCABULARY).is_file():
        raise tokenizer_files.NoTokenizer(f"it has no {VOCABULARY}")
    return tokenizer_files.read_bert(read_lines(folder / VOCABULARY))


def _counts(name):
    return name != "global_step" and name.rpartition("/")[2] not in OF_TRAINING
