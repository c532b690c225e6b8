"""The command line, as a person and as a machine use it."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

import kpool
from kpool import registry
from kpool.cli import app

LIGHT = {
    "list": ["list"],
    "list-json": ["list", "--json"],
    "list-some": ["list", "--family", "stages"],
    "plugins": ["plugins"],
    "info": ["info", "dense"],
    "parse": ["parse", "concat(mean, max) | dense(classes)", "--name", "classes=10"],
    "schema": ["parse", "--schema"],
    "inspect": ["inspect", "no such file"],
}
HEAVY = ("keras", "tensorflow", "jax", "torch", "matplotlib", "sklearn")
SCRIPT = f"""
import sys, kpool.cli
try:
    kpool.cli.main()
except SystemExit:
    pass
sys.exit(", ".join(name for name in {HEAVY} if name in sys.modules) or 0)
"""


def kpool_command(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def answer(*arguments: str) -> Any:
    result = kpool_command(*arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", LIGHT.values(), ids=LIGHT.keys())
def test_light_commands_import_nothing_heavy(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_version() -> None:
    assert kpool_command("--version").stdout == f"kpool {kpool.__version__}\n"


def test_list_groups_by_kind() -> None:
    listed = kpool_command("list").stdout
    titles = [line.strip() for line in listed.splitlines() if line.strip() in ("strategies", "regions", "stages")]
    assert titles == ["strategies", "regions", "stages"]
    assert all(name in listed for name in ("attention", "window", "dense"))


def test_list_for_a_machine() -> None:
    listed = {(component["kind"], component["name"]): component for component in answer("list", "--json")}
    assert {kind for kind, _ in listed} == {"strategy", "region", "stage"}
    assert listed["strategy", "mean"]["distribution"] == "kpool"
    assert len(listed) == len(kpool.strategies()) + len(kpool.regions()) + len(kpool.stages())


@pytest.mark.parametrize("name", [*kpool.strategies(), *kpool.regions(), *kpool.stages()])
def test_info_knows_every_component(name: str) -> None:
    shown = answer("info", name, "--json")
    assert shown["name"] == name
    assert len(shown["docstring"]) > 10
    text = kpool_command("info", name).stdout
    assert all(parameter in text for parameter in shown["parameters"])
    assert shown["formula"] in text
    words = text.split()
    assert all(word in words for part in ("shape", "empty", "raises", "source") for word in shown[part].split())


def test_info_is_a_card() -> None:
    card = answer("info", "top_k", "--json")
    assert card["traits"]["permutation_invariant"] is True
    assert card["traits"]["mergeable"] is False
    assert set(card["regions"]) == set(kpool.regions())
    text = kpool_command("info", "top_k").stdout
    assert "\nRegions: any\n" in text
    assert f"\nCost: {card['cost']}\n" in text
    assert text.index("Parameters:") < text.index("Parameters of every pooling:") < text.index("\nSource: ")


def names(*options: str) -> set[str]:
    return {component["name"] for component in answer("list", "--json", *options)}


def test_list_of_a_family() -> None:
    assert names("--family", "stages") == set(kpool.stages())
    listed = kpool_command("list", "--family", "stages").stdout
    assert "dense" in listed
    assert "strategies" not in listed


def test_list_of_a_trait() -> None:
    mergeable = names("--trait", "mergeable")
    assert {"mean", "gem", "attention", "first"} <= mergeable
    assert not mergeable & {"median", "concat", "dense", "window"}
    both = names("--trait", "mergeable", "--trait", "permutation_invariant")
    assert {"mean", "gem", "attention"} <= both <= mergeable - {"first", "last"}
    pools = {name: c for name, c in kpool.strategies().items() if c.plugin != "combinators"}
    assert names("--trait", "onnx") == {name for name, c in pools.items() if "onnx" in c.load().exports}


def test_list_of_a_region() -> None:
    over_everything = names("--region", "everything")
    assert {"mean", "attention"} <= over_everything
    for name in over_everything:
        assert kpool.strategies()[name].load().only_over in ((), ("everything",))


def test_list_of_nothing() -> None:
    assert kpool_command("list", "--family", "stages", "--region", "window").stdout.startswith("Nothing")
    assert names("--family", "stages", "--region", "window") == set()


def test_info_shows_bounds_and_defaults() -> None:
    parameters = answer("info", "gem", "--json")["parameters"]
    assert parameters[0].startswith("p: float in [1, 64] = 3")


def test_plugins() -> None:
    records = {record["id"]: record for record in answer("plugins", "--json")}
    assert records["stages"]["state"] == "ok"
    assert "dense" in records["stages"]["components"]
    assert "dense" in kpool_command("plugins").stdout


def test_timings_put_the_slowest_plugin_first() -> None:
    records = answer("plugins", "--timings", "--json")
    assert [r["id"] for r in records] == [r["id"] for r in sorted(records, key=lambda r: -r["seconds"])]
    header, first, *_ = kpool_command("plugins", "--timings").stdout.splitlines()
    assert header.split() == ["plugin", "distribution", "ms", "state", "gives"]
    assert first.split()[0] == records[0]["id"]
    assert float(first.split()[3]) == pytest.approx(1000 * records[0]["seconds"], abs=0.051)


def test_parse_shows_the_short_form_and_the_long() -> None:
    spec = ("parse", "mean|dense( classes )", "--name", "classes=10")
    assert kpool_command(*spec).stdout == "mean | dense(10)\n"
    canonical = kpool_command(*spec, "--canonical").stdout.strip()
    assert canonical == str(kpool.parse("mean | dense(10)"))
    assert kpool.Spec.from_json(answer(*spec, "--json")) == kpool.parse(canonical)


def test_schema() -> None:
    assert "dense" in json.dumps(answer("parse", "--schema"))


@pytest.mark.slow
def test_check_shows_a_report() -> None:
    options = ("--only", "config", "--only", "length_one")
    assert kpool_command("check", "mean", *options).stdout.startswith("mean: ok, ")
    report = answer("check", "mean", *options, "--json")
    assert {row["group"] for row in report["rows"]} == {"config", "shape"}
    assert "| from_config_equal | ✓ |" in kpool_command("check", "mean", *options, "--markdown").stdout


def test_check_fails_with_the_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    from kpool import testing
    from kpool.testing.report import ConformanceReport, Row

    report = ConformanceReport("mean", "2026.11", (Row("full_mask", "", "failed", 0.0, "it is 3"),))
    monkeypatch.setattr(testing, "check_strategy", lambda spec, only: report)
    result = kpool_command("check", "mean")
    assert result.exit_code == 1
    assert "failed: full_mask: it is 3" in result.stdout


WRONG = {
    "no-check": (["check", "mean", "--only", "confg"], "the kit has no check 'confg'; did you mean 'config'?"),
    "caret": (["parse", "mean | dens(10)"], "mean | dens(10)\n"),
    "no-spec": (["parse"], "give a spec to parse, or --schema"),
    "bad-name": (["parse", "mean", "--name", "classes"], "--name takes NAME=VALUE, as in classes=10, not 'classes'"),
    "unknown": (["info", "atention"], "did you mean attention"),
    "name-unknown-to-parse": (["parse", "mean | dense(klasses)"], "nothing of the kind; pass --name klasses=…\n"),
    "name-unknown-to-train": (["train", "mean | dense(klasses)"], "nothing of the kind; did you mean classes?\n"),
    "no-trait": (["list", "--trait", "mergable"], "there is no trait 'mergable'; did you mean 'mergeable'?\n"),
    "no-family": (["list", "--family", "basics"], "there is no family 'basics'; did you mean 'basic'?\n"),
    "no-region": (["list", "--region", "q"], "there is no region 'q'; there are axis, bins, "),
    "nothing-near": (["info", "nothing"], "kpool list shows what there is"),
    "nothing-to-check": (["check", "nothing"], "kpool list shows what there is"),
    "no-plugin": (["doctor", "nothing"], "kpool plugins shows what there is"),
    "no-group": (["check", "mean", "--only", "nope"], "its groups: config, "),
    "no-seeds": (["demo", "--seeds", "0"], "0 is less than 1"),
    "no-file": (["inspect", "absent.keras"], "absent.keras"),
    "no-examples": (["compare", "mean", "--train", "0"], "0 is less than 1"),
    "data-argument": (["train", "mean", "--data", "needle(sigmal=3)"], "did you mean signal?"),
    "no-workers": (["pool", "mean", "shards", "out.npz", "--workers", "0"], "0 is less than 1"),
    "no-shards": (["pool", "mean", "absent", "out.npz"], "absent is no folder; give one that holds shards"),
    "no-data": (["train", "mean", "--data", "absent.npz"], "no data at 'absent.npz'"),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_is_explained_without_a_traceback(arguments: list[str], message: str) -> None:
    result = kpool_command(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_the_caret_stands_under_the_mistake() -> None:
    lines = kpool_command("parse", "mean | dens(10)").stderr.splitlines()
    place = next(i for i, line in enumerate(lines) if "^" in line)
    assert lines[place].index("^") == lines[place - 1].index("dens")


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[Any]]:
    """Puts a stand-in in the engine's place; gives what it was called with."""

    def stand_in(found: Any) -> list[Any]:
        from kpool.lab import compare

        calls: list[Any] = []

        def engine(*arguments: Any) -> Any:
            calls.append(arguments)
            if isinstance(found, BaseException):
                raise found
            return found

        monkeypatch.setattr(compare, "compare", engine)
        return calls

    return stand_in


