"""Layers and networks from framework to framework, each port verified."""
