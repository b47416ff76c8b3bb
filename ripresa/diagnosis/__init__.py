"""The digital diagnosis: from 23 answers to a plan, and from contributed answers to safe tables."""