FAILED: dict[str, Any] = {"winner": None, "trials": [{}], "heads": [{"failures": [{"seed": 0, "error": "no"}]}]}
FINE = {
    "winner": {
        "given": "mean | dense(classes)", "seed": 0, "test_accuracy": 0.5,
        "reload": {"max_difference": 0.0, "model": "winner.keras"},
    },
    "trials": [{}],
    "heads": [{"failures": []}],
}  # fmt: skip


def test_compare_hands_its_options_over(compared: Callable[[Any], list[Any]], tmp_path: Path) -> None:
    calls = compared(FINE)
    options = ("--seeds", "5", "--epochs", "7", "--batch-size", "9", "--backbone", "none", "--out", str(tmp_path))
    result = kpool_command("compare", "a", "b", *options)
    specs, dataset, settings, seeds, out, _, engine = calls[0]
    assert (specs, dataset.name, seeds, out) == (["a", "b"], "digits", 5, tmp_path)
    assert engine.__name__ == "local"
    assert (settings.epochs, settings.batch_size, settings.backbone) == (7, 9, "none")
    assert result.exit_code == 0
    assert "Winner: mean | dense(classes)" in result.stdout


def test_trials_run_on_the_cluster_that_is_named(
    compared: Callable[[Any], list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kpool.lab import cluster

    monkeypatch.setattr(cluster, "cluster", lambda address: contextlib.nullcontext(f"the cluster at {address}"))
    calls = compared(FINE)
    result = kpool_command("compare", "a", "--engine", "ray", "--address", "host:6379")
    assert result.exit_code == 0
    assert calls[0][-1] == "the cluster at host:6379"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--address", "auto"), "--engine ray"),
        (("--engine", "rey"), "'rey' is none of local, ray"),
    ],
)
def test_a_cluster_needs_its_engine(options: tuple[str, ...], message: str) -> None:
    result = kpool_command("compare", "a", *options)
    assert result.exit_code == 2
    assert message in " ".join(re.sub("[│╭╰╮╯─]", " ", result.output).split())


