"""Subtitles that people bring: read, understood, and given to their languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub.errors import StageError
from polydub.v1 import common_pb2
from polydub_gateway.jobs.asking import DubRequest, check_possible, normalized
from polydub_gateway.languages import StageEngines
from polydub_gateway.subtitles.blocks import read_blocks
from polydub_gateway.subtitles.own import SubtitleFile, read, read_all
from polydub_gateway.subtitles.wording import Said, said_in

pytestmark = pytest.mark.unit

SRT = """1
00:00:01,000 --> 00:00:02,500
Hola a todos.

2
00:00:03,000 --> 00:00:05,000
¿Qué tal
están hoy?
"""
VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE
not said --> at all

intro
00:01.000 --> 00:02.500 align:start position:0%
<v.loud Anna>Hola <i>a</i> todos.</v>

00:00:03.000 --> 00:00:05.000
<c.yellow>¿Qué</c> <00:00:04.000>tal &amp; cómo?
"""


def cues(text: str, **facts: int) -> list[tuple[int, int, str, str]]:
    found = read(SubtitleFile("es", text), **{"duration_ms": 10_000, **facts})
    return [(cue.start_ms, cue.end_ms, cue.text, cue.speaker) for cue in found.document.cues]


def refusal(text: str) -> str:
    with pytest.raises(StageError) as refused:
        cues(text)
    assert refused.value.code == "invalid_request"
    return refused.value.message


def test_subrip() -> None:
    assert cues(SRT) == [
        (1000, 2500, "Hola a todos.", ""),
        (3000, 5000, "¿Qué tal están hoy?", ""),
    ]


def test_webvtt() -> None:
    assert cues(VTT) == [
        (1000, 2500, "Hola a todos.", "Anna"),
        (3000, 5000, "¿Qué tal & cómo?", ""),
    ]


@pytest.mark.parametrize(
    "changed",
    [
        "\ufeff" + SRT,
        SRT.replace("\n", "\r\n"),
        SRT.replace("\n", "\r"),
        SRT.replace("1\n", "", 1).replace("\n2\n", "\n"),
        SRT.replace("\n\n2", "\n2"),
        SRT.replace("\n\n2", "\n\n\n \n2"),
        SRT.replace(",", "."),
        SRT.replace("tal\n", "tal\n\n"),
        SRT.replace("00:00:0", "0:0:0"),
        SRT.rstrip() + "\n\n3\n00:00:06,000 --> 00:00:07,000\n[música]\n",
    ],
    ids=["bom", "crlf", "cr", "numbers", "joined", "gaps", "points", "cut", "short", "sounds"],
)
def test_common_slips_change_nothing(changed: str) -> None:
    assert cues(changed) == cues(SRT)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["<i>Hola.</i>"], [("Hola.", "")]),
        ([r"{\an8}Hola.\NAdiós."], [("Hola. Adiós.", "")]),
        (["ANNA: Hola.", "Adiós."], [("Hola. Adiós.", "ANNA")]),
        (["ANNA (V.O.): Hola."], [("Hola.", "ANNA")]),
        (["[Anna]: Hola."], [("Hola.", "Anna")]),
        (["ANNA: Hola.", "DR. SMITH: Adiós."], [("Hola.", "ANNA"), ("Adiós.", "DR. SMITH")]),
        (["- ¿Vienes?", "- Sí,", "ahora."], [("¿Vienes?", ""), ("Sí, ahora.", "")]),
        (["<v Anna>Hola.</v> <v Bob>Adiós."], [("Hola.", "Anna"), ("Adiós.", "Bob")]),
        (["[MUSIC]", "(door opens)"], []),
        (["[door", "opens]", "Hola."], [("Hola.", "")]),
        (["<i>(slow", "music)</i>"], []),
        (["(MUSIC) Hola."], [("Hola.", "")]),
        (["Hola. (RISAS)"], [("Hola.", "")]),
        (["La OTAN (NATO) dijo (que) no."], [("La OTAN (NATO) dijo (que) no.", "")]),
        (["♪ La la ♪"], [("La la", "")]),
        ([">> ¿Vienes? &gt;&gt; Sí. >>> Ahora,"], [("¿Vienes?", ""), ("Sí.", ""), ("Ahora,", "")]),
        (["..."], []),
        (["Nota: son las 10:30."], [("Nota: son las 10:30.", "")]),
        (["-5 grados; 3 < 4 y 5 > 2"], [("-5 grados; 3 < 4 y 5 > 2", "")]),
        (["<ruby>漢字<rt>かんじ</rt></ruby>です。"], [("漢字です。", "")]),
    ],
)  # fmt: skip
def test_what_is_said_and_by_whom(lines: list[str], said: list[tuple[str, str]]) -> None:
    assert said_in(lines) == [Said(*each) for each in said]


