"""One clip and its dubs, measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from eval import hearing, listening, recognition, sound, stems, timing, turns, words
from eval.clips import Clip
from eval.dubbing import Dubbed, Outcome
from eval.measures import Figures, Row
from eval.recognition import Ears
from eval.sound import SPEECH_HZ
from eval.stems import Samples
from eval.timing import Offset, Span

STEM_HZ = 48_000
PAUSE_GUARD_MS = 150.0
"""Farther than this from any speech, a pause holds the bed alone."""
_SPOKEN_BELOW_PEAK_DB = 40.0


@dataclass(frozen=True)
class Original:
    """The clip's own sound, and where somebody speaks in it."""

    clip: Clip

    @cached_property
    def speech(self) -> Samples:
        return sound.samples(self.clip.file, SPEECH_HZ, 1)

    @cached_property
    def detected(self) -> list[Span]:
        return hearing.speech_spans(self.speech)

    @cached_property
    def known(self) -> list[Span]:
        return timing.merged((turn.start_ms, turn.end_ms) for turn in self.clip.turns)

    @property
    def spoken(self) -> list[Span]:
        """As the reference has it, or else as the detector hears it."""
        return self.known or self.detected

    @cached_property
    def heard_english(self) -> str:
        return hearing.english_heard(self.speech)

    @property
    def seconds(self) -> float:
        return len(self.speech) / SPEECH_HZ


def rows(clip: Clip, outcome: Outcome, ears: Ears) -> Iterator[Row]:
    """A row for each target language."""
    original = Original(clip)
    shared = {} if all(dub.problem for dub in outcome.dubs) else _shared(original, outcome)
    for dub in outcome.dubs:
        if dub.problem:
            yield Row(clip.name, dub.language, dub.problem, {})
        else:
            yield _row(original, outcome, dub, shared, ears)


def _row(original: Original, outcome: Outcome, dub: Dubbed, shared: Figures, ears: Ears) -> Row:
    heard = _from_track_start(sound.samples(dub.file, SPEECH_HZ, 1), outcome.offset_ms)
    spans = hearing.speech_spans(heard)
    found = timing.offsets(timing.onsets(original.spoken), timing.onsets(spans, 100.0))
    dub = replace(dub, lines=listening.as_heard(dub.lines, heard))
    lines, tempos, remarks = _lines(original, dub, heard)
    figures = (
        shared
        | _timing(original, dub, spans, found)
        | lines
        | _words(original, dub, heard)
        | _recognized(original, outcome, dub, heard, ears)
        | _levels(original, dub, spans, outcome.offset_ms)
        | _speech_level(original, heard)
        | {f"rtf_{stage}": s / original.seconds for stage, s in (dub.elapsed_s or {}).items()}
    )
    return Row(
        original.clip.name, dub.language, "", figures, tuple(found), tuple(tempos), tuple(remarks)
    )


def _shared(original: Original, outcome: Outcome) -> Figures:
    """What does not depend on the target language."""
    clip = original.clip
    found: Figures = {}
    if clip.transcript:
        error = words.character_error_rate(clip.transcript, outcome.heard)
        found["cer_percent"] = 100 * error
        if not words.counts_characters(clip.language):
            found["wer_percent"] = 100 * words.word_error_rate(clip.transcript, outcome.heard)
    if clip.turns:
        found["der_percent"] = 100 * turns.diarization_error_rate(clip.turns, outcome.turns)
        counts = [len({turn.speaker for turn in some}) for some in (outcome.turns, clip.turns)]
        found["speakers_missed"] = counts[0] - counts[1]
        error_ms = timing.offsets(
            timing.onsets(original.known), timing.onsets(original.detected, 100.0)
        )
        _put(found, "detector_p95_ms", timing.percentile([abs(o.late_ms) for o in error_ms], 95))
    if clip.bed and outcome.bed and sound.samples(clip.bed, SPEECH_HZ, 1).any():
        found |= _bed(original, clip.bed, outcome.bed)
    return found


def _bed(original: Original, known: Path, estimated: Path) -> Figures:
    true, made, mix = (
        sound.samples(path, STEM_HZ, 2) for path in (known, estimated, original.clip.file)
    )
    length = min(len(true), len(made), len(mix))
    true, made, mix = true[:length], made[:length], mix[:length]
    spoken_true, spoken_made, spoken_mix = (
        stems.within(track, original.spoken, STEM_HZ) for track in (true, made, mix)
    )
    found = {
        "bed_si_sdr_db": stems.si_sdr_db(made, true),
        "bed_si_sdr_speech_db": stems.si_sdr_db(spoken_made, spoken_true),
        "mix_si_sdr_speech_db": stems.si_sdr_db(spoken_mix, spoken_true),
    }
    _put(found, "bed_stem_width_percent", _share(made, true))
    return found


def _timing(original: Original, dub: Dubbed, spans: list[Span], found: list[Offset]) -> Figures:
    late = [abs(offset.late_ms) for offset in found]
    placed = [line.placed for line in dub.lines]
    figures: Figures = {
        "onsets": len(found),
        "onsets_missed": len(timing.onsets(original.spoken)) - len(found),
        "overflow_ms": timing.overflow_ms(placed, original.seconds * 1000),
        "clashes": timing.clashes(placed),
        "lines": len(dub.lines),
        "lines_kept": dub.kept,
    }
    _put(figures, "onset_p50_ms", timing.percentile(late, 50))
    _put(figures, "onset_p95_ms", timing.percentile(late, 95))
    _put(figures, "overlap", timing.overlap_share(original.spoken, spans))
    if drift := timing.drift(found):
        names = ("drift_start_ms", "drift_middle_ms", "drift_end_ms")
        figures |= dict(zip(names, drift, strict=True))
    return figures


