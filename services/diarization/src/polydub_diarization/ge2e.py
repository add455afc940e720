"""The GE2E speaker encoder's weights as an ONNX network, without torch.

GE2E: Wan et al. 2018, "Generalized End-to-End Loss for Speaker Verification". The weights are
Resemblyzer's (Apache-2.0): three LSTM layers of 256 over 40 mel bands, a linear layer, ReLU and
the unit norm. They lie in its wheel as a torch file of the old kind, which is read here with an
unpickler that knows nothing but tensors; the package itself is never imported.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import struct
import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

MEL_BANDS = 40
HIDDEN = 256
EMBEDDING = 256
LAYERS = 3

WEIGHTS_SHA256 = "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"
"""Of ``pretrained.pt`` in Resemblyzer 0.1.4."""
CONVERSION = 1
"""Raised whenever :func:`convert` changes, so that no replica runs another's network."""

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_STORAGE_TYPES = {"FloatStorage": "<f4", "DoubleStorage": "<f8", "LongStorage": "<i8"}

Weights = Mapping[str, npt.NDArray[np.float32]]


def weights_path() -> Path | None:
    """``pretrained.pt`` inside the installed wheel; None where the wheel is missing."""
    spec = importlib.util.find_spec("resemblyzer")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "pretrained.pt"
        if path.is_file():
            return path
    return None


def network(cache_dir: Path) -> bytes:
    """The encoder as a serialized ONNX model, converted on first use and then kept.

    Any number of processes may do this at once: each writes a file of its own and renames it.

    Raises:
        FileNotFoundError: the wheel is not installed.
        ValueError: its weights are not the ones this code was made for.
    """
    kept = cache_dir / f"ge2e-{WEIGHTS_SHA256[:12]}-{CONVERSION}.onnx"
    with suppress(OSError):
        return kept.read_bytes()
    path = weights_path()
    if path is None:
        raise FileNotFoundError("resemblyzer/pretrained.pt")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != WEIGHTS_SHA256:
            raise ValueError("pretrained.pt is not that of Resemblyzer 0.1.4")
    model = convert(read_weights(path))
    with suppress(OSError):  # a cache that can't be written costs a second at each start
        _publish(kept, model)
    return model


def _publish(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".ge2e-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).rename(target)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def convert(weights: Weights) -> bytes:
    """The ONNX network: ``mel`` (batch, frames, 40) -> ``embedding`` (batch, 256), unit length."""
    import onnx  # only for the first start of a deployment
    from onnx import TensorProto, helper, numpy_helper

    constants: dict[str, npt.NDArray[Any]] = {
        "first_axis": np.array([0], np.int64),
        "direction": np.array([1], np.int64),
    }
    nodes = [helper.make_node("Transpose", ["mel"], ["layer0"], perm=[1, 0, 2])]
    for layer in range(LAYERS):
        constants |= _lstm_constants(weights, layer)
        inputs = [f"layer{layer}", *(f"{name}{layer}" for name in "WRB")]
        outputs = [f"states{layer}", f"last{layer}"]
        nodes += [
            helper.make_node("LSTM", inputs, outputs, hidden_size=HIDDEN),
            helper.make_node("Squeeze", [f"states{layer}", "direction"], [f"layer{layer + 1}"]),
        ]
    constants |= {"weight": weights["linear.weight"], "bias": weights["linear.bias"]}
    nodes += [
        helper.make_node("Squeeze", [f"last{LAYERS - 1}", "first_axis"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "weight", "bias"], ["linear"], transB=1),
        helper.make_node("Relu", ["linear"], ["rectified"]),
        helper.make_node("LpNormalization", ["rectified"], ["embedding"], axis=1, p=2),
    ]
    graph = helper.make_graph(
        nodes,
        "ge2e",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["batch", "frames", MEL_BANDS])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", EMBEDDING])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    serialized: bytes = model.SerializeToString()
    return serialized


def _lstm_constants(weights: Weights, layer: int) -> dict[str, npt.NDArray[Any]]:
    biases = [_onnx_gates(weights[f"lstm.bias_{side}_l{layer}"]) for side in ("ih", "hh")]
    return {
        f"W{layer}": _onnx_gates(weights[f"lstm.weight_ih_l{layer}"])[None],
        f"R{layer}": _onnx_gates(weights[f"lstm.weight_hh_l{layer}"])[None],
        f"B{layer}": np.concatenate(biases)[None],
    }


def _onnx_gates(stacked: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Torch stacks input, forget, cell, output; ONNX wants input, output, forget, cell."""
    entry, forget, cell, output = np.split(stacked, 4)
    return np.concatenate((entry, output, forget, cell))


# --- the old torch file: three headers, the pickled objects, then the raw storages ------------


@dataclass(frozen=True)
class _Storage:
    kind: str
    key: str


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(storage: _Storage, offset: int, size: Any, stride: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, offset, tuple(size), tuple(stride))


def _rebuild_parameter(data: _Tensor, *_: Any) -> _Tensor:
    return data


class _TensorUnpickler(pickle.Unpickler):
    """Knows tensors and dictionaries; anything else in the file is refused, not executed."""

    def find_class(self, module: str, name: str) -> Any:
        known: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
            ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
        }
        if (module, name) in known:
            return known[module, name]
        if module == "torch" and name in _STORAGE_TYPES:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} has no place among weights")

    def persistent_load(self, pid: Any) -> _Storage:
        _, kind, key, *_rest = pid
        return _Storage(kind, key)


def read_weights(path: Path) -> Weights:
    """The tensors of ``model_state`` in a torch file of the old (not zip) kind.

    Raises:
        ValueError: it is no such file.
        pickle.UnpicklingError: it holds more than tensors.
    """
    with path.open("rb") as file:
        if _TensorUnpickler(file).load() != _LEGACY_MAGIC:
            raise ValueError(f"{path.name} is no torch file of the old kind")
        for _ in ("protocol version", "system information"):
            _TensorUnpickler(file).load()
        content: dict[str, Any] = _TensorUnpickler(file).load()
        keys: list[str] = _TensorUnpickler(file).load()
        kinds = {tensor.storage.key: tensor.storage.kind for tensor in _tensors(content)}
        storages = {key: _read_storage(file, kinds.get(key, "FloatStorage")) for key in keys}
    return {
        name: _materialize(tensor, storages[tensor.storage.key])
        for name, tensor in content["model_state"].items()
    }


def _tensors(value: Any) -> Iterator[_Tensor]:
    if isinstance(value, _Tensor):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _tensors(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _tensors(inner)


def _read_storage(file: BinaryIO, kind: str) -> npt.NDArray[Any]:
    dtype = np.dtype(_STORAGE_TYPES[kind])
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * dtype.itemsize), dtype)


def _materialize(tensor: _Tensor, storage: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    strides = [step * storage.itemsize for step in tensor.stride]
    view = np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.size, strides)
    return np.ascontiguousarray(view, dtype=np.float32)
