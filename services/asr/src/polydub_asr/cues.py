"""The lines of a transcript that a person brought: their words and times, diarization's voices."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from polydub import cues
from polydub.cues import Placed, Speech, Turn, overlap_ms
from polydub.v1 import diarization_pb2, muxing_pb2

Utterances = Speech[diarization_pb2.Utterance]


@dataclass(frozen=True)
class CueLine:
    """One cue, or what one speaker says of it. Times on the talk's timeline."""

    id: str
    """The utterance's in which most of it lies, and ``.2``, ``.3``, ... for the next in the same;
    ``c0007`` for the seventh cue where diarization heard nobody."""
    utterance: diarization_pb2.Utterance | None
    speaker_id: str
    start_ms: int
    end_ms: int
    text: str
    part: int


def lines_of_talk(
    document: muxing_pb2.CueDocument, diarization: diarization_pb2.DiarizationDocument
) -> list[CueLine]:
    """All lines of a talk, the same for whichever part asks. Each word of each cue is in one.

    A cue belongs to the part in which its middle lies, with all its lines. It is said by the
    speaker whom its label names where the labels agree with diarization, else by whoever is heard
    most in its time; without a label it is cut where another speaker takes over.
    """
    utterances = Speech(diarization.utterances)
    shown = sorted(document.cues, key=lambda cue: (cue.start_ms, cue.end_ms))
    found = cues.placed(shown, utterances)
    named = speakers_of_labels(found, utterances)
    parts = [cues.part_of(cue, diarization.parts) for cue in shown]
    counted: Counter[str] = Counter()
    lines = []
    for each in found:
        for turn, text in _said_by(each, named, utterances):
            utterance = _utterance_of(turn, utterances)
            base = utterance.id if utterance else f"c{each.cue + 1:04}"
            counted[base] += 1
            name = base if counted[base] == 1 else f"{base}.{counted[base]}"
            lines.append(
                CueLine(
                    name,
                    utterance,
                    turn.speaker_id,
                    turn.start_ms,
                    turn.end_ms,
                    text,
                    parts[each.cue],
                )
            )
    return lines


def speakers_of_labels(found: Sequence[Placed], utterances: Utterances) -> dict[str, str]:
    """The diarized speaker of each label: who is heard most under it.

    A label is left out when diarization heard somebody else for half of its time or more, or when
    another label stands for the same speaker: then one of the two is wrong.
    """
    heard: dict[str, Counter[str]] = defaultdict(Counter)
    for each in found:
        if each.speaker:
            for utterance in utterances.during(each):
                heard[each.speaker][utterance.speaker_id] += overlap_ms(each, utterance)
    clear = {
        label: speaker
        for label, times in heard.items()
        for speaker, time_ms in times.items()
        if 2 * time_ms > times.total()
    }
    claims = Counter(clear.values())
    return {label: speaker for label, speaker in clear.items() if claims[speaker] == 1}


def _said_by(
    each: Placed, named: Mapping[str, str], utterances: Utterances
) -> list[tuple[Turn, str]]:
    """Who says what of a text, and when."""
    if each.speaker in named:
        return [(Turn(named[each.speaker], each.start_ms, each.end_ms), each.text)]
    heard = cues.turns(each, utterances) if each.alone and not each.speaker else []
    pieces = cues.shared_out(each.text, [turn.end_ms - turn.start_ms for turn in heard])
    if len(heard) > 1 and len(pieces) == len(heard):
        return list(zip(heard, pieces, strict=True))
    voice = _loudest(each, utterances)
    return [(Turn(voice, each.start_ms, each.end_ms), each.text)]


def _loudest(each: Placed, utterances: Utterances) -> str:
    """Who speaks longest during a text; where nobody does, who speaks next to it."""
    times: Counter[str] = Counter()
    for utterance in utterances.during(each):
        times[utterance.speaker_id] += overlap_ms(each, utterance)
    if times.total():
        return times.most_common(1)[0][0]
    beside = utterances.nearest(each)
    return beside.speaker_id if beside else "S1"


def _utterance_of(turn: Turn, utterances: Utterances) -> diarization_pb2.Utterance | None:
    """The speaker's utterance that shares most of a line's time, if any does."""
    own = [each for each in utterances.during(turn) if each.speaker_id == turn.speaker_id]
    return max(own, key=lambda each: overlap_ms(each, turn), default=None)
