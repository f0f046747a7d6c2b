"""Pure figures: frames and values in, values out. No I/O, no clock, no environment."""
