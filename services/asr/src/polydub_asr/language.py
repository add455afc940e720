"""The one decision of a job that this stage makes: which language is spoken."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from polydub.errors import StageError
from polydub.languages import AUTO, normalize
from polydub.ledger import Ledger
from polydub.pcm import Samples
from polydub_asr.engines.base import AsrEngine

DECISION = "language"
"""Its name in the job's ledger."""
BY_USER = "user"
BY_DETECTION = "detected"
_TELLING_MS = 60_000
_TELLING_SPAN_MS = 15_000


@dataclass(frozen=True)
class SpokenLanguage:
    """The language of a talk and how it became known."""

    language: str
    decided_by: str
    confidence: float
    """Of the detection; 1 where the user said it, 0 where nothing was measured."""


async def decided_language(ledger: Ledger, job_id: str, requested: str) -> SpokenLanguage | None:
    """What the user said, or what was decided for this job; None when it is still open."""
    if requested and requested != AUTO:
        return SpokenLanguage(normalize(requested), BY_USER, 1.0)
    stored = await ledger.decided(job_id, DECISION)
    return None if stored is None else SpokenLanguage(**json.loads(stored))


async def decide_language(
    ledger: Ledger, job_id: str, engine: AsrEngine, samples: Samples
) -> SpokenLanguage:
    """Detects the language and makes it the job's, unless another part was first.

    Raises:
        StageError: as :func:`guess_language`.
    """
    proposal = json.dumps(asdict(await guess_language(engine, samples))).encode()
    return SpokenLanguage(**json.loads(await ledger.decide(job_id, DECISION, proposal)))


async def guess_language(engine: AsrEngine, samples: Samples) -> SpokenLanguage:
    """The language of some speech, by detection or because the engine hears only one.

    Raises:
        StageError: ``invalid_request`` when the engine hears several and can't tell them apart.
    """
    guess = await engine.detect_language(samples)
    if guess is not None:
        return SpokenLanguage(normalize(guess.language), BY_DETECTION, guess.confidence)
    heard = sorted(engine.capabilities().languages)
    if len(heard) != 1:
        raise StageError(
            "invalid_request",
            f"{engine.capabilities().name} can't tell which language is spoken.",
            hint="Say which language is spoken instead of auto.",
        )
    return SpokenLanguage(heard[0], f"only language of {engine.id}", 0.0)


def telling_spans(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where to listen for a talk's language: in its longest utterances, a minute in all.

    At most 15 s of each, so that several are heard. The same for every part of a talk, whichever
    of them comes first.

    Args:
        spans: start and end of each utterance in ms.

    Returns:
        Spans in order of time.
    """
    heads = [(start, min(end, start + _TELLING_SPAN_MS)) for start, end in spans]
    longest = sorted(heads, key=lambda span: (span[0] - span[1], span[0]))
    taken, left_ms = [], _TELLING_MS
    for start, end in longest:
        taken.append((start, min(end, start + left_ms)))
        left_ms -= end - start
        if left_ms <= 0:
            break
    return sorted(taken)
