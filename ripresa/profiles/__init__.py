"""Area profiles: what is known of an area, and its sheet as HTML and tagged PDF."""
