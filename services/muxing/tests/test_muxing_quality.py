"""The quality figure: bounded, and never better for a measure that got worse."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_muxing.report.quality import WEIGHTS, QualityFacts, losses, quality

pytestmark = pytest.mark.unit

PERFECT = QualityFacts(
    onset_p50_ms=0, onset_p95_ms=0, speech_overlap=1, tempo_p95=1, overflow_ms_per_line=0,
    truncated_ms=0, clash_share=0, loudness_delta_lu=0, true_peak_dbtp=-3,
    low_confidence_share=0, original_kept_share=0, words_lost=0, source_leakage=0,
    drift_ms=0, width_lost=0,
)  # fmt: skip
BETTER_WHEN_GREATER = {"speech_overlap"}

figures = st.floats(-1e4, 1e4)
perhaps = st.none() | figures
facts = st.builds(
    QualityFacts,
    onset_p50_ms=perhaps, onset_p95_ms=perhaps, speech_overlap=perhaps, tempo_p95=figures,
    overflow_ms_per_line=figures, truncated_ms=figures, clash_share=figures,
    loudness_delta_lu=figures, true_peak_dbtp=figures, low_confidence_share=figures,
    original_kept_share=figures, words_lost=perhaps, source_leakage=perhaps,
    drift_ms=perhaps, width_lost=perhaps,
)  # fmt: skip


def test_nothing_wrong_is_a_hundred() -> None:
    assert quality(PERFECT) == 100
    assert losses(PERFECT) == []


def test_every_fact_counts() -> None:
    assert {weight.fact for weight in WEIGHTS} == {field.name for field in fields(QualityFacts)}
    for weight in WEIGHTS:
        worst = replace(PERFECT, **{weight.fact: weight.bad})
        assert quality(worst) == pytest.approx(100 * (1 - weight.share), abs=0.1)


def test_what_is_not_measured_takes_nothing() -> None:
    assert (
        quality(replace(PERFECT, onset_p50_ms=None, speech_overlap=None, source_leakage=None))
        == 100
    )


@given(facts)
def test_it_stays_between_0_and_100(found: QualityFacts) -> None:
    assert 0 <= quality(found) <= 100


@given(facts, st.sampled_from(WEIGHTS), figures, figures)
def test_it_never_rises_when_a_measure_gets_worse(
    found: QualityFacts, weight: object, one: float, other: float
) -> None:
    name = weight.fact  # type: ignore[attr-defined]
    if name == "loudness_delta_lu":
        one, other = abs(one), abs(other)
    better, worse = sorted((one, other), reverse=name in BETTER_WHEN_GREATER)
    assert quality(replace(found, **{name: worse})) <= quality(replace(found, **{name: better}))


@given(facts)
def test_too_quiet_is_as_bad_as_too_loud(found: QualityFacts) -> None:
    mirrored = replace(found, loudness_delta_lu=-found.loudness_delta_lu)
    assert quality(mirrored) == quality(found)


def test_the_greatest_loss_is_named_first() -> None:
    found = losses(replace(PERFECT, tempo_p95=3, clash_share=1))
    assert [loss.share for loss in found] == [0.4, 0.3]
