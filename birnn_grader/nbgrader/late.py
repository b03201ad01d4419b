"""What late work costs, by the calendar of one place: a day is a day there, also when the clocks change."""

from __future__ import annotations

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float, Instance, TraitError, Unicode, validate


def in_utc(written: str, zone: str) -> datetime.datetime:
    """Return a local time, as ``2026-10-25 23:59``, in UTC and without a zone, as the gradebook keeps times.

    Examples
    --------
    >>> in_utc("2026-10-24 23:59", "Europe/Berlin"), in_utc("2026-10-25 23:59", "Europe/Berlin")
    (datetime.datetime(2026, 10, 24, 21, 59), datetime.datetime(2026, 10, 25, 22, 59))
    """
    local = datetime.datetime.fromisoformat(written)
    if local.tzinfo is None:
        local = local.replace(tzinfo=ZoneInfo(zone))
    return local.astimezone(datetime.UTC).replace(tzinfo=None)


def days_late(due: datetime.datetime, when: datetime.datetime, zone: str) -> int:
    """Return how many days late work is: 1 up to the same local time a day after it was due, and so on.

    Parameters
    ----------
    due, when : datetime
        In UTC, without a zone.
    zone : str

    Examples
    --------
    >>> due = in_utc("2026-10-24 23:59", "Europe/Berlin")  # the next day has 25 hours there
    >>> [days_late(due, due + datetime.timedelta(hours=h), "Europe/Berlin") for h in (0, 1, 25, 26)]
    [0, 1, 1, 2]
    """
    local, days = due.replace(tzinfo=datetime.UTC).astimezone(ZoneInfo(zone)), 0
    until = due
    while when > until:
        days += 1
        wall = local.replace(tzinfo=None) + datetime.timedelta(days=days)
        until = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(datetime.UTC).replace(tzinfo=None)
        if days > 3_650:
            break
    return days


class LatePenalty(LateSubmissionPlugin):
    """A share of the points for each day that work is late."""

    per_day = Float(0.1, help="The share of a notebook's points that a day costs").tag(config=True)
    most = Float(1.0, help="The largest share that is taken off").tag(config=True)
    grace_minutes = Float(0.0, help="Minutes after the due time that cost nothing").tag(config=True)
    timezone = Unicode("UTC", help="Where the due time is meant, as Europe/Berlin").tag(config=True)
    due = Instance(datetime.datetime, allow_none=True)
    """When the work was due, in UTC; without it a day has 24 hours."""

    @validate("timezone")
    def _known(self, proposal: Any) -> str:
        try:
            ZoneInfo(proposal["value"])
        except (ValueError, OSError, KeyError):
            raise TraitError(f"{proposal['value']!r} is not a time zone; Europe/Berlin is one") from None
        return str(proposal["value"])

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """Return the points that lateness costs; None where it costs nothing."""
        if total_seconds_late <= 60 * self.grace_minutes:
            return None
        due = self.due or datetime.datetime(2000, 1, 1)
        zone = self.timezone if self.due else "UTC"
        days = days_late(due, due + datetime.timedelta(seconds=total_seconds_late), zone)
        return min(score, score * min(days * self.per_day, self.most))
