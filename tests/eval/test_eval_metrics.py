"""Each measure on cases whose answers are known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from eval import stems, table, timing, turns
from eval.clips import read_manifest
from eval.measures import BY_KEY, MEASURES, Row
from eval.table import Evaluation
from eval.timing import Offset, Placed
from eval.turns import Turn

pytestmark = pytest.mark.unit

RATE_HZ = 8000
NOISE = np.random.default_rng(7).standard_normal((RATE_HZ, 2)).astype(np.float32)
REFERENCE = (Turn("ann", 0, 10_000), Turn("bob", 10_000, 20_000))


def der(*hypothesis: Turn, collar_ms: float = 0.0) -> float:
    return turns.diarization_error_rate(REFERENCE, hypothesis, collar_ms)


def test_names_of_speakers_do_not_matter() -> None:
    assert der(Turn("S2", 0, 10_000), Turn("S1", 10_000, 20_000)) == 0


def test_missed_false_and_confused_time_add_up() -> None:
    # 2 s missed, 1 s false alarm (two at once), 3 s confused, of 20 s.
    heard = (Turn("S1", 2000, 13_000), Turn("S2", 13_000, 20_000), Turn("S3", 15_000, 16_000))
    assert der(*heard) == pytest.approx(6 / 20)


def test_overlapping_speech_is_scored_for_each_speaker() -> None:
    together = (Turn("ann", 0, 4000), Turn("bob", 2000, 6000))
    heard = (Turn("S1", 0, 4000), Turn("S2", 4000, 6000))
    assert turns.diarization_error_rate(together, heard, 0.0) == pytest.approx(2 / 8)


def test_the_collar_forgives_a_boundary_that_is_a_little_off() -> None:
    heard = (Turn("S1", 0, 10_200), Turn("S2", 10_200, 20_000))
    assert der(*heard) == pytest.approx(0.2 / 20)
    assert der(*heard, collar_ms=250.0) == 0
    late = (Turn("S1", 0, 10_750), Turn("S2", 10_750, 20_000))
    assert der(*late, collar_ms=250.0) == pytest.approx(0.5 / 19)


def test_a_reference_without_speech_has_no_error_rate() -> None:
    with pytest.raises(ValueError, match="no speech"):
        turns.diarization_error_rate((), REFERENCE)


def test_rttm_comes_back_as_written() -> None:
    text = turns.write_rttm(REFERENCE, "talk")
    assert turns.read_rttm(text, "talk") == REFERENCE
    assert turns.read_rttm(text, "another") == ()


def test_si_sdr_of_a_known_mix() -> None:
    bed, voice = NOISE[: RATE_HZ // 2], NOISE[RATE_HZ // 2 :]
    voice = voice - bed * float((voice * bed).sum() / np.square(bed).sum())  # nothing in common
    voice *= np.sqrt(np.square(bed).sum() / np.square(voice).sum())
    mixed = (bed + voice * 10 ** (-13 / 20)).astype(np.float32)
    assert stems.si_sdr_db(mixed, bed) == pytest.approx(13.0, abs=1e-3)
    assert stems.si_sdr_db(0.1 * mixed, bed) == pytest.approx(13.0, abs=1e-3)


def test_width_is_side_over_mid() -> None:
    mid, side = NOISE[:, 0], NOISE[:, 1]
    made = np.stack([mid + 0.5 * side, mid - 0.5 * side], axis=1)
    expected = 0.25 * np.square(side).sum() / np.square(mid).sum()
    assert stems.stereo_width(made) == pytest.approx(expected, rel=1e-4)
    assert stems.stereo_width(np.stack([mid, mid], axis=1)) == 0
    assert stems.stereo_width(mid) is None
    assert stems.stereo_width(np.zeros((100, 2), np.float32)) is None


def test_a_voice_in_the_centre_changes_no_sides() -> None:
    random = np.random.default_rng(3)
    bed = random.normal(0, 0.1, (4800, 2)).astype(np.float32)
    voice = random.normal(0, 0.5, (4800, 1)).astype(np.float32)
    middle = bed.mean(axis=1, keepdims=True)
    assert stems.sides_percent(bed + voice, bed) == pytest.approx(100, rel=1e-3)
    assert stems.sides_percent((bed + middle) / 2 + voice, bed) == pytest.approx(25, rel=1e-3)
    assert stems.sides_percent(np.repeat(middle + voice, 2, axis=1), bed) == 0
    assert stems.sides_percent(bed, np.repeat(middle, 2, axis=1)) is None


def test_pauses_are_what_no_span_comes_near() -> None:
    track = np.arange(1000, dtype=np.float32)
    assert stems.within(track, [(100, 200)], 1000).tolist() == list(range(100, 200))
    pauses = stems.without(track, [(100, 200), (400, 900)], 1000, guard_ms=50)
    assert pauses.tolist() == [*range(50), *range(250, 350), *range(950, 1000)]


def test_onsets_follow_pauses_only() -> None:
    assert timing.onsets([(0, 500), (600, 900), (1200, 2000)]) == [0, 1200]


def test_each_heard_onset_answers_one_reference() -> None:
    found = timing.offsets([1000, 1400, 9000], [1350, 1100, 5000])
    assert found == [Offset(1000, 100), Offset(1400, -50)]


def test_drift_of_shifted_onsets() -> None:
    reference = [1000.0 * n for n in range(9)]
    heard = [onset + 10 * n for n, onset in enumerate(reference)]
    assert timing.drift(timing.offsets(reference, heard)) == pytest.approx((10, 40, 70))
    steady = timing.offsets(reference, [onset - 30 for onset in reference])
    assert timing.drift(steady) == pytest.approx((-30, -30, -30))
    assert timing.drift(steady[:2]) is None


def test_overlap_is_a_share_of_the_sources_speech() -> None:
    source = [(0.0, 1000.0), (500.0, 2000.0)]
    assert timing.overlap_share(source, [(1000, 5000)]) == pytest.approx(0.5)
    assert timing.overlap_share(source, [(0, 1500), (1400, 2000)]) == pytest.approx(1.0)
    assert timing.overlap_share([], source) is None


def test_a_clash_is_one_that_the_source_has_not() -> None:
    first = Placed((0, 1000), (0, 1300))
    assert timing.clashes([first, Placed((1000, 2000), (1200, 2000))]) == 1
    assert timing.clashes([first, Placed((900, 2000), (1200, 2000))]) == 0
    assert timing.clashes([first, Placed((1000, 2000), (1300, 2000))]) == 0


def test_overflow_begins_where_the_silence_ends() -> None:
    lines = [Placed((0, 1000), (0, 1600)), Placed((1500, 2000), (1500, 2300))]
    assert timing.overflow_ms(lines, 2200) == pytest.approx(100 + 100)
    assert timing.overflow_ms(lines, 2400) == pytest.approx(100)


def test_words_are_compared_without_case_and_marks() -> None:
    pytest.importorskip("jiwer", reason="installed by `make eval`")
    pytest.importorskip("sacrebleu", reason="installed by `make eval`")
    from eval import words

    said = "Good morning, it's a house. The house!"
    assert words.word_error_rate(said, "good morning it's a house the house") == 0
    assert words.word_error_rate(said, "good it's the house the house now") == pytest.approx(3 / 7)
    assert words.character_error_rate("广州市房", "广州房房") == pytest.approx(1 / 4)
    assert words.counts_characters("zh-CN")
    assert words.leakage(said, "la casa house morning") == pytest.approx(2 / 4)
    assert words.leakage("no", "no") is None
    assert words.chrf("La casa es grande.", "La casa es grande.") == pytest.approx(100)
    assert words.chrf("xyz", "La casa es grande.") == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("key", "kept", "broken"),
    [
        ("onset_p95_ms", 150, 151),
        ("overlap", 0.90, 0.89),
        ("tempo_p95", 1.25, 1.26),
        ("cut_words", 0, 1),
        ("clashes", 0, 1),
        ("loudness_delta_lu", -1.0, -1.1),
        ("loudness_delta_lu", 1.0, 1.1),
        ("true_peak_dbtp", -1.0, -0.9),
        ("width_percent", 90, 89),
        ("sides_percent", 25, 24),
        ("picture_identical", 1, 0),
        ("back_wer_cost_points", 3.0, 3.1),
    ],
)
def test_bounds(key: str, kept: float, broken: float) -> None:
    assert BY_KEY[key].kept(kept) is True
    assert BY_KEY[key].kept(broken) is False


def test_every_measure_has_a_key_of_its_own() -> None:
    assert len(BY_KEY) == len(MEASURES)


def evaluation(**figures: float) -> Evaluation:
    rows = [Row("talk", "es", "", figures), Row("talk", "ja", "no_voice", {})]
    return Evaluation("v1", "2026-01-01", {"asr": "x 1"}, rows)


def test_the_table_marks_what_is_broken() -> None:
    text = table.as_markdown(evaluation(onset_p95_ms=200, overlap=0.95))
    assert "| onset p95 ms | ≤ 150 | 200 ✗ |" in text
    assert "| speech overlap | ≥ 0.9 | 0.950 ✓ |" in text
    assert "talk → ja: `no_voice`" in text


def test_a_later_run_is_compared_with_an_earlier_one(tmp_path: Path) -> None:
    earlier = tmp_path / "eval.json"
    earlier.write_text(table.as_json(evaluation(onset_p95_ms=140, overlap=0.95)))
    base = table.read_base(earlier)
    now = evaluation(onset_p95_ms=200, overlap=0.93)
    text = table.as_markdown(now, base)
    assert "| onset p95 ms | ≤ 150 | 200 ✗ | +60 |" in text
    assert "| speech overlap | ≥ 0.9 | 0.930 ✓ | -0.020 |" in text
    assert "onset p95 ms 200 (bound ≤ 150), kept before" in text
    assert [measure.key for measure in table.broken(now.rows[0])] == ["onset_p95_ms"]
    assert table.lost(now, base) == []
    gone = Evaluation("v2", "", {}, [Row("talk", "es", "engine_failed", {})])
    assert table.lost(gone, base) == ["talk es: engine_failed"]


def test_a_manifest_says_what_is_known(tmp_path: Path) -> None:
    (tmp_path / "talk.rttm").write_text(turns.write_rttm(REFERENCE, "talk"))
    clips = [
        {"file": "talk.mp4", "language": "en", "targets": ["es"], "rttm": "talk.rttm",
         "transcript": "Hello.", "references": {"es": "Hola."}},
        {"file": "other.wav", "language": "de", "targets": ["en", "fr"], "subtitles": "o.srt"},
    ]  # fmt: skip
    for name in ("talk.mp4", "other.wav", "o.srt"):
        (tmp_path / name).touch()
    elsewhere = tmp_path / "lists.json"
    elsewhere.write_text(json.dumps({"clips": clips}))
    talk, other = read_manifest(tmp_path, elsewhere)
    assert talk.file == tmp_path / "talk.mp4"
    assert talk.turns == REFERENCE
    assert talk.references == {"es": "Hola."}
    assert other.targets == ("en", "fr")
    assert other.subtitles == tmp_path / "o.srt"
    assert not other.turns


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"clips": [{"file": "a"}]}, "language, targets missing"),
        ({"clips": [{"file": "a", "language": "en", "targets": [], "langauge": ""}]}, "langauge"),
        ({"clips": [{"file": "b", "language": "en", "targets": ["es"]}]}, "names .*b, which is"),
        ({}, "no list of clips"),
        (None, "is missing: it lists the clips"),
    ],
)
def test_a_manifest_with_a_mistake_is_refused(
    tmp_path: Path, said: dict[str, object] | None, complaint: str
) -> None:
    (tmp_path / "a").touch()
    if said is not None:
        (tmp_path / "manifest.json").write_text(json.dumps(said))
    with pytest.raises(ValueError, match=complaint):
        read_manifest(tmp_path)
