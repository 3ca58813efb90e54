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
        while "answers" not in frame.f_locals:
            assert frame.f_back is not None
            frame = frame.f_back
        answers = frame.f_locals["answers"]
        answers.add = partial(self.meddle, answers, type(answers).add)
        return honest()

    def meddle(self, answers: Any, sending: Callable[[Any, Any], None], message: Any) -> None:
        raise NotImplementedError


class AnswersTwice(Answers):
    def meddle(self, answers, sending, message):
        del answers.add
        sending(answers, message)
        sending(answers, message)


class AnswersLate(Answers):
    """After the job that follows."""

    held: Any = None

    def meddle(self, answers, sending, message):
        if self.held is None:
            self.held = message
            return
        del answers.add
        sending(answers, message)
        sending(answers, self.held)


class AnswersNobody(Answers):
    """Without saying which job."""

    def meddle(self, answers, sending, message):
        del answers.add
        del message["id"]
        sending(answers, message)


class AnswersInWords(Answers):
    def meddle(self, answers, sending, message):
        del answers.add
        answers._channel.send("done")
