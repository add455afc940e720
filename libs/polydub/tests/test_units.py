"""The small parts of the library, each by what it promises."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from polydub import artifacts, errors, events, languages, pcm, process
from polydub.blocking import Stopped, Tick, run_blocking
from polydub.engines import (
    Availability,
    Capabilities,
    Engine,
    EngineRegistry,
    EngineWork,
    Quality,
    speaks,
    work,
)
from polydub.errors import EngineUnavailable, StageError
from polydub.pipeline import STAGES, Outcome, Scope, stages_of, subject
from polydub.settings import CommonSettings, load_settings
from polydub.stage import Emission
from polydub.store.local import LocalStore
from polydub.testing import poll_until
from polydub.v1 import asr_pb2, events_pb2

pytestmark = pytest.mark.unit


class TestPipeline:
    def test_each_stage_consumes_what_the_one_before_completes(self) -> None:
        for before, stage in itertools.pairwise(STAGES):
            assert stage.consumes == (before.name, Outcome.COMPLETED)
        assert STAGES[0].consumes == ("gateway", Outcome.ACCEPTED)

    def test_the_weights_make_a_whole(self) -> None:
        needed = stages_of(events_pb2.DubSpec())
        assert sum(stage.weight for stage in needed) == pytest.approx(1.0)

    def test_an_optional_stage_is_part_of_jobs_that_ask_for_it(self) -> None:
        plain = [stage.name for stage in stages_of(events_pb2.DubSpec())]
        assert plain[-1] == "muxing"
        asked = [stage.name for stage in stages_of(events_pb2.DubSpec(lipsync=True))]
        assert asked == [*plain, "lipsync"]

    def test_how_many_events_a_job_needs(self) -> None:
        totals = {stage.scope: stage.total(parts=5, languages=2) for stage in STAGES}
        assert totals == {
            Scope.JOB: 1, Scope.PART: 5, Scope.PART_AND_LANGUAGE: 10, Scope.LANGUAGE: 2,
        }  # fmt: skip

    def test_subjects(self) -> None:
        assert subject("asr", Outcome.COMPLETED, "j") == "polydub.v1.asr.completed.j"
        assert STAGES[1].consumed_subject == "polydub.v1.separation.completed.*"


class TestErrors:
    def test_codes_are_unique_and_have_advice(self) -> None:
        assert len(errors.BY_CODE) == len(errors.TABLE)
        for row in errors.TABLE:
            assert row.hint.endswith((".", ").")), row.code
            assert 400 <= row.http < 600

    def test_what_the_deployment_can_not_do_is_ours_and_all_else_theirs(self) -> None:
        ours = {row.code for row in errors.TABLE if row.fault == errors.OURS}
        assert ours == {
            "artifact_missing", "bus_unavailable", "database_unavailable", "engine_failed",
            "engine_timeout", "engine_unavailable", "internal", "sign_in_unavailable",
            "stage_crashed", "stage_unavailable", "store_full", "store_unavailable",
        }  # fmt: skip
        assert errors.fault_of("no_speech") == errors.THEIRS
        assert errors.fault_of("not_of_the_table") == errors.OURS

    def test_an_error_takes_its_defaults_from_the_table(self) -> None:
        error = StageError("store_unavailable", "Away.")
        assert error.retryable
        assert error.hint == errors.BY_CODE["store_unavailable"].hint
        assert not StageError("store_unavailable", "Away.", retryable=False).retryable


class TestEvents:
    def cause(self) -> events_pb2.Event:
        spec = events_pb2.DubSpec(source_key="k", target_languages=["es", "ca"])
        return events.accepted(job_id="j", video_id="v", spec=spec, revision=3)

    def test_a_round_trip_keeps_everything(self) -> None:
        event = self.cause()
        assert events.parse(event.SerializeToString()) == event

    @pytest.mark.parametrize("data", [b"", b"\xff\xff", b"{}"])
    def test_what_is_no_event_is_refused(self, data: bytes) -> None:
        with pytest.raises(ValueError, match="event"):
            events.parse(data)

    def test_message_ids_tell_apart_what_differs(self) -> None:
        seen = set()
        for stage in ("asr", "tts"):
            for part in (0, 1):
                for language in ("", "es"):
                    emission = Emission(events_pb2.Products(), part=part, target_language=language)
                    event = events.completed(
                        self.cause(), emission, stage=stage, elapsed_s=0, engine_s=0, used=()
                    )
                    seen.add(events.message_id(event))
        assert len(seen) == 8
        assert all(identity and ".3." in identity for identity in seen)

    def test_a_cancellation_covers_its_revision_and_earlier_ones(self) -> None:
        stop = events.canceled(job_id="j", video_id="v", reason="", revision=3)
        assert events.cancels(stop, self.cause())
        later = self.cause()
        later.envelope.revision = 4
        assert not events.cancels(stop, later)


class TestLanguages:
    @pytest.mark.parametrize(
        ("given", "expected"), [("ES", "es"), ("pt_br", "pt-BR"), ("spa", "es"), ("eng", "en")]
    )
    def test_tags_are_normalised(self, given: str, expected: str) -> None:
        assert languages.normalize(given) == expected

    @pytest.mark.parametrize("nonsense", ["", "english please", "xx", "e", "12"])
    def test_what_is_no_language_is_refused(self, nonsense: str) -> None:
        with pytest.raises(ValueError, match="no "):
            languages.normalize(nonsense)

    def test_containers_get_three_letters(self) -> None:
        assert [languages.iso639_2(t) for t in ("es", "fr", "de", "eo")] == [
            "spa", "fra", "deu", "epo",
        ]  # fmt: skip

    def test_a_region_does_not_part_what_belongs_together(self) -> None:
        assert languages.serves("es", "es-MX")
        assert not languages.serves("es", "ca")


class TestArtifacts:
    def test_the_same_inputs_have_the_same_name(self) -> None:
        assert artifacts.digest(a=1, b="x") == artifacts.digest(b="x", a=1)

    @given(st.integers(), st.integers())
    def test_other_inputs_have_another_name(self, one: int, two: int) -> None:
        same = artifacts.digest(n=one) == artifacts.digest(n=two)
        assert same == (one == two)

    async def test_documents_are_readable_and_come_back(self, tmp_path: Path) -> None:
        store = LocalStore(tmp_path)
        folder = artifacts.ArtifactFolder(store, "v1", "asr", "d1")
        assert await folder.find_document("transcript.json", asr_pb2.TranscriptDocument) is None
        document = asr_pb2.TranscriptDocument(schema_version=1, language="en", part=0)
        document.lines.add(id="u0001", text="¿Qué?", start_ms=120, confidence=0.5)
        key = await folder.put_document("transcript.json", document)
        text = (tmp_path / key).read_text()
        assert '"¿Qué?"' in text
        assert '"part": 0' in text
        found = await folder.find_document("transcript.json", asr_pb2.TranscriptDocument)
        assert found == document

    async def test_a_newer_document_can_be_read(self, tmp_path: Path) -> None:
        store = LocalStore(tmp_path)
        await store.put_bytes("d.json", b'{"language": "en", "field_of_tomorrow": 1}')
        document = await artifacts.read_document(store, "d.json", asr_pb2.TranscriptDocument)
        assert document.language == "en"

    async def test_a_damaged_document_says_so(self, tmp_path: Path) -> None:
        store = LocalStore(tmp_path)
        await store.put_bytes("d.json", b'{"language": ')
        with pytest.raises(StageError, match="damaged"):
            await artifacts.read_document(store, "d.json", asr_pb2.TranscriptDocument)


class FakeEngine(Engine):
    """An engine as registries see it."""

    stage = "asr"

    def __init__(self, name: str, here: Availability, *spoken: str) -> None:
        super().__init__()
        self.id = name  # type: ignore[misc]
        self.here = here
        self.spoken = frozenset(spoken)
        self.loads = 0
        self.commercial = True

    def capabilities(self) -> Capabilities:
        return Capabilities(self.id, "1", Quality.DRAFT, "MIT", self.commercial, self.spoken)

    def available(self) -> Availability:
        return self.here

    def _load(self) -> None:
        self.loads += 1


class TestEngines:
    away = Availability.no("its model is missing", "Run `make models`.")

    def registry(self) -> EngineRegistry[FakeEngine]:
        return EngineRegistry(
            "asr",
            [
                lambda: FakeEngine("best", self.away, "en", "de"),
                lambda: FakeEngine("plain", Availability.yes(), "en"),
                lambda: FakeEngine("other", Availability.yes(), "en", "fr"),
            ],
        )

    def test_auto_takes_the_first_that_can(self) -> None:
        registry = self.registry()
        assert registry.choose().id == "plain"
        assert registry.choose(able=lambda e: speaks(e, "fr-CA")).id == "other"

    def test_a_refusal_names_every_engine_and_what_helps(self) -> None:
        with pytest.raises(EngineUnavailable) as caught:
            self.registry().choose(able=lambda e: speaks(e, "de"), task="German")
        assert "best: its model is missing" in caught.value.message
        assert "plain: cannot do German" in caught.value.message
        assert caught.value.hint == "Run `make models`."

    def test_an_engine_by_name_must_exist_and_work(self) -> None:
        assert self.registry().choose("other").id == "other"
        with pytest.raises(EngineUnavailable):
            self.registry().choose("best")
        with pytest.raises(StageError, match="there are: best, plain, other"):
            self.registry().choose("bset")

    def test_an_order_of_ones_own(self) -> None:
        registry = self.registry()
        assert [each.id for each in registry.candidates("other, plain")] == ["other", "plain"]
        assert [each.id for each in registry.candidates("other,auto")] == [
            "other", "best", "plain",
        ]  # fmt: skip
        assert registry.choose("best,other").id == "other"
        assert registry.choose("other,auto", able=lambda e: not speaks(e, "fr")).id == "plain"
        with pytest.raises(StageError, match="there are: best, plain, other"):
            registry.candidates("other,nobody")

    def test_a_licence_against_commercial_use_is_kept_unless_it_is_allowed(self) -> None:
        registry = self.registry()
        plain = registry.choose("plain")
        plain.commercial = False
        assert registry.choose().id == "other"
        assert [each.id for each in registry.able(lambda _: True)] == ["other"]
        told = {info.id: info for info in registry.infos()}["plain"]
        assert not told.available
        assert "POLYDUB_ALLOW_NONCOMMERCIAL=true" in told.remedy
        with pytest.raises(EngineUnavailable, match="forbids commercial use"):
            registry.choose("plain")
        registry.allow_noncommercial = True
        assert registry.choose().id == "plain"

    def test_what_will_be_billed_is_added_up(self) -> None:
        token = work.set(EngineWork())
        try:
            engine = FakeEngine("x", Availability.yes())
            engine.charge(10, "characters")
            engine.charge(5, "characters")
            engine.charge(1.5, "seconds")
            spent = work.get()
            assert spent is not None
            assert [(u.engine, u.unit, u.quantity) for u in spent.usage()] == [
                ("x", "characters", 15), ("x", "seconds", 1.5),
            ]  # fmt: skip
        finally:
            work.reset(token)

    def test_models_are_loaded_once_by_many_threads(self) -> None:
        engine = FakeEngine("x", Availability.yes())
        threads = [threading.Thread(target=engine.load) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert engine.loads == 1


class TestBlocking:
    async def test_the_result_and_the_progress_come_back(self) -> None:
        told: list[float] = []

        async def note(fraction: float) -> None:
            told.append(fraction)

        def work(tick: Tick) -> str:
            tick(0.5)
            return threading.current_thread().name

        name = await run_blocking(work, on_progress=note)
        assert name != threading.main_thread().name
        assert told == [0.5]

    async def test_cancelling_ends_the_thread_before_it_returns(self) -> None:
        started, ended = threading.Event(), threading.Event()

        def work(tick: Tick) -> None:
            started.set()
            try:
                while True:
                    tick(0.0)
            except Stopped:
                ended.set()
                raise

        task = asyncio.create_task(run_blocking(work))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    async def test_errors_pass(self) -> None:
        def work(tick: Tick) -> None:
            raise EngineUnavailable("no")

        with pytest.raises(EngineUnavailable):
            await run_blocking(work)


class TestProcess:
    async def test_output_and_status_come_back(self) -> None:
        script = "import sys; sys.stderr.write('oh'); print(sys.stdin.read()); sys.exit(3)"
        done = await process.run_child([sys.executable, "-c", script], stdin=b"hi", timeout_s=30)
        assert (done.returncode, done.stdout.strip(), done.complaint()) == (3, b"hi", "oh")

    @pytest.mark.parametrize("how", ["timeout", "cancel"])
    async def test_no_child_is_left_behind(self, how: str, tmp_path: Path) -> None:
        note = tmp_path / "pid"
        script = (
            "import subprocess, sys, time, pathlib;"
            "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
            f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(600)"
        )
        work = asyncio.create_task(
            process.run_child(
                [sys.executable, "-c", script], timeout_s=2 if how == "timeout" else 600
            )
        )

        async def grandchild() -> int:
            return int(note.read_text() or 0) if note.exists() else 0

        pid = await poll_until(grandchild, "the grandchild")
        if how == "cancel":
            work.cancel()
        with pytest.raises((TimeoutError, asyncio.CancelledError)):
            await work

        async def gone() -> bool:
            return _state(pid) in (None, "Z")

        await poll_until(gone, "the grandchild to be gone")


def _state(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return None


class TestPcm:
    @given(st.lists(st.floats(-1, 0.99), min_size=1, max_size=50))
    def test_samples_survive_to_half_a_step(self, values: list[float]) -> None:
        samples = np.array(values, np.float32)
        assert np.allclose(pcm.to_float(pcm.to_pcm(samples)), samples, atol=1.01 / 32768)

    async def test_ranges_are_read_by_time(self, tmp_path: Path) -> None:
        store = LocalStore(tmp_path)
        ramp = np.arange(pcm.RATE_HZ, dtype=np.float32) / pcm.RATE_HZ / 2
        await store.put_bytes("a.wav", pcm.wav_header(len(ramp)) + pcm.to_pcm(ramp))
        reader = pcm.PcmReader(store, "a.wav")
        assert await reader.duration_ms() == 1000
        piece = await reader.read(250, 500)
        assert len(piece) == 4000
        assert piece[0] == pytest.approx(0.125, abs=1e-4)
        assert len(await reader.read(900, 2000)) == 1600
        assert len(await reader.read(500, 500)) == 0

    def test_the_header_is_what_others_read(self, tmp_path: Path) -> None:
        import wave

        path = tmp_path / "x.wav"
        path.write_bytes(pcm.wav_header(160) + bytes(320))
        with wave.open(str(path)) as file:
            assert file.getparams()[:4] == (1, 2, 16000, 160)
        assert len(pcm.wav_header(1)) == pcm.HEADER_BYTES


class TestSettings:
    def test_a_wrong_value_ends_the_process_naming_it(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("POLYDUB_MAX_DELIVER", "lots")
        with pytest.raises(SystemExit) as caught:
            load_settings(CommonSettings)
        assert caught.value.code == os.EX_CONFIG
        assert "POLYDUB_MAX_DELIVER" in capsys.readouterr().err

    def test_s3_without_keys_names_the_missing_variables(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("POLYDUB_STORE", "s3")
        monkeypatch.setenv("POLYDUB_S3_ENDPOINT", "s3.example:9000")
        with pytest.raises(SystemExit):
            load_settings(CommonSettings)
        told = capsys.readouterr().err
        assert "POLYDUB_S3_ACCESS_KEY, POLYDUB_S3_SECRET_KEY" in told
        assert "S3_ENDPOINT," not in told
