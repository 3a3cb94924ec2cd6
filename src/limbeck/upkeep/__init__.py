"""What lies on disk, read again: what is as it was written, and what can be made whole of what is not."""
