"""Cairn: personal learning roadmaps, made by a durable workflow that never loses one."""

__version__ = "0.1.0"
