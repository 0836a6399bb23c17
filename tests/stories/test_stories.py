"""Each story, as told, has to come out as told."""

from pathlib import Path

import pytest
from read_story import judge, read_story, stories, told


@pytest.mark.parametrize("path", stories(), ids=lambda path: path.stem)
def test_the_story_comes_out_as_it_is_told(path: Path) -> None:
    story = read_story(path)
    assert sorted(told(story, judge(story))) == sorted(story.then)


def test_there_are_stories() -> None:
    assert len(stories()) >= 6
