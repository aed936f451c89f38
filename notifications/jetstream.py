"""What stands on the NATS server: one stream of rings and one consumer of it, how they are to be, and whether they are."""

from typing import Annotated, Literal, NamedTuple

from faststream.nats import JStream
from nats.js.api import AckPolicy as AckWay
from nats.js.api import ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from pydantic import BaseModel, ConfigDict, Field

from safety.values import Code, TrialId

STREAM = "VIGILOG"
SUBJECT = "vigilog.message.due"
DURABLE = "delivery"
SAME_RING_SECONDS = 120.0
KEEP_SECONDS = 86_400.0
"""A ring older than a day says nothing that the log does not say."""


class Ring(BaseModel):
    """Which message is to be looked at: codes only, never content."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    trial: Annotated[TrialId | Literal["-"], Field(description="The trial, or - for the log itself.")]
    message: Annotated[Code, Field(description="The id of the message in the log.")]


def stream() -> JStream:
    """The stream of rings: on disk, each until it is answered, the same ring twice is one."""
    return JStream(
        STREAM,
        subjects=[SUBJECT],
        storage=StorageType.FILE,
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.OLD,
        duplicate_window=SAME_RING_SECONDS,
        max_age=KEEP_SECONDS,
    )


class Terms(NamedTuple):
    """How long things may take, in seconds."""

    publish: float = 5.0
    acknowledge: float = 30.0
    """How long a worker may be silent until another gets its ring; one that is alive says so three times in that time."""
    watch: float = 10.0


def consumer(terms: Terms) -> ConsumerConfig:
    """How the workers' consumer is to be: acknowledged one by one, delivered for as long as it takes, without `backoff`."""
    return ConsumerConfig(ack_wait=terms.acknowledge, max_deliver=-1, max_ack_pending=256, ack_policy=AckWay.EXPLICIT)


def sound_stream(found: StreamConfig) -> bool:
    """Say whether a stream is as it must be: on disk, and each ring in it until it is answered."""
    return (found.storage, found.retention) == (StorageType.FILE, RetentionPolicy.WORK_QUEUE) and found.subjects == [
        SUBJECT
    ]


def sound(found: ConsumerConfig, terms: Terms) -> bool:
    """Say whether a consumer is as it must be: whoever made it otherwise would have it lose rings."""
    wanted = consumer(terms)
    return (found.max_deliver, found.ack_wait, found.ack_policy) == (
        -1,
        wanted.ack_wait,
        AckWay.EXPLICIT,
    ) and not found.backoff
