"""What a row is: selecting, marking and grouping observations, and the boundaries of areas."""
