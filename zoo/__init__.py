"""keras-nlp-zoo: the models on the road from word vectors to GPT, under one roof.

``import zoo`` is cheap: TensorFlow and Keras are imported by what needs them, and by the functions here without
start-up chatter.

>>> import zoo
>>> run = zoo.train("transformer", "tiny-translation", steps=1000)   # doctest: +SKIP
>>> zoo.evaluate(run)["bleu"]                                        # doctest: +SKIP
>>> zoo.predict(run, ["Minsu went to the garden."])                  # doctest: +SKIP
"""

import importlib

# Public name -> the module that defines it; no module has the name of a function, which it would hide.
_PUBLIC = {
    "create": "zoo.runs",
    "train": "zoo.training",
    "evaluate": "zoo.evaluation",
    "few_shot": "zoo.prompting",
    "predict": "zoo.prediction",
    "stream": "zoo.prediction",
    "resume": "zoo.resuming",
    "compare": "zoo.comparison.protocol",
    "attend": "zoo.attention_maps",
    "export": "zoo.saved_model",
    "convert": "zoo.pretrained.conversion",
    "load": "zoo.runs",
    "register_model": "zoo.registry",
    "register_task": "zoo.registry",
}

__all__ = sorted(_PUBLIC)


def __getattr__(name):
    if name not in _PUBLIC:
        raise AttributeError(f"module 'zoo' has no attribute {name!r}; public are {', '.join(__all__)}")
    if _PUBLIC[name] != "zoo.registry":
        from zoo.quiet import import_tensorflow  # here: `import zoo` shall be cheap

        import_tensorflow()
    return getattr(importlib.import_module(_PUBLIC[name]), name)


def __dir__():
    return [*(name for name in globals() if name.startswith("__")), *__all__]
