"""Fillers left out by rule, and what is never left out."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_tts.shorter import _TABLE, shortened, words

pytestmark = pytest.mark.unit

LANGUAGES = sorted(_TABLE)


@pytest.mark.parametrize(
    ("language", "text", "shorter"),
    [
        ("en", "Well, you know, this is the the best we have.", "This is the best we have."),
        ("en-GB", "Sit down, please. So, we begin.", "Sit down. We begin."),
        ("en", "It is, you know, quite good.", "It is, quite good."),
        ("es", "Bueno, esto es, por así decirlo, el el final.", "Esto es, el final."),
        ("es-MX", "¡Mira, qué bonito!", "¡Qué bonito!"),
        ("ca", "Doncs, seieu, si us plau.", "Seieu."),
        ("fr", "Eh bien, asseyez-vous, s’il vous plaît.", "Asseyez-vous."),
        ("it", "Beh, allora, aspetta un momento, per favore!", "Aspetta un momento!"),
        ("pt-BR", "Bom, esta é, digamos, a resposta.", "Esta é, a resposta."),
    ],
)
def test_what_carries_no_meaning_goes(language: str, text: str, shorter: str) -> None:
    assert shortened(text, language) == shorter


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Well done."),
        ("en", "He had had enough, and that that was clear."),
        ("en", "No, no, not again."),
        ("en", "It's fine, you know?"),
        ("en", "Please come."),
        ("en", "So"),
        ("es", "No no, por favor no."),
        ("es", "Bueno."),
        ("es", "Este libro es muy, muy bueno."),
        ("fr", "Vous vous trompez, en en parlant."),
        ("de", "Also, also gut."),
    ],
)
def test_what_may_carry_meaning_stays(language: str, text: str) -> None:
    assert shortened(text, language) == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_filler_says_no_or_counts(language: str) -> None:
    fillers = _TABLE[language]
    stay = fillers.negations | fillers.numbers
    for phrase in (*fillers.openings, *fillers.asides, *fillers.stutters):
        assert not stay & set(words(phrase)), phrase


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """A language, and a text of its fillers, negations, numbers, names and other words."""
    language = draw(st.sampled_from(LANGUAGES))
    fillers = _TABLE[language]
    word = st.one_of(
        *(st.sampled_from(sorted(group)) for group in (
            fillers.openings, fillers.asides, fillers.stutters, fillers.negations, fillers.numbers
        )),
        st.sampled_from(["Ana", "París", "BBC", "O'Neill", "3", "1.500", "2,5", "casa", "luz"]),
    )  # fmt: skip
    mark = st.sampled_from([" ", " ", ", ", ", ", ". ", "! ", "? ", "; ", " ¿", "... "])
    pieces = draw(st.lists(st.tuples(word, mark, st.booleans()), max_size=12))
    text = "".join((one.capitalize() if upper else one) + end for one, end, upper in pieces)
    return language, text.strip()


@given(texts())
def test_words_only_ever_go(pair: tuple[str, str]) -> None:
    language, text = pair
    left = iter(words(text))
    assert all(word in left for word in words(shortened(text, language)))


@given(texts())
def test_negations_numbers_and_names_stay(pair: tuple[str, str]) -> None:
    language, text = pair
    fillers = _TABLE[language]
    stay = fillers.negations | fillers.numbers
    stay |= {"ana", "parís", "bbc", "o'neill", "3", "1.500", "2,5"}
    before, after = (
        Counter(word for word in words(each) if word in stay)
        for each in (text, shortened(text, language))
    )
    assert before == after


@given(texts())
def test_a_shortened_text_is_as_short_as_it_gets(pair: tuple[str, str]) -> None:
    language, text = pair
    once = shortened(text, language)
    assert shortened(once, language) == once
    assert len(once) <= len(text)
