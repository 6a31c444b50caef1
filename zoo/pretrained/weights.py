"""What was read from a source of published weights, and how it comes into a model."""

import dataclasses

from zoo.pretrained.errors import PretrainedError, names
from zoo.registry import MODELS
from zoo.settings import replace

HEAD_PARTS = ("pooler", "masked_lm", "next_sentence", "classifier", "span")
MAY_CHANGE = ("dropout",)  # everything else follows from the shapes and the meaning of the weights


@dataclasses.dataclass(frozen=True)
class Pretrained:
    """Published weights under the zoo's names.

    Args:
        family: name of the family, "bert" or "gpt".
        settings: all settings of the family, name -> value.
        weights: {name: float32 array}: those of the backbone under the attributes they have there
            (``blocks.0.attention.query.kernel``), those of head parts under ``pooler``, ``masked_lm``,
            ``next_sentence``, ``classifier`` and ``span``.
        tokenizer: the :class:`zoo.tokenizers.Tokenizer` that the weights were trained with, or None.
        source: the folder they were read from.
        no_tokenizer: where there is none, why.
    """

    family: str
    settings: dict
    weights: dict = dataclasses.field(repr=False)
    tokenizer: object
    source: str
    no_tokenizer: str = ""

    def part(self, name=None):
        """The weights of a head part, under their names in it; of the backbone without ``name``."""
        if name is None:
            return {key: array for key, array in self.weights.items() if key.partition(".")[0] not in HEAD_PARTS}
        return {key.partition(".")[2]: array for key, array in self.weights.items() if key.partition(".")[0] == name}

    def config(self, **changes):
        """The configuration of the family; only dropout may differ from the source's.

        Raises:
            PretrainedError: for settings that contradict the source.
        """
        config = MODELS.get(self.family).Config(**self.settings)
        changed = dataclasses.asdict(replace(config, changes))
        other = {
            name: value for name, value in changed.items() if name not in MAY_CHANGE and value != self.settings[name]
        }
        if other:
            shown = names(f"{name} {self.settings[name]}, not {value}" for name, value in other.items())
            raise PretrainedError(
                f"{self.source} has {shown}: leave such settings out, they are read from it. "
                f"Only {names(MAY_CHANGE)} may be chosen."
            )
        return replace(config, {name: value for name, value in changed.items() if name in MAY_CHANGE})

    def backbone(self, **changes):
        """The backbone with these weights; see :meth:`config` for ``changes``."""
        backbone = MODELS.get(self.family)(self.config(**changes))
        fill(backbone, self.part())
        return backbone


def fill(layer, weights):
    """Puts {name: array} into the weights of a layer or model: all of them, no other.

    Raises:
        PretrainedError: the names or shapes are not those of the layer.
    """
    found = {name: find(layer, name) for name in weights}
    strange = [name for name, variable in found.items() if variable is None]
    reached = {id(variable) for variable in found.values()}
    empty = [variable.path for variable in layer.weights if id(variable) not in reached]
    if strange or empty:
        raise PretrainedError(f"{layer.name} has no {names(strange) or '...'}; it gets nothing for {names(empty)}.")
    for name, variable in found.items():
        if tuple(variable.shape) != weights[name].shape:
            raise PretrainedError(f"{name} is {weights[name].shape}, {layer.name} has {tuple(variable.shape)}.")
    for name, variable in found.items():
        variable.assign(weights[name])


def find(layer, name):
    """The variable ``blocks.0.norm.gamma`` is ``layer.blocks[0].norm.gamma``; None where there is none."""
    for part in name.split("."):
        try:
            layer = layer[int(part)] if part.isdigit() else getattr(layer, part)
        except (AttributeError, IndexError):
            return None
    return layer
