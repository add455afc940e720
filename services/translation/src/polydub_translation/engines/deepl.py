"""DeepL over its official SDK: lines leave the machine."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import closing
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any, ClassVar

import anyio.to_thread

from polydub import languages
from polydub.blocking import OnProgress
from polydub.cloud import UNREACHED, CloudService, Key, Refused, retry_after_s
from polydub.engines import Availability, Capabilities, LanguagePair, Quality
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine

_WRITTEN_ALIKE = (
    "ar bg cs da de el en es et fi fr he hu id it ja ko lt lv nb nl pl pt ro ru sk sl sv th tr uk "
    "vi zh"
)
SOURCES: Mapping[str, str] = {tag: tag.upper() for tag in _WRITTEN_ALIKE.split()} | {"no": "NB"}
"""Tag -> DeepL's source_lang (its API reference, "Languages supported")."""

TARGETS: Mapping[str, str] = {
    **SOURCES,
    "en": "EN-US", "en-GB": "EN-GB", "en-US": "EN-US", "es-419": "ES-419", "pt": "PT-PT",
    "pt-BR": "PT-BR", "pt-PT": "PT-PT", "zh": "ZH-HANS", "zh-Hans": "ZH-HANS",
    "zh-Hant": "ZH-HANT", "zh-TW": "ZH-HANT",
}  # fmt: skip
"""Tag -> DeepL's target_lang, which wants a variant for English, Portuguese and Chinese."""

LINES_AT_ONCE = 25
"""DeepL takes 50 texts and 128 KiB in one request; fewer keep the context near."""
NEIGHBOURS = 3
"""Lines told before and after those to translate. What is context only is not charged."""


class DeepLEngine(TranslationEngine):
    """One translation for each line, with the lines around it as context.

    Args:
        key: the account's.
        url: the server; empty for the one that belongs to the key.
        request_timeout_s: for one answer.
        retries: how often a request is repeated when DeepL is busy or out of reach.
        timeout_s: for one call.
    """

    id: ClassVar[str] = "deepl"
    one_wording: ClassVar[bool] = True

    def __init__(
        self, *, key: Key, url: str, request_timeout_s: float, retries: int, timeout_s: float
    ) -> None:
        super().__init__(timeout_s=timeout_s)
        self._key = key
        self._url = url
        self._request_timeout_s = request_timeout_s
        self._service = CloudService("DeepL", key.variable, retries=retries)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="DeepL",
            version=_sdk_version(),
            quality=Quality.STUDIO,
            licence="DeepL's terms of service",
            commercial_use=True,
            pairs=_pairs(),
            neural=True,
            device="cloud",
            limits=("Every line is sent to DeepL, which charges for it.",),
        )

    def available(self) -> Availability:
        if find_spec("deepl") is None:
            return Availability.no(
                "not installed: deepl",
                "Install the extra: pip install 'polydub-translation[deepl]'.",
            )
        return self._key.available()

    def route(self, source: str, target: str) -> LanguagePair | None:
        spoken = languages.base(source)
        if spoken == languages.base(target) or spoken not in SOURCES or not _code(target):
            return None
        return LanguagePair(source, target)

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        self._configure()
        found: list[Translated] = []
        while (start := len(found)) < len(batch.texts):
            if on_progress is not None:
                await on_progress(start / len(batch.texts))
            ask = partial(self._ask, batch, start, start + LINES_AT_ONCE)
            results = await self._service.ask(ask)
            self.charge(sum(result.billed_characters for result in results), "characters")
            found += [Translated((Candidate(r.text, 1.0),) if r.text else ()) for r in results]
        return tuple(found)

    def _configure(self) -> None:
        """Leaves repeating to us: the SDK sleeps where it can't be stopped."""
        from deepl import http_client

        http_client.max_network_retries = 0
        http_client.min_connection_timeout = self._request_timeout_s
        logging.getLogger("deepl").setLevel(logging.WARNING)  # at DEBUG it logs what people say

    async def _ask(self, batch: Batch, start: int, end: int) -> list[Any]:
        """The translations of some lines.

        A call that is cancelled is left behind: its thread waits for the answer, at most as long
        as one request may take, and does nothing with it.
        """
        asked = batch.texts[start:end]
        around = batch.texts[max(0, start - NEIGHBOURS) : end + NEIGHBOURS]
        results = await anyio.to_thread.run_sync(
            lambda: self._request(asked, "\n".join(around), batch), abandon_on_cancel=True
        )
        if len(results) != len(asked):
            raise Refused.unreadable()
        return results

    def _request(self, asked: Sequence[str], context: str, batch: Batch) -> list[Any]:
        import deepl

        # A client for each request: its session must not be shared between threads.
        with closing(deepl.DeepLClient(self._key.read(), server_url=self._url or None)) as client:
            answers = _remembered_answers(client)
            try:
                results = client.translate_text(
                    list(asked),
                    source_lang=SOURCES[languages.base(batch.source)],
                    target_lang=_code(batch.target),
                    context=context,
                    preserve_formatting=True,
                )
            except deepl.DeepLException as error:
                headers = answers[-1].headers if answers else {}
                status = getattr(error, "http_status_code", None) or _status(error)
                raise Refused(status, retry_after_s(headers)) from error
            except (TypeError, AttributeError, ValueError) as error:
                # What the SDK stumbles over when the answer is not what it should be.
                raise Refused.unreadable() from error
        return results if isinstance(results, list) else []


def _status(error: Exception) -> int:
    """The HTTP status that the SDK's errors without one stand for."""
    import deepl

    if isinstance(error, deepl.AuthorizationException):
        return 403
    if isinstance(error, deepl.QuotaExceededException):
        return 456
    if isinstance(error, deepl.TooManyRequestsException):
        return 429
    return UNREACHED


def _remembered_answers(client: Any) -> list[Any]:
    """Fills with the client's HTTP answers: the SDK keeps their headers (``Retry-After``) back."""
    answers: list[Any] = []
    session = client._client._session
    send = session.send

    def remember(*args: Any, **options: Any) -> Any:
        answers.append(send(*args, **options))
        return answers[-1]

    session.send = remember
    return answers


@cache
def _pairs() -> tuple[LanguagePair, ...]:
    return tuple(
        LanguagePair(source, target)
        for source in SOURCES
        for target in TARGETS
        if languages.base(target) != source
    )


def _code(target: str) -> str:
    """DeepL's name of a target; nothing where it does not write the language."""
    return TARGETS.get(target) or TARGETS.get(languages.base(target), "")


def _sdk_version() -> str:
    """What this engine's translations depend on, as far as anyone outside of DeepL can tell."""
    try:
        return version("deepl")
    except PackageNotFoundError:
        return "0"
