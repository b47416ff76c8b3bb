"""Exports of a view: files, images, citations, links and code; their integrity seal, and its verification."""
