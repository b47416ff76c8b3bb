"""What a reader takes away: files, images, citations and links, and the check that they are still true. No session."""
