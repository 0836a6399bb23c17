"""Each story, as told, has to come out as told; and so has its mirror, with the parties' names exchanged throughout."""

import re
from dataclasses import replace

import pytest
from mirror_story import mirrored_story
from read_story import FOLDER, Story, judge, left_out, settling, stories, story_called, told

from trucewatch.assess import agreement
from trucewatch.assess.model import TERM_KINDS


def check(story: Story) -> None:
    judged = judge(story)
    assert sorted(told(story, judged)) == sorted(story.then)
    if story.left_out is not None:
        assert sorted(left_out(judged)) == sorted(story.left_out)
    settles = settling(story, judged)
    for *row, words in story.settles:
        assert words in settles[tuple(row)], (row, settles[tuple(row)])  # type: ignore[index]


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_the_story_comes_out_as_it_is_told(story: Story) -> None:
    check(story)


@pytest.mark.parametrize("story", stories(), ids=lambda story: story.name)
def test_the_story_with_its_parties_exchanged_comes_out_with_them_exchanged(story: Story) -> None:
    mirror = mirrored_story(story)
    assert mirror.agreement != story.agreement
    check(mirror)


def test_a_story_whose_sides_are_mixed_up_is_seen() -> None:
    """Plant the fault: the agreement binds the other side, and what follows stays as told."""
    story = story_called("unilateral")
    with pytest.raises(AssertionError):
        check(replace(story, agreement=mirrored_story(story).agreement))


def kinds_told() -> dict[str, int]:
    """Kind of term -> how many stories have a term of it."""
    found = dict.fromkeys(TERM_KINDS, 0)
    for story in stories():
        for kind in {term.kind for term in agreement(story.agreement, story.name).terms}:
            found[kind] += 1
    return found


def test_every_kind_of_term_has_three_stories_at_least() -> None:
    assert {kind: n for kind, n in kinds_told().items() if n < 3} == {}


def test_no_story_names_a_verdict_that_only_people_give() -> None:
    words = [word for path in FOLDER.glob("*.txt") for word in re.findall(r"(?i)\bviolat\w+", path.read_text())]
    assert words == []
