"""Hypothesis: valid specs of the toys, written in every way that the language allows, and text that is nearly one."""

from __future__ import annotations

from hypothesis import strategies as st

_numbers = st.one_of(
    st.floats(1, 64).map(repr), st.integers(1, 64).map(str), st.sampled_from(["1.", "2.5e0", "6.4E+1", "1e-0"])
)
_floats = st.one_of(st.floats(allow_nan=False, allow_infinity=False).map(repr), st.integers(-(10**17), 10**17).map(str))
_any_number = st.one_of(_floats, st.integers(-(10**18) + 1, 10**18 - 1).map(str))
_text = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20).filter(lambda t: not {"'", '"'} <= set(t))
_strings = _text.map(lambda t: f'"{t}"' if "'" in t else f"'{t}'")
_flag = st.sampled_from(["true", "false", "True", "False"])
_units = st.integers(1, 10**6).map(str)
_blank = st.sampled_from(["", " ", "\n", "\t ", "\r\n"])


def _keywords(**values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    """Some of the arguments, by keyword, in any order."""
    given = st.fixed_dictionaries({}, optional=values).map(lambda d: [f"{name}={value}" for name, value in d.items()])
    return given.flatmap(st.permutations)


def _list(items: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(items, max_size=5).map(lambda items: f"[{', '.join(items)}{',' * bool(items)}]")


@st.composite
def _call(draw: st.DrawFn, name: str, first: st.SearchStrategy[str], rest: st.SearchStrategy[list[str]]) -> str:
    """A call whose first argument stands by position or, written `name=value`, by keyword."""
    arguments = [draw(first), *draw(rest)]
    comma, blank = draw(st.sampled_from([",", ""])), draw(_blank)
    return f"{name}{blank}({f'{blank},'.join(arguments)}{comma}{blank})"


@st.composite
def _optional(draw: st.DrawFn, name: str, arguments: st.SearchStrategy[list[str]]) -> str:
    given = draw(arguments)
    return f"{name}({', '.join(given)})" if given or draw(st.booleans()) else name


_size = st.one_of(_units, _list(_units))
_windows = st.one_of(
    _call("window", _size, _keywords(strides=st.one_of(_units, st.just("none")), padding=st.just("same"))),
    _optional("window", _keywords(size=_size)),
)
_over = st.one_of(_windows, st.sampled_from(["none", "None", "everything", "everything()"]))
_pooling = {"over": _over, "empty_value": _floats, "require_mask": _flag}
_negatives = st.sampled_from(["clamp", "signed", "'error'"])
_leaves = st.one_of(
    _optional("mean", _keywords(**_pooling)),
    _optional("gem", _keywords(p=_numbers, negatives=_negatives, **_pooling)),
    _call("gem", _numbers, _keywords(negatives=_negatives, **_pooling)),
    _optional("acme/fancy", _keywords(scales=_list(_floats), label=_strings, depth=_any_number, **_pooling)),
    _optional("fancy", _keywords(label=st.just("word"))),
    st.just("other-one/shared"),
)
_stages = st.one_of(
    _call("dense", _units, _keywords(activation=st.sampled_from(["relu", "'softmax'"]), use_bias=_flag)),
    _call("dropout", st.sampled_from(["0", "1", "0.5", "rate=.25"]), st.just([])),
    st.sampled_from(["l2_norm", "l2_norm()"]),
)


def _joined(branches: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """What has branches: by position, by name, or one."""
    several = st.lists(branches, max_size=2)
    named = st.dictionaries(st.sampled_from(["a", "b", "of", "use"]), branches, min_size=1, max_size=2)
    return st.one_of(
        _call("concat", branches, several),
        _call("mix", branches, several.map(lambda items: [*items, "temperature=2"])),
        named.map(lambda items: f"heads({', '.join(f'{name}={branch}' for name, branch in items.items())})"),
        _call("gate", branches, _keywords(over=_windows)),
    )


def _piped(calls: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(calls, _stages), min_size=1, max_size=3).map(" | ".join)


valid = st.recursive(_piped(_leaves), lambda inner: _piped(_joined(inner)), max_leaves=6)
"""Texts that can be parsed."""

_OPENINGS = ("concat(", "heads(", "dense(", "window(", "(", "[", "'", '"', "acme/")
_WORDS = ("mean", "gem", "window", "a", "p", "units", "over", "3", "-1", "1e999", "0.5", "true", "none", "'x'")
_tokens = st.sampled_from([*_OPENINGS, *_WORDS, ")", "]", "|", ",", "=", "#"])
nearly = st.one_of(
    st.lists(_tokens, max_size=40).map(" ".join), st.lists(_tokens, max_size=40).map("".join), st.text(max_size=200)
)
"""Texts of which most cannot."""
