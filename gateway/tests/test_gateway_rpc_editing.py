"""Corrections over gRPC: the same scripts as over HTTP."""

from __future__ import annotations

from typing import Any

import grpc
import grpc.aio
import pytest

from polydub.rpc import error_of
from polydub.v1 import dubbing_pb2, dubbing_pb2_grpc, editing_pb2, editing_pb2_grpc, tts_pb2

pytestmark = pytest.mark.integration


@pytest.fixture
async def editing(channel: grpc.aio.Channel) -> Any:
    return editing_pb2_grpc.EditingStub(channel)


async def script_of(editing: Any, dub: dict[str, Any], **asked: Any) -> Any:
    return await editing.GetScript(editing_pb2.GetScriptRequest(dub_id=dub["id"], **asked))


async def test_a_script_is_read_page_by_page(gateway: Any, editing: Any, finished: Any) -> None:
    dub = await finished()
    script = await script_of(editing, dub, language="es")
    shown = (await gateway.http.get(f"/v1/dubs/{dub['id']}/segments?language=es")).json()
    assert [each.id for each in script.segments] == [each["id"] for each in shown["segments"]]
    assert script.segments[1].translations["fr"].text == "Ça va ?"
    assert script.segments[1].translations["fr"].origin == editing_pb2.WORDING_ORIGIN_MACHINE
    assert script.segments[1].fit.tempo == 1.25
    assert not script.segments[0].HasField("fit")
    assert ([each.id for each in script.speakers], script.total) == (["S1", "S2"], 3)
    first = await script_of(editing, dub, page_size=2)
    rest = await script_of(editing, dub, page_size=2, page_token=first.next_page_token)
    assert [each.id for each in (*first.segments, *rest.segments)] == ["u0000", "u0001", "u1000"]
    assert not rest.next_page_token
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await script_of(editing, dub, page_token="u9999")
    assert unknown.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_line_is_changed_by_who_saw_it_and_made_again(
    gateway: Any, channel: grpc.aio.Channel, editing: Any, finished: Any
) -> None:
    dub = await finished()
    change = editing_pb2.UpdateSegmentRequest(
        dub_id=dub["id"], segment_id="u1000", translations={"es": "Ya es tarde."}
    )
    for revision, status, code in (
        (None, grpc.StatusCode.FAILED_PRECONDITION, "revision_required"),
        (7, grpc.StatusCode.ABORTED, "revision_mismatch"),
    ):
        if revision is not None:
            change.revision = revision
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await editing.UpdateSegment(change)
        assert (refused.value.code(), error_of(refused.value, "gateway").code) == (status, code)
    change.revision = 1
    line = await editing.UpdateSegment(change)
    assert (line.revision, line.translations["es"].origin) == (
        2, editing_pb2.WORDING_ORIGIN_PERSON,
    )  # fmt: skip
    script = await script_of(editing, dub)
    assert script.stale_languages == ["es"]
    assert [list(each.segment_ids) for each in script.affected] == [["u1000"], []]
    dubs: Any = dubbing_pb2_grpc.DubbingStub(channel)
    stale = await dubs.GetDub(dubbing_pb2.GetDubRequest(id=dub["id"]))
    assert [each.stale for each in stale.languages] == [True, False]

    made = await editing.RegenerateDub(editing_pb2.RegenerateDubRequest(dub_id=dub["id"]))
    assert {each.language: list(each.segment_ids) for each in made.affected} == {
        "es": ["u1000"], "fr": [],
    }  # fmt: skip
    assert made.dub.revision == 1
    change.revision = 2
    with pytest.raises(grpc.aio.AioRpcError) as meanwhile:
        await editing.UpdateSegment(change)
    assert error_of(meanwhile.value, "gateway").code == "conflict"


