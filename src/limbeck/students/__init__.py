"""Students: where a student comes from and how it is changed before training."""