def test_several_data_sets_and_sizes_are_a_sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from kpool.lab import sweep

    calls: list[Any] = []

    def stand_in(*arguments: Any) -> Any:
        calls.append(arguments)
        return {"points": [{"folder": "a-place", "heads": [{"failures": []}]}]}

    monkeypatch.setattr(sweep, "sweep", stand_in)
    data = ("--data", "needle(signal=1, examples=100)", "--data", "needle(signal=2, examples=100)")
    options = ("--train", "10", "--train", "20", "--measure", "auc", "--seeds", "5", "--out", str(tmp_path))
    result = kpool_command("compare", "a", *data, *options)
    specs, points, seeds, out, *_ = calls[0]
    assert (specs, seeds, out) == (["a"], 5, tmp_path)
    assert [p.label.partition(",")[0] for p in points] == ["needle(signal=1"] * 2 + ["needle(signal=2"] * 2
    assert [(p.settings.train, p.settings.measures) for p in points] == [(10, ("auc",)), (20, ("auc",))] * 2
    assert "sweep.json, sweep.png and, for each comparison, a folder: a-place." in result.stdout


def test_demo_compares_heads_that_parse(compared: Callable[[Any], list[Any]]) -> None:
    calls = compared(FINE)
    assert answer("demo", "--json") == FINE
    specs = [kpool.parse(spec, classes=10) for spec in calls[0][0]]
    assert len(set(map(str, specs))) >= 8


