"""Networks for sherpa-onnx, made by hand, that tell a tone of 220 Hz from one of 880 Hz.

The formats are those of the real ones: pyannote's segmentation 3.0 (windows of 10 s in, log
probabilities of seven sets of speakers out) and WeSpeaker's embeddings (80 mel bands in).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ = 16_000
TONES_HZ = (220.0, 880.0)
_FIELD, _SHIFT = 991, 270
"""Samples that a frame of the segmentation sees, and from one frame to the next."""
_BANDS, _DIMENSIONS = 80, 32

Tensors = Mapping[str, npt.NDArray[np.float32]]


def write_models(folder: Path) -> Path:
    """Writes ``segmentation.onnx`` and ``embedding.onnx``."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_segmentation(folder / "segmentation.onnx")
    _write_embedding(folder / "embedding.onnx")
    return folder


def write_single_speaker_models(folder: Path) -> Path:
    """Writes both networks so that whatever sounds is one person's speech."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_loudness(folder / "segmentation.onnx")
    _write_embedding(folder / "embedding.onnx")
    return folder


def _write_loudness(path: Path) -> None:
    """The mean square of what a frame sees, against silence at about -42 dBFS."""
    mean = np.full((1, 1, _FIELD), 1 / _FIELD, np.float32)
    weights = np.zeros((7, 1, 1), np.float32)
    weights[1] = 60_000
    bias = np.array([4, 0, -9, -9, -9, -9, -9], np.float32)
    _write_scores(
        path,
        [
            helper.make_node("Mul", ["x", "x"], ["squared"]),
            helper.make_node("Conv", ["squared", "mean"], ["energy"], strides=[_SHIFT]),
        ],
        {"mean": mean, "weights": weights, "bias": bias},
    )


def _write_segmentation(path: Path) -> None:
    """Each tone's energy by a pair of matched filters; the louder tone is the speaker.

    The seven sets: nobody, first, second, third, first and second, first and third, second and
    third. Both together win where both tones sound.
    """
    angles = 2 * np.pi * np.arange(_FIELD) / RATE_HZ
    filters = [wave(angles * tone) for tone in TONES_HZ for wave in (np.cos, np.sin)]
    kernels = (np.stack(filters) * np.hanning(_FIELD) / 250).astype(np.float32)[:, None]
    weights = np.zeros((7, 4, 1), np.float32)
    weights[1, :2] = weights[2, 2:] = 60
    weights[4] = 40
    bias = np.array([1.5, 0, 0, -9, -2, -9, -9], np.float32)
    _write_scores(
        path,
        [
            helper.make_node("Conv", ["x", "kernels"], ["filtered"], strides=[_SHIFT]),
            helper.make_node("Mul", ["filtered", "filtered"], ["energy"]),
        ],
        {"kernels": kernels, "weights": weights, "bias": bias},
    )


def _write_scores(path: Path, energy: Sequence[onnx.NodeProto], tensors: Tensors) -> None:
    """A segmentation network: from energies to the log probabilities of the seven sets."""
    _write(
        path,
        [
            *energy,
            helper.make_node("Conv", ["energy", "weights", "bias"], ["scores"]),
            helper.make_node("Transpose", ["scores"], ["frames"], perm=[0, 2, 1]),
            helper.make_node("LogSoftmax", ["frames"], ["y"], axis=-1),
        ],
        ("x", ["N", 1, "T"]),
        ("y", ["N", "F", 7]),
        tensors,
        {
            "model_type": "pyannote-segmentation-3.0", "num_speakers": 3,
            "powerset_max_classes": 2, "num_classes": 7, "sample_rate": RATE_HZ,
            "window_size": 10 * RATE_HZ, "receptive_field_size": _FIELD,
            "receptive_field_shift": _SHIFT, "version": 1,
        },
    )  # fmt: skip


def _write_embedding(path: Path) -> None:
    """The mean spectrum's shape, in a few directions."""
    directions = np.random.default_rng(0).standard_normal((_BANDS, _DIMENSIONS))
    basis = np.linalg.qr(directions)[0].astype(np.float32)
    _write(
        path,
        [
            helper.make_node("Abs", ["feats"], ["magnitude"]),
            helper.make_node("ReduceMean", ["magnitude"], ["shape"], axes=[1], keepdims=0),
            helper.make_node("ReduceMean", ["shape"], ["level"], axes=[1], keepdims=1),
            helper.make_node("Sub", ["shape", "level"], ["centred"]),
            helper.make_node("MatMul", ["centred", "basis"], ["embs"]),
        ],
        ("feats", ["B", "T", _BANDS]),
        ("embs", ["B", _DIMENSIONS]),
        {"basis": basis},
        {
            "framework": "wespeaker", "language": "English", "url": "none", "comment": "by hand",
            "sample_rate": RATE_HZ, "output_dim": _DIMENSIONS, "normalize_samples": 1,
            "feature_normalize_type": "global-mean",
        },
    )  # fmt: skip


def _write(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    given: tuple[str, list[str | int]],
    found: tuple[str, list[str | int]],
    tensors: Tensors,
    metadata: Mapping[str, object],
) -> None:
    graph = helper.make_graph(
        nodes,
        "by_hand",
        [helper.make_tensor_value_info(given[0], TensorProto.FLOAT, given[1])],
        [helper.make_tensor_value_info(found[0], TensorProto.FLOAT, found[1])],
        [numpy_helper.from_array(tensor, name) for name, tensor in tensors.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model)
    onnx.save(model, path)
