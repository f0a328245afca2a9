"""Snippets: sentences, passages with their commands, which passage is quoted, and how a long one is cut."""

from __future__ import annotations

import json

import pytest
from cases import Case, read_cases

from kb.analysis import words
from kb.markdown import plain_blocks
from kb.snippet import (
    MOST_COMMANDS,
    MOST_WORDS,
    PassageIndex,
    Snippet,
    choose,
    factor_of,
    make_passages,
    make_snippet,
    passage_from_list,
    passage_to_list,
    sentence_terms,
    split_sentences,
)

BODY = """\
## Today

Stop the server. Remove the pass phrase with `openssl pkey`. Start it again.

```sh
openssl pkey -in server.key -out server.new
```

```text
writing RSA key
```

The file must stay private.

- Make it readable by root alone.
- A backup of the old key is wise.

## Then

### With SSLeay

SSLeay removed the pass phrase too.
"""


def index_of(body: str) -> tuple[PassageIndex, dict[str, int]]:
    """The passages of `body` as an index keeps them, and the numbers of their terms."""
    numbers: dict[str, int] = {}
    terms: list[int] = []
    ends: list[int] = []
    first: list[int] = []
    passages = make_passages(plain_blocks(body), ("Then",))
    for passage in passages:
        first.append(len(ends))
        for found in sentence_terms(passage):
            terms += [numbers.setdefault(term, len(numbers)) for term in sorted(found)]
            ends.append(len(terms))
    return PassageIndex(terms, ends, first, [factor_of(passage) for passage in passages]), numbers


def quoted(body: str, question: str) -> Snippet:
    index, numbers = index_of(body)
    weights = {numbers[term]: 1.0 for word in words(question) for term in word.terms if term in numbers}
    place = choose(index, weights)
    assert place is not None
    return make_snippet(make_passages(plain_blocks(body), ("Then",))[place[0]], place[1])


def marked(snippet: Snippet) -> str:
    return snippet.text[slice(*snippet.mark)]


@pytest.mark.parametrize("case", read_cases("sentences.txt"), ids=str)
def test_sentences(case: Case) -> None:
    assert "\n".join(case.text[start:end] for start, end in split_sentences(case.text)) == case.expected


def test_passages_are_paragraphs_and_list_items_in_order() -> None:
    passages = make_passages(plain_blocks(BODY), ("Then",))
    assert [passage.text for passage in passages] == [
        "Stop the server. Remove the pass phrase with openssl pkey. Start it again.",
        "The file must stay private.",
        "Make it readable by root alone.",
        "A backup of the old key is wise.",
        "SSLeay removed the pass phrase too.",
    ]
    assert [passage.heading for passage in passages] == ["Today"] * 4 + ["With SSLeay"]


def test_commands_belong_to_the_paragraph_above_them() -> None:
    first, second, *_ = make_passages(plain_blocks(BODY), ())
    assert [(command.language, command.text) for command in first.commands] == [
        ("sh", "openssl pkey -in server.key -out server.new"),
        ("text", "writing RSA key"),
    ]
    assert second.commands == ()


def test_a_passage_takes_no_more_than_a_few_commands() -> None:
    body = "Run these.\n\n" + "```sh\nls\n```\n\n" * (MOST_COMMANDS + 2)
    (passage,) = make_passages(plain_blocks(body), ())
    assert len(passage.commands) == MOST_COMMANDS


def test_history_is_known_below_deeper_headings_too() -> None:
    passages = make_passages(plain_blocks(BODY), ("Then",))
    assert [passage.historic for passage in passages] == [False] * 4 + [True]
    assert not any(passage.historic for passage in make_passages(plain_blocks(BODY), ()))


def test_the_sentence_with_the_words_of_the_question_is_marked() -> None:
    snippet = quoted(BODY, "how do I get rid of a pass phrase with pkey")
    assert marked(snippet) == "Remove the pass phrase with openssl pkey."
    assert snippet.text == "Stop the server. Remove the pass phrase with openssl pkey. Start it again."
    assert [snippet.text[start:end] for start, end in snippet.code_spans] == ["openssl pkey"]
    assert (snippet.heading, snippet.historic) == ("Today", False)


def test_the_anchor_is_the_block_on_the_page() -> None:
    snippet = quoted(BODY, "backup")
    (block,) = [block for block in plain_blocks(BODY) if "backup" in block.text]
    assert snippet.anchor == f"p-{block.number}"


def test_today_is_quoted_before_history_that_says_the_same() -> None:
    body = "## Then\n\nUse the magic tool.\n\n## Today\n\nUse the magic tool.\n"
    assert not quoted(body, "magic tool").historic
    assert quoted(body.replace("magic tool.\n\n## Today", "magic tool of SSLeay.\n\n## Today"), "SSLeay").historic


def test_among_equals_the_earlier_passage_is_quoted() -> None:
    body = "One port here.\n\nOne port there.\n"
    assert quoted(body, "port").text == "One port here."


def test_without_a_match_the_first_sentence_stands_in() -> None:
    assert marked(quoted(BODY, "something else entirely")) == "Stop the server."


def test_an_entry_without_a_paragraph_has_nothing_to_quote() -> None:
    index, _ = index_of("## Only\n\n```sh\nls\n```\n")
    assert choose(index, {}) is None


def test_a_long_paragraph_is_cut_to_whole_sentences_around_the_mark() -> None:
    sentences = [f"Sentence number {number} says a few words more than it would need." for number in range(20)]
    sentences[10] = "The padlock is broken here."
    snippet = quoted(" ".join(sentences), "padlock")
    assert marked(snippet) == sentences[10]
    assert snippet.text in " ".join(sentences)
    assert snippet.text.startswith("Sentence number") or snippet.text.startswith("The padlock")
    assert snippet.text.endswith(".")
    assert 20 < len(snippet.text.split()) <= MOST_WORDS


def test_inline_code_keeps_its_place_in_a_cut_paragraph() -> None:
    filler = "This sentence is only here to make the paragraph long enough to be cut in the end. "
    snippet = quoted(filler * 8 + "Type `httpd -t` for the padlock. " + filler * 8, "padlock")
    assert [snippet.text[start:end] for start, end in snippet.code_spans] == ["httpd -t"]


def test_one_endless_sentence_is_quoted_whole() -> None:
    text = "word " * 300 + "padlock"
    snippet = quoted(text, "padlock")
    assert snippet.text == text
    assert snippet.mark == (0, len(text))


def test_passages_survive_being_stored() -> None:
    for passage in make_passages(plain_blocks(BODY), ("Then",)):
        assert passage_from_list(json.loads(json.dumps(passage_to_list(passage)))) == passage
