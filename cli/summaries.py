"""What ``zoo list``, ``zoo show`` and ``zoo tasks`` tell about families and kinds of task.

Collecting it imports TensorFlow and builds each preset symbolically, some
seconds for the deep ones. So it is kept in the cache folder under a checksum of
the source files it was made from: a changed file is a new question.
"""

import hashlib
import json
import os
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import click

from zoo.datasets.files import cache_folder
from zoo.quiet import load_tensorflow
from zoo.registry import KINDS, MODELS, TASKS


def family_summary(name):
    """A family: ``{"model", "kind", "summary", "paper", "presets": {name: parameters}, "tasks": [names]}``."""
    place = find_spec(f"{MODELS.package}.{name}")
    sources = [*_files_of("zoo.layers"), *_files_of("zoo"), *([place.origin] if place else [])]
    summary = _kept(f"model-{name}", sources, lambda: _summarize(name))
    kinds = kind_summaries()
    suited = [task for task in TASKS.names() if summary["kind"] in kinds[TASKS.get(task).kind]["backbone_kinds"]]
    return {**summary, "tasks": suited}


def kind_summaries():
    """The kinds of task: ``{name: {"backbone_kinds", "metric", "text_settings"}}``."""
    return _kept("kinds", _files_of("zoo.kinds"), lambda: {name: _kind(name) for name in KINDS.names()})


def summary_line(documented):
    """The first line of a docstring."""
    return (documented.__doc__ or "").strip().split("\n")[0].replace("``", "")


def _summarize(name):
    load_tensorflow()
    from zoo.parameters import count_parameters

    click.echo(f"counting the parameters of {name} (kept for the next time) ...", err=True)
    family = MODELS.get(name)
    return {
        "model": name,
        "kind": family.kind,
        "summary": summary_line(family),
        "paper": family.paper,
        "presets": {preset: count_parameters(family, config) for preset, config in family.presets.items()},
    }


def _kind(name):
    load_tensorflow()
    kind = KINDS.get(name)
    lists = {field: list(getattr(kind, field)) for field in ("backbone_kinds", "text_settings")}
    return {"metric": kind.metric, **lists}


def _kept(name, sources, collect):
    """What ``collect()`` returns, a document; from the cache if the files ``sources`` are what they were."""
    path = cache_folder() / "summaries" / f"{name}-{_checksum([__file__, *sources])}.json"
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = collect()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
        partial.replace(path)
        for old in path.parent.glob(f"{name}-*.json"):
            if old != path:
                old.unlink(missing_ok=True)
    except OSError:
        pass  # no cache can be kept: the next call takes as long as this one
    return found


def _files_of(package):
    folders = find_spec(package).submodule_search_locations
    return sorted(str(file) for folder in folders for file in Path(folder).glob("*.py"))


def _checksum(files):
    checksum = hashlib.sha256(version("keras").encode())
    for file in files:
        checksum.update(Path(file).read_bytes())
    return checksum.hexdigest()[:16]
