"""What an office does with its letters, below the desk: the register of how each kind is made, rendering, release, what waits."""
