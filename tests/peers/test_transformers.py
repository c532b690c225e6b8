"""Heads of Hugging Face's models that pool, with their weights laid over ours."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import (
    Aimv2VisionConfig,
    BertConfig,
    Siglip2VisionConfig,
    SiglipVisionConfig,
    Wav2Vec2Config,
    XLMConfig,
)
from transformers.models.aimv2.modeling_aimv2 import Aimv2AttentionPoolingHead
from transformers.models.bert.modeling_bert import BertPooler
from transformers.models.esmfold2.modeling_esmfold2 import EsmFold2RowAttentionPooling
from transformers.models.qwen2_5_omni.modeling_qwen2_5_omni import AttentiveStatisticsPooling
from transformers.models.siglip.modeling_siglip import SiglipMultiheadAttentionPoolingHead
from transformers.models.siglip2.modeling_siglip2 import Siglip2MultiheadAttentionPoolingHead
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2ForXVector
from transformers.models.xlm.modeling_xlm import XLMSequenceSummary

from .copying import drawn, first, matrix, pool, same

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6, 8))
RIGHT = np.array([[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]], bool)
LEFT = RIGHT[:, ::-1].copy()
GAPPED = np.array([[1, 1, 0, 0, 1, 1], [0, 1, 0, 1, 0, 0], [0, 0, 0, 1, 0, 1]], bool)
SIZES: dict[str, Any] = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 12}


def siglip(theirs: Any) -> dict[str, Any]:
    attention, norm, mlp = theirs.attention, theirs.layernorm, theirs.mlp
    w, b = (each.split(8) for each in (attention.in_proj_weight, attention.in_proj_bias))
    return {
        "p": theirs.probe[0],
        "W_q": matrix(w[0]),
        "b_q": b[0],
        "W_k": matrix(w[1]),
        "W_v": matrix(w[2]),
        "b_v": b[2],
        "W_o": matrix(attention.out_proj.weight),
        "b_o": attention.out_proj.bias,
        "scale": norm.weight,
        "offset": norm.bias,
        "W_1": matrix(mlp.fc1.weight),
        "b_1": mlp.fc1.bias,
        "W_2": matrix(mlp.fc2.weight),
        "b_2": mlp.fc2.bias,
    }


MAP = "map(heads=2, mlp_ratio=1.5)"


def test_siglip() -> None:
    theirs = drawn(SiglipMultiheadAttentionPoolingHead(SiglipVisionConfig(**SIZES)))
    same(pool(MAP, X, siglip(theirs)), theirs(torch.from_numpy(X)))


@pytest.fixture
def siglip2() -> Siglip2MultiheadAttentionPoolingHead:
    return drawn(Siglip2MultiheadAttentionPoolingHead(Siglip2VisionConfig(**SIZES, attn_implementation="sdpa")))


@pytest.mark.parametrize(
    "mask",
    [
        pytest.param(np.ones((3, 6), bool), id="no padding"),
        pytest.param(RIGHT, id="padded right"),
        pytest.param(LEFT, id="padded left"),
        pytest.param(GAPPED, id="gapped"),
    ],
)
def test_siglip2_with_a_mask(siglip2: Any, mask: np.ndarray) -> None:
    theirs = siglip2(torch.from_numpy(X), torch.from_numpy(mask.astype(int)))
    same(pool(MAP, X, siglip(siglip2), mask=mask), theirs)


def test_siglip2_of_an_image_without_patches(siglip2: Any) -> None:
    """Theirs attends to the padding alike, as if it were the image; ours is empty."""
    none = np.zeros((3, 6), bool)
    theirs = siglip2(torch.from_numpy(X), torch.from_numpy(none.astype(int)))
    alike = siglip(siglip2) | {"W_k": np.zeros((8, 8))}
    same(pool(MAP, X, alike), theirs)
    assert not pool(MAP, X, siglip(siglip2), mask=none).any()


@pytest.mark.parametrize("bias", [False, True], ids=["no bias", "bias of keys and values"])
def test_aimv2(bias: bool) -> None:
    """Its token is the query, without a matrix, and there is no MLP."""
    theirs = drawn(Aimv2AttentionPoolingHead(Aimv2VisionConfig(**SIZES, qkv_bias=bias)))
    v, o = theirs.v_proj, theirs.output_proj
    weights = {
        "p": theirs.cls_token[0],
        "W_q": np.eye(8),
        "b_q": np.zeros(8),
        "W_k": matrix(theirs.k_proj.weight),
        "W_v": matrix(v.weight),
        "b_v": v.bias if bias else np.zeros(8),
        "W_o": matrix(o.weight),
        "b_o": o.bias,
    }
    same(pool("map(heads=2, mlp_ratio=0)", X, weights), theirs(torch.from_numpy(X)))


def ecapa(theirs: AttentiveStatisticsPooling) -> dict[str, Any]:
    hidden = theirs.tdnn.conv
    return {"W": matrix(hidden.weight), "b": hidden.bias, "V": matrix(theirs.conv.weight)}


@pytest.fixture
def statistics() -> AttentiveStatisticsPooling:
    return drawn(AttentiveStatisticsPooling(8, 5))


def test_attentive_statistics_of_qwen(statistics: AttentiveStatisticsPooling) -> None:
    """The bias of the last convolution changes no softmax, and ours has none."""
    same(pool("ecapa(units=5)", X, ecapa(statistics)), statistics(first(X))[..., 0])


def test_attentive_statistics_of_padded_frames(statistics: AttentiveStatisticsPooling) -> None:
    """Theirs takes all frames for the utterance's: it has code for a mask, and always makes one of the whole length.
    Each row cut short gives ours."""
    ours, together = pool("ecapa(units=5)", X, ecapa(statistics), mask=RIGHT), statistics(first(X))[..., 0]
    for row, (x, mask) in enumerate(zip(X[:2], RIGHT[:2], strict=True)):
        same(ours[row], statistics(first(x[None][:, mask]))[0, :, 0])
    assert np.abs(ours[1] - together[1].numpy()).max() > 0.1


def test_attentive_statistics_of_one_frame(statistics: AttentiveStatisticsPooling) -> None:
    """Theirs has a deviation of √10⁻¹² there, among the statistics and in the answer; ours has 0."""
    x = X[:1, :1]
    ours, theirs = pool("ecapa(units=5)", x, ecapa(statistics)), statistics(first(x))[..., 0]
    same(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(theirs[:, 8:], 1e-6)
    assert not ours[:, 8:].any()


def test_rows_of_pairs() -> None:
    """ESMFold2 averages each row of its pairs by a linear score: a learned query, over one axis."""
    config: Any = SimpleNamespace(pairwise_hidden_size=8, hidden_size=5)
    theirs = drawn(EsmFold2RowAttentionPooling(config))
    pairs = RNG.normal(size=(3, 6, 6, 8))
    columns = np.broadcast_to(RIGHT[:, None], (3, 6, 6))
    weights = {"q": matrix(theirs.attn_proj.weight) * 8**0.5}
    rows = pool("dot_attention(over=axis(2))", pairs, weights, mask=columns)
    given = theirs(torch.from_numpy(pairs), torch.from_numpy(RIGHT))
    same(rows @ matrix(theirs.out_proj.weight), given, rtol=1e-6, atol=1e-6)  # their softmax is in float32


def test_bert_pooler_padded_left() -> None:
    """Theirs is what stands first, a pad; ours is the first token."""
    theirs = drawn(BertPooler(BertConfig(**SIZES)))

    def dense(x: np.ndarray) -> np.ndarray:
        return np.tanh(x @ matrix(theirs.dense.weight) + theirs.dense.bias.numpy())

    same(dense(pool("first", X, mask=RIGHT)), theirs(torch.from_numpy(X)))
    same(dense(X[:, 0]), theirs(torch.from_numpy(X)))
    same(pool("first", X, mask=LEFT), X[[0, 1, 2], [0, 3, 5]])


@pytest.mark.parametrize(
    ("kind", "spec", "takes"),
    [
        pytest.param("last", "last", lambda x: x[:, -1], id="last"),
        pytest.param("first", "first", lambda x: x[:, 0], id="first"),
        pytest.param("mean", "mean", lambda x: x.mean(axis=1), id="mean"),
    ],
)
def test_sequence_summary_knows_no_mask(kind: str, spec: str, takes: Any) -> None:
    """Theirs counts padding, on either side; ours agrees with it on what is whole."""
    theirs = XLMSequenceSummary(XLMConfig(summary_type=kind, summary_use_proj=False)).eval()
    same(theirs(torch.from_numpy(X)), takes(X))
    same(pool(spec, X), takes(X))
    for mask in (RIGHT, LEFT):
        same(pool(spec, X, mask=mask), np.stack([takes(x[None, m])[0] for x, m in zip(X, mask, strict=True)]))


@pytest.fixture
def x_vectors() -> Wav2Vec2ForXVector:
    """A small one, its layers' weights drawn with the others. A frame is two samples."""
    convolution = {"conv_dim": (4,), "conv_kernel": (2,), "conv_stride": (2,), "num_feat_extract_layers": 1}
    positions = {"num_conv_pos_embeddings": 2, "num_conv_pos_embedding_groups": 1, "num_hidden_layers": 3}
    frames = {"tdnn_dim": (6,), "tdnn_kernel": (1,), "tdnn_dilation": (1,), "xvector_output_dim": 5}
    config = Wav2Vec2Config(**SIZES, **convolution, **positions, **frames, vocab_size=5, use_weighted_layer_sum=True)
    return drawn(Wav2Vec2ForXVector(config))


