"""pytest front: suites are collected like test files, with one item per case and adapter.

pytest loads ``harness_pytest`` in every session, which starts this package in those that are about suites.
"""
