"""Polydub for assistants: an MCP server over the Python SDK."""

from polydub_mcp.server import build

__all__ = ["build"]
