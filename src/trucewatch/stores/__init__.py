"""Floor 4: where bytes live. `posix` is the embedded default, `memory` is for tests and for simulation."""
