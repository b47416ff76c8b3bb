"""Statistical disclosure control of count tables: recoding, suppression, and an audit by linear programming."""