def _lines(
    original: Original, dub: Dubbed, heard: Samples
) -> tuple[Figures, list[float], list[str]]:
    """Every line found again in the dub: cut words, tempo, and where it begins."""
    spectra = listening.spectra(heard)
    tempos, late, remarks = [], [], []
    cut = 0
    starts = [span[0] for span in timing.merged(original.spoken, timing.PAUSE_MS)]
    for line in dub.lines:
        recording = sound.samples(line.recording, SPEECH_HZ, 1)
        found = listening.find(recording, spectra, line.placed.dub)
        if found.likeness < listening.HEARD or found.missing_ms > 0:
            cut += 1
            remarks.append(
                f"{line.id}: {found.missing_ms:.0f} ms not heard, likeness {found.likeness:.2f}"
            )
        if found.likeness < listening.HEARD:
            continue
        tempos.append(len(recording) / SPEECH_HZ * 1000 / (found.end_ms - found.start_ms))
        nearest = min(starts, key=lambda at: abs(at - line.placed.source[0]))
        if abs(nearest - line.placed.source[0]) < timing.PAUSE_MS:
            late.append(abs(found.start_ms + _lead_ms(recording) - nearest))
    figures: Figures = {"cut_words": cut}
    _put(figures, "tempo_p95", timing.percentile(tempos, 95))
    _put(figures, "line_onset_p95_ms", timing.percentile(late, 95))
    return figures, tempos, remarks


def _words(original: Original, dub: Dubbed, heard: Samples) -> Figures:
    clip = original.clip
    figures: Figures = {}
    script = " ".join(line.text for line in dub.lines)
    if dub.language in clip.references:
        figures["chrf"] = words.chrf(script, clip.references[dub.language])
    if clip.language == "en" and dub.language != "en":
        said = clip.transcript or original.heard_english
        _put(figures, "leakage", words.leakage(said, hearing.english_heard(heard)))
        _put(figures, "leakage_source", words.leakage(said, original.heard_english))
    return figures


def _recognized(
    original: Original, outcome: Outcome, dub: Dubbed, heard: Samples, ears: Ears
) -> Figures:
    if not dub.lines:
        return {}
    return recognition.costs(dub, heard, original.speech, _bed_heard(original, outcome), ears)


def _bed_heard(original: Original, outcome: Outcome) -> Samples:
    """The bed that is known, or else the separated one; mono, with the source's first sample."""
    known = original.clip.bed or outcome.bed
    return sound.samples(known, SPEECH_HZ, 1) if known else np.zeros_like(original.speech)


def _levels(original: Original, dub: Dubbed, spans: list[Span], offset_ms: float) -> Figures:
    was, now = sound.levels(original.clip.file), sound.levels(dub.file)
    figures: Figures = {
        "loudness_delta_lu": now.integrated_lufs - was.integrated_lufs,
        "true_peak_dbtp": now.true_peak_dbtp,
    }
    if picture := sound.picture_hash(original.clip.file):
        figures["picture_identical"] = float(sound.picture_hash(dub.file) == picture)
    if sound.channels(original.clip.file) == 2:
        figures |= _stereo(original, dub, spans, offset_ms)
    return figures


def _stereo(original: Original, dub: Dubbed, spans: list[Span], offset_ms: float) -> Figures:
    source, track = (sound.samples(p, STEM_HZ, 2) for p in (original.clip.file, dub.file))
    track = _from_track_start(track, offset_ms, STEM_HZ)
    length = min(len(source), len(track))
    placed = [line.placed.dub for line in dub.lines]
    speech = [*original.spoken, *original.detected, *spans, *placed]
    pauses = (
        stems.without(some[:length], speech, STEM_HZ, PAUSE_GUARD_MS) for some in (track, source)
    )
    figures: Figures = {}
    _put(figures, "width_percent", _share(*pauses))
    if original.clip.bed:
        known = sound.samples(original.clip.bed, STEM_HZ, 2)
        length = min(length, len(known))
        under = (stems.within(some[:length], placed, STEM_HZ) for some in (track, known))
        _put(figures, "sides_percent", stems.sides_percent(*under))
    return figures


def _speech_level(original: Original, heard: Samples) -> Figures:
    """How much louder the dub is than the source, the known bed taken out of both."""
    if original.clip.bed is None:
        return {}
    bed = sound.samples(original.clip.bed, SPEECH_HZ, 1)
    said, dubbed = (_loudness_above(track, bed) for track in (original.speech, heard))
    return {"speech_delta_lu": dubbed - said}


def _loudness_above(track: Samples, bed: Samples) -> float:
    length = min(len(track), len(bed))
    return sound.loudness_lufs(track[:length] - bed[:length], SPEECH_HZ)


def _share(one: Samples, other: Samples) -> float | None:
    """One's stereo width in percent of the other's; None where that has none."""
    ours, theirs = stems.stereo_width(one), stems.stereo_width(other)
    return 100 * ours / theirs if ours is not None and theirs else None


def _from_track_start(samples: Samples, offset_ms: float, rate_hz: int = SPEECH_HZ) -> Samples:
    """The dub's sound from the source track's first sample on."""
    shift = round(offset_ms * rate_hz / 1000)
    return samples[shift:] if shift > 0 else samples


def _lead_ms(line: Samples) -> float:
    """How long a recording is inaudible before it begins."""
    loud = np.abs(line) > np.abs(line).max() * 10 ** (-_SPOKEN_BELOW_PEAK_DB / 20)
    return float(np.argmax(loud)) * 1000 / SPEECH_HZ


def _put(figures: Figures, key: str, figure: float | None) -> None:
    if figure is not None:
        figures[key] = figure
