"""Bringing videos to the server without dubbing them yet."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from polydub_client.commands.options import ApiKey, Json, Server
from polydub_client.connection import DEFAULT_URL
from polydub_client.models import Video
from polydub_client.terminal import following, records
from polydub_client.terminal.arguments import address
from polydub_client.terminal.session import Session, session


def upload(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Send a file; a large one goes on where it broke off. Prints the video's id."""
    with session(server, api_key, as_json=as_json) as now:
        _tell(now, following.upload(now.client, now.reporter, file))


def import_(
    url: Annotated[str, typer.Argument(help="Of a file, or of a page with one video.")],
    as_json: Json = False,
    server: Server = DEFAULT_URL,
    api_key: ApiKey = "",
) -> None:
    """Have the server fetch a video. Prints the video's id."""
    wanted = address(url)
    with session(server, api_key, as_json=as_json) as now:
        _tell(now, following.fetch(now.client, now.reporter, wanted))


def _tell(now: Session, video: Video) -> None:
    now.tell("video", {"video": video}, lambda out: records.show_video(out, video))
