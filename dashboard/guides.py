"""Lessons and presentations behind a link: which page a step sets, and whether there is such a step."""

from __future__ import annotations

from dashboard.choice import Choice, Guide
from dashboard.language import tr
from dashboard.lessons import lessons, step_of
from dashboard.link import Opened
from dashboard.presentations import presentations, view_of
from dashboard.words import sentences


def page_of(guide: Guide) -> Choice | None:
    """The page that a step of a lesson or a view of a presentation sets; none where there is no such step."""
    step, view = step_of(guide), view_of(guide)
    if step is not None:
        return step.page
    return view.page if view is not None else None


def resolved(opened: Opened) -> Opened:
    """What a link says, with the page of the step where it names nothing but the step.

    A step that is not there is left out, with a notice.
    """
    guide = opened.choice.guide
    if guide is None:
        return opened
    page = page_of(guide)
    if page is None:
        known = lessons() if guide.kind == "lesson" else presentations()
        notice = tr(
            "The link names a step that is not there: {step}. Known are {known}; the rest of the link is shown.",
            step=f"{guide.name}.{guide.step}",
            known=", ".join(known),
        )
        return opened._replace(choice=opened.choice.but(guide=None), notice=sentences(*filter(None, [opened.notice, notice])))
    if opened.choice.but(guide=None) == Choice():
        return opened._replace(choice=page.but(guide=guide))
    return opened