def given_to(part: torch.nn.Module) -> list[torch.Tensor]:
    """A list that will hold what the part is given."""
    seen: list[torch.Tensor] = []
    part.register_forward_hook(lambda _, given, answer: seen.append(given[0]))
    return seen


def test_layers_of_x_vectors(x_vectors: Wav2Vec2ForXVector) -> None:
    mixed = given_to(x_vectors.projector)
    sound = torch.from_numpy(RNG.normal(size=(2, 24)))
    layers = x_vectors(sound, output_hidden_states=True).hidden_states
    weights = {"w": x_vectors.layer_weights}
    same(pool("layer_mean(scale=false)", torch.stack(layers, dim=1).numpy(), weights), mixed[0])


def test_statistics_of_x_vectors(x_vectors: Wav2Vec2ForXVector) -> None:
    """The sample's deviation, n − 1. Of one frame theirs is NaN; ours is 0."""
    x_vectors.tdnn.append(torch.nn.Identity())  # is given what they pool
    x, statistics = given_to(x_vectors.tdnn[-1]), given_to(x_vectors.feature_extractor)
    samples = torch.tensor([[24], [16], [2]])
    mask = torch.arange(24) < samples
    with pytest.warns(UserWarning, match="degrees of freedom"):
        x_vectors(torch.from_numpy(RNG.normal(size=(3, 24))), attention_mask=mask.long())
    given = statistics[0].numpy()
    ours = pool("stats(ddof=1)", x[0].numpy(), mask=(torch.arange(12) < samples // 2).numpy())
    same(ours[:2], given[:2])
    same(ours[2, :6], given[2, :6])
    assert np.isnan(given[2, 6:]).all()
    assert not ours[2, 6:].any()
