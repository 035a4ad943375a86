"""Simulated marketplaces, their buyers and their faults: for tests, the demo and the simulator. Nothing here talks to a real one."""
