"""The first trial, NCT03265613, filed through the desk on a virtual clock: what a newcomer sees first."""
