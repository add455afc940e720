"""Windows of a mix: whatever is corrected, one with the same digest has the very same samples."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_sounds import RATE_HZ, Sound, noise

from polydub.artifacts import ArtifactFolder
from polydub.blocking import no_tick
from polydub.store.local import LocalStore
from polydub_muxing.kept import Kept, Rows
from polydub_muxing.outputs.earlier_speech import Before, write_speech
from polydub_muxing.sound.backdrop import Backdrop, Sounds, Stretch, layers
from polydub_muxing.sound.mixing import Mix, PreparedLine, Speech
from polydub_muxing.sound.options import AS_IT_IS
from polydub_muxing.sound.windows import WINDOW, Digests, recipes

pytestmark = pytest.mark.unit

SECONDS, CEILING_DBTP = 24, -1.5


@dataclass(frozen=True)
class Said:
    """A line: where the source says it, where the dub does, with which sound and how loud."""

    first_s: float
    last_s: float
    start_s: float
    length_s: float
    take: int = 1
    gain: float = 1.0


LINES = (
    Said(1.5, 3.5, 1.5, 2.2),
    Said(6, 9, 6.1, 2.5),
    Said(9.5, 11, 9.5, 2.9, gain=4.0),
    Said(12, 14, 12.3, 1.5),
    Said(18, 21, 18, 3),
)


def at(seconds: float) -> int:
    return round(seconds * RATE_HZ)


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Sounds:
    """A voice that leaks into a bed of noise, which has holes under some lines."""
    folder = tmp_path_factory.mktemp("split")
    bed, draw = noise(SECONDS, 0.01), np.random.default_rng(4)
    voice = np.zeros(len(bed), np.float32)
    for number, line in enumerate(LINES):
        where = slice(at(line.first_s), at(line.last_s))
        swell = np.maximum(0, np.sin(np.arange(where.stop - where.start) * 2.5e-4))
        voice[where] = 0.1 * swell * draw.standard_normal(len(swell))
        bed[where] = bed[where] * 0.02 if number % 2 else bed[where] + 0.3 * voice[where, None]
    sounds = Sounds(folder / "original.flac", folder / "bed.flac")
    soundfile.write(sounds.original, bed + voice[:, None], RATE_HZ, subtype="PCM_24")
    soundfile.write(sounds.bed, bed, RATE_HZ, subtype="PCM_24")
    return sounds


@dataclass(frozen=True)
class Whole:
    """A mix and its speech, every sample of them."""

    dub: Sound
    speech: Speech
    digests: Digests
    of_speech: Digests


def mixed(split: Sounds, lines: Sequence[Said], folder: Path, rows: Rows) -> Whole:
    folder.mkdir(exist_ok=True)
    placed, gains = [], {}
    for number, line in enumerate(lines):
        name, path = f"u{number}", folder / f"{number}.f32"
        sound = np.random.default_rng(line.take).standard_normal(at(line.length_s)) * 0.05
        sound.astype(np.float32).tofile(path)
        placed.append(PreparedLine(name, path, at(line.start_s), len(sound)))
        gains[name] = line.gain
    stretches = [
        Stretch((at(line.first_s), at(line.last_s)), (each.start, each.end))
        for line, each in zip(lines, placed, strict=True)
    ]
    given = layers(split, stretches, AS_IT_IS, rows, no_tick)
    takes = {f"u{number}": line.take for number, line in enumerate(lines)}
    with ExitStack() as stack:
        backdrop = Backdrop(split, given, AS_IT_IS, stack)
        speech = Speech(placed, gains, takes, backdrop.frames)
        mix = Mix(backdrop, speech, rows, ceiling_dbtp=CEILING_DBTP)
        dub = np.concatenate(list(mix.read(0, mix.frames)))
        return Whole(dub, speech, mix.digests, recipes(speech.ingredients, mix.frames))


@pytest.fixture(scope="module")
def before(split: Sounds, tmp_path_factory: pytest.TempPathFactory) -> tuple[Whole, Rows]:
    """The mix before it is corrected, and what is known from then."""
    rows = Rows()
    made = mixed(split, LINES, tmp_path_factory.mktemp("before"), rows)
    return made, Rows(rows.arrays())


def other(number: int, **changed: float) -> list[Said]:
    return [
        replace(line, **changed) if at == number else line  # type: ignore[arg-type]
        for at, line in enumerate(LINES)
    ]


@pytest.mark.parametrize(
    ("lines", "most"),
    [
        pytest.param(LINES, 0, id="nothing"),
        pytest.param(other(1, take=2), 5, id="another take"),
        pytest.param(other(0, length_s=1.0), 5, id="a shorter one"),
        pytest.param(other(3, start_s=12.0), 5, id="moved"),
        pytest.param(other(2, gain=5.0), 6, id="limited more"),
        pytest.param(other(4, first_s=17.0), 24, id="said elsewhere in the source"),
        pytest.param(LINES[:-1], 24, id="one line less"),
    ],
)
def test_windows_with_the_same_digest_are_the_same(
    split: Sounds, before: tuple[Whole, Rows], tmp_path: Path, lines: Sequence[Said], most: int
) -> None:
    whole, _ = before
    after = mixed(split, lines, tmp_path / "after", Rows())
    assert np.abs(whole.dub).max() > 0.7  # the limiter acts somewhere
    same = whole.digests == after.digests
    assert (~same).sum() <= most
    assert bool(same.all()) == (tuple(lines) == LINES)
    for window in np.flatnonzero(same).tolist():
        where = slice(window * WINDOW, (window + 1) * WINDOW)
        np.testing.assert_array_equal(whole.dub[where], after.dub[where])


def test_what_is_known_changes_nothing(
    split: Sounds, before: tuple[Whole, Rows], tmp_path: Path
) -> None:
    _, known = before
    corrected = mixed(split, other(1, take=2), tmp_path / "known", known)
    straight = mixed(split, other(1, take=2), tmp_path / "straight", Rows())
    np.testing.assert_array_equal(corrected.dub, straight.dub)
    np.testing.assert_array_equal(corrected.digests, straight.digests)


def test_speech_is_taken_over_window_by_window(
    split: Sounds, before: tuple[Whole, Rows], tmp_path: Path
) -> None:
    whole, known = before
    after = mixed(split, other(1, take=2), tmp_path / "after", known)
    first, spliced, straight = (tmp_path / name for name in ("1.flac", "2.flac", "3.flac"))
    write_speech(whole.speech, None, first, RATE_HZ, no_tick)
    same = whole.of_speech == after.of_speech
    assert 2 <= (~same).sum() <= 4
    write_speech(after.speech, Before(first, same), spliced, RATE_HZ, no_tick)
    write_speech(after.speech, None, straight, RATE_HZ, no_tick)
    assert spliced.read_bytes() == straight.read_bytes() != first.read_bytes()


async def test_rows_are_found_again_and_those_nobody_asks_for_are_not_kept(tmp_path: Path) -> None:
    kept = Kept(ArtifactFolder(LocalStore(tmp_path), "v", "muxing", "d"))
    rows = await kept.rows()
    assert not rows.changed and rows.find(2**63 + 1) is None
    rows.put(2**63 + 1, [1.0, 2.5])
    rows.put(7, [])
    await kept.put_rows(rows)
    again = await kept.rows()
    found = again.find(2**63 + 1)
    assert found is not None and found.tolist() == [1.0, 2.5]
    assert again.found_or_made(8, lambda: [3.0]).tolist() == [3.0]
    assert again.changed
    await kept.put_rows(again)
    last = await kept.rows()
    assert last.find(7) is None and last.find(8) is not None
