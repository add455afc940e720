"""From the documents of all parts to the files of one language in the store."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from polydub.artifacts import ArtifactFolder, digest, dump_document, read_document
from polydub.blocking import run_blocking
from polydub.errors import MediaError, StageError
from polydub.peers import Peers
from polydub.stage import StageContext
from polydub.store import ObjectStore
from polydub.v1 import (
    asr_pb2,
    common_pb2,
    diarization_pb2,
    events_pb2,
    muxing_pb2,
    separation_pb2,
    translation_pb2,
    tts_pb2,
)
from polydub_muxing import kept, script
from polydub_muxing.engines.base import MuxingEngine, Rendered, RenderJob
from polydub_muxing.fit.placement import Line, Mode, Placement
from polydub_muxing.fit.slowing import Arrangement, TimeMap, arrange
from polydub_muxing.kept import NOTHING_KEPT, Kept
from polydub_muxing.outputs import subtitles, transcript
from polydub_muxing.outputs.ass import Look, ass
from polydub_muxing.outputs.earlier_speech import EarlierSpeech
from polydub_muxing.outputs.files import Picture
from polydub_muxing.outputs.picture import frame_of
from polydub_muxing.report import evidence, measure
from polydub_muxing.report.channels import channels_of
from polydub_muxing.report.clips import cut_clips
from polydub_muxing.report.document import Measured, build_report, headline
from polydub_muxing.report.evidence import Evidence
from polydub_muxing.report.measure import Lengths, Span
from polydub_muxing.report.page import PageMaterial, clip_times, render_page
from polydub_muxing.report.recognition import Listener, Talk
from polydub_muxing.report.recognized import NOT_RECOGNIZED, Recognized
from polydub_muxing.report.sample import sample_lines, source_words
from polydub_muxing.retakes import Retaken, Retakes, explained, with_attempts
from polydub_muxing.script import PartDocuments, ScriptLine
from polydub_muxing.settings import MuxingSettings
from polydub_muxing.sound.backdrop import Sounds
from polydub_muxing.sound.options import SoundOptions
from polydub_muxing.sound.retiming import slow_sound

DOCUMENT = "muxing.json"
SUBTITLES_SRT, SUBTITLES_VTT = "subtitles.srt", "subtitles.vtt"
SUBTITLES_ASS = "subtitles.ass"
SPEECH = "speech.flac"
"""The dubbed speech alone, kept for those who ask for stems later."""
TRANSCRIPT, REPORT, REPORT_PAGE = "transcript.json", "report.json", "report.html"
_ONSETS = "onsets.npz"
STEM_CHARACTERS = 100
_SHARE_RETAKES, _SHARE_RENDER, _SHARE_LISTEN, _SHARE_MEASURE = 0.05, 0.8, 0.85, 0.95

MODES = {
    muxing_pb2.FIT_MODE_UNSPECIFIED: Mode.BALANCED,
    muxing_pb2.FIT_MODE_BALANCED: Mode.BALANCED,
    muxing_pb2.FIT_MODE_STRICT: Mode.STRICT,
    muxing_pb2.FIT_MODE_NATURAL: Mode.NATURAL,
    muxing_pb2.FIT_MODE_SLOW_PICTURE: Mode.SLOW_PICTURE,
}


@dataclass(frozen=True)
class Assembly:
    """The making of one language's files. One instance for one event."""

    event: events_pb2.Event
    parts: Mapping[int, events_pb2.Products]
    context: StageContext
    folder: ArtifactFolder
    engine: MuxingEngine
    settings: MuxingSettings
    others: Peers | None = None
    """Who speaks lines again and recognises the dub; None: nobody."""

    @property
    def separation(self) -> separation_pb2.SeparationProducts:
        return self.event.products.separation

    @property
    def language(self) -> str:
        return self.event.envelope.target_language

    @property
    def sound(self) -> SoundOptions:
        """How the job wants the dub to sound."""
        return SoundOptions.of(self.event.spec.sound)

    async def make(self) -> muxing_pb2.MuxingProducts:
        """Writes every file, and last the document whose presence means that all is done.

        Raises:
            MediaError: ``nothing_recognized``.
            StageError: ``artifact_missing``, ``engine_failed``, ``engine_timeout``.
        """
        parts = await read_parts(self.context.store, self.parts)
        lines = script.sounding_lines(parts)
        if all(line.line.keeps_original for line in lines):
            raise _nothing_spoken(parts)
        retaken = await self._retaken(parts)
        parts, lines = retaken.parts, with_attempts(retaken)
        arranged = self._arranged([line.line for line in lines])
        placements = explained(arranged.placements, retaken)
        by_id = {
            line.line.id: replace(line, line=slowed)
            for line, slowed in zip(lines, arranged.lines, strict=True)
        }
        ordered = [by_id[placement.line_id] for placement in placements]
        async with AsyncExitStack() as stack:
            split = await self._split(stack, ordered, arranged.time_map)
            rendered, measured = await self._render(
                stack, split, ordered, placements, arranged.time_map
            )
            talk = self._talk(
                parts, ordered, placements, rendered, measured, arranged.time_map, split
            )
            measured = replace(measured, recognized=await self._recognized(talk, arranged.time_map))
        report = await self._report(parts, ordered, placements, measured)
        await self.context.progress(_SHARE_MEASURE, "writing files")
        earlier = self._of_language(arranged.time_map)
        output_files = await self._write(parts, ordered, rendered, measured, report, earlier)
        products = muxing_pb2.MuxingProducts(
            files=output_files, headline=headline(report), digest=self.folder.digest
        )
        await self.folder.put_document(DOCUMENT, products)
        return products

    def _arranged(self, lines: Sequence[Line]) -> Arrangement:
        return arrange(
            lines,
            timeline_ms=self.separation.duration_ms,
            mode=MODES[self.event.spec.fit_mode],
            limits=self.settings.limits,
        )

    async def _retaken(self, parts: list[PartDocuments]) -> Retaken:
        """The parts with better takes of lines that did not fit."""
        if self.others is None or not self.settings.retakes:
            return Retaken(parts)

        async def on_progress(fraction: float) -> None:
            await self.context.progress(_SHARE_RETAKES * fraction, "speaking lines again")

        retakes = Retakes(self.event, self.others, self.settings.retakes)
        return await retakes.round(parts, self._arranged, on_progress)

    def _talk(
        self,
        parts: list[PartDocuments],
        lines: list[ScriptLine],
        placements: tuple[Placement, ...],
        rendered: Rendered,
        measured: Measured,
        time_map: TimeMap,
        split: Sounds,
    ) -> Talk:
        return Talk(
            dub=rendered.output,
            offset_ms=self.separation.audio_offset_s * 1000,
            language=self.language,
            # Under a voice-over the original is meant to be heard.
            source_language="" if self.sound.voice_over else self.event.products.asr.language,
            lines=sample_lines(
                lines,
                placements,
                measured.spans,
                source_words(parts, time_map),
                longest_s=self.settings.recognized_s,
            ),
            folder=self.folder.key("recognized"),
            frames=measured.evidence.frames,
            split=split if self.sound.leaves_background else None,
        )

    async def _recognized(self, talk: Talk, time_map: TimeMap) -> Recognized:
        """What a recogniser makes of the finished file."""
        if self.others is None or not self.settings.recognized_s:
            return NOT_RECOGNIZED

        async def on_progress(fraction: float) -> None:
            share = _SHARE_LISTEN + (_SHARE_MEASURE - _SHARE_LISTEN) * fraction
            await self.context.progress(share, "recognising the dub")

        listener = Listener(
            self.others,
            self.context.store,
            self.context.scratch,
            self.settings.recognition_timeout_s,
            self._of_language(time_map),
        )
        return await listener.listen(talk, on_progress)

    async def _split(
        self, stack: AsyncExitStack, lines: list[ScriptLine], time_map: TimeMap
    ) -> Sounds:
        """The source's sound and its bed."""
        made = self.separation
        kept = any(line.line.keeps_original for line in lines)
        heard = kept or self.sound.voice_over
        return Sounds(
            original=await self._sound(stack, made.original_key, time_map, heard=heard),
            bed=await self._sound(stack, made.bed_key, time_map, heard=True),
        )

    async def _render(
        self,
        stack: AsyncExitStack,
        split: Sounds,
        lines: list[ScriptLine],
        placements: tuple[Placement, ...],
        time_map: TimeMap,
    ) -> tuple[Rendered, Measured]:
        store, made = self.context.store, self.separation
        source = await stack.enter_async_context(store.local_file(made.source_key))
        source_lengths = (await measure.lengths(source)).longer_by(time_map.added_ms / 1000)

        async def on_progress(fraction: float) -> None:
            share = _SHARE_RETAKES + (_SHARE_RENDER - _SHARE_RETAKES) * fraction
            await self.context.progress(share, "mixing and muxing")

        rendered = await self.engine.render(
            RenderJob(
                source=source,
                original=split.original,
                bed=split.bed,
                picture=_picture(made.media),
                audio_offset_s=made.audio_offset_s,
                sound_end_s=_sound_end_s(source_lengths, made.media),
                lines=lines,
                placements=placements,
                open_audio=store.local_file,
                language=self.language,
                scratch=self.context.scratch,
                time_map=time_map,
                sound=self.sound,
                kept=self._of_source(time_map),
                earlier=self._of_language(time_map),
            ),
            timeout_s=self.settings.timeout_s,
            on_progress=on_progress,
        )
        await self.context.progress(_SHARE_RENDER, "measuring")
        measured = await self._measure(
            rendered, lines, placements, source_lengths, split.original, time_map
        )
        return rendered, replace(
            measured,
            source_channels=await channels_of(source, made.media.selected_audio),
            dub_channels=await channels_of(rendered.output),
        )

    async def _sound(
        self, stack: AsyncExitStack, key: str, time_map: TimeMap, *, heard: bool
    ) -> Path:
        """A sound of the store as a local file, in the slowed time."""
        sound = await stack.enter_async_context(self.context.store.local_file(key))
        if not time_map.added_ms:
            return sound
        await self.context.progress(_SHARE_RETAKES, "slowing the sound")
        slowed = self.context.scratch / f"slowed-{digest(key=key)}.flac"
        await slow_sound(sound, slowed, time_map, self.context.scratch, fine=heard)
        return slowed

    async def _measure(
        self,
        rendered: Rendered,
        lines: list[ScriptLine],
        placements: tuple[Placement, ...],
        source_lengths: Lengths,
        original: Path,
        time_map: TimeMap,
    ) -> Measured:
        spans = [
            Span(
                line_id=placement.line_id,
                source_start_ms=line.line.start_ms,
                source_end_ms=line.line.end_ms,
                start_ms=placement.start_ms,
                end_ms=placement.start_ms + length_ms,
            )
            for line, placement, length_ms in zip(
                lines, placements, rendered.rendered_ms, strict=True
            )
        ]
        dub_lengths = await measure.lengths(rendered.output)
        return Measured(
            spans=spans,
            onsets_ms=await self._onsets_ms(rendered, spans, time_map),
            timeline_ms=rendered.timeline_ms,
            source_lengths=source_lengths,
            dub_lengths=dub_lengths,
            muxed=rendered.muxed,
            evidence=await self._evidence(rendered, lines, spans, original, dub_lengths, time_map),
        )

    async def _onsets_ms(
        self, rendered: Rendered, spans: list[Span], time_map: TimeMap
    ) -> dict[str, int]:
        kept = self._of_language(time_map)
        rows = await kept.rows(_ONSETS)
        found = await run_blocking(
            lambda tick: measure.onsets_ms(
                rendered.speech, spans, tick, tail_ms=rendered.tail_ms, rows=rows,
                windows=rendered.speech_windows,
            )
        )  # fmt: skip
        await kept.put_rows(rows, _ONSETS)
        return found

    async def _evidence(
        self,
        rendered: Rendered,
        lines: list[ScriptLine],
        spans: list[Span],
        original: Path,
        lengths: Lengths,
        time_map: TimeMap,
    ) -> Evidence:
        kept = {line.line.id for line in lines if line.line.keeps_original}
        return await evidence.gather(
            original,
            rendered.output,
            [span for span in spans if span.line_id not in kept],
            lengths=lengths,
            offset_s=self.separation.audio_offset_s,
            leaves_background=self.sound.leaves_background,
            scratch=self.context.scratch,
            timeout_s=self.settings.timeout_s,
            of_source=self._of_source(time_map),
            of_language=self._of_language(time_map),
        )

    def _of_source(self, time_map: TimeMap) -> Kept:
        """What is known of original and bed; in a slowed time each revision has its own."""
        if time_map.added_ms:
            return NOTHING_KEPT
        made = self.separation
        return Kept(
            self.context.folder(
                self.event.envelope.video_id,
                kept=kept.RECIPE,
                separation=made.digest,
                original=made.original_key,
                bed=made.bed_key,
            )
        )

    def _of_language(self, time_map: TimeMap) -> Kept:
        """What is known of the revision before: of this language, mixed by the same wishes."""
        if time_map.added_ms:
            return NOTHING_KEPT
        made, engine = self.separation, self.engine.use()
        return Kept(
            self.context.folder(
                self.event.envelope.video_id,
                kept=kept.RECIPE,
                engine=engine.id,
                engine_version=engine.version,
                source=made.source_key,
                separation=made.digest,
                offset_s=made.audio_offset_s,
                language=self.language,
                sound=list(self.sound.chosen),
            )
        )

    async def _report(
        self,
        parts: list[PartDocuments],
        lines: list[ScriptLine],
        placements: tuple[Placement, ...],
        measured: Measured,
    ) -> muxing_pb2.ReportDocument:
        return build_report(
            target_language=self.language,
            lines=lines,
            placements=placements,
            measured=measured,
            low_confidence=script.low_confidence_ids(parts),
            engines=script.engines(self.event.products, parts, self.engine.use()),
            warnings=script.warnings(
                parts, self.separation.warnings, await self._diarization_warnings()
            ),
            min_quality=self.event.spec.min_quality,
        )

    async def _page(
        self,
        parts: list[PartDocuments],
        rendered: Rendered,
        measured: Measured,
        report: muxing_pb2.ReportDocument,
    ) -> bytes:
        unsure = script.low_confidence_ids(parts)
        return render_page(
            PageMaterial(
                title=file_stem(self.event.spec.filename),
                report=report,
                source_language=self.event.products.asr.language,
                low_confidence=unsure,
                source_loudness=measured.evidence.source.curve,
                dub_loudness=measured.evidence.dub.curve,
                clips=await cut_clips(
                    rendered.output,
                    clip_times(report, unsure, self.separation.audio_offset_s),
                    self.context.scratch,
                    timeout_s=self.settings.timeout_s,
                ),
            )
        )

    async def _diarization_warnings(self) -> list[common_pb2.Warning]:
        key = self.event.products.diarization.document_key
        if not key:
            return []
        document = await read_document(self.context.store, key, diarization_pb2.DiarizationDocument)
        return list(document.warnings)

    async def _write(
        self,
        parts: list[PartDocuments],
        lines: list[ScriptLine],
        rendered: Rendered,
        measured: Measured,
        report: muxing_pb2.ReportDocument,
        earlier: Kept,
    ) -> list[muxing_pb2.OutputFile]:
        shown = rendered.cues
        extension = rendered.output.suffix
        kind = "video" if self.separation.media.video else "audio"
        info = await self.folder.put_file(f"dub{extension}", rendered.output)
        await self.folder.put_file(SPEECH, rendered.speech)
        await EarlierSpeech(earlier).keep(self.folder.key(SPEECH), rendered.speech_windows)
        dub = self._file(f"dub{extension}", extension, kind, f"{kind}/mp4", info.size_bytes)
        texts = (
            (SUBTITLES_SRT, ".srt", "subtitles", "application/x-subrip",
             subtitles.srt(shown).encode()),
            (SUBTITLES_VTT, ".vtt", "subtitles", "text/vtt", subtitles.vtt(shown).encode()),
            (SUBTITLES_ASS, ".ass", "subtitles", "text/x-ssa",
             ass(shown, Look(frame=await frame_of(rendered.output))).encode()),
            (TRANSCRIPT, ".transcript.json", "transcript", "application/json",
             transcript.transcript_json(parts, fallback_language=self.event.spec.source_language)),
            (REPORT, ".report.json", "report", "application/json", dump_document(report)),
            (REPORT_PAGE, ".report.html", "report", "text/html",
             await self._page(parts, rendered, measured, report)),
        )  # fmt: skip
        written = [dub]
        for name, ending, kind, media_type, data in texts:
            await self.context.store.put_bytes(self.folder.key(name), data)
            written.append(self._file(name, ending, kind, media_type, len(data)))
        return written

    def _file(
        self, name: str, ending: str, kind: str, media_type: str, size_bytes: int
    ) -> muxing_pb2.OutputFile:
        stem = file_stem(self.event.spec.filename)
        # What was said is the same for every language: the file belongs to the job as a whole.
        language = "" if kind == "transcript" else self.language
        return muxing_pb2.OutputFile(
            name=f"{stem}.{language}{ending}" if language else f"{stem}{ending}",
            kind=kind,
            key=self.folder.key(name),
            media_type=media_type,
            size_bytes=size_bytes,
            target_language=language,
        )