async def test_lines_are_cut_joined_added_and_taken_out(editing: Any, finished: Any) -> None:
    dub_id = (await finished())["id"]
    halves = await editing.SplitSegment(
        editing_pb2.SplitSegmentRequest(
            dub_id=dub_id, segment_id="u0001", revision=1, at_ms=2700, at_character=4
        )
    )
    first, second = halves.segments
    assert (first.text, second.text) == ("How", "are you?")
    one = await editing.MergeSegments(
        editing_pb2.MergeSegmentsRequest(dub_id=dub_id, segment_id="u0001", revision=first.revision)
    )
    assert (one.text, one.end_ms) == ("How are you?", 3500)
    added = editing_pb2.InsertSegmentRequest(
        dub_id=dub_id, start_ms=4000, end_ms=4800, speaker_id="S9", text="Well.",
        translations={"es": "Pues."},
    )  # fmt: skip
    new = await editing.InsertSegment(added)
    assert (new.revision, new.translations["es"].text) == (1, "Pues.")
    anew = await editing.UpdateSegment(
        editing_pb2.UpdateSegmentRequest(
            dub_id=dub_id, segment_id=new.id, revision=1, text="So.", translate_anew=["es"]
        )
    )
    assert (anew.text, anew.translations["es"].stale) == ("So.", True)
    await editing.DeleteSegment(
        editing_pb2.DeleteSegmentRequest(dub_id=dub_id, segment_id=new.id, revision=2)
    )
    left = await script_of(editing, {"id": dub_id})
    assert new.id not in {each.id for each in left.segments}
    for name, wrong in (("start_ms", -1), ("speaker_id", "no such id"), ("text", "a\0b")):
        asked = editing_pb2.InsertSegmentRequest()
        asked.CopyFrom(added)
        setattr(asked, name, wrong)
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await editing.InsertSegment(asked)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_speaker_is_registered_linked_and_unlinked(editing: Any, finished: Any) -> None:
    at: dict[str, Any] = {"dub_id": (await finished())["id"], "speaker_id": "S1"}
    made = await editing.RegisterSpeaker(
        editing_pb2.RegisterSpeakerRequest(**at, revision=1, name="Katie")
    )
    assert (made.name, dict(made.voices)) == ("Katie", {"es": "espeak/es", "fr": "espeak/fr"})
    free = await editing.UpdateSpeaker(
        editing_pb2.UpdateSpeakerRequest(**at, revision=2, registered_id="")
    )
    assert (free.name, free.HasField("registered_id")) == ("Katie", False)
    renamed = editing_pb2.UpdateSpeakerRequest(**at, revision=3, name="K.")
    assert not (await editing.UpdateSpeaker(renamed)).HasField("registered_id")
    linked = await editing.UpdateSpeaker(
        editing_pb2.UpdateSpeakerRequest(**at, revision=4, registered_id=made.id)
    )
    assert (linked.name, linked.registered_id, dict(linked.voices)) == (
        "Katie", made.id, dict(made.voices),
    )  # fmt: skip


async def test_speakers_and_ways_to_say_a_line(editing: Any, finished: Any, stages: Any) -> None:
    dub_id = (await finished())["id"]
    voices = await editing.ListVoices(tts_pb2.ListVoicesRequest(language="es"))
    assert [each.id for each in voices.voices] == ["espeak/es"]
    named = await editing.UpdateSpeaker(
        editing_pb2.UpdateSpeakerRequest(
            dub_id=dub_id, speaker_id="S1", revision=1, name="Katie", voices={"es": "espeak/other"}
        )
    )
    assert (named.name, dict(named.voices), named.revision) == ("Katie", {"es": "espeak/other"}, 2)
    line = {"dub_id": dub_id, "segment_id": "u1000", "language": "es"}
    heard = await editing.PreviewSegment(editing_pb2.PreviewSegmentRequest(**line))
    assert (heard.audio, heard.duration_ms) == (b"RIFF", 400)
    assert stages.synthesized[-1].voice.id == "espeak/other"
    cast = await editing.UpdateSpeaker(
        editing_pb2.UpdateSpeakerRequest(
            dub_id=dub_id, speaker_id="S1", revision=2, cast_anew=["es"]
        )
    )
    assert (cast.name, dict(cast.voices)) == ("Katie", {})
    await editing.PreviewSegment(
        editing_pb2.PreviewSegmentRequest(**line, text="Hola.", voice_id="espeak/third")
    )
    asked = stages.synthesized[-1]
    assert (asked.text, asked.voice.id) == ("Hola.", "espeak/third")
    found = await editing.SuggestWordings(editing_pb2.SuggestWordingsRequest(**line, ratio=0.6))
    assert (found.suggestions[0].text, found.suggestions[0].origin) == ("Tarde.", "rephrased")
    kept = await editing.MergeSpeakers(
        editing_pb2.MergeSpeakersRequest(dub_id=dub_id, speaker_id="S2", revision=1, into="S1")
    )
    assert kept.id == "S1"
    assert [each.id for each in (await script_of(editing, {"id": dub_id})).speakers] == ["S1"]
