"""The limits of a process that reads one file of somebody else's. Imports nothing heavy."""

import resource


def confine(memory_bytes: int, seconds: int) -> None:
    """From now on this process has so much memory and time of computing, and writes no file."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
