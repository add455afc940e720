"""Neural voices in the real formats, so small that a test makes them: one tone for each sign."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

PIPER_HZ, PIPER_SIGN_S = 16_000, 0.06
KOKORO_HZ, KOKORO_SIGN_S = 24_000, 0.05
SIGNS = "_^$ abcdefghijklmnopqrstuvwxyzæçðøħŋœɐɑɒɔɕəɚɛɜɡɣɪɫɲɹɾʃʊʌʒʔθβʝʎˈˌː.,!?;:'-AIWOYQʤʧᵊ"


def piper_voice(folder: Path, name: str = "es_ES-toy", **changes: Any) -> Path:
    """A Piper voice of two speakers, at 120 and 220 Hz; each sign lasts 60 ms x length scale."""
    place = folder / name
    place.mkdir(parents=True)
    path = place / f"{name}.onnx"
    _save(_piper_graph(), path)
    told = {
        "audio": {"sample_rate": PIPER_HZ},
        "espeak": {"voice": "es"},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "num_speakers": 2,
        "speaker_id_map": {"pablo": 0, "lola": 1},
        "phoneme_type": "espeak",
        "phoneme_id_map": {sign: [number] for number, sign in enumerate(SIGNS)},
        "language": {"code": "es_ES"},
        **changes,
    }
    path.with_name(f"{path.name}.json").write_text(json.dumps(told))
    return path


def write_card(model: Path, **told: Any) -> None:
    """Says of a model what its own files don't; without more, that it is free for all use."""
    card = told or {"licence": "CC0-1.0", "commercial_use": True}
    (model.parent / "polydub.json").write_text(json.dumps(card))


def kokoro_voice(folder: Path, voices: Mapping[str, float]) -> Path:
    """A Kokoro model whose voices are tones of these pitches; each sign lasts 50 ms / speed."""
    place = folder / "toy"
    place.mkdir(parents=True)
    _save(_kokoro_graph(), place / "model.onnx")
    vocabulary = {sign: number for number, sign in enumerate(SIGNS, 1)}
    (place / "config.json").write_text(json.dumps({"vocab": vocabulary}))
    styles = {name: np.full((510, 1, 256), f0_hz, np.float32) for name, f0_hz in voices.items()}
    with (place / "voices-v1.0.bin").open("wb") as file:
        np.savez_compressed(file, **styles)
    return place / "model.onnx"


def endless_model(path: Path) -> Path:
    """A model that counts for hours."""
    count = helper.make_tensor_value_info("count", TensorProto.FLOAT, [])
    step = [
        helper.make_tensor_value_info("turn", TensorProto.INT64, []),
        helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        count,
    ]
    result = [
        helper.make_tensor_value_info("more", TensorProto.BOOL, []),
        helper.make_tensor_value_info("next", TensorProto.FLOAT, []),
    ]
    nodes = [_node("Identity", ["go"], "more"), _node("Add", ["count", "count"], "next")]
    body = helper.make_graph(nodes, "body", step, result)
    given = {"turns": np.int64(2**40), "yes": np.bool_(True), "zero": np.float32(0)}
    constants = [numpy_helper.from_array(np.asarray(value), name) for name, value in given.items()]
    loop = _node("Loop", ["turns", "yes", "zero"], "output", body=body)
    out = helper.make_tensor_value_info("output", TensorProto.FLOAT, [])
    _save(helper.make_graph([loop], "endless", [], [out], constants), path)
    return path


def _piper_graph() -> onnx.GraphProto:
    constants = {
        "one": np.int64(1),
        "sign": np.float32(PIPER_HZ * PIPER_SIGN_S),
        "base": np.float32(120),
        "step": np.float32(100),
        "shape": np.array([1, 1, 1, -1]),
    }
    nodes = [
        _node("Gather", ["scales", "one"], "length"),
        _node("Mul", ["length", "sign"], "per_sign"),
        _node("Cast", ["input_lengths"], "count", to=TensorProto.FLOAT),
        _node("Cast", ["sid"], "speaker", to=TensorProto.FLOAT),
        _node("Mul", ["speaker", "step"], "higher"),
        _node("Add", ["higher", "base"], "f0"),
    ]
    given = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "T"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        helper.make_tensor_value_info("sid", TensorProto.INT64, [1]),
    ]
    return _tone(nodes, given, constants, PIPER_HZ)


def _kokoro_graph() -> onnx.GraphProto:
    constants = {
        "first": np.zeros(1, np.int64),
        "last": np.int64(1),
        "sign": np.float32(KOKORO_HZ * KOKORO_SIGN_S),
        "shape": np.array([-1]),
        "flat": np.array([-1]),
    }
    nodes = [
        _node("Shape", ["tokens"], "size"),
        _node("Gather", ["size", "last"], "signs"),
        _node("Cast", ["signs"], "count", to=TensorProto.FLOAT),
        _node("Div", ["sign", "speed"], "per_sign"),
        _node("Reshape", ["style", "flat"], "styles"),
        _node("Gather", ["styles", "first"], "f0"),
    ]
    given = [
        helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "T"]),
        helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
        helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
    ]
    return _tone(nodes, given, constants, KOKORO_HZ)


def _tone(
    nodes: list[onnx.NodeProto],
    given: list[onnx.ValueInfoProto],
    constants: dict[str, Any],
    rate_hz: int,
) -> onnx.GraphProto:
    """A graph that turns ``count`` x ``per_sign`` samples of a tone at ``f0`` into ``output``."""
    constants = {
        **constants,
        "zero": np.float32(0),
        "unit": np.float32(1),
        "turn": np.float32(2 * np.pi / rate_hz),
        "gain": np.float32(0.3),
    }
    nodes = [
        *nodes,
        _node("Mul", ["count", "per_sign"], "total"),
        _node("Squeeze", ["total"], "end"),
        _node("Range", ["zero", "end", "unit"], "time"),
        _node("Mul", ["f0", "time"], "turns"),
        _node("Mul", ["turns", "turn"], "phase"),
        _node("Sin", ["phase"], "wave"),
        _node("Mul", ["wave", "gain"], "soft"),
        _node("Reshape", ["soft", "shape"], "output"),
    ]
    kept = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    out = helper.make_tensor_value_info("output", TensorProto.FLOAT, None)
    return helper.make_graph(nodes, "toy", given, [out], kept)


def _node(kind: str, given: list[str], out: str, **settings: Any) -> onnx.NodeProto:
    return helper.make_node(kind, given, [out], **settings)


def _save(graph: onnx.GraphProto, path: Path) -> None:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, str(path))
