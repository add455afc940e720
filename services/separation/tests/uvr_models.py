"""Networks in the formats of UVR's and Spleeter's, made by hand.

They take a band of frequencies for the voice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

RATE_HZ = 44_100
VOICE_HZ = (250, 3600)
_WINDOW, _HOP, _FRAMES, _BINS = 6144, 1024, 256, 2048


def write_model(path: Path) -> Path:
    """Writes UVR's network: spectra of two channels, real and imaginary, times a mask."""
    metadata = {
        "model_type": "UVR", "model_name": "band", "stems": 2, "sample_rate": RATE_HZ,
        "n_fft": _WINDOW, "center": 1, "win_length": _WINDOW, "hop_length": _HOP,
        "dim_t": _FRAMES, "dim_f": _BINS, "dim_c": 4, "window_type": "hann", "comment": "by hand",
    }  # fmt: skip
    mask = _in_band(_BINS, _WINDOW)[None, None, :, None]
    return _write(path, mask, ["N", 4, _BINS, _FRAMES], metadata)


def write_spleeter(folder: Path) -> Path:
    """Writes Spleeter's two networks: magnitudes of two channels times a mask each."""
    voice = _in_band(1024, 4096)[None, None, None, :]
    for name, mask in (("vocals", voice), ("accompaniment", ~voice)):
        metadata = {
            "model_type": "spleeter", "model_name": "band", "stems": 2, "sample_rate": RATE_HZ,
            "version": 1, "model_url": "none", "comment": name,
        }  # fmt: skip
        _write(folder / f"{name}.onnx", mask, [2, "N", 512, 1024], metadata)
    return folder


def _in_band(bins: int, window: int) -> npt.NDArray[np.bool_]:
    frequencies = np.arange(bins) * RATE_HZ / window
    return (frequencies > VOICE_HZ[0]) & (frequencies < VOICE_HZ[1])


def _write(
    path: Path,
    mask: npt.NDArray[np.bool_],
    shape: Sequence[int | str],
    metadata: Mapping[str, object],
) -> Path:
    graph = helper.make_graph(
        [helper.make_node("Mul", ["input", "mask"], ["output"])],
        "band",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(mask.astype(np.float32), "mask")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {key: str(value) for key, value in metadata.items()})
    onnx.checker.check_model(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
