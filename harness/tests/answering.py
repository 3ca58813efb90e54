"""Adapters that answer the job called ``bad`` as no worker does: twice, late, or not by its id."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from harness.tests.faulty import Faulty


class Answers(Faulty):
    """Meddles with the answer to its job on the way out, ``sending`` being how it would have gone."""

    def misbehave(self, honest):
        frame = sys._getframe()
        while "channel" not in frame.f_locals:
            assert frame.f_back is not None
            frame = frame.f_back
        channel = frame.f_locals["channel"]
        channel.send = partial(self.meddle, channel, type(channel).send)
        return honest()

    def meddle(self, channel: Any, sending: Callable[[Any, Any], None], message: Any) -> None:
        raise NotImplementedError


class AnswersTwice(Answers):
    def meddle(self, channel, sending, message):
        del channel.send
        sending(channel, message)
        sending(channel, message)


class AnswersLate(Answers):
    """After the job that follows."""

    held: Any = None

    def meddle(self, channel, sending, message):
        if self.held is None:
            self.held = message
            return
        del channel.send
        sending(channel, message)
        sending(channel, self.held)


class AnswersNobody(Answers):
    """Without saying which job."""

    def meddle(self, channel, sending, message):
        del channel.send
        del message["id"]
        sending(channel, message)


class AnswersInWords(Answers):
    def meddle(self, channel, sending, message):
        del channel.send
        sending(channel, "done")
