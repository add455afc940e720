"""What a link shows of a dub. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from polydub.errors import StageError
from polydub.v1 import events_pb2
from polydub_gateway.db.sharing import ShareRow
from polydub_gateway.jobs.files import artifacts_of
from polydub_gateway.jobs.service import Dub
from polydub_gateway.jobs.state import File, LanguageState

_PLAYED = frozenset({"video/mp4", "audio/mp4", "text/vtt"})
_TIMELINE = ("report", "application/json")
"""Says where each line lies, which the player draws."""


@dataclass(frozen=True)
class SharedDub:
    """A dub as those see it who have the link."""

    share: ShareRow
    whole: Dub

    @property
    def languages(self) -> dict[str, LanguageState]:
        """The target languages that the link shows."""
        chosen = self.share.languages
        states = self.whole.state.languages
        return {tag: each for tag, each in states.items() if not chosen or tag in chosen}

    @property
    def dub(self) -> Dub:
        """The dub as if it had been made in these languages alone."""
        spec = events_pb2.DubSpec()
        spec.CopyFrom(self.whole.spec)
        shown = [tag for tag in spec.target_languages if tag in self.languages]
        spec.ClearField("target_languages")
        spec.target_languages.extend(shown)
        return replace(self.whole, spec=spec)

    @property
    def files(self) -> dict[str, File]:
        """The files that may be fetched, by name."""
        named = artifacts_of(self.whole.state)
        return {name: file for name, file in named.items() if self._shows(file)}

    def file(self, name: str) -> File:
        """The file of a name.

        Raises:
            StageError: ``not_found``.
        """
        file = self.files.get(name)
        if file is None:
            raise StageError("not_found", f"The dub has no file {name!r}.")
        return file

    def _shows(self, file: File) -> bool:
        return self._is_of_shown_languages(file) and (
            self.share.downloads
            or file.media_type in _PLAYED
            or (file.kind, file.media_type) == _TIMELINE
        )

    def _is_of_shown_languages(self, file: File) -> bool:
        if file.language:
            return file.language in self.languages
        # What is of the whole dub may tell of all its languages.
        return not self.share.languages or set(self.languages) == set(self.whole.state.languages)
