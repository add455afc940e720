"""Pictures of videos: made once, kept with the video, gone with it."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.integration


async def test_a_picture_is_made_when_first_asked_for(gateway: Any, stages: Any) -> None:
    dub = await gateway.dub("es")
    assert dub["duration_s"] == 12.5
    assert stages.pictured == []

    for _ in range(2):
        answer = await gateway.http.get(dub["thumbnail_url"])
        assert (answer.status_code, answer.content) == (200, stages.picture)
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
    assert len(stages.pictured) == 1


async def test_it_goes_with_its_video(gateway: Any) -> None:
    video = (await gateway.upload()).json()
    await gateway.http.get(video["thumbnail_url"])
    folder = gateway.store_dir / "videos" / video["id"]
    assert list(folder.rglob("thumbnail.jpg"))
    await gateway.http.delete(f"/v1/videos/{video['id']}")
    assert not list(folder.rglob("*.jpg"))
    assert (await gateway.http.get(video["thumbnail_url"])).status_code == 404


async def test_a_sound_file_has_none(
    gateway: Any, stages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = stages.media()
    sound.ClearField("video")
    monkeypatch.setattr(stages, "media", lambda: sound)
    video = (await gateway.upload()).json()
    assert video["thumbnail_url"] is None
    answer = await gateway.http.get(f"/v1/videos/{video['id']}/thumbnail")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_who_speaks_is_told_with_the_names_that_people_gave(
    gateway: Any, finished: Any
) -> None:
    dub = await finished()
    path = f"/v1/dubs/{dub['id']}"
    assert dub["speaker_names"] == {}
    await gateway.http.get(f"{path}/segments")
    named = await gateway.http.patch(
        f"{path}/speakers/S2", json={"name": "Ada"}, headers={"If-Match": '"1"'}
    )
    assert named.status_code == 200, named.text
    assert (await gateway.http.get(path)).json()["speaker_names"] == {"S2": "Ada"}
