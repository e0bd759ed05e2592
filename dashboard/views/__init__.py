"""The parts of the page; each knows the state and what the engine answers, none knows another."""
