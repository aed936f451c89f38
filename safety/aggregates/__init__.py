"""What may happen in a trial, who may decide it, and what the decisions make of the record: pure, no I/O."""
