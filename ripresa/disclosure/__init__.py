"""Statistical disclosure control: tabulation, recoding, suppression and audit of the quarterly release."""