def test_a_failed_trial_is_a_failed_command(compared: Callable[[Any], list[Any]]) -> None:
    compared(FAILED)
    result = kpool_command("train", "a")
    assert result.exit_code == 1
    assert "No head finished all its trials." in result.stdout
    assert "results.json and comparison.png." in result.stdout


def test_where_every_head_failed_there_is_no_picture(compared: Callable[[Any], list[Any]]) -> None:
    compared(FAILED | {"trials": []})
    result = kpool_command("train", "a")
    assert result.exit_code == 1
    assert "Every head failed. Written to" in result.stdout
    assert "comparison.png" not in result.stdout


@pytest.mark.parametrize("command", [["demo"], ["train", "a"], ["compare", "a", "b"]], ids=["demo", "train", "compare"])
def test_each_command_has_a_folder_of_its_own(compared: Callable[[Any], list[Any]], command: list[str]) -> None:
    calls = compared(FINE)
    result = kpool_command(*command)
    assert calls[0][4] == Path("kpool-results", command[0])
    assert f"Written to {calls[0][4]}: results.json, comparison.png and winner.keras." in result.stdout


def test_ctrl_c_says_how_to_go_on(compared: Callable[[Any], list[Any]]) -> None:
    compared(KeyboardInterrupt())
    result = kpool_command("train", "a", "--out", "there")
    assert result.exit_code == 130
    assert "Finished trials are kept in there; the same command goes on" in result.stderr


def test_new_plugin_says_what_comes_next(tmp_path: Path) -> None:
    result = kpool_command("new-plugin", "soft-rank", "--out", str(tmp_path))
    assert result.exit_code == 0
    assert (tmp_path / "kpool-soft-rank" / "setup.cfg").is_file()
    assert f'pip install -e "{tmp_path / "kpool-soft-rank"}[test]"' in result.stdout
    again = kpool_command("new-plugin", "soft-rank", "--out", str(tmp_path))
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is there already" in again.stderr


def test_doctor_shows_what_is_wrong_and_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    from kpool import doctor

    fine = [doctor.Finding("acme", "", "loads", "passed", "gives a"), doctor.Finding("acme", "a", "one", "passed")]
    skipped = doctor.Finding("acme", "a", "two", "skipped", "no ONNX")
    failed = doctor.Finding("acme", "a", "three", "failed", "it is 4")
    monkeypatch.setattr(doctor, "examine", lambda plugin: iter([*fine, skipped]))
    result = kpool_command("doctor", "acme")
    assert (result.exit_code, result.stdout) == (0, "✓ acme: gives a\n✓ acme/a: one\n– acme/a: two: no ONNX\n")
    monkeypatch.setattr(doctor, "examine", lambda plugin: iter([*fine, failed]))
    assert kpool_command("doctor").exit_code == 1
    found = json.loads(kpool_command("doctor", "--json").stdout)
    assert found[-1] == {"plugin": "acme", "component": "a", "check": "three", "status": "failed", "message": "it is 4"}


