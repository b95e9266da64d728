"""Checks: pure functions from what was observed or planned to Findings."""
