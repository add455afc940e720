"""Terms in lines and in translations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydub.errors import StageError
from polydub_translation import glossary, text
from polydub_translation.glossary import Entry, Glossary, Term, glossary_for, missing, reveal
from polydub_translation.glossary_file import read_glossary

pytestmark = pytest.mark.unit

QUICK = settings(max_examples=40, deadline=None)
WORDS = st.text(st.sampled_from("abéñ"), min_size=1, max_size=4)
PHRASES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
TERMS = st.lists(st.builds(Term, PHRASES, PHRASES), max_size=5).map(Glossary.of)
LINES = st.lists(st.one_of(WORDS, WORDS.map(str.upper)), max_size=12).map(" ".join)


def terms(**said: str) -> Glossary:
    return Glossary.of(Term(source.replace("_", " "), wanted) for source, wanted in said.items())


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("The cat sleeps.", ["cat"]),
        ("CAT! Cats. Concatenate; a cat's life.", ["cat"]),
        ("My cat food is a cat  food.", ["cat food"]),
        ("A cat and cat food.", ["cat", "cat food"]),
        ("Scatter the cats.", []),
    ],
)
def test_terms_are_whole_words_and_the_longest_wins(line: str, found: list[str]) -> None:
    both = terms(cat="gato", cat_food="pienso")
    assert [term.source for term in both.occurring(line)] == found


@pytest.mark.parametrize(
    ("term", "line", "there"),
    [
        ("C++", "I write C++ code.", True),
        ("C++", "I write C++x code.", False),
        (".NET", "ASP.NET is not it.", False),
        ("東京", "私は東京へ行く", True),
        ("Tokyo", "私はTokyoへ行く", True),
        ("काम", "कामा", False),
        ("é", "e\u0301", False),
        ("cafe", "cafe\u0301", False),
    ],
)
def test_edges(term: str, line: str, there: bool) -> None:
    assert bool(Glossary.of([Term(term, term)]).occurring(line)) is there


@QUICK
@given(TERMS, LINES)
def test_what_occurs_stands_in_the_line_as_whole_words(known: Glossary, line: str) -> None:
    words = line.casefold().split()
    found = [term.source.split() for term in known.occurring(line)]
    for parts in found:
        assert parts in [words[at : at + len(parts)] for at in range(len(words))]
    if not found:
        sources = [term.source.split() for term in known.terms]
        assert not any(each in [words[at : at + len(each)] for at in range(len(words))]
                       for each in sources)  # fmt: skip


@QUICK
@given(TERMS, LINES)
def test_hiding_leaves_no_term_and_restoring_says_all(known: Glossary, line: str) -> None:
    hidden = known.hide(line)
    assert not known.occurring(hidden.text)
    back = glossary.restored(hidden.text.lower(), hidden.wanted)
    assert back is not None
    assert missing(known.occurring(line), back) == ()


@QUICK
@given(st.text(), TERMS)
def test_hiding_does_not_touch_the_rest(line: str, known: Glossary) -> None:
    hidden = known.hide(line)
    if not hidden.wanted:
        assert hidden.text == line


def test_tokens_in_the_line_stay_what_they_are() -> None:
    hidden = terms(cat="gato").hide("X3X cat")
    assert hidden.text == "X3X X4X"
    assert glossary.restored("X3X x4x", hidden.wanted) == "X3X gato"


@pytest.mark.parametrize("answer", ["El X2X.", "X1X y X1X.", "Nada."])
def test_tokens_that_are_lost_or_doubled_are_noticed(answer: str) -> None:
    assert glossary.restored(answer, {1: "gato"}) is None


def test_terms_get_a_capital_where_a_sentence_starts() -> None:
    wanted = {1: "gato", 2: "iPhone"}
    assert reveal("X1X. ¿X1X? un X1X. X2X.", wanted) == "Gato. ¿Gato? un gato. iPhone."


@pytest.mark.parametrize(
    ("translation", "said"),
    [("El gato duerme.", True), ("Gato negro.", True), ("GATO", False), ("Los gatos.", False)],
)
def test_a_translation_has_to_say_it_as_asked(translation: str, said: bool) -> None:
    assert (missing([Term("cat", "gato")], translation) == ()) is said


def test_names_get_their_letters_back() -> None:
    both = (Term("iPhone", "iPhone"), Term("cat", "gato"))
    assert glossary.respelled("Un IPHONE y un GATO.", both) == "Un iPhone y un GATO."


def test_the_nearest_language_counts() -> None:
    entries = [
        Entry("bus", "pt-BR", "ônibus"), Entry("bus", "pt", "autocarro"), Entry("Bus", "", ""),
        Entry("tram", "es", "tranvía"), Entry("  ", "", "x"),
    ]  # fmt: skip
    assert glossary_for(entries, "pt-BR").terms == (Term("bus", "ônibus"),)
    assert glossary_for(entries, "pt-PT").terms == (Term("bus", "autocarro"),)
    assert glossary_for(entries, "de").terms == (Term("Bus", "Bus"),)
    assert glossary_for(entries, "es").terms == (Term("tram", "tranvía"), Term("Bus", "Bus"))


def test_a_job_s_terms_count_before_the_deployment_s() -> None:
    both = terms(cat="minino").over(terms(Cat="gato", dog="perro"))
    assert {term.source: term.wanted for term in both.terms} == {"cat": "minino", "dog": "perro"}


def test_the_deployment_s_file(tmp_path: Path) -> None:
    file = tmp_path / "glossary.json"
    file.write_text(
        json.dumps({"en": {"es": {"cat": "gato", "Acme": ""}, "es-MX": {"cat": "michi"}}})
    )
    assert read_glossary(file, "en-GB", "es").terms == (Term("Acme", "Acme"), Term("cat", "gato"))
    assert Term("cat", "michi") in read_glossary(file, "en", "es-MX").terms
    assert not read_glossary(file, "de", "es")
    assert not read_glossary(None, "en", "es")
    file.write_text("[")
    with pytest.raises(StageError) as told:
        read_glossary(file, "en", "es")
    assert "POLYDUB_TRANSLATION_GLOSSARY_FILE" in told.value.hint


def test_protecting_takes_terms_whole_but_not_out_of_addresses() -> None:
    known = Glossary.of([Term("AWS Lambda", "Lambda de AWS"), Term("kubernetes", "Kubernetes")])
    line = "AWS Lambda, 16GB, https://kubernetes.io and kubernetes."
    protected = text.protect(line, known)
    assert protected.text == "X1X, X2X, X3X and X4X."
    assert protected.pieces == ("X1X", "16GB", "https://kubernetes.io", "X4X")
    assert protected.wanted == {1: "Lambda de AWS", 4: "Kubernetes"}


@QUICK
@given(LINES, TERMS)
def test_protected_terms_come_out_as_wanted(line: str, known: Glossary) -> None:
    protected = text.protect(line, known)
    said = reveal(text.restore(protected.text, protected.pieces), protected.wanted)
    assert missing(known.occurring(line), said) == ()
