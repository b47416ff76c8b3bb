"""What a reader takes away: tables, images, citations, links and embeds, each able to say later whether it is still true. Pure: no session."""
