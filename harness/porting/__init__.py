"""Porting."""
