"""A dub made by hand, whose figures are known, through all the measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import sample
import soundfile
from eval import generated, timing
from eval.clips import Clip
from eval.dubbing import Dubbed, Outcome, Spoken
from eval.generated import Said, Sound
from eval.timing import Placed

pytestmark = pytest.mark.integration

pytest.importorskip("jiwer", reason="installed by `make eval`")
pytest.importorskip("sacrebleu", reason="installed by `make eval`")

LATE_MS = 120
SCRIPT = (
    Said("flite:slt", "Good morning and welcome to our house."),
    Said("flite:rms", "The weather was good and the road was long."),
    Said("flite:slt", "Please come in and sit down."),
)


class Distracted:
    """A deployment that understands every word in silence, and all but the last over a bed."""

    def __init__(self, text: str) -> None:
        self._words = text.split()

    def back_recognized(self, recording: Path, language: str) -> str | None:
        sound, _ = soundfile.read(recording)
        in_silence = np.mean(sound == 0) > 0.1
        return " ".join(self._words if in_silence else self._words[:-1])


def delayed(track: Sound, ms: int) -> Sound:
    return np.roll(track, round(ms * sample.RATE_HZ / 1000), axis=0)


def write(path: Path, speech: Sound, bed: Sound) -> Path:
    sample.write_wav(path, bed + speech[:, None])
    return path


def test_a_dub_that_is_its_source_a_little_later(tmp_path: Path) -> None:
    from eval import measuring

    speech, turns = generated.dialogue(SCRIPT)
    bed = generated.pink_noise(len(speech))
    bed *= 0.002 / bed.std()
    text = " ".join(said.text for said in SCRIPT)
    lines = []
    for number, turn in enumerate(turns):
        at = slice(*(round(ms * sample.RATE_HZ / 1000) for ms in (turn.start_ms, turn.end_ms)))
        silence = np.zeros((len(speech[at]), 2))
        recording = write(tmp_path / f"line{number}.wav", speech[at], silence)
        placed = Placed(
            (turn.start_ms, turn.end_ms), (turn.start_ms + LATE_MS, turn.end_ms + LATE_MS)
        )
        lines.append(Spoken(str(number), recording, placed, SCRIPT[number].text))
    silent = np.zeros(len(speech))
    clip = Clip(
        file=write(tmp_path / "source.wav", speech, bed),
        language="de",  # of English ones, PocketSphinx would be asked: its test is another
        targets=("es",),
        transcript=text,
        turns=tuple(turns),
        bed=write(tmp_path / "bed.wav", silent, bed),
        references={"es": text},
    )
    dub = Dubbed(
        "es", "", write(tmp_path / "dub.wav", delayed(speech, LATE_MS), bed), tuple(lines),
        elapsed_s={"asr": len(speech) / sample.RATE_HZ / 2},
    )  # fmt: skip
    outcome = Outcome(text, tuple(turns), clip.bed, 0.0, {}, (dub, Dubbed("ja", "no_voice")))

    row, failed = measuring.rows(clip, outcome, Distracted(text))
    figures = row.figures
    assert figures["wer_percent"] == figures["der_percent"] == figures["speakers_missed"] == 0
    assert figures["chrf"] == pytest.approx(100)
    assert figures["bed_si_sdr_db"] > 60
    assert figures["mix_si_sdr_speech_db"] == pytest.approx(-29, abs=3)
    assert figures["bed_stem_width_percent"] == pytest.approx(100)
    assert figures["onsets"] == 3
    assert figures["onset_p50_ms"] == pytest.approx(LATE_MS, abs=50)
    assert figures["line_onset_p95_ms"] == pytest.approx(LATE_MS, abs=30)
    drift = [figures[f"drift_{third}_ms"] for third in ("start", "middle", "end")]
    assert drift == pytest.approx([LATE_MS] * 3, abs=60)
    said_ms = sum(
        end - start for start, end in timing.merged((t.start_ms, t.end_ms) for t in turns)
    )
    assert figures["overlap"] == pytest.approx(1 - 3 * LATE_MS / said_ms, abs=0.05)
    assert figures["tempo_p95"] == pytest.approx(1, abs=0.02)
    assert figures["cut_words"] == figures["clashes"] == figures["overflow_ms"] == 0
    assert figures["loudness_delta_lu"] == pytest.approx(0, abs=0.15)
    assert figures["width_percent"] == pytest.approx(100, abs=1)
    assert figures["sides_percent"] == pytest.approx(100, abs=3)
    assert figures["rtf_asr"] == pytest.approx(0.5, rel=1e-3)
    assert "picture_identical" not in figures
    assert "leakage" not in figures
    assert figures["raw_wer_percent"] == 0
    assert figures["back_wer_cost_points"] == 0
    assert figures["back_wer_percent"] == figures["reference_wer_percent"]
    assert figures["bed_wer_cost_points"] == figures["back_wer_percent"]
    assert figures["speech_delta_lu"] == pytest.approx(0, abs=0.15)
    assert figures["back_wer_percent"] == pytest.approx(100 / len(text.split()))
    assert row.remarks == ()
    assert (failed.language, failed.problem, failed.figures) == ("ja", "no_voice", {})
