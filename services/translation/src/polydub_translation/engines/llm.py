"""Any OpenAI-compatible server with a language model: translations in several lengths."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

from polydub import languages
from polydub.blocking import OnProgress
from polydub.cloud import UNREACHED, CloudService, Key, Refused, retry_after_s
from polydub.engines import Availability, Capabilities, LanguagePair, Quality
from polydub.errors import EngineFailed, EngineUnavailable
from polydub_translation import spoken
from polydub_translation.engines import llm_protocol as protocol
from polydub_translation.engines.base import (
    Batch,
    Candidate,
    Translated,
    TranslationEngine,
    Wording,
)

if TYPE_CHECKING:
    import openai
    from openai import AsyncOpenAI

RECIPE_VERSION = 2
"""Raise it when the same model is asked differently."""
_TEMPERATURE = 0.2
_BEHIND = 0.01
"""Between the scores of two wordings, which a language model does not give: they keep its order."""
_NOT_FOUND = 404


class LlmEngine(TranslationEngine):
    """Asks a language model for lines with their neighbours, their time and the glossary.

    An answer that can't be used is sent back once, with what is wrong with it.

    Args:
        url: where the server's API begins; empty for OpenAI's.
        model: the model's name on that server.
        key: may be empty where a server asks for none.
        request_timeout_s: for one answer.
        retries: how often a request is repeated when the server is busy or out of reach.
        timeout_s: for one call.
    """

    id: ClassVar[str] = "llm"

    def __init__(
        self,
        *,
        url: str,
        model: str,
        key: Key,
        request_timeout_s: float,
        retries: int,
        timeout_s: float,
    ) -> None:
        super().__init__(timeout_s=timeout_s)
        self._url = url
        self._model = model
        self._key = key
        self._request_timeout_s = request_timeout_s
        self._service = CloudService(f"Model {model}", key.variable, retries=retries)

    def capabilities(self) -> Capabilities:
        return Capabilities(
            name=f"Language model {self._model}".strip(),
            version=f"{self._model or 'none'}+{self._fingerprint()}",
            quality=Quality.STUDIO,
            licence="the model's own",
            commercial_use=True,
            pairs=spoken.all_pairs(),
            neural=True,
            device="cloud",
            limits=(
                "Every line is sent to the server that POLYDUB_TRANSLATION_LLM_URL names.",
                "How well a language is written depends on the model.",
            ),
        )

    def available(self) -> Availability:
        if find_spec("openai") is None:
            return Availability.no(
                "not installed: openai",
                "Install the extra: pip install 'polydub-translation[llm]'.",
            )
        if not self._model:
            return Availability.no(
                "no model is named",
                "Set POLYDUB_TRANSLATION_LLM_MODEL, and POLYDUB_TRANSLATION_LLM_URL for a server "
                "other than OpenAI's.",
            )
        if self._url and self._key.file is None:
            return Availability.yes()  # servers of one's own mostly want no key
        return self._key.available()

    def route(self, source: str, target: str) -> LanguagePair | None:
        spoken_source, spoken_target = languages.base(source), languages.base(target)
        if spoken_source == spoken_target or not {spoken_source, spoken_target} <= spoken.TAGS:
            return None
        return LanguagePair(source, target)

    async def _translate(
        self, batch: Batch, on_progress: OnProgress | None
    ) -> tuple[Translated, ...]:
        found: list[Translated] = []
        async with self._client() as client:
            while (start := len(found)) < len(batch.texts):
                if on_progress is not None:
                    await on_progress(start / len(batch.texts))
                end = min(start + protocol.LINES_AT_ONCE, len(batch.texts))
                asked = protocol.messages(batch, start, end)
                wordings = await self._wordings(client, asked, end - start)
                found += [_translated(each, batch.candidates) for each in wordings]
        return tuple(found)

    async def _rephrase(self, wording: Wording) -> tuple[Candidate, ...]:
        async with self._client() as client:
            (wordings,) = await self._wordings(client, protocol.rephrasing(wording), 1)
        return _translated(wordings, len(wordings)).candidates

    def _client(self) -> AsyncOpenAI:
        from openai import AsyncOpenAI

        logging.getLogger("openai").setLevel(logging.WARNING)  # at DEBUG it logs what people say
        return AsyncOpenAI(
            api_key=self._key.read() or "none",  # the client wants one even where servers do not
            base_url=self._url or None,
            timeout=self._request_timeout_s,
            max_retries=0,  # the service asks again
        )

    async def _wordings(
        self, client: AsyncOpenAI, asked: Sequence[Any], lines: int
    ) -> list[tuple[str, ...]]:
        answer = await self._service.ask(partial(self._ask, client, asked))
        try:
            return protocol.read(answer, lines)
        except protocol.InvalidAnswer as problem:
            mended = protocol.repair(asked, answer, problem)
            answer = await self._service.ask(partial(self._ask, client, mended))
        try:
            return protocol.read(answer, lines)
        except protocol.InvalidAnswer as problem:
            raise EngineFailed(f"{self._model}'s answer can't be used: {problem}.") from problem

    async def _ask(self, client: AsyncOpenAI, asked: Sequence[Any]) -> str:
        """The model's answer as it stands; empty where it gives none.

        Raises:
            Refused: when the server does not answer as it should.
            EngineUnavailable: when it does not know the model.
        """
        import openai

        try:
            completion = await client.chat.completions.create(
                model=self._model,
                messages=list(asked),
                temperature=_TEMPERATURE,
                response_format={
                    "type": "json_schema",
                    "json_schema": {
                        "name": "translations",
                        "strict": True,
                        "schema": dict(protocol.SCHEMA),
                    },
                },
            )
            answer = completion.choices[0].message.content or ""
        except openai.APIError as error:
            raise self._meaning(error) from error
        except (ValueError, TypeError, AttributeError, IndexError) as error:
            # What the client stumbles over when the answer is not what it should be.
            raise Refused.unreadable() from error
        if completion.usage is not None:
            self.charge(completion.usage.total_tokens, "tokens")
        return answer

    def _meaning(self, error: openai.APIError) -> Refused | EngineUnavailable:
        import openai

        if not isinstance(error, openai.APIStatusError):
            return Refused(UNREACHED)
        if error.status_code == _NOT_FOUND:
            return EngineUnavailable(
                f"The server has no model {self._model!r}.",
                hint="Check POLYDUB_TRANSLATION_LLM_MODEL and POLYDUB_TRANSLATION_LLM_URL.",
            )
        pause_s = retry_after_s(error.response.headers)
        return Refused(error.status_code, pause_s, code=error.code or "")

    def _fingerprint(self) -> str:
        """Of all that the answers depend on beside the model's name."""
        listing = json.dumps([RECIPE_VERSION, self._url])
        return hashlib.sha256(listing.encode()).hexdigest()[:8]


def _translated(wordings: Sequence[str], count: int) -> Translated:
    return Translated(
        tuple(
            Candidate(text, round(1.0 - _BEHIND * place, 2))
            for place, text in enumerate(wordings[:count])
        )
    )
