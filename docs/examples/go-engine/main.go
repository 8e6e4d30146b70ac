// A pipe engine in Go: a worker that carries out what Behavior runs ask of it, each action once.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	_ "modernc.org/sqlite"
)

const schema = `
create table if not exists cards (id text primary key, phase text not null);
create table if not exists effects (
  key text primary key, state text not null, requested_at integer, fence integer, fields text, undo text);
create table if not exists outcomes (workflow_id text primary key, outcome text not null);`

// Action is what the Behavior offers to the model.
type Action struct {
	ReferenceID string         `json:"referenceId"`
	ActionType  string         `json:"actionType"`
	Name        string         `json:"name"`
	Metadata    map[string]any `json:"metadata"`
}

// Request is asked of executeAction and, with Undo, of compensateAction.
type Request struct {
	Card           string          `json:"card"`
	RequestedAt    time.Time       `json:"requestedAt"`
	Action         Action          `json:"action"`
	Fields         json.RawMessage `json:"fields"`
	IdempotencyKey string          `json:"idempotencyKey"`
	Undo           json.RawMessage `json:"undo,omitempty"`
}

// Done is the answer to executeAction.
type Done struct {
	Status string          `json:"status"`
	Fields json.RawMessage `json:"fields,omitempty"`
	Undo   json.RawMessage `json:"undo,omitempty"`
}

// News is told to behaviorFinished.
type News struct {
	WorkflowID string          `json:"workflowId"`
	Outcome    json.RawMessage `json:"outcome"`
}

type move struct {
	Card string `json:"card"`
	From string `json:"from"`
	To   string `json:"to"`
}

// Engine keeps cards, and remembers what it did to them in the same transaction.
type Engine struct{ database *sql.DB }

type effect struct {
	state              string
	requestedAt, fence sql.NullInt64
	fields, undo       sql.NullString
}

// Execute carries an action out, once per key.
func (engine *Engine) Execute(ctx context.Context, request Request) (done Done, err error) {
	askedAt := request.RequestedAt.UnixMilli()
	err = engine.inTransaction(ctx, func(tx *sql.Tx) error {
		known, err := findEffect(ctx, tx, request.IdempotencyKey)
		if err != nil {
			return err
		}
		if known != nil && known.state == "done" {
			// Somebody later relies on it now: a late compensation of who asked before must not take it back.
			done = Done{"already-done", json.RawMessage(known.fields.String), json.RawMessage(known.undo.String)}
			_, err := tx.ExecContext(ctx, "update effects set requested_at = max(requested_at, ?) where key = ?",
				askedAt, request.IdempotencyKey)
			return err
		}
		// A late try of an execution that was taken back: what it asks for is not wanted any more.
		if known != nil && known.fence.Valid && askedAt <= known.fence.Int64 {
			return refusal("The action was taken back after this was requested.", "action.undone")
		}
		undo, err := apply(ctx, tx, request)
		if err != nil {
			return err
		}
		done = Done{"done", request.Fields, undo}
		_, err = tx.ExecContext(ctx, `insert into effects (key, state, requested_at, fields, undo) values (?, 'done', ?, ?, ?)
			on conflict (key) do update set state = 'done', requested_at = excluded.requested_at,
			fields = excluded.fields, undo = excluded.undo`,
			request.IdempotencyKey, askedAt, string(request.Fields), string(undo))
		return err
	})
	return done, err
}

// Compensate takes an action back, also one that was never seen: its execution may still be on its way, and the fence
// will refuse it.
func (engine *Engine) Compensate(ctx context.Context, request Request) error {
	askedAt := request.RequestedAt.UnixMilli()
	return engine.inTransaction(ctx, func(tx *sql.Tx) error {
		known, err := findEffect(ctx, tx, request.IdempotencyKey)
		if err != nil {
			return err
		}
		if known != nil && known.state == "done" {
			if known.requestedAt.Int64 > askedAt {
				return nil // It was done again since, by a replay of the run.
			}
			var was move
			if err := json.Unmarshal([]byte(known.undo.String), &was); err != nil {
				return err
			}
			// As far as nobody has built on it since.
			if _, err := tx.ExecContext(ctx, "update cards set phase = ? where id = ? and phase = ?",
				was.From, was.Card, was.To); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `insert into effects (key, state, fence) values (?, 'undone', ?)
			on conflict (key) do update set state = 'undone', fence = max(coalesce(fence, 0), excluded.fence)`,
			request.IdempotencyKey, askedAt)
		return err
	})
}

// Finished keeps the outcome of a run with `notify: true`.
func (engine *Engine) Finished(ctx context.Context, news News) error {
	_, err := engine.database.ExecContext(ctx, "insert or replace into outcomes (workflow_id, outcome) values (?, ?)",
		news.WorkflowID, string(news.Outcome))
	return err
}

// inTransaction lets one writer in at a time, so two executions of one key wait for each other.
func (engine *Engine) inTransaction(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := engine.database.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// apply changes the card and returns what it takes to change it back.
func apply(ctx context.Context, tx *sql.Tx, request Request) (json.RawMessage, error) {
	to, isText := request.Action.Metadata["destinationPhaseId"].(string)
	if request.Action.ActionType != "move_card" || !isText {
		return nil, refusal(fmt.Sprintf("This engine has no action %s.", request.Action.ActionType), "action.failed")
	}
	was := move{Card: request.Card, To: to}
	err := tx.QueryRowContext(ctx, "select phase from cards where id = ?", request.Card).Scan(&was.From)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, refusal("There is no such card.", "action.failed")
	} else if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, "update cards set phase = ? where id = ?", to, request.Card); err != nil {
		return nil, err
	}
	return json.Marshal(was)
}

func findEffect(ctx context.Context, tx *sql.Tx, key string) (*effect, error) {
	var found effect
	err := tx.QueryRowContext(ctx, "select state, requested_at, fence, fields, undo from effects where key = ?", key).
		Scan(&found.state, &found.requestedAt, &found.fence, &found.fields, &found.undo)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &found, err
}

// refusal says that trying again would not help; any other error is tried again.
func refusal(message, kind string) error {
	return temporal.NewNonRetryableApplicationError(message, kind, nil)
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func main() {
	path := env("PIPE_ENGINE_DATABASE", "pipe-engine.sqlite")
	database, err := sql.Open("sqlite", path+"?_txlock=immediate&_pragma=busy_timeout(30000)")
	if err != nil {
		log.Fatalln(err)
	}
	if _, err := database.Exec(schema); err != nil {
		log.Fatalln(err)
	}
	engine := &Engine{database}

	connection, err := client.Dial(client.Options{HostPort: env("TEMPORAL_ADDRESS", "127.0.0.1:7233")})
	if err != nil {
		log.Fatalln(err)
	}
	defer connection.Close()
	tasks := worker.New(connection, env("PIPE_ENGINE_TASK_QUEUE", "pipe-engine"), worker.Options{DisableWorkflowWorker: true})
	tasks.RegisterActivityWithOptions(engine.Execute, activity.RegisterOptions{Name: "executeAction"})
	tasks.RegisterActivityWithOptions(engine.Compensate, activity.RegisterOptions{Name: "compensateAction"})
	tasks.RegisterActivityWithOptions(engine.Finished, activity.RegisterOptions{Name: "behaviorFinished"})
	if err := tasks.Run(worker.InterruptCh()); err != nil {
		log.Fatalln(err)
	}
}
