"""The experimenter's part: data, trials, and which head won."""