def test_a_dialogue_in_one_cue_is_two_of_the_same_time() -> None:
    text = "1\n00:00:01,000 --> 00:00:04,000\n- ¿Vienes?\n- Sí.\n"
    assert [(start, end) for start, end, _, _ in cues(text)] == [(1000, 4000), (1000, 4000)]


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        (SRT.replace("00:00:03,000 -->", "00:00:03,000 ->"), 6, "is no pair of times"),
        (SRT.replace("00:00:03,000", "00:00:0x,000"), 6, "Write it as"),
        (SRT.replace("00:00:03,000", "00:00:63,000"), 6, "end at 59"),
        (SRT.replace("00:00:05,000", "00:00:13,000"), 6, "beyond the video's end at 00:00:10"),
        ("Hola a todos.\n\n" + SRT, 1, "no times above it"),
        (SRT.replace("Hola", "la " * 700), 2, "more than 2000 characters"),
        (SRT.replace("¿Qué", "\ufffdQu\ufffd"), 7, "Save it as UTF-8"),
    ],
)
def test_a_refusal_names_the_line_and_what_to_do(text: str, line: int, advice: str) -> None:
    message = refusal(text)
    assert f"Line {line}:" in message
    assert advice in message
    assert message.startswith("The subtitles in es")


@pytest.mark.parametrize("text", ["", "\n\n", "Hola\n", "WEBVTT\n", "{\\rtf1}"])
def test_what_is_no_subtitles_is_refused(text: str) -> None:
    assert "Send SRT or WebVTT" in refusal(text) or "no times above it" in refusal(text)


def test_nothing_said_is_refused() -> None:
    assert "nothing that is said" in refusal("00:00:01,000 --> 00:00:02,000\n[MUSIC]\n")


def test_a_lingering_last_cue_ends_with_the_video() -> None:
    assert cues(SRT, duration_ms=4_000)[-1][:2] == (3000, 4000)


def test_a_video_of_unknown_length_has_room_for_all() -> None:
    (found,) = read_all([SubtitleFile("es", SRT)], common_pb2.MediaInfo())
    assert found.document.cues[-1].end_ms == 5000


def test_times_count_from_the_first_sample_of_the_sound() -> None:
    media = common_pb2.MediaInfo(
        duration_s=10, start_s=0.5, selected_audio=2,
        audio=[
            common_pb2.AudioStream(index=1), common_pb2.AudioStream(index=2, start_s=1.75),
        ],
    )  # fmt: skip
    (found,) = read_all([SubtitleFile("es", SRT)], media)
    assert [(cue.start_ms, cue.end_ms) for cue in found.document.cues] == [(0, 1250), (1750, 3750)]


@given(st.text(alphabet=st.sampled_from("aA:-[](){}<>/\\v 0123.,\n\r♪é"), max_size=200))
def test_whatever_stands_in_a_cue_is_read(text: str) -> None:
    try:
        found = cues(f"00:00:01,000 --> 00:00:02,000\n{text}")
    except StageError as refused:
        assert refused.code == "invalid_request"
    else:
        for _, _, said, _ in found:
            assert "\n" not in said
            assert any(map(str.isalnum, said))


@given(
    st.lists(
        st.tuples(st.integers(0, 3_000_000), st.integers(1, 9_000)), min_size=1, max_size=20
    ).map(sorted)
)
def test_times_come_back_as_written(spans: list[tuple[int, int]]) -> None:
    def clock(ms: int) -> str:
        return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"

    text = "\n".join(
        f"{n}\n{clock(start)} --> {clock(start + length)}\nword {n}\n"
        for n, (start, length) in enumerate(spans)
    )
    found = [(block.start_ms, block.end_ms - block.start_ms) for block in read_blocks(text)]
    assert found == spans


# --- whose they are --------------------------------------------------------------------------


def asked(source: str, targets: tuple[str, ...], *tags: str) -> DubRequest:
    files = tuple(SubtitleFile(tag, SRT) for tag in tags)
    return normalized(DubRequest("v", targets, source, subtitles=files))


