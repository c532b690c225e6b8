# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The choice matters
#
# Three small experiments in which nothing changes but the pooling, and the answers do. Each is one call of
# `kpool compare` over five seeds; a seed sets the initial weights and which examples are learnt from, the same for all
# heads. Bars are 95 % confidence intervals (Student's t). What runs here is cut down to about two minutes;
# [docs/evidence.md](../docs/evidence.md) has the commands of the larger runs and what came of them.

# %%
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

SEEDS = 5
folder = Path(tempfile.mkdtemp())


def compare(name: str, heads: list[str], *options: object) -> dict:
    """What `kpool compare` finds: its results.json."""
    command = [sys.executable, "-m", "kpool.cli", "compare", *(f"{head} | dense(classes)" for head in heads)]
    command += ["--seeds", SEEDS, "--out", folder / name, *options]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(list(map(str, command)), check=True, capture_output=True, env=environment)  # noqa: S603
    return json.loads((folder / name / "results.json").read_text())


def show(found: dict, figure: str, title: str, names: list[str] | None = None) -> None:
    """A bar for each head, and for each seed a dot."""
    heads = found["heads"]
    names = names or [head["given"].partition(" | ")[0] for head in heads]
    _, axes = plt.subplots(figsize=(7, 0.8 + 0.4 * len(heads)), layout="constrained")
    means, errors = ([100 * head[figure][key] for head in heads] for key in ("mean", "ci95"))
    axes.barh(names, means, xerr=errors, capsize=3, color="lightsteelblue")
    for name, head in zip(names, heads, strict=True):
        trials = [trial for trial in found["trials"] if trial["spec"] == head["spec"]]
        values = [100 * {**trial, **trial["measures"]}[figure] for trial in trials]
        axes.plot(values, [name] * len(values), ".", color="black", markersize=4)
        print(f"{100 * head[figure]['mean']:6.1f} ± {100 * head[figure]['ci95']:4.1f}  {name}")
    axes.invert_yaxis()
    axes.set_xlabel(title)
    plt.show()


# %% [markdown]
# ## Is there a 9 in the bag?
#
# Ilse et al. 2018 (arXiv:1802.04712, section 4.2), on scikit-learn's digits: 10 digits a bag on average (variance 2),
# and one label for each bag. Two dense layers see each digit by itself, then the head pools. With 50 bags to learn
# from, attention is ahead of the mean, which has to find one digit's trace in the average of ten.

# %%
heads = ["mean", "max", "attention"]
options = ("--backbone", "mlp", "--epochs", 25, "--batch-size", 8, "--learning-rate", 2e-3, "--measure", "auc")
bags = compare("bags", heads, "--data", "digit_bags", "--train", 50, *options)
show(bags, "auc", "AUC on 600 bags, %")

# %% [markdown]
# The same seeds make pairs, and the difference is known better than either mean:

# %%
difference = bags["heads"][2]["auc"]["more_than_first"]
print(f"attention over mean: {100 * difference['mean']:.1f} ± {100 * difference['ci95']:.1f} % AUC")

# %% [markdown]
# ## All signal, no noise
#
# A sequence in which the class is the sign of the mean of some steps (after AdaPool, Brothers 2025, arXiv:2506.09215).
# Here all 64 of them count, and what the mean does of itself the max can only guess at.
# [docs/evidence.md](../docs/evidence.md) has the sweep from 1 step in 64 to all of them.

# %%
data = ("--data", "needle(signal=64)", "--train", 600)
needle = compare("needle", ["mean", "max"], *data, "--backbone", "mlp", "--epochs", 8)
show(needle, "test_accuracy", "test accuracy on 600 sequences, %")

# %% [markdown]
# ## An image moved by a pixel
#
# `shift_consistency` is the probability that an image moved in two ways is given the same class. A strided maximum
# depends on where its windows fall; adaptive polyphase sampling (Chaman & Dokmanić 2021, arXiv:2011.14214) does not,
# trained well or, as here, badly.

# %%
pair = " | dense(32, activation=relu) | "
heads = [f"max(over=window(2)){pair}max(over=window(2)) | mean", f"aps{pair}aps | mean"]
options = ("--backbone", "cyclic_conv", "--epochs", 6, "--measure", "shift_consistency")
shift = compare("shift", heads, "--data", "digits(canvas=12)", "--train", 200, *options)
show(shift, "shift_consistency", "shift consistency, %", ["max", "aps"])

# %%
for found, first, second, figure in (
    (bags, "attention", "mean", "auc"),
    (needle, "mean", "max", "test_accuracy"),
    (shift, "aps", "max", "shift_consistency"),
):
    value = {head["given"].partition(" |")[0].partition("(")[0]: head[figure]["mean"] for head in found["heads"]}
    assert len(found["trials"]) == SEEDS * len(found["heads"])
    assert value[first] > value[second], value
assert shift["heads"][1]["shift_consistency"]["mean"] > 0.999
