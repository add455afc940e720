"""From the source's moments to the dub's: separation's clock and muxing's are one.

Each film goes through separation's demuxing and muxing's rendering. Its lines are clicks, placed
where the demuxed sound clicks; in the finished file they must meet the picture's flashes as the
clicks of the source did.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from dubbed_films import TIMEOUT_S, dub
from timelines import FRAME_S, Film, clicks_s, flashes_s

from polydub_muxing.outputs.files import PICTURE_COPIED
from polydub_muxing.outputs.matroska import PictureTrack, Track, write_matroska
from polydub_muxing.outputs.picture import read_picture

pytestmark = pytest.mark.integration

FILMS = (
    Film("uneven.mp4", uneven=True),
    Film("uneven.mkv", uneven=True, codecs=("-c:a", "libopus")),
    Film("cinema.mp4", rate="24000/1001"),
    Film("broadcast.mkv", rate="30000/1001", codecs=("-c:a", "libopus")),
    Film("late-sound.mp4", sound_late_s=0.7),
    Film("late-sound.mkv", sound_late_s=0.7, codecs=("-c:a", "flac")),
    Film("late-picture.mp4", picture_late_s=0.5),
    Film("late-picture.mkv", picture_late_s=0.5),
    Film("short-sound.mp4", sound_s=5.8),
    Film("long-sound.mp4", picture_s=5.0),
    Film("tracks.mp4", foreign_track=True),
    Film("edited.mp4", cut_s=0.3, rate="30000/1001"),
    Film("stream.ts", rate="30000/1001", sound_late_s=0.2),
    Film("late-picture.ts", picture_late_s=0.5),
)


@pytest.mark.parametrize("film", FILMS, ids=lambda film: film.name)
async def test_the_dub_meets_the_picture_as_the_source_did(film: Film, tmp_path: Path) -> None:
    source = film.make(tmp_path)
    track = 1 if film.foreign_track else 0
    said, shown = clicks_s(source, track), flashes_s(source)
    expected = [at + film.sound_late_s - film.picture_late_s - film.cut_s for at in film.flashes_s]
    assert [at - said[0] for at in said] == pytest.approx(
        [at - expected[0] for at in expected], abs=0.01
    ), "the film is not what it should be"

    done = await dub(source, tmp_path)

    assert done.muxed.picture == PICTURE_COPIED
    assert clicks_s(done.output) == pytest.approx(said, abs=FRAME_S)
    assert flashes_s(done.output) == pytest.approx(shown, abs=FRAME_S / 2)


async def test_the_original_beside_the_dub_keeps_its_time(tmp_path: Path) -> None:
    source = Film("late-sound.ts", sound_late_s=0.7).make(tmp_path)
    picture, output = PictureTrack(source, await read_picture(source)), tmp_path / "both.mkv"
    original = Track(source, "a:0", "en", "Original")
    await write_matroska(output, picture, [original], [], duration_s=6, timeout_s=TIMEOUT_S)
    assert clicks_s(output) == pytest.approx(clicks_s(source), abs=FRAME_S / 2)
    assert flashes_s(output) == pytest.approx(flashes_s(source), abs=FRAME_S / 2)