@pytest.mark.parametrize(
    ("source", "targets", "tags", "found", "told"),
    [
        ("es", ("ca",), ("ES",), ["es"], "es"),
        ("auto", ("ca",), ("es",), ["es"], "es"),
        ("auto", ("ca",), ("ca",), ["ca"], "auto"),
        ("auto", ("ca",), ("ca", "es"), ["ca", "es"], "es"),
        ("es-MX", ("ca",), ("es",), ["es-MX"], "es-MX"),
        ("en", ("pt-BR", "pt-PT"), ("pt",), ["pt-BR", "pt-PT"], "en"),
        ("es-ES", ("es-MX",), ("es-MX",), ["es-MX"], "es-ES"),
    ],
)
def test_subtitles_are_a_language_s_text(
    source: str, targets: tuple[str, ...], tags: tuple[str, ...], found: list[str], told: str
) -> None:
    request = asked(source, targets, *tags)
    assert [file.language for file in request.subtitles] == found
    assert request.source_language == told
    assert normalized(request).digest() == request.digest()


@pytest.mark.parametrize(
    ("source", "targets", "tags", "said"),
    [
        ("es", ("ca",), ("fr",), "neither in the source language nor"),
        ("es", ("ca",), ("es", "es-MX"), "two subtitle files for es"),
        ("auto", ("ca",), ("es", "fr"), "es, fr, none of them a target"),
        ("es", ("ca",), ("klingonese",), "klingonese"),
    ],
)
def test_subtitles_of_no_use_are_refused(
    source: str, targets: tuple[str, ...], tags: tuple[str, ...], said: str
) -> None:
    with pytest.raises(StageError, match=said) as refused:
        asked(source, targets, *tags)
    assert refused.value.code == "invalid_request"


def test_huge_subtitles_are_refused() -> None:
    with pytest.raises(StageError, match="1 MiB"):
        normalized(DubRequest("v", ("ca",), subtitles=(SubtitleFile("es", "ñ" * 600_000),)))


def catalog(engines: dict[str, list[Any]]) -> dict[str, StageEngines]:
    return {name: StageEngines(name, True, tuple(each)) for name, each in engines.items()}


def test_a_transcript_needs_no_recognition(engines: Any) -> None:
    with pytest.raises(StageError, match="can't dub from es"):
        check_possible(asked("es", ("en",)), catalog(engines))
    check_possible(asked("es", ("en",), "es"), catalog(engines))
    engines["asr"] = []
    check_possible(asked("auto", ("en",), "es"), catalog(engines))
    with pytest.raises(StageError, match="can't dub es into fr"):
        check_possible(asked("es", ("en", "fr"), "es"), catalog(engines))


def test_a_translation_needs_no_translation_engine(engines: Any, make_engine: Any) -> None:
    with pytest.raises(StageError, match="can't dub en into de"):
        check_possible(asked("en", ("de",)), catalog(engines))
    check_possible(asked("en", ("de",), "de"), catalog(engines))
    check_possible(asked("en", ("de", "es"), "de"), catalog(engines))
    engines["translation"] = [make_engine("apertium", available=False)]
    check_possible(asked("en", ("de",), "de"), catalog(engines))
    with pytest.raises(StageError, match="apertium"):
        check_possible(asked("en", ("de", "es"), "de"), catalog(engines))
    with pytest.raises(StageError, match="No voice here speaks Japanese; there are voices for: de"):
        check_possible(asked("en", ("ja",), "ja"), catalog(engines))
    check_possible(asked("fr", ("de",), "de", "fr"), catalog(engines))


def test_with_every_translation_the_source_need_not_be_heard(
    engines: Any, make_engine: Any
) -> None:
    check_possible(asked("fr", ("de",), "de"), catalog(engines))
    with pytest.raises(StageError, match="can't dub from fr"):
        check_possible(asked("fr", ("de", "es"), "de"), catalog(engines))
    engines["asr"] = [make_engine("whisper", available=False)]
    check_possible(asked("fr", ("de",), "de"), catalog(engines))
    with pytest.raises(StageError, match="whisper"):  # somebody has to find the language out
        check_possible(asked("auto", ("de", "es"), "de", "es"), catalog(engines))


def test_a_stage_without_work_must_answer_all_the_same(engines: Any) -> None:
    silent = {**catalog(engines), "asr": StageEngines("asr", answers=False)}
    with pytest.raises(StageError, match="asr service"):
        check_possible(asked("es", ("en",), "es"), silent)
