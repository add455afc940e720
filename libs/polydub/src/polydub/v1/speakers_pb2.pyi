from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisteredSpeaker(_message.Message):
    __slots__ = ("id", "name", "voices", "revision", "updated_at_ms")
    class VoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    voices: _containers.ScalarMap[str, str]
    revision: int
    updated_at_ms: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., voices: _Optional[_Mapping[str, str]] = ..., revision: _Optional[int] = ..., updated_at_ms: _Optional[int] = ...) -> None: ...

class CreateRegisteredSpeakerRequest(_message.Message):
    __slots__ = ("name", "voices")
    class VoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    name: str
    voices: _containers.ScalarMap[str, str]
    def __init__(self, name: _Optional[str] = ..., voices: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ListRegisteredSpeakersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRegisteredSpeakersResponse(_message.Message):
    __slots__ = ("speakers",)
    SPEAKERS_FIELD_NUMBER: _ClassVar[int]
    speakers: _containers.RepeatedCompositeFieldContainer[RegisteredSpeaker]
    def __init__(self, speakers: _Optional[_Iterable[_Union[RegisteredSpeaker, _Mapping]]] = ...) -> None: ...

class GetRegisteredSpeakerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ReplaceRegisteredSpeakerRequest(_message.Message):
    __slots__ = ("id", "revision", "name", "voices")
    class VoicesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    VOICES_FIELD_NUMBER: _ClassVar[int]
    id: str
    revision: int
    name: str
    voices: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., revision: _Optional[int] = ..., name: _Optional[str] = ..., voices: _Optional[_Mapping[str, str]] = ...) -> None: ...

class DeleteRegisteredSpeakerRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteRegisteredSpeakerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
