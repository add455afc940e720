"""What is listed of a language's sound: the parts that are there, in the end the finished dub."""

from __future__ import annotations

from polydub.v1 import muxing_pb2
from polydub_muxing.hls.renditions import FINISHED, RenditionFolder


def part_file(part: int) -> str:
    """What stands once all segments of a part are stored."""
    return f"part-{part:05d}.json"


async def show(folder: RenditionFolder) -> None:
    """Lists the segments that stand.

    Several replicas may do this at once: a list never replaces a longer one for long, and a
    finished one stays, because everyone looks again after writing.
    """
    while True:
        wanted = await _wanted(folder)
        standing = await folder.read() or muxing_pb2.HlsRendition()
        more = len(wanted.segments) > len(standing.segments)
        if standing.complete or not (wanted.complete or more):
            return
        await folder.write(wanted)


async def _wanted(folder: RenditionFolder) -> muxing_pb2.HlsRendition:
    finished = await folder.read(FINISHED)
    return finished or await _of_parts(folder)


async def _of_parts(folder: RenditionFolder) -> muxing_pb2.HlsRendition:
    """The segments of the first parts, up to the first one that isn't there."""
    listed, part = muxing_pb2.HlsRendition(), 0
    while (found := await folder.read(part_file(part))) is not None:
        segments = [*listed.segments, *found.segments]
        bandwidth = max(listed.bandwidth, found.bandwidth)
        if found.segments:
            listed.CopyFrom(found)
        listed.bandwidth = bandwidth
        del listed.segments[:]
        listed.segments.extend(segments)
        part += 1
    return listed
