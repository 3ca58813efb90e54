"""Drawn cases: what a framework does with parameters that nobody wrote down."""
