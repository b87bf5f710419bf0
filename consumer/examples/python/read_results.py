"""Reads p2i-results in Python, by nothing but its Avro schema, and tells how many interests Pins have.

    python read_results.py --kafka localhost:9092 http://localhost:8081 --pin A00002
    … | python read_results.py    # records on the standard input, as `framed` reads them
"""

import argparse
import io
import json
import sys
import urllib.request
from collections import Counter
from datetime import datetime
from pathlib import Path

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from fastavro import parse_schema, schemaless_reader
from fastavro.schema import fingerprint, to_parsing_canonical_form

TOPIC = "p2i-results"


class Unreadable(Exception):
    """A record that cannot be decoded. It is counted and passed over: a broken record must not stop a reader."""


class Decoder:
    """A value is a byte 0, the id of the schema it was written with (4 bytes, big-endian), and Avro's binary form."""

    def __init__(self, schema_file: Path, registry: str | None):
        self.reader = parse_schema(json.loads(schema_file.read_text()))
        self.registry = registry
        self.writers = {}
        if registry is None:  # An embedded log: an id is the first 31 bits of the schema's standard fingerprint.
            for file in [schema_file, *schema_file.parent.glob(f"history/{schema_file.stem}.v*.avsc")]:
                writer = json.loads(file.read_text())
                digest = fingerprint(to_parsing_canonical_form(writer), "SHA-256")
                self.writers[int(digest[:8], 16) & 0x7FFFFFFF] = parse_schema(writer)

    def decode(self, value: bytes) -> dict:
        if len(value) < 5 or value[0] != 0:
            raise Unreadable("it does not begin with a schema id")
        writer = self.writer(int.from_bytes(value[1:5], "big"))
        try:
            # Fields that the writer did not know yet get their defaults; those that we do not know are passed over.
            return schemaless_reader(io.BytesIO(value[5:]), writer, self.reader)
        except Exception as error:
            raise Unreadable(f"it is not what its schema says: {error!r}") from error

    def writer(self, schema_id: int) -> dict:
        if schema_id not in self.writers:
            if self.registry is None:
                raise Unreadable(f"no schema has the id {schema_id}")
            try:
                with urllib.request.urlopen(f"{self.registry}/schemas/ids/{schema_id}", timeout=10) as answer:
                    self.writers[schema_id] = parse_schema(json.loads(json.load(answer)["schema"]))
            except urllib.error.HTTPError as error:
                raise Unreadable(f"no schema has the id {schema_id}") if error.code == 404 else error
        return self.writers[schema_id]


def framed(stream):
    """Records of a stream: length of the key (u32, big-endian), key, length of the value (i32; -1: none), value."""
    while head := stream.read(4):
        key = exactly(stream, int.from_bytes(head, "big"))
        length = int.from_bytes(exactly(stream, 4), "big", signed=True)
        yield key.decode(), None if length < 0 else exactly(stream, length)


def exactly(stream, length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        sys.exit("the input ends within a record")
    return data


def consumed(brokers: str, group: str | None, since: datetime | None):
    """Records of the topic until now: where the group has got to, else from a time on, else all that is kept."""
    settings = {
        "bootstrap.servers": brokers,
        "group.id": group or "p2i-python-reader",
        "isolation.level": "read_committed",  # Results are written in transactions, of which some are aborted.
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    }
    with Consumer(settings) as consumer:
        if group is not None:
            consumer.subscribe([TOPIC])
        else:
            start = OFFSET_BEGINNING if since is None else round(since.timestamp() * 1000)
            topic = consumer.list_topics(TOPIC, 30).topics[TOPIC]
            if topic.error is not None:
                raise KafkaException(topic.error)
            places = [TopicPartition(TOPIC, partition, start) for partition in topic.partitions]
            consumer.assign(places if since is None else consumer.offsets_for_times(places, 30))
        ended = set()
        while not (assigned := {each.partition for each in consumer.assignment()}) or not assigned <= ended:
            messages = consumer.consume(1000, timeout=1)
            for message in messages:
                if message.error() is None:
                    yield message.key().decode(), message.value()
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                else:
                    raise KafkaException(message.error())
            if group is not None and any(message.error() is None for message in messages):
                consumer.commit(asynchronous=False)  # They are handled: the group goes on behind them.


def main(args: argparse.Namespace) -> None:
    brokers, registry = args.kafka
    decoder = Decoder(args.schema, registry)
    records = consumed(brokers, args.group, args.since) if brokers else framed(sys.stdin.buffer)
    latest, tombstones, unreadable = {}, 0, 0
    for key, value in records:  # The last record of a key, `<Pin id>@<taxonomy version>`, is its newest.
        try:
            if value is not None:
                latest[key] = decoder.decode(value)
            else:  # A tombstone: the Pin is deleted, or has no result under that taxonomy version any more.
                tombstones += 1
                latest.pop(key, None)
        except Unreadable as error:
            unreadable += 1
            print(f"warning {key}: {error}", file=sys.stderr)
    levels = Counter(interest["level"] for result in latest.values() for interest in result["interests"])
    of_pin = [result for key, result in latest.items() if key.rpartition("@")[0] == args.pin]
    counts = {"results": len(latest), "tombstones": tombstones, "unreadable": unreadable}
    mean, by_level = levels.total() / max(1, len(latest)), dict(sorted(levels.items()))
    if args.json:
        found = {**counts, "interestsPerPin": mean, "interestsByLevel": by_level, "pin": of_pin}
        return print(json.dumps(found, default=lambda time: round(time.timestamp() * 1000), indent=2))
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    print(f"{mean:.2f} interests a Pin; " + ", ".join(f"L{level} {count:,}" for level, count in by_level.items()))
    for result in of_pin:
        print("\n{pin} by taxonomy {taxonomy} and model {model}, {lane} lane, {run}".format(**result))
        for interest in result["interests"]:
            print("  {score:.4f}  L{level}  {label}  #{id}".format(**interest))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--schema", type=Path, default=Path(__file__).parents[3] / "schemas" / f"{TOPIC}.avsc")
    options.add_argument("--kafka", nargs=2, default=(None, None), metavar=("BROKERS", "REGISTRY"), help="else a pipe")
    options.add_argument("--group", help="consumer group: it goes on where it was")
    options.add_argument("--since", type=datetime.fromisoformat, help="replay from a time on, in no group")
    options.add_argument("--pin", help="show what stands there of this Pin")
    options.add_argument("--json", action="store_true", help="print one JSON document")
    main(options.parse_args())
