"""A pipe engine in Python: a worker that carries out what Behavior runs ask of it, each action once."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

SCHEMA = """
create table if not exists cards (id text primary key, phase text not null, fields text not null default '{}');
create table if not exists effects (
    key text primary key, state text not null, requested_at real, fence real, fields text, undo text);
create table if not exists outcomes (workflow_id text primary key, outcome text not null);
"""


class Engine:
    """What is done and the memory of it are one transaction, so a crash leaves both or neither."""

    def __init__(self, path: str) -> None:
        self._path = path
        with self._transaction() as sql:
            for statement in SCHEMA.split(";"):
                sql.execute(statement)

    @activity.defn(name="executeAction")
    def execute_action(self, request: dict) -> dict:
        key, asked_at = request["idempotencyKey"], instant(request["requestedAt"])
        with self._transaction() as sql:
            known = effect_of(sql, key)
            if known and known["state"] == "done":
                # Somebody later relies on it now: a late compensation of who asked before must not take it back.
                sql.execute(
                    "update effects set requested_at = max(requested_at, ?) where key = ?", (asked_at, key)
                )
                done = {name: json.loads(known[name]) for name in ("fields", "undo")}
                return {"status": "already-done", **done}
            # A late try of an execution that was taken back: what it asks for is not wanted any more.
            if known and known["fence"] is not None and asked_at <= known["fence"]:
                raise refusal("The action was taken back after this was requested.", "action.undone")
            undo = apply(sql, request)
            sql.execute(
                "insert into effects (key, state, requested_at, fields, undo)"
                " values (?, 'done', ?, ?, ?) on conflict (key) do update set"
                " state = 'done', requested_at = excluded.requested_at, fields = excluded.fields, undo = excluded.undo",
                (key, asked_at, json.dumps(request["fields"]), json.dumps(undo)),
            )
        return {"status": "done", "fields": request["fields"], "undo": undo}

    @activity.defn(name="compensateAction")
    def compensate_action(self, request: dict) -> None:
        """Also for a key that was never seen: its execution may still be on its way, and the fence will refuse it."""
        key, asked_at = request["idempotencyKey"], instant(request["requestedAt"])
        with self._transaction() as sql:
            known = effect_of(sql, key)
            if known and known["state"] == "done":
                if known["requested_at"] > asked_at:
                    return  # It was done again since, by a replay of the run.
                take_back(sql, json.loads(known["undo"]))
            sql.execute(
                "insert into effects (key, state, fence) values (?, 'undone', ?) on conflict (key)"
                " do update set state = 'undone', fence = max(coalesce(effects.fence, 0), excluded.fence)",
                (key, asked_at),
            )

    @activity.defn(name="behaviorFinished")
    def behavior_finished(self, news: dict) -> None:
        with self._transaction() as sql:
            sql.execute(
                "insert or replace into outcomes (workflow_id, outcome) values (?, ?)",
                (news["workflowId"], json.dumps(news["outcome"])),
            )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """`begin immediate` lets one writer in at a time, so two executions of one key wait for each other."""
        sql = sqlite3.connect(self._path, timeout=30, isolation_level=None)
        sql.row_factory = sqlite3.Row
        try:
            sql.execute("begin immediate")
            yield sql
            sql.execute("commit")
        finally:
            sql.close()  # Without a commit, everything since `begin` is taken back.


def apply(sql: sqlite3.Connection, request: dict) -> dict:
    """Changes the card and returns what it takes to change it back."""
    action, card = request["action"], card_of(sql, request["card"])
    match action["actionType"]:
        case "move_card":
            to = action["metadata"]["destinationPhaseId"]
            sql.execute("update cards set phase = ? where id = ?", (to, card["id"]))
            return {"kind": "phase", "card": card["id"], "from": card["phase"], "to": to}
        case "update_card":
            before, written = json.loads(card["fields"]), request["fields"]
            sql.execute(
                "update cards set fields = ? where id = ?", (json.dumps(before | written), card["id"])
            )
            return {"kind": "fields", "card": card["id"], "before": before, "written": written}
        case other:
            raise refusal(f"This engine has no action {other}.", "action.failed")


def take_back(sql: sqlite3.Connection, undo: dict) -> None:
    """As far as nobody has built on it since: what holds another value by now stays as it is."""
    if undo["kind"] == "phase":
        sql.execute(
            "update cards set phase = ? where id = ? and phase = ?", (undo["from"], undo["card"], undo["to"])
        )
        return
    fields = json.loads(card_of(sql, undo["card"])["fields"])
    for name, value in undo["written"].items():
        if fields.get(name) != value:
            continue
        if name in undo["before"]:
            fields[name] = undo["before"][name]
        else:
            del fields[name]
    sql.execute("update cards set fields = ? where id = ?", (json.dumps(fields), undo["card"]))


def card_of(sql: sqlite3.Connection, card: str) -> sqlite3.Row:
    found = sql.execute("select * from cards where id = ?", (card,)).fetchone()
    if found is None:
        raise refusal("There is no such card.", "action.failed")
    return found


def effect_of(sql: sqlite3.Connection, key: str) -> sqlite3.Row | None:
    return sql.execute("select * from effects where key = ?", (key,)).fetchone()


def refusal(message: str, kind: str) -> ApplicationError:
    """Trying again would not help, and the run is told so; any other exception is tried again."""
    return ApplicationError(message, type=kind, non_retryable=True)


def instant(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


async def main() -> None:
    engine = Engine(os.environ.get("PIPE_ENGINE_DATABASE", "pipe-engine.sqlite"))
    client = await Client.connect(os.environ.get("TEMPORAL_ADDRESS", "127.0.0.1:7233"))
    with ThreadPoolExecutor(10) as threads:
        worker = Worker(
            client,
            task_queue=os.environ.get("PIPE_ENGINE_TASK_QUEUE", "pipe-engine"),
            activities=[engine.execute_action, engine.compensate_action, engine.behavior_finished],
            activity_executor=threads,
            max_concurrent_activities=10,
        )
        await worker.run()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
