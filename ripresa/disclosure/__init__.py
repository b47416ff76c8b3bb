"""Statistical disclosure control of count tables: recoding, suppression and audit."""
