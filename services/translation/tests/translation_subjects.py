"""Every engine as the contract suite sees it: ready to work, and what can be done to it."""

from __future__ import annotations

import csv
import json
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import grpc
import pytest
from pydantic import SecretStr
from translation_vendors import Fault, Vendor, serving

from polydub.cloud import Key
from polydub.google import GoogleSettings
from polydub.model_cache import ModelCache
from polydub_translation import sentences
from polydub_translation.engines.apertium import ApertiumEngine
from polydub_translation.engines.base import TranslationEngine
from polydub_translation.engines.ctranslate2 import (
    CTranslate2Engine,
    MadladEngine,
    MarianEngine,
    NllbEngine,
)
from polydub_translation.engines.ctranslate2_model import Device
from polydub_translation.engines.deepl import DeepLEngine
from polydub_translation.engines.google import GoogleEngine
from polydub_translation.engines.llm import LlmEngine
from polydub_translation.settings import TranslationSettings

MODELS = Path(__file__).parent / "models"
with (MODELS / "sentences.tsv").open(newline="") as _lines:
    SENTENCES = list(csv.DictReader(_lines, delimiter="\t", quoting=csv.QUOTE_NONE))

LOCAL: dict[str, type[CTranslate2Engine]] = {
    "madlad": MadladEngine, "marian": MarianEngine, "nllb": NllbEngine,
}  # fmt: skip
CLOUD = ("deepl", "llm", "google")
ALL = ("apertium", *LOCAL, *CLOUD)
_SPANISH = {row["en"]: row["es"] for row in SENTENCES}
_PACKAGES = {
    "deepl": "deepl", "llm": "openai", "google": "google.cloud.translate_v3",
    "marian": "ctranslate2", "nllb": "ctranslate2", "madlad": "ctranslate2",
}  # fmt: skip
_STATUSES = {
    401: grpc.StatusCode.UNAUTHENTICATED,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    500: grpc.StatusCode.INTERNAL,
}


@dataclass
class Subject:
    """An engine that works."""

    engine: TranslationEngine
    faults: list[Any] = field(default_factory=list)
    """What the service behind it answers before it answers properly."""
    asked: list[Any] = field(default_factory=list)

    def refuse(self, status: int, retry_after_s: int | None = None) -> None:
        """The next answer is this one."""
        if self.engine.id == "google":
            from translation_google import GrpcFault

            self.faults.append(GrpcFault(_STATUSES[status], retry_after_s))
        else:
            wait = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
            self.faults.append(Fault(status, wait))

    def break_off(self) -> None:
        """The next answer ends in its middle."""
        if self.engine.id == "google":
            from translation_google import GrpcFault

            self.faults.append(GrpcFault(grpc.StatusCode.UNAVAILABLE))
        else:
            self.faults.append(Fault(body='{"translations": [', cut=True))

    def hold(self, until: threading.Event) -> None:
        """The next answer comes late."""
        if self.engine.id == "google":
            from translation_google import GrpcFault

            self.faults.append(GrpcFault(until=until))
        else:
            self.faults.append(Fault(until=until))


@contextmanager
def subject(engine_id: str, folder: Path) -> Iterator[Subject]:
    """One of :data:`ALL`; skips where what it needs is not installed."""
    if (package := _PACKAGES.get(engine_id)) and find_spec(package) is None:
        pytest.skip(f"not installed: {package}")
    with ExitStack() as stack:
        if engine_id in LOCAL:
            made = Subject(local(engine_id, folder))
        elif engine_id == "apertium":
            made = Subject(_apertium())
        elif engine_id == "google":
            made = _google(stack)
        else:
            made = _http(engine_id, stack)
        if not (here := made.engine.available()).ok:
            pytest.skip(here.reason)
        stack.callback(made.engine.close)
        yield made


def local(engine_id: str, folder: Path) -> CTranslate2Engine:
    """A neural engine whose toy model is put into a folder, unless there is one."""
    toy = folder / engine_id
    if not toy.exists():
        shutil.copytree(MODELS / engine_id, toy)
    return LOCAL[engine_id](
        folder=folder,
        models=ModelCache("translation", 10**9),
        device=Device("cpu"),
        batch_tokens=1024,
        allow_noncommercial=True,
        timeout_s=60,
    )


def _apertium() -> ApertiumEngine:
    modes = TranslationSettings().apertium_modes_dir
    return ApertiumEngine(modes_dir=modes, children=12, line_timeout_s=20.0, timeout_s=60.0)


def _google(stack: ExitStack) -> Subject:
    from translation_google import serving_google

    vendor = stack.enter_context(serving_google(lambda line, _: _said(line)))
    engine = GoogleEngine(
        account=GoogleSettings(endpoint=vendor.address, project="acme"),
        request_timeout_s=5,
        retries=1,
        timeout_s=60,
    )
    return Subject(engine, vendor.faults, vendor.asked)


def _http(engine_id: str, stack: ExitStack) -> Subject:
    vendor = stack.enter_context(serving(_deepl_answer if engine_id == "deepl" else _llm_answer))
    return Subject(_http_engine(engine_id, vendor), vendor.faults, vendor.asked)


def _http_engine(engine_id: str, vendor: Vendor) -> TranslationEngine:
    key = partial(Key, value=SecretStr("secret"))
    if engine_id == "deepl":
        return DeepLEngine(
            key=key("POLYDUB_TRANSLATION_DEEPL_KEY"),
            url=vendor.url,
            request_timeout_s=5,
            retries=1,
            timeout_s=60,
        )
    return LlmEngine(
        url=f"{vendor.url}/v1",
        model="tiny",
        key=key("POLYDUB_TRANSLATION_LLM_KEY"),
        request_timeout_s=5,
        retries=1,
        timeout_s=60,
    )


def _said(line: str) -> str:
    return " ".join(_SPANISH.get(each, f"<{each}>") for each in sentences.split(line))


def _deepl_answer(asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "translations": [
            {"detected_source_language": "EN", "text": _said(text), "billed_characters": len(text)}
            for text in asked["text"]
        ]
    }


def _llm_answer(asked: dict[str, Any]) -> dict[str, Any]:
    lines: Sequence[dict[str, Any]] = json.loads(asked["messages"][1]["content"])["lines"]
    said = [{"candidates": [_said(line["text"])]} for line in lines]
    message = {"role": "assistant", "content": json.dumps({"lines": said})}
    return {
        "choices": [{"index": 0, "message": message}],
        "usage": {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42},
    }
