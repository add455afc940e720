"""Correcting a dub: its lines, its speakers, and making it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from polydub_client.calls import scripts as calls
from polydub_client.models import (
    Preview,
    Regenerated,
    RegisteredSpeaker,
    Script,
    Segment,
    Speaker,
    Suggestion,
)
from polydub_client.options import SegmentChange
from polydub_client.transport import Transport

PAGE = 500


class Scripts:
    """The scripts of dubs.

    Changes say the ``revision`` that they are based on, which the line or the speaker has; when
    someone was faster they raise :class:`polydub_client.RevisionMismatch` and change nothing.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(self, dub_id: str, *, language: str = "") -> Script:
        """The whole script; with ``language``, how each line stands in that finished dub."""
        script = self.page(dub_id, language=language)
        while script.next_after:
            more = self.page(dub_id, language=language, after=script.next_after)
            script = replace(more, segments=script.segments + more.segments)
        return script

    def page(
        self, dub_id: str, *, language: str = "", after: str = "", limit: int = PAGE
    ) -> Script:
        """Some lines, behind the line ``after``."""
        return self._transport.send(calls.get_script(dub_id, language, after, limit))

    def change(
        self, dub_id: str, segment_id: str, *, revision: int, **change: Unpack[SegmentChange]
    ) -> Segment:
        """Changes what is said in a line, when, by whom, or in which words in a language."""
        return self._transport.send(calls.change_segment(dub_id, segment_id, revision, change))

    def insert(
        self,
        dub_id: str,
        *,
        start_ms: int,
        end_ms: int,
        speaker_id: str,
        text: str,
        translations: Mapping[str, str] | None = None,
    ) -> Segment:
        """Adds a line. What has no words in a language yet is translated with the dub."""
        body = {
            "start_ms": start_ms,
            "end_ms": end_ms,
            "speaker_id": speaker_id,
            "text": text,
            "translations": dict(translations or {}),
        }
        return self._transport.send(calls.insert_segment(dub_id, body))

    def delete(self, dub_id: str, segment_id: str, *, revision: int) -> None:
        """Takes a line out: nothing is said there any more."""
        self._transport.send(calls.delete_segment(dub_id, segment_id, revision))

    def split(
        self, dub_id: str, segment_id: str, *, revision: int, at_ms: int, at_character: int
    ) -> tuple[Segment, ...]:
        """Makes two lines of one; both are translated anew with the dub.

        Args:
            at_character: of the text in its own language.
        """
        return self._transport.send(
            calls.split_segment(dub_id, segment_id, revision, at_ms, at_character)
        )

    def merge(self, dub_id: str, segment_id: str, *, revision: int) -> Segment:
        """Makes one line of this one and the next."""
        return self._transport.send(calls.merge_segment(dub_id, segment_id, revision))

    def suggest(
        self, dub_id: str, segment_id: str, language: str, *, ratio: float = 1.0
    ) -> tuple[Suggestion, ...]:
        """Other ways to say a line, those nearest to the wanted length first.

        Args:
            ratio: wanted length over the line's; below 1: shorter.
        """
        return self._transport.send(calls.suggest(dub_id, segment_id, language, ratio))

    def preview(
        self,
        dub_id: str,
        segment_id: str,
        language: str,
        *,
        text: str | None = None,
        voice_id: str | None = None,
    ) -> Preview:
        """How a line would sound; what is left out is as in the script. Nothing is kept of it."""
        return self._transport.send(calls.preview(dub_id, segment_id, language, text, voice_id))

    def change_speaker(
        self,
        dub_id: str,
        speaker_id: str,
        *,
        revision: int,
        name: str | None = None,
        voices: Mapping[str, str | None] | None = None,
        registered_id: str | None = None,
    ) -> Speaker:
        """Names a speaker, and chooses voices by language; None: the voice that is cast.

        Args:
            registered_id: the registered speaker they are, whose name and voices they take over
                where nothing else is said here; empty: nobody of those; None: as it is.
        """
        return self._transport.send(
            calls.change_speaker(dub_id, speaker_id, revision, name, voices or {}, registered_id)
        )

    def register_speaker(
        self, dub_id: str, speaker_id: str, *, revision: int, name: str | None = None
    ) -> RegisteredSpeaker:
        """Keeps a speaker among the registered ones and links them: with the chosen voices, and
        where nobody chose one, with the voice that spoke.

        Args:
            name: what they are called from now on; None: as in the script.
        """
        return self._transport.send(calls.register_speaker(dub_id, speaker_id, revision, name))

    def merge_speakers(self, dub_id: str, speaker_id: str, *, revision: int, into: str) -> Speaker:
        """Gives all lines of a speaker to another, who was the same all along."""
        return self._transport.send(calls.merge_speakers(dub_id, speaker_id, revision, into))

    def regenerate(self, dub_id: str) -> Regenerated:
        """Makes a dub again from its script. Only lines that changed are spoken again."""
        return self._transport.send(calls.regenerate(dub_id))
