"""What was said and is to be said in the whole job, gathered from the documents of all parts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from polydub.v1 import asr_pb2, common_pb2, events_pb2, muxing_pb2, translation_pb2, tts_pb2
from polydub_muxing.fit.placement import Line


@dataclass(frozen=True)
class PartDocuments:
    """What the stages before left of one part. A stage that was skipped left nothing."""

    products: events_pb2.Products
    speech: tts_pb2.SpeechDocument
    transcript: asr_pb2.TranscriptDocument | None = None
    translation: translation_pb2.TranslationDocument | None = None


@dataclass(frozen=True)
class ScriptLine:
    """A line that sounds in the dub: spoken, or as the original has it."""

    line: Line
    source_text: str
    text: str
    """What is heard: where the original sound stays, the source's words."""
    audio_key: str
    overlaps: bool
    voice_id: str
    source_confidence: float
    takes: int = 1
    """How often it was spoken until it was left so; 0: never."""
    retaken: bool = False
    """It says other words than at first, because these did not fit."""


def sounding_lines(parts: Iterable[PartDocuments]) -> tuple[ScriptLine, ...]:
    """Every line that was spoken or keeps its original sound, of all parts."""
    return tuple(
        _script_line(line)
        for part in parts
        for line in part.speech.lines
        if (line.audio_key and line.duration_ms > 0) or line.keeps_original
    )


def spoken_line(line: tts_pb2.SpokenLine) -> Line:
    """What the plan has to know of a line."""
    return Line(
        line.id,
        line.speaker_id,
        line.start_ms,
        line.end_ms,
        line.end_ms - line.start_ms if line.keeps_original else line.duration_ms,
        line.keeps_original,
        round(line.rate, 3) or 1.0,
    )


def _script_line(line: tts_pb2.SpokenLine) -> ScriptLine:
    return ScriptLine(
        line=spoken_line(line),
        source_text=line.source_text,
        text=line.source_text if line.keeps_original else line.text,
        audio_key=line.audio_key,
        overlaps=line.overlaps,
        voice_id=line.voice.id,
        source_confidence=line.source_confidence,
        takes=0 if line.keeps_original else 1,
    )


def low_confidence_ids(parts: Iterable[PartDocuments]) -> frozenset[str]:
    """The lines that recognition itself was not sure of."""
    return frozenset(
        line.id
        for part in parts
        if part.transcript
        for line in part.transcript.lines
        if line.low_confidence
    )


def heard_lines(parts: Iterable[PartDocuments]) -> int:
    """How many lines recognition made out."""
    return sum(len(part.transcript.lines) for part in parts if part.transcript)


def warnings(
    parts: Sequence[PartDocuments], *others: Iterable[common_pb2.Warning]
) -> list[common_pb2.Warning]:
    """All warnings of the stages before, each once, in the order of the stages."""
    found = [warning for group in others for warning in group]
    for part in parts:
        found.extend(part.transcript.warnings if part.transcript else ())
    for part in parts:
        found.extend(part.translation.warnings if part.translation else ())
    for part in parts:
        found.extend(part.speech.warnings)
    once = {warning.SerializeToString(deterministic=True): warning for warning in found}
    return list(once.values())


def engines(
    products: events_pb2.Products, parts: Sequence[PartDocuments], own: common_pb2.EngineUse
) -> list[muxing_pb2.EngineOfStage]:
    """Who made what: each engine of each stage, once."""
    used = [
        ("separation", products.separation.engine),
        ("diarization", products.diarization.engine),
        *(("asr", part.products.asr.engine) for part in parts),
        *(("translation", part.products.translation.engine) for part in parts),
        *(("tts", line.engine) for part in parts for line in part.speech.lines),
        ("muxing", own),
    ]
    once = {(stage, engine.id, engine.version): engine for stage, engine in used if engine.id}
    return [
        muxing_pb2.EngineOfStage(stage=stage, engine=engine)
        for (stage, _, _), engine in once.items()
    ]
