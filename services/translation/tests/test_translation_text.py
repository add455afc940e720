"""Lines before and after a rule-based engine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub_translation import text

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("spoken", "sentence"),
    [
        ("i think i'm here", "I think I'm here."),
        ("is it done?", "Is it done?"),
        ("don’t go", "Don't go."),
        ("HELLO MY FRIENDS", "Hello my friends."),
        ("NASA", "NASA."),
        ('he said "no."', 'He said "no."'),
        ("wait...", "Wait..."),
    ],
)
def test_prepare(spoken: str, sentence: str) -> None:
    assert text.prepare(spoken, "en") == sentence


def test_a_lone_i_is_english_only() -> None:
    assert text.prepare("tu i jo", "ca") == "Tu i jo."


@pytest.mark.parametrize(
    "piece",
    [
        "https://x.org/y?z=1", "foo@bar.com", "10 km/h", "16GB", "1080p", "RAM", "C#", "@me",
        "*bold*", "X1X", "www.example.com", "5.5 kg",
    ],
)  # fmt: skip
def test_opaque_pieces_are_hidden_whole(piece: str) -> None:
    protected = text.protect(f"See {piece}, please.")
    assert protected.text == "See X1X, please."
    assert protected.pieces == (piece,)


@pytest.mark.parametrize(
    "plain", ["It is 5:30 now.", "On the 3rd of May.", "It costs $50.", "I said OK.", "and/or"]
)
def test_what_can_be_translated_is_not_hidden(plain: str) -> None:
    assert text.protect(plain).pieces == ()


@given(st.text())
def test_protect_and_restore_are_inverse(line: str) -> None:
    protected = text.protect(line)
    assert text.restore(protected.text, protected.pieces) == line


@given(st.text("ab *#~C"))
def test_the_engine_sees_no_mark_of_ours(line: str) -> None:
    assert not set("*#~") & set(text.protect(line).text)


def test_tokens_are_restored_in_lower_case_and_glued() -> None:
    assert text.restore("x1x kaj X2Xde", ("RAM", "C#")) == "RAM kaj C#de"


def test_a_token_nobody_made_stays() -> None:
    assert text.restore("X7X", ("RAM",)) == "X7X"


@pytest.mark.parametrize(
    ("answer", "source", "target", "finished"),
    [
        (" Soy  aquí .", "I am here.", "es", "Soy aquí."),
        ("Qué   haces?", "What do you do?", "es", "¿Qué haces?"),
        ("Hola, cómo estás?", "Hello, how are you?", "es", "Hola, ¿cómo estás?"),
        ("Bien. Qué haces? Para!", "Well. What? Stop!", "es", "Bien. ¿Qué haces? ¡Para!"),
        ("¿Qué haces?", "What?", "es", "¿Qué haces?"),
        ("Què fas?", "What?", "ca", "Què fas?"),
        ("Gracias Para mirar.", "Thank you for watching.", "es", "Gracias para mirar."),
        ("Vive en Londres.", "He lives in London.", "es", "Vive en Londres."),
        ("El gos.", "the dog", "ca", "El gos"),
        ("Conoscemmo lo 3º", "We met on the 3rd.", "it", "Conoscemmo lo 3º."),
        (
            "Va? Oui: non; si!",
            "Go? Yes: no; if!",
            "fr",
            "Va\u202f? Oui\u00a0: non\u202f; si\u202f!",
        ),
        ("à 5:30, http://x.org/?a", "at 5:30, x", "fr", "À 5:30, http://x.org/?a"),
        ("Espera...", "Wait...", "es", "Espera..."),
        ("I went on Monday.", "fui el lunes.", "en", "I went on Monday."),
    ],
)
def test_finish(answer: str, source: str, target: str, finished: str) -> None:
    assert text.finish(answer, source_text=source, target=target) == finished


@given(st.text(), st.text(), st.sampled_from(["es", "fr", "ca", "en"]))
def test_finish_never_leaves_double_spaces(answer: str, source: str, target: str) -> None:
    finished = text.finish(answer, source_text=source, target=target)
    assert "  " not in finished
