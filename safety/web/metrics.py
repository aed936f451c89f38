"""The desk's numbers for a monitoring system, in the text format of Prometheus; no label, so no data of a subject."""

from collections.abc import Mapping

from safety.web.pace import Kind
from safety.web.standing import Standing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
WAITED: Mapping[Kind, str] = {
    "source": "Requests that were told to wait because of their address.",
    "token": "Requests that were told to wait because of their token.",
    "programs": "Requests that were told to wait because of all tokens of one account.",
    "person": "Requests of people in a browser that were told to wait.",
    "stranger": "Requests with a token that opens nothing that were told to wait.",
}


def metrics(at: Standing, told_to_wait: Mapping[Kind, int]) -> str:
    """Write the gauges; while a table has stopped, what is owed is not known exactly and its gauges are left out.

    `told_to_wait`: how many requests were since the start, by whose measure was full.
    """
    gauges: list[tuple[str, str, float]] = [
        ("vigilog_log_position", "Position of the last entry of the log.", at.log_position),
        ("vigilog_views_position", "Position of the log that the views have read.", at.views_position),
        (
            "vigilog_views_stopped_tables",
            "Tables that a fault has stopped; anything but 0 needs a person.",
            len(at.stopped),
        ),
        (
            "vigilog_sign_ins_refused_last_minute",
            "Sign-ins and signatures that were refused in the last minute.",
            at.refused_sign_ins,
        ),
        (
            "vigilog_api_tokens_refused_last_minute",
            "API tokens that were refused in the last minute.",
            at.refused_tokens,
        ),
    ]
    if not at.stopped:
        oldest = "Seconds since the oldest owed alert was raised; 0 when none is owed."
        gauges += [
            ("vigilog_alerts_owed", "Alerts that no message has brought to anybody.", at.alerts_owed),
            ("vigilog_oldest_owed_alert_seconds", oldest, at.oldest_owed_seconds),
            ("vigilog_reviews_owed", "Subjects whose duties are to be looked at again.", at.reviews_owed),
        ]
    gauges += [
        (f"vigilog_{part}_silent_seconds", f"Seconds since the part {part} of delivery left word.", seconds)
        for part, seconds in sorted(at.silent_seconds.items())
    ]
    counters = [
        (f"vigilog_{kind}_requests_told_to_wait_total", words, told_to_wait.get(kind, 0))
        for kind, words in WAITED.items()
    ]
    return "".join(
        f"# HELP {name} {words}\n# TYPE {name} {of}\n{name} {value}\n"
        for of, numbers in (("gauge", gauges), ("counter", counters))
        for name, words, value in numbers
    )
