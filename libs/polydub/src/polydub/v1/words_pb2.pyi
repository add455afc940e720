from polydub.v1 import translation_pb2 as _translation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Glossary(_message.Message):
    __slots__ = ("id", "name", "terms", "revision", "updated_at_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    name: str
    terms: _containers.RepeatedCompositeFieldContainer[_translation_pb2.GlossaryTerm]
    revision: int
    updated_at_ms: int
    def __init__(self, id: _Optional[str] = ..., name: _Optional[str] = ..., terms: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ..., revision: _Optional[int] = ..., updated_at_ms: _Optional[int] = ...) -> None: ...

class CreateGlossaryRequest(_message.Message):
    __slots__ = ("name", "terms")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    name: str
    terms: _containers.RepeatedCompositeFieldContainer[_translation_pb2.GlossaryTerm]
    def __init__(self, name: _Optional[str] = ..., terms: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ...) -> None: ...

class ListGlossariesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListGlossariesResponse(_message.Message):
    __slots__ = ("glossaries",)
    GLOSSARIES_FIELD_NUMBER: _ClassVar[int]
    glossaries: _containers.RepeatedCompositeFieldContainer[Glossary]
    def __init__(self, glossaries: _Optional[_Iterable[_Union[Glossary, _Mapping]]] = ...) -> None: ...

class GetGlossaryRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ReplaceGlossaryRequest(_message.Message):
    __slots__ = ("id", "revision", "name", "terms")
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    id: str
    revision: int
    name: str
    terms: _containers.RepeatedCompositeFieldContainer[_translation_pb2.GlossaryTerm]
    def __init__(self, id: _Optional[str] = ..., revision: _Optional[int] = ..., name: _Optional[str] = ..., terms: _Optional[_Iterable[_Union[_translation_pb2.GlossaryTerm, _Mapping]]] = ...) -> None: ...

class DeleteGlossaryRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteGlossaryResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListCorrectionsRequest(_message.Message):
    __slots__ = ("target_language", "page_size", "page_token")
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    target_language: str
    page_size: int
    page_token: str
    def __init__(self, target_language: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCorrectionsResponse(_message.Message):
    __slots__ = ("corrections", "next_page_token")
    CORRECTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    corrections: _containers.RepeatedCompositeFieldContainer[Correction]
    next_page_token: str
    def __init__(self, corrections: _Optional[_Iterable[_Union[Correction, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class Correction(_message.Message):
    __slots__ = ("id", "source_language", "target_language", "source_text", "text", "updated_at_ms")
    ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TARGET_LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_TEXT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    id: str
    source_language: str
    target_language: str
    source_text: str
    text: str
    updated_at_ms: int
    def __init__(self, id: _Optional[str] = ..., source_language: _Optional[str] = ..., target_language: _Optional[str] = ..., source_text: _Optional[str] = ..., text: _Optional[str] = ..., updated_at_ms: _Optional[int] = ...) -> None: ...

class ForgetCorrectionRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class ForgetCorrectionResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
