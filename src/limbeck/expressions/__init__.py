"""Mathematical expressions: read, brought to one exact form, told apart by a point at which they differ."""
