"""Drawings: curves over a budget, bars by length, attention maps. One look for reports, files and lessons.

Every function returns a ``matplotlib.figure.Figure``, made without pyplot: no
window, no global state, nothing to close. :func:`inline_svg` turns one into
text for an HTML page whose letters take the colour of the page, so that it can
be read in light and in dark.
"""

import io
import re
import warnings
from functools import cache

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure

# Okabe and Ito's palette, told apart by the colour-blind, without its yellow and black: readable on white and on black.
COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C6D31", "#7F7F7F", "#9467BD", "#17A398")
INK = "#010203"  # stands for "the colour of the text around"; inline_svg replaces it
HANGUL_FONTS = (
    "Noto Sans CJK KR", "Noto Sans KR", "Noto Sans CJK JP", "NanumGothic", "NanumBarunGothic", "Malgun Gothic",
    "Apple SD Gothic Neo", "AppleGothic", "Source Han Sans KR", "UnDotum", "Baekmuk Dotum",
)  # fmt: skip


@cache
def fonts():
    """Font families for Latin and, where one is installed, Korean letters."""
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *[name for name in HANGUL_FONTS if name in installed][:1]]


def can_draw(text):
    """Whether the installed fonts have all letters of ``text``; if not, a picture of it would show boxes."""
    paths = [font_manager.findfont(name) for name in fonts()]
    known = set().union(*(font_manager.get_font(path).get_charmap() for path in paths))
    return all(ord(letter) in known for letter in text if not letter.isspace())


def style(ink=INK):
    """Context manager: what all drawings share."""
    return matplotlib.rc_context(
        {
            "font.family": fonts(),
            "font.size": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": "#808080",
            "grid.alpha": 0.25,
            "svg.fonttype": "none",  # letters stay letters: the reader's own fonts, text that can be searched
            "svg.hashsalt": "zoo",  # the same drawing, the same file
            **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), ink),
        }
    )


def learning_curves(histories, budget="step", ylabel="nats a token", top=None):
    """Training (thin) and validation loss (thick, dots) of several models.

    Args:
        histories: label -> rows of a run's ``history.csv``.
        budget: the column on the x axis: "step", "seconds" or "tokens".
        top: losses above this one are cut off, so that the end can be seen; None shows all.
    """
    with style():
        figure = Figure(figsize=(4.4, 3.0), layout="constrained")
        axes = figure.add_subplot(xlabel="seconds of training" if budget == "seconds" else budget, ylabel=ylabel)
        for (label, rows), color in zip(histories.items(), _colors(), strict=False):
            axes.plot(
                [row[budget] for row in rows], [row["train_loss"] for row in rows], color=color, lw=0.6, alpha=0.6
            )
            measured = [row for row in rows if row.get("validation_loss") is not None]
            values = [row["validation_loss"] for row in measured]
            axes.plot([row[budget] for row in measured], values, color=color, lw=1.8, marker="o", ms=3, label=label)
        axes.set_xlim(left=0)
        if top is not None:
            axes.set_ylim(top=min(axes.get_ylim()[1], top))
        return figure


def by_length(groups, figure_of_metric, metric):
    """A metric by the length of the input: a line for each model; longer test splits are dashed.

    Args:
        groups: label -> split -> list of ``{"low", "high", metric: {"mean", "sd"}}``.
        figure_of_metric: :class:`zoo.comparison.summary.Figure`, for title and scale.
        metric: the key in each group.
    """
    with style():
        figure = Figure(figsize=(4.4, 3.0), layout="constrained")
        axes = figure.add_subplot(xlabel="length of the input", ylabel=figure_of_metric.title)
        for (label, splits), color in zip(groups.items(), _colors(), strict=False):
            for i, parts in enumerate(splits.values()):
                parts = [part for part in parts if part.get(metric)]
                middles = [(part["low"] + part["high"]) / 2 for part in parts]
                means = [part[metric]["mean"] * figure_of_metric.scale for part in parts]
                spreads = [(part[metric]["sd"] or 0.0) * figure_of_metric.scale for part in parts]
                look = {
                    "color": color,
                    "marker": "os^D"[i % 4],
                    "ms": 4,
                    "lw": 1.5,
                    "ls": ("-", "--", ":", "-.")[i % 4],
                }
                axes.errorbar(middles, means, yerr=spreads, label=None if i else label, elinewidth=0.8, **look)
        if figure_of_metric.higher_is_better:
            axes.set_ylim(bottom=0)
        return figure


def attention_map(weights, queries, keys, title="", size=0.26, ink=INK):
    """What each token looked at: a row for each of ``queries``, a column for each of ``keys``; dark is much.

    Args:
        weights: [T, S] or, one map beside the other, [H, T, S]; each row sums to 1.
        queries: T labels, from top to bottom.
        keys: S labels, from left to right.
        title: above the map; for [H, T, S] a list of H titles.
        size: of one cell, in inches.
        ink: colour of the letters; give "black" for a file on white paper.

    Raises:
        ValueError: the labels do not fit the weights.
    """
    maps, titles = (
        ([weights], [title]) if len(weights) and _depth(weights) == 2 else (weights, title or [""] * len(weights))
    )
    shape = len(maps[0]), len(maps[0][0])
    if shape != (len(queries), len(keys)):
        raise ValueError(
            f"weights of shape {shape} need as many labels: {len(queries)} queries and {len(keys)} keys given."
        )
    with style(ink):
        labels = 0.085 * max(_width(label) for label in [*queries, *keys])  # inches
        across = min(len(maps), 4)
        down = -(-len(maps) // across)
        width, height = len(keys) * size + labels + 0.2, len(queries) * size + labels + 0.3
        figure = Figure(figsize=(max(across * width, 1.8), max(down * height, 1.2)), layout="constrained")
        for i, (rows, name) in enumerate(zip(maps, titles, strict=True)):
            axes = figure.add_subplot(down, across, i + 1, title=name)
            # Transparent where nothing is looked at: the map lies on any background.
            cells = [[(0.15, 0.53, 0.80, min(max(float(weight), 0.0), 1.0)) for weight in row] for row in rows]
            axes.imshow(cells, aspect="equal")
            axes.set_xticks(range(len(keys)), keys, rotation=90)
            axes.set_yticks(range(len(queries)), queries)
            axes.tick_params(length=0, top=True, bottom=False, labeltop=True, labelbottom=False)
            axes.grid(False)
        return figure


def inline_svg(figure, prefix, description):
    """The figure as an ``<svg>`` element for an HTML page.

    Args:
        prefix: makes the ids of this drawing unlike those of others in the same page.
        description: read out to those who do not see the drawing.
    """
    file = io.StringIO()
    with warnings.catch_warnings(), style():
        # Without a Korean font here, widths are guessed; the letters come from the reader's fonts.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{prefix}-", svg)
    svg = svg.replace(INK, "currentColor")
    label = description.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return svg.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1).strip()


def _colors():
    while True:
        yield from COLORS


def _depth(nested):
    depth = 0
    while hasattr(nested, "__len__"):
        depth, nested = depth + 1, nested[0]
    return depth


def _width(label):
    """Width of a label in Latin letters; a Hangul syllable is as wide as two."""
    return sum(2 if ord(letter) > 0x1100 else 1 for letter in label)
