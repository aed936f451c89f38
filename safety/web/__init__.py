"""The door for people and probes: HTTP in, the views' numbers out; it decides nothing and writes nothing."""
