"""Adapters whose results are of an odd kind on the case called ``bad`` alone."""

from __future__ import annotations

import numpy as np

from harness.tests.faulty import Faulty


class ReadOnly(Faulty):
    def misbehave(self, honest):
        y = honest()
        y.flags.writeable = False
        return y


class NonContiguous(Faulty):
    def misbehave(self, honest):
        return np.asfortranarray(np.repeat(honest(), 2, axis=3))[:, :, :, ::2]


class BigEndian(Faulty):
    def misbehave(self, honest):
        return honest().astype(">f4")


class Scalar(Faulty):
    def misbehave(self, honest):
        return honest().sum()


class ObjectDtype(Faulty):
    def misbehave(self, honest):
        return honest().astype(object)


class Structured(Faulty):
    def misbehave(self, honest):
        return honest().astype([("value", np.float32)])


class ReturnsList(Faulty):
    """Of Python's floats, which are float64."""

    def misbehave(self, honest):
        return honest().tolist()


class ReturnsNone(Faulty):
    def misbehave(self, honest):
        return None


class Ragged(Faulty):
    def misbehave(self, honest):
        return [[1.0], [2.0, 3.0]]


class Empty(Faulty):
    def misbehave(self, honest):
        return honest()[:, :, :0]
