"""A corrected line: what is encoded again, and what the seams sound like."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from muxing_jobs import RATE_HZ, Sound, decoded
from muxing_sounds import music, said

from polydub_muxing.hls.grid import FRAME
from polydub_muxing.outputs import files
from polydub_muxing.outputs.splicing import (
    Encoding,
    Piece,
    frames_of,
    pieces,
    read_frames,
    splice,
)
from polydub_muxing.sound.windows import WINDOW, Digests, Ingredient, digest_of, made_of, recipes

pytestmark = pytest.mark.integration

SECONDS, OFFSET_S, END_S = 14.3, 0.321, 14.9
CHANGED_S = 6.0


def digests(sound: Sound) -> Digests:
    """As if nothing were known of a mix but its samples."""
    starts = range(0, len(sound), WINDOW)
    return np.array([digest_of(sound[at : at + WINDOW].tobytes()) for at in starts], np.uint64)


@dataclass(frozen=True)
class Played:
    """A mix that is there as a whole."""

    sound: Sound

    def read(self, first: int, last: int) -> Iterator[Sound]:
        for begin in range(first, last, WINDOW):
            yield self.sound[begin : min(begin + WINDOW, last)]


def mixes() -> tuple[Sound, Sound]:
    """Two mixes that differ in one line."""
    one = music(SECONDS, 0.05)
    two = one.copy()
    line, first = said()[: 2 * RATE_HZ], round(CHANGED_S * RATE_HZ)
    one[first : first + len(line) // 2] += 0.5 * line[: len(line) // 2, None]
    two[first : first + len(line)] += line[:, None]
    return one, two


async def encode(folder: Path, name: str, mix: Sound) -> Path:
    soundfile.write(folder / f"{name}.flac", mix, RATE_HZ, subtype="PCM_24")
    await files.encode_audio(
        folder / f"{name}.flac", folder / f"{name}.m4a", language="es", offset_s=OFFSET_S,
        rate_hz=RATE_HZ, channels=2, duration_s=SECONDS, end_s=END_S, timeout_s=60,
    )  # fmt: skip
    await frames_of(folder / f"{name}.m4a", folder / f"{name}.aac", timeout_s=60)
    return folder / f"{name}.m4a"


def encoding_of(mix: Sound) -> Encoding:
    delay = files.samples_before(OFFSET_S, RATE_HZ)
    return Encoding(RATE_HZ, 2, len(mix), delay, max(delay + len(mix), round(END_S * RATE_HZ)))


def packets(path: Path) -> list[str]:
    command = ["ffprobe", "-v", "error", "-show_entries",
               "packet=pts,duration:stream=start_time,duration:stream_tags=language",
               "-of", "csv=p=0", path]  # fmt: skip
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def frames(path: Path) -> list[bytes]:
    return [frame for frame, _ in read_frames(path)]


def test_windows_tell_where_mixes_differ() -> None:
    one, two = mixes()
    changed = np.flatnonzero(digests(one) != digests(two))
    first = round(CHANGED_S * RATE_HZ)
    assert changed.tolist() == list(range(first // WINDOW, (first + 2 * RATE_HZ) // WINDOW + 1))


def test_a_window_is_made_of_what_reaches_into_it() -> None:
    line, hole = Ingredient(150, 250, 1), Ingredient(0, 100, 2)
    windows = recipes([line, hole], 1050, size=100)
    assert len(windows) == 11 and np.array_equal(windows, recipes([hole, line], 1050, size=100))
    other = recipes([Ingredient(150, 250, 3), hole], 1050, size=100)
    assert np.flatnonzero(windows != other).tolist() == [1, 2]
    other = recipes([line, hole], 1050, size=100, reach=1)
    assert np.flatnonzero(windows != other).tolist() == [1]
    assert np.flatnonzero(windows != recipes([line, hole], 1001, size=100)).tolist() == [10]
    assert made_of("a", 1) != made_of("a", 1.5) != made_of("b", 1)


def test_only_what_differs_is_encoded_and_nothing_is_guessed() -> None:
    one, two = mixes()
    encoding = encoding_of(one)
    [piece] = pieces(digests(one), digests(two), encoding) or []
    assert CHANGED_S + OFFSET_S - 1.2 < piece.first * FRAME / RATE_HZ < CHANGED_S + OFFSET_S
    assert piece.last - piece.first < 4.5 * RATE_HZ / FRAME
    assert piece.begin < (piece.first - 8) * FRAME and piece.begin % FRAME == 0
    assert pieces(digests(one), digests(one), encoding) == []
    assert pieces(digests(one), digests(one[:-WINDOW]), encoding) is None
    assert pieces(digests(one), digests(0.9 * one), encoding) is None


async def test_a_spliced_file_is_timed_and_sounds_as_one_encoded_in_one_go(tmp_path: Path) -> None:
    one, two = mixes()
    await encode(tmp_path, "one", one)
    straight = await encode(tmp_path, "two", two)
    encoding = encoding_of(one)
    changed = pieces(digests(one), digests(two), encoding)
    assert changed
    made = tmp_path / "spliced.m4a"
    await splice(
        Played(two), tmp_path / "one.aac", changed, encoding, made,
        language="es", timeout_s=60,
    )  # fmt: skip
    assert packets(made) == packets(straight)
    await frames_of(made, tmp_path / "made.aac", timeout_s=60)
    before, after = frames(tmp_path / "one.aac"), frames(tmp_path / "made.aac")
    [piece] = changed
    assert after[: piece.first] == before[: piece.first]
    assert after[piece.last :] == before[piece.last :]
    # The encoder's noise at the seams is what it is in one go, and so is all between.
    wanted = np.zeros((encoding.whole, 2), np.float32)
    wanted[encoding.delay : encoding.delay + len(two)] = two
    noise, plain = (
        np.square(decoded(path, 2)[: len(wanted)] - wanted) for path in (made, straight)
    )
    assert noise.mean() < 1.05 * plain.mean()
    for seam in (piece.first, piece.last):
        near = slice((seam - 3) * FRAME, (seam + 3) * FRAME)
        assert noise[near].mean() < 1.2 * plain[near].mean()


@pytest.mark.parametrize("at", [0, -1])
async def test_changes_at_either_end(tmp_path: Path, at: int) -> None:
    one, _ = mixes()
    two = one.copy()
    two[at * 1000 :][:1000] += 0.1
    await encode(tmp_path, "one", one)
    straight = await encode(tmp_path, "two", two)
    changed = pieces(digests(one), digests(two), encoding_of(one))
    assert changed and isinstance(changed[0], Piece)
    made = tmp_path / "spliced.m4a"
    await splice(
        Played(two), tmp_path / "one.aac", changed, encoding_of(one), made,
        language="es", timeout_s=60,
    )  # fmt: skip
    assert packets(made) == packets(straight)
