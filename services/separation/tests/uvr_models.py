"""A network in the format of UVR's, made by hand: it takes a band of frequencies for the voice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ = 44_100
VOICE_HZ = (250, 3600)
_WINDOW, _HOP, _FRAMES, _BINS = 6144, 1024, 256, 2048


def write_model(path: Path) -> Path:
    """Writes the network: spectra of two channels, real and imaginary, times a mask."""
    frequencies = np.arange(_BINS) * RATE_HZ / _WINDOW
    mask = (frequencies > VOICE_HZ[0]) & (frequencies < VOICE_HZ[1])
    shape = ["N", 4, _BINS, _FRAMES]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["input", "mask"], ["output"])],
        "band",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(mask.astype(np.float32)[None, None, :, None], "mask")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    metadata = {
        "model_type": "UVR", "model_name": "band", "stems": 2, "sample_rate": RATE_HZ,
        "n_fft": _WINDOW, "center": 1, "win_length": _WINDOW, "hop_length": _HOP,
        "dim_t": _FRAMES, "dim_f": _BINS, "dim_c": 4, "window_type": "hann", "comment": "by hand",
    }  # fmt: skip
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
