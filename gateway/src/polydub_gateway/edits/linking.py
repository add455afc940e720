"""Between the speakers of dubs and the registry: which voices there are, and who had which."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from polydub.artifacts import read_document
from polydub.errors import StageError
from polydub.store import ObjectStore
from polydub.v1 import tts_pb2
from polydub_gateway.edits.script import Recasting, Script, Speaker
from polydub_gateway.edits.scripts import Scripts
from polydub_gateway.jobs.service import Dubs
from polydub_gateway.registry.speakers import RegisteredSpeaker, Registry
from polydub_gateway.stages import StageClients


class Linking:
    """Changes speakers of dubs, and keeps them in the registry.

    Both raise what changes of a script raise.
    """

    def __init__(
        self,
        scripts: Scripts,
        dubs: Dubs,
        registry: Registry,
        stages: StageClients,
        store: ObjectStore,
    ) -> None:
        self._scripts = scripts
        self._dubs = dubs
        self._registry = registry
        self._stages = stages
        self._store = store

    async def change(
        self, owner_id: str, dub_id: str, speaker_id: str, change: Recasting, *, revision: int
    ) -> Speaker:
        """Names a speaker, chooses their voices, or says who of the registry they are.

        A registered speaker's name and voices are taken over. Where this deployment has no such
        voice any more, the speaker keeps the present one.

        Raises:
            StageError: ``stage_unavailable`` where it can't be asked which voices there are.
        """
        linked = change.registered_id
        deployed = await self._deployed(owner_id, dub_id, linked) if linked else {}
        return await self._scripts.change_speaker(
            owner_id, dub_id, speaker_id, change, deployed=deployed, revision=revision
        )

    async def register(
        self, owner_id: str, dub_id: str, speaker_id: str, name: str | None, *, revision: int
    ) -> RegisteredSpeaker:
        """Keeps a speaker in the registry: with the chosen voices, and where nobody chose one, with
        the one that spoke. Voices that imitate somebody are not kept.

        Args:
            name: what they are called from now on, here as there; None: as here.

        Raises:
            StageError: ``quota_exceeded``; ``conflict`` for a name that another registered speaker
                has.
        """
        script = await self._scripts.get(owner_id, dub_id)
        used = await self._used(owner_id, dub_id, _speaker(script, speaker_id))
        return await self._scripts.register_speaker(
            owner_id, dub_id, speaker_id, name=name, used=used, revision=revision
        )

    async def _deployed(
        self, owner_id: str, dub_id: str, registered_id: str
    ) -> dict[str, Collection[str]]:
        """The voices that there are, by the languages for which a registered speaker has one."""
        languages = (await self._dubs.get(owner_id, dub_id)).state.languages
        known = await self._registry.get(owner_id, registered_id)
        return {
            tag: {each.id for each in await self._stages.voices(tag)}
            for tag in known.voices
            if tag in languages
        }

    async def _used(self, owner_id: str, dub_id: str, speaker: Speaker) -> dict[str, str]:
        """Target language -> the voice that spoke for them, where nobody chose one."""
        state = (await self._dubs.get(owner_id, dub_id)).state
        found = {
            tag: await self._voice(state.documents.get(f"tts/{tag}", {}), speaker.id)
            for tag in state.languages
            if tag not in speaker.voices
        }
        return {tag: voice for tag, voice in found.items() if voice}

    async def _voice(self, keys: Mapping[str, str], speaker_id: str) -> str:
        """The voice of a speaker's first line that is not an imitation; empty: there is none."""
        for part in sorted(keys, key=int):
            document = await read_document(self._store, keys[part], tts_pb2.SpeechDocument)
            for line in document.lines:
                if line.speaker_id == speaker_id and line.voice.id and not line.voice.cloned:
                    return line.voice.id
        return ""


def _speaker(script: Script, speaker_id: str) -> Speaker:
    found = next((each for each in script.speakers if each.id == speaker_id), None)
    if found is None:
        raise StageError("not_found", f"The dub has no speaker {speaker_id!r}.")
    return found