def test_bench_times_in_turns_and_answers_in_json(tmp_path: Path) -> None:
    picture = tmp_path / "speed.png"
    tiny = ["mean", "--shape", "tiny-maps", "--region", "window(2)", "--rounds", "1", "--mode", "xla", "--no-masks"]
    found = answer("bench", *tiny, "--plot", str(picture), "--json")
    assert [(row["pooling"], row["work"], [*row["modes"]]) for row in found["rows"]] == [
        ("mean", "forward", ["xla"]),
        ("mean", "gradients", ["xla"]),
    ]
    assert (found["region"], found["masked"], found["size"]) == ("window(2)", False, [4, 6, 6, 8])
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_bench_loses_nothing_to_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.default(), "_local", {})

    @kpool.strategy("wrong_in_float32")
    class Wrong(kpool.Pooling):
        def pool(self, bags: Any) -> Any:
            return bags.sum(bags.elements) * (1.0 if bags.elements.dtype == "float64" else 1.1)

    tiny = ["--shape", "tiny-tokens", "--rounds", "1", "--mode", "graph"]
    result = kpool_command("bench", "wrong_in_float32", "mean", *tiny)
    assert result.exit_code == 1
    assert "mean" in result.stdout
    wrong = result.stderr.splitlines()[-2:]
    assert wrong[0].endswith("forward, graph: wrong by 0.1 of the greatest, 1e-05 allowed; it is not timed")
    assert wrong[1].startswith("wrong_in_float32, gradients")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--shape", "tokenz"], "'tokenz' is none of tokens, batch"),
        (["--mode", "fast"], "'fast' is none of eager, graph, xla, predict"),
        (["--dtype", "int8"], "'int8' is none of float32"),
        (["--rounds", "0"], "0 is less than 1"),
        (["meen"], "did you mean mean or median?"),
        (["--plot", "speed.txt"], "a picture ends in one of"),
    ],
)
def test_bench_refuses(arguments: list[str], says: str) -> None:
    result = kpool_command("bench", "--shape", "tiny-tokens", *arguments)
    assert result.exit_code == 2
    assert says in " ".join(result.output.replace("│", " ").split())


def test_pool_says_what_was_done_and_takes_a_saved_head(tmp_path: Path) -> None:
    import keras

    x, ids = np.random.default_rng(0).normal(size=(20, 3)).astype("float32"), np.repeat([2, 1], 10)
    (tmp_path / "shards").mkdir()
    for i in range(2):
        np.savez(tmp_path / "shards" / f"{i}.npz", x=x[i::2], ids=ids[i::2])
    model = keras.Sequential([keras.Input((None, 3)), kpool.head("attention | dense(2)")])
    kpool.save_model(model, tmp_path / "m.keras")
    given = [str(tmp_path / name) for name in ("m.keras", "shards", "out.npz")]
    done = answer("pool", *given, "--json")
    assert (done["bags"], done["shards"], done["reduced"], done["path"]) == (2, 2, 2, given[2])
    with np.load(tmp_path / "out.npz") as written:
        np.testing.assert_allclose(written["pooled"], model(np.stack([x[10:], x[:10]])), rtol=1e-5, atol=1e-6)
    assert f"{given[2]}: 2 bags of 2 shards, 2 of them done before." in kpool_command("pool", *given).stdout


def test_pool_takes_a_model_with_one_head_only(tmp_path: Path) -> None:
    import keras

    kpool.save_model(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]), tmp_path / "m.keras")
    result = kpool_command("pool", str(tmp_path / "m.keras"), "shards", "out.npz")
    assert result.exit_code == 2
    assert "must have one layer that pools, and has none" in result.stderr


def test_ctrl_c_while_pooling_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kpool, "pool_shards", interrupted)
    result = kpool_command("pool", "mean", "shards", "out.npz")
    assert result.exit_code == 130
    assert "Finished shards are kept; the same command goes on" in result.stderr
