"""Google Cloud Translation (v3) over its official SDK: lines leave the machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, ClassVar

from polydub import google, languages
from polydub.blocking import OnProgress
from polydub.cloud import CloudService, Refused
from polydub.engines import Availability, Capabilities, LanguagePair, Quality
from polydub_translation import spoken
from polydub_translation.engines.base import Batch, Candidate, Translated, TranslationEngine
from polydub_translation.portions import portions

_SDK = "google.cloud.translate_v3"
_WRITTEN_ALIKE = (
    "af am ar as az ba be bg bn br bs ca cs cy da de el en es et eu fa fi fr gl gu ha haw he hi hr "
    "ht hu hy id is it ja jv ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my ne nl no "
    "pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tr tt uk ur uz vi yi "
    "yo yue"
)
CODES: Mapping[str, str] = {
    **{tag: tag for tag in _WRITTEN_ALIKE.split()},
    "fil": "fil", "fr-CA": "fr-CA", "nb": "no", "pt-BR": "pt-BR", "pt-PT": "pt-PT", "zh": "zh-CN",
    "zh-CN": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW", "zh-TW": "zh-TW",
}  # fmt: skip
"""Tag -> Google's code (its documentation, "Language support", NMT model), of the languages that
recognisers know. Every one is translated to every other."""

LINES_AT_ONCE = 128
CODEPOINTS_AT_ONCE = 5_000
"""Google takes 1 024 lines and 30 000 code points in one request; fewer keep progress true."""


class GoogleEngine(TranslationEngine):
    """One translation for each line.

    Args:
        account: the account that is billed.
        request_timeout_s: for one answer.
        retries: how often a request is repeated when Google is busy or out of reach.
        timeout_s: for one call.
    """

    id: ClassVar[str] = "google"
    one_wording: ClassVar[bool] = True

    def __init__(
        self,
        *,
        account: google.GoogleSettings,
        request_timeout_s: float,
        retries: int,
        timeout_s: float,
    ) -> None:
        super().__init__(timeout_s=timeout_s)
        self._account = account
        self._request_timeout_s = request_timeout_s
        self._service = CloudService("Google Translation", google.KEY_VARIABLE, retries=retries)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name="Google Cloud Translation",
            version=_sdk_version(),
            quality=Quality.STANDARD,
            licence="Google Cloud's terms of service",
            commercial_use=True,
            pairs=_pairs(),
            neural=True,
            device="cloud",
            limits=(
                "Every line is sent to Google, which charges for it.",
                "Each line is translated for itself, without what was said before.",
            ),
        )

    def available(self) -> Availability:
        return self._account.available(_SDK, "polydub-translation[google]")

    def route(self, source: str, target: str) -> LanguagePair | None:
        return _route(source, target)

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        found: list[Translated] = []
        client, parent = await self._service.ask(self._client)
        async with client:
            for asked in portions(
                batch.texts, weight=len, limit=CODEPOINTS_AT_ONCE, count=LINES_AT_ONCE
            ):
                if on_progress is not None:
                    await on_progress(len(found) / len(batch.texts))
                ask = partial(self._ask, client, parent, asked, batch)
                texts = await self._service.ask(ask)
                self.charge(sum(map(len, asked)), "characters")
                found += [Translated((Candidate(text, 1.0),) if text else ()) for text in texts]
        return tuple(found)

    async def _client(self) -> tuple[Any, str]:
        """A client of this call's own, and the project in whose name it asks."""
        client_type = import_module(_SDK).TranslationServiceAsyncClient
        return self._account.client(client_type), self._account.project_path()

    async def _ask(self, client: Any, parent: str, asked: Sequence[str], batch: Batch) -> list[str]:
        """The translations of some lines."""
        try:
            answer = await client.translate_text(
                request={
                    "parent": parent,
                    "contents": list(asked),
                    "mime_type": "text/plain",
                    "source_language_code": _code(batch.source),
                    "target_language_code": _code(batch.target),
                },
                retry=None,
                timeout=self._request_timeout_s,
            )
        except google.errors() as error:
            raise google.refusal(error) from error
        texts = [each.translated_text for each in answer.translations]
        if len(texts) != len(asked):
            raise Refused.unreadable()
        return texts


@cache
def _pairs() -> tuple[LanguagePair, ...]:
    sources = [tag for tag in CODES if tag in spoken.TAGS]
    routes = (_route(source, target) for source in sources for target in CODES)
    return tuple(pair for pair in routes if pair)


def _route(source: str, target: str) -> LanguagePair | None:
    same = languages.base(source) == languages.base(target) or _code(source) == _code(target)
    return LanguagePair(source, target) if not same and _code(source) and _code(target) else None


def _code(tag: str) -> str:
    """Google's name of a language; nothing where it does not know it."""
    return CODES.get(tag) or CODES.get(languages.base(tag), "")


def _sdk_version() -> str:
    """What this engine's translations depend on, as far as anyone outside of Google can tell."""
    try:
        return version("google-cloud-translate")
    except PackageNotFoundError:
        return "0"