def _sound_end_s(source: Lengths, info: common_pb2.MediaInfo) -> float:
    """Where the sound beside a picture ends; sound alone ends with its last sample."""
    if not info.video:
        return 0.0
    rate = Fraction(info.video[0].frame_rate or "0")
    return measure.sound_end_s(source, float(1 / rate) if rate else 0.0)


async def read_parts(
    store: ObjectStore, parts: Mapping[int, events_pb2.Products]
) -> list[PartDocuments]:
    """The documents of every part, in the order of the parts.

    Raises:
        StageError: ``artifact_missing``.
    """
    return [await _read_part(store, parts[number]) for number in sorted(parts)]


async def _read_part(store: ObjectStore, products: events_pb2.Products) -> PartDocuments:
    heard, translated = products.asr.document_key, products.translation.document_key
    return PartDocuments(
        products=products,
        speech=await read_document(store, products.tts.document_key, tts_pb2.SpeechDocument),
        transcript=await read_document(store, heard, asr_pb2.TranscriptDocument) if heard else None,
        translation=await read_document(store, translated, translation_pb2.TranslationDocument)
        if translated
        else None,
    )


def file_stem(filename: str) -> str:
    """The name of the upload without folders, ending, and characters that a system refuses."""
    name = re.split(r"[/\\]", filename)[-1]
    stem = name.rpartition(".")[0] or name
    # Control characters and what Windows refuses in a name.
    clean = re.sub(r'[\x00-\x1f\x7f<>:"|?*]', "_", stem).strip(" .")
    return clean[:STEM_CHARACTERS].strip(" .") or "dub"


def _picture(found: common_pb2.MediaInfo) -> Picture | None:
    if not found.video:
        return None
    return Picture(index=found.video[0].index, codec=found.video[0].codec)


def _nothing_spoken(parts: list[PartDocuments]) -> StageError:
    if script.heard_lines(parts) == 0:
        return MediaError("nothing_recognized", "No words could be made out in the whole talk.")
    return StageError("engine_failed", "None of the lines could be spoken.", retryable=False)
