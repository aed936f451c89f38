"""What the guidelines and the protocol say, as data: pure, no I/O."""
