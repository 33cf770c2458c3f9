#!/usr/bin/env bash
# scikit-learn 1.9.1 with matplotlib 3.11.2.
#
# Services draw with matplotlib's Figure and leave pyplot alone, because pyplot keeps every figure alive and picks a backend for
# screens; matplotlib recommends it for web servers. plot_tree asks the canvas for a renderer that such a figure has only
# once a canvas of Agg was put on it, although the figure can be saved as PNG without. Bars and lines of the same figure need none.
#
# Seen: plot_tree(tree, ax=Figure().subplots()) raises AttributeError on get_renderer; a bar is drawn and saved; with
# FigureCanvasAgg(figure) before it the tree is drawn as well.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check scikit-learn==1.9.1 numpy==2.4.6 matplotlib==3.11.2
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import io

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.tree import DecisionTreeClassifier, plot_tree

tree = DecisionTreeClassifier(max_depth=1).fit([[0], [1], [2], [3]], [0, 0, 1, 1])


def drawn(draw, with_agg):
    figure = Figure()
    if with_agg:
        FigureCanvasAgg(figure)
    try:
        draw(figure.subplots())
        figure.savefig(io.BytesIO(), format="png")
    except AttributeError as error:
        return str(error)
    return "drawn"


seen = {
    "bar": drawn(lambda axes: axes.bar([1, 2], [3, 4]), with_agg=False),
    "tree": drawn(lambda axes: plot_tree(tree, ax=axes), with_agg=False),
    "tree on Agg": drawn(lambda axes: plot_tree(tree, ax=axes), with_agg=True),
}
print(seen)
assert seen["bar"] == seen["tree on Agg"] == "drawn"
assert "get_renderer" in seen["tree"], "another behaviour than in scikit-learn 1.9.1 with matplotlib 3.11.2"
PYTHON
