"""What the API's description says of parameters that many calls share."""

from __future__ import annotations

from typing import Any

_ETAG = '"9b2cf535f27731c974343645a3985328"'
_SHARED: dict[str, tuple[str, Any]] = {
    # in paths
    "dub_id": ("The dub", "dub_9a7d24c8e6105b1c0e3f"),
    "video_id": ("The video", "vid_5b1c0e3f9a7d24c8e610"),
    "upload_id": ("The upload", "upl_5b1c0e3f9a7d24c8e610"),
    "import_id": ("The import", "imp_5b1c0e3f9a7d24c8e610"),
    "segment_id": ("The line, as the script names it", "u0012"),
    "speaker_id": ("The speaker, as the script names them", "S1"),
    "name": ("The file, as the list of artifacts names it", "talk.es.mp4"),
    "rendition": ("`picture`, `original`, a language, or `<language>-subtitles`", "es"),
    "file": ("As the rendition's playlist names it", "segment-00000.m4s"),
    "user_id": ("The member", "usr_5b1c0e3f9a7d24c8e610"),
    "invitation_id": ("The invitation", "inv_5b1c0e3f9a7d24c8e610"),
    "key_id": ("The key's id, which is not its text", "1f0c9a52d1e84b77"),
    "webhook_id": ("The webhook", "whe_5b1c0e3f9a7d24c8e610"),
    "delivery_id": ("The message, by its webhook-id", "msg_0f1e2d3c4b5a69788796"),
    "glossary_id": ("The glossary", "glo_5b1c0e3f9a7d24c8e610"),
    "registered_id": ("The registered speaker", "spk_5b1c0e3f9a7d24c8e610"),
    "share_id": ("The link's id, which is not its token", "shr_5b1c0e3f9a7d24c8e610"),
    "token": ("The link's", "pds_Zk1v3rH8uWcQ0yqk4mXo2dTt7sJbGfYp9aLeNiRzVxE"),
    "entry_id": ("The correction", "mem_0d7f"),
    # in queries
    "limit": ("At most so many in one answer", 20),
    "cursor": ("`next_cursor` of the page before", None),
    "target_language": ("The language that is dubbed into (BCP 47)", "es"),
    "after": ("As Last-Event-ID, for clients that can't send headers", None),
    # in headers
    "last-event-id": ("The id that was seen last: what comes is behind it", None),
    "idempotency-key": (
        "The same key with the same body gives the same dub, however often it is sent",
        "0f7c7a4e-nightly-talk",
    ),
    "range": ("The bytes that are wanted", "bytes=0-1023"),
    "if-range": ("The ETag that a range is to be of; else the whole comes", _ETAG),
    "if-none-match": ("An ETag that is known: 304 where it still stands", _ETAG),
    "tus-resumable": ("The version of the protocol", "1.0.0"),
}
"""By name, in one case: what it is, and an example."""
_REVISION = {"type": "string", "pattern": '^(W/)?"?[0-9]{1,9}"?$'}
"""If-Match is asked for by 428, not by 422: for the code it may be missing."""


def describe_parameters(operation: dict[str, Any]) -> None:
    """Adds what is the same wherever a parameter of this name is taken."""
    for parameter in operation.get("parameters", []):
        parameter["schema"] = _without_null(parameter["schema"])
        if parameter["name"] == "if-match":
            parameter.update({"required": True, "schema": _REVISION, "example": '"3"'})
        description, example = _SHARED.get(parameter["name"].lower(), ("", None))
        if description:
            parameter.setdefault("description", description)
        if example is not None and "examples" not in parameter["schema"]:
            parameter.setdefault("example", example)


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """What is left out is null for us; but nobody can send null in an address or a header."""
    others = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    if len(others) != 1:
        return schema
    kept = {name: each for name, each in schema.items() if name != "anyOf"}
    return {**kept, **others[0]}
