"""Which unanswered questions are worth telling others, decided some time after they were asked.

A question is told when no entry answered it (level weak or none) and, by then, nothing shows that its person went on:

- it is the longest text of its search, and the first of that length: the keystrokes of one search are told once;
- outside a conversation, the same text was not asked just before: a page that is loaded again is told once;
- nobody has said in its conversation, since, that something helped.

What one search is, is the matter of kb/question_groups.py.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from kb.question_groups import folded, one_a_search
from kb.store.questions import UNANSWERED, LoggedQuestion, list_beside, load_question
from kb.store.verdicts import is_solved_since

_BESIDE_SECONDS = 300  # of a question without conversation in which the rest of its search is looked for
_REPEATED = timedelta(seconds=60)  # within which the same text is the same person


def question_to_tell(connection: Connection, question_id: int) -> LoggedQuestion | None:
    """The question, if it is to be told; None if it is not, or is no longer kept."""
    question = load_question(connection, question_id)
    if question is None or question.level not in UNANSWERED:
        return None
    beside = list_beside(connection, question, _BESIDE_SECONDS)
    search = next(item for item in one_a_search(beside) if question in item.questions)
    if not search.is_unanswered or _first_of_longest(search.questions) != question:
        return None
    if question.conversation_id:
        is_solved = is_solved_since(connection, question.conversation_id, question.asked_at)
        return None if is_solved else question
    return None if any(_is_repeat(other, question) for other in beside) else question


def _first_of_longest(questions: list[LoggedQuestion]) -> LoggedQuestion:
    return max(questions, key=lambda item: len(folded(item.text)))  # the first of equals


def _is_repeat(earlier: LoggedQuestion, question: LoggedQuestion) -> bool:
    """Whether `question` says the same as `earlier`, just after it."""
    if (earlier.asked_at, earlier.id) >= (question.asked_at, question.id):
        return False
    passed = datetime.fromisoformat(question.asked_at) - datetime.fromisoformat(earlier.asked_at)
    return folded(earlier.text) == folded(question.text) and passed <= _REPEATED
