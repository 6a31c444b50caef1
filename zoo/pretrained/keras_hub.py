"""The layout of keras-hub's presets: config.json, model.weights.h5, assets/tokenizer/, task.json and its weights."""

from zoo.pretrained import tokenizer_files
from zoo.pretrained.configurations import settings_of
from zoo.pretrained.errors import PretrainedError, names
from zoo.pretrained.fields import KERAS_HUB
from zoo.pretrained.files import check_large_file, read_config_of, read_json
from zoo.pretrained.huggingface import letters
from zoo.pretrained.mapping import read
from zoo.pretrained.tables import KERAS_HUB_BERT, KERAS_HUB_GPT2
from zoo.pretrained.weights import Pretrained
from zoo.tokenizers.vocabulary import read_lines

CONFIG, WEIGHTS, TASK, TASK_WEIGHTS = "config.json", "model.weights.h5", "task.json", "task.weights.h5"
TABLES = {"BertBackbone": KERAS_HUB_BERT, "GPT2Backbone": KERAS_HUB_GPT2}
# What Keras stores beside a task's weights: the state of its optimizer.
OF_TRAINING = "task/optimizer/"


def recognises(files):
    return str(files.get(CONFIG, {}).get("registered_name", "")).startswith("keras_hub>")


def load(folder, config, dropout=None):
    """Reads a folder, see :func:`zoo.pretrained.read`."""
    kind = config["registered_name"].partition(">")[2]
    if kind not in KERAS_HUB:
        raise PretrainedError(
            f"{folder / CONFIG}: the zoo has no family for keras-hub's {kind}; it reads {names(sorted(KERAS_HUB))}."
        )
    settings = settings_of(read_config_of(folder / CONFIG), KERAS_HUB[kind], folder / CONFIG, dropout)
    arrays = _arrays(folder / WEIGHTS)
    sizes = {**letters(settings), "C": 0}
    if (folder / TASK).is_file() and (folder / TASK_WEIGHTS).is_file():
        sizes["C"] = read_config_of(folder / TASK).get("num_classes", 0)
        task = {f"task/{name}": array for name, array in _arrays(folder / TASK_WEIGHTS).items()}
        arrays |= {name: array for name, array in task.items() if not name.startswith(OF_TRAINING)}
    weights = read(TABLES[kind], sizes, arrays, folder)
    tokenizer, problem = tokenizer_files.attempt(_tokenizer, folder, kind)
    return Pretrained(KERAS_HUB[kind].family, settings, weights, tokenizer, str(folder), problem)


def _arrays(path):
    """{path in an HDF5 file: array}."""
    import h5py

    check_large_file(path)
    arrays = {}

    def keep(name, item):
        if isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:  # it would read other files of this machine
                raise PretrainedError(f"{path}: {name} lies in another file; that is not read.")
            arrays[name] = item[()]

    try:
        with h5py.File(path) as file:
            file.visititems(keep)
    except (OSError, RuntimeError, KeyError) as error:
        raise PretrainedError(f"{path} is damaged ({error}); get it again.") from error
    return arrays


def _tokenizer(folder, kind):
    assets = folder / "assets" / "tokenizer"
    needed = ("vocabulary.txt",) if kind == "BertBackbone" else ("vocabulary.json", "merges.txt")
    absent = [name for name in needed if not (assets / name).is_file()]
    if absent or not (folder / "tokenizer.json").is_file():
        raise tokenizer_files.NoTokenizer(f"it has no {names(absent) or 'tokenizer.json'}")
    config = read_config_of(folder / "tokenizer.json")
    if kind == "BertBackbone":
        return tokenizer_files.read_bert(
            read_lines(assets / "vocabulary.txt"),
            lowercase=bool(config.get("lowercase")),
            strip_accents=bool(config.get("strip_accents")),
        )
    if config.get("add_prefix_space"):
        raise tokenizer_files.NoTokenizer("its tokenizer adds a space before each text, which the zoo's does not")
    return tokenizer_files.read_gpt2(read_json(assets / "vocabulary.json"), read_lines(assets / "merges.txt"))
