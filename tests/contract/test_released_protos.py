"""What was released stays readable, both ways: old events by this code, new ones by old code.

``released.binpb`` is the contract of the last release (`make release-protos`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from released import CONTRACT, released_class

from polydub import events
from polydub.stage import Emission
from polydub.v1 import (
    accounting_pb2,
    asr_pb2,
    common_pb2,
    diarization_pb2,
    dubbing_pb2,
    editing_pb2,
    events_pb2,
    lipsync_pb2,
    muxing_pb2,
    separation_pb2,
    speakers_pb2,
    translation_pb2,
    tts_pb2,
    uploads_pb2,
    webhooks_pb2,
    words_pb2,
)

pytestmark = pytest.mark.contract

TODAY = (
    accounting_pb2, asr_pb2, common_pb2, diarization_pb2, dubbing_pb2, editing_pb2, events_pb2,
    lipsync_pb2, muxing_pb2, separation_pb2, speakers_pb2, translation_pb2, tts_pb2, uploads_pb2,
    webhooks_pb2, words_pb2,
)  # fmt: skip
_LATER_FIELD = 9999
"""A number that no message uses: a field of a version to come."""


def released_files() -> Iterable[descriptor_pb2.FileDescriptorProto]:
    found = descriptor_pb2.FileDescriptorSet.FromString(CONTRACT.read_bytes())
    return found.file


def todays_files() -> dict[str, descriptor_pb2.FileDescriptorProto]:
    found = {}
    for module in TODAY:
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        found[file.name] = file
    return found


def messages(
    inside: Iterable[descriptor_pb2.DescriptorProto], above: str
) -> Iterator[tuple[str, descriptor_pb2.DescriptorProto]]:
    for message in inside:
        name = f"{above}.{message.name}"
        yield name, message
        yield from messages(message.nested_type, name)


def by_name(
    files: Iterable[descriptor_pb2.FileDescriptorProto],
) -> dict[str, descriptor_pb2.DescriptorProto]:
    return {
        name: found for file in files for name, found in messages(file.message_type, file.package)
    }


def is_reserved(message: descriptor_pb2.DescriptorProto, number: int) -> bool:
    return any(each.start <= number < each.end for each in message.reserved_range)


def broken(before: Any, after: Any) -> list[str]:
    """What of one version of the contract another one breaks."""
    return [*_broken_messages(before, after), *_broken_enums(before, after), *_calls(before, after)]


def _broken_messages(before: Any, after: Any) -> Iterator[str]:
    now = by_name(after)
    for name, old in by_name(before).items():
        if name not in now:
            yield f"{name} is gone"
            continue
        fields = {field.number: field for field in now[name].field}
        for field in old.field:
            new = fields.get(field.number)
            if new is None and not is_reserved(now[name], field.number):
                yield f"{name}.{field.name} is gone and its number {field.number} is not reserved"
            elif new is not None and _kind(new) != _kind(field):
                yield f"{name}.{field.name} (number {field.number}) is another field"


def _kind(field: descriptor_pb2.FieldDescriptorProto) -> tuple[object, ...]:
    # The name counts: documents in the store are JSON.
    return field.name, field.type, field.label, field.type_name


def _broken_enums(before: Any, after: Any) -> Iterator[str]:
    def values(files: Any) -> dict[tuple[str, int], str]:
        enums = [each for file in files for each in file.enum_type]
        enums += [each for message in by_name(files).values() for each in message.enum_type]
        return {(enum.name, value.number): value.name for enum in enums for value in enum.value}

    now = values(after)
    for (enum, number), name in values(before).items():
        if now.get((enum, number)) != name:
            yield f"{enum} {number} was {name}"


def _calls(before: Any, after: Any) -> Iterator[str]:
    def methods(files: Any) -> set[tuple[object, ...]]:
        return {
            (service.name, call.name, call.input_type, call.output_type, call.client_streaming,
             call.server_streaming)
            for file in files
            for service in file.service
            for call in service.method
        }  # fmt: skip

    for service, call, *_ in sorted(methods(before) - methods(after)):  # type: ignore[type-var]
        yield f"{service}.{call} is gone or another"


def test_nothing_released_was_changed() -> None:
    assert broken(released_files(), todays_files().values()) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda event: event.field[0].ClearField("type_name"), "is another field"),
        (lambda event: setattr(event.field[0], "number", 77), "is not reserved"),
        (lambda event: event.field.pop(0), "is not reserved"),
        (lambda event: setattr(event, "name", "Happening"), "is gone"),
    ],
)
def test_what_would_break_is_seen(change: Any, complaint: str) -> None:
    before, after = todays_files(), todays_files()
    file = after["polydub/v1/events.proto"]
    change(next(each for each in file.message_type if each.name == "Event"))
    found = broken(before.values(), after.values())
    assert found
    assert complaint in found[0]


# --- events on the wire ----------------------------------------------------------------------


def filled(message: Message, *, depth: int = 6) -> Message:
    """The same with something in every field, and one of each oneof."""
    seen = set()
    for field in message.DESCRIPTOR.fields:
        if field.containing_oneof is not None:
            if field.containing_oneof.name in seen:
                continue
            seen.add(field.containing_oneof.name)
        if depth:
            _fill(message, field, depth)
    return message


def _fill(message: Message, field: FieldDescriptor, depth: int) -> None:
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        _fill_map(getattr(message, field.name), entry, depth)
    elif entry is not None:
        inner = getattr(message, field.name)
        filled(inner.add() if field.is_repeated else inner, depth=depth - 1)
        if not field.is_repeated:
            inner.SetInParent()
    elif field.is_repeated:
        getattr(message, field.name).append(_value(field))
    else:
        setattr(message, field.name, _value(field))


def _fill_map(found: Any, entry: Descriptor, depth: int) -> None:
    key, value = entry.fields_by_name["key"], entry.fields_by_name["value"]
    if value.message_type is not None:
        filled(found[_value(key)], depth=depth - 1)
    else:
        found[_value(key)] = _value(value)


def _value(field: FieldDescriptor) -> Any:
    if field.enum_type is not None:
        return field.enum_type.values[-1].number
    return {
        FieldDescriptor.CPPTYPE_STRING: b"x" if field.type == FieldDescriptor.TYPE_BYTES else "x",
        FieldDescriptor.CPPTYPE_BOOL: True,
        FieldDescriptor.CPPTYPE_FLOAT: 0.5,
        FieldDescriptor.CPPTYPE_DOUBLE: 0.5,
    }.get(field.cpp_type, 7)


def as_told(message: Message) -> dict[str, Any]:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def test_a_released_event_is_read_as_it_was_meant() -> None:
    old = filled(released_class("Event")())
    event = events.parse(old.SerializeToString())
    assert as_told(event) == as_told(old)
    assert events.subject_of(event).startswith("polydub.v1.")


def test_an_event_of_today_passes_through_released_code_unharmed() -> None:
    event = filled(events_pb2.Event())
    old = released_class("Event").FromString(event.SerializeToString())  # type: ignore[attr-defined]
    again = events_pb2.Event.FromString(old.SerializeToString())
    assert as_told(again) == as_told(event)


def test_released_documents_are_read() -> None:
    for name in ("TranscriptDocument", "TranslationDocument", "SpeechDocument", "ReportDocument"):
        old = filled(released_class(name)())
        kind = next(getattr(module, name) for module in TODAY if hasattr(module, name))
        text = json_format.MessageToJson(old, preserving_proto_field_name=True)
        assert as_told(json_format.Parse(text, kind())) == as_told(old)


def later(message: Message) -> bytes:
    """The message as a version to come writes it: with a field that nobody here knows."""
    tag = (_LATER_FIELD << 3) | 2
    return message.SerializeToString() + _varint(tag) + _varint(5) + b"later"


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def from_later() -> events_pb2.Event:
    """An event of a version to come: there is more in it than we know, on every level."""
    known = events_pb2.Event(
        envelope=events_pb2.Envelope(job_id="job", video_id="video", stage="asr", part=3),
        spec=events_pb2.DubSpec(target_languages=["es"]),
        completed=events_pb2.Completed(elapsed_ms=1),
    )
    event = events_pb2.Event.FromString(known.SerializeToString())
    for name in ("envelope", "spec"):
        inner = getattr(event, name)
        inner.MergeFromString(later(inner))
    event.products.asr.MergeFromString(later(event.products.asr))
    event.products.MergeFromString(later(event.products))
    return event


def test_a_stage_hands_on_what_it_does_not_know() -> None:
    cause = from_later()
    products = events_pb2.Products()
    products.CopyFrom(cause.products)
    products.translation.document_key = "k"
    after = events.completed(
        cause, Emission(products), stage="translation", elapsed_s=0.1, engine_s=0.1, used=()
    )
    sent = events_pb2.Event.FromString(after.SerializeToString())
    assert sent.envelope.stage == "translation"
    parts = (sent.envelope, sent.spec, sent.products, sent.products.asr)
    assert [b"later" in part.SerializeToString() for part in parts] == [True] * 4


@pytest.mark.parametrize("outcome", ["progressed", "failed"])
def test_other_outcomes_are_read_too(outcome: str) -> None:
    old = released_class("Event")()
    old.envelope.job_id, old.envelope.stage = "job", "tts"  # type: ignore[attr-defined]
    getattr(old, outcome).SetInParent()
    assert events.outcome_of(events.parse(old.SerializeToString())) == outcome
