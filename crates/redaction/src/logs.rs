//! JSON log lines without secrets and content: a field is printed only if its name is on the list, every text is scrubbed,
//! and messages are fixed texts (`cargo xtask tidy` forbids formatted ones).

use std::fmt;
use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};

use crate::scrub;

/// The fields that a log line may have; their values are codes, numbers and ids. The value of any other field is printed as
/// [`UNLISTED`], so that no new field is logged by accident.
pub const FIELDS: &[&str] = &[
    "action",
    "address",
    "attempt",
    "bytes",
    "check",
    "code",
    "etag",
    "into",
    "command_id",
    "count",
    "delivery",
    "due_in_ms",
    "environment",
    "error",
    "event",
    "failures",
    "fault",
    "form",
    "group_id",
    "install_id",
    "instance",
    "issue_id",
    "key_id",
    "kind",
    "listen",
    "link",
    "message_id",
    "method",
    "operation",
    "outcome",
    "path",
    "pending",
    "privacy",
    "reason",
    "route",
    "rule",
    "setting",
    "signal",
    "skew_seconds",
    "status",
    "step_ms",
    "ticket_id",
    "took_ms",
    "verdict",
    "version",
    "wait_ms",
    "waiting",
    "what",
];

/// Printed instead of the value of a field that is not on the list.
pub const UNLISTED: &str = "[unlisted]";

/// A layer of `tracing` that writes one JSON object per line: `time`, `level`, `target`, `message` and the listed fields.
pub struct JsonLines<W, C> {
    writer: W,
    clock: C,
}

impl<W, C> JsonLines<W, C> {
    /// Creates a layer that writes to `writer`; `clock` returns the current time in RFC 3339.
    pub const fn new(writer: W, clock: C) -> Self {
        Self { writer, clock }
    }
}

impl<S, W, C> Layer<S> for JsonLines<W, C>
where
    S: Subscriber,
    W: for<'w> MakeWriter<'w> + 'static,
    C: Fn() -> String + 'static,
{
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Map::new();
        line.insert("time".into(), Value::String((self.clock)()));
        line.insert("level".into(), Value::String(event.metadata().level().as_str().to_ascii_lowercase()));
        line.insert("target".into(), Value::String(event.metadata().target().to_owned()));
        event.record(&mut Fields(&mut line));
        let mut text = Value::Object(line).to_string();
        text.push('\n');
        // A failure to write the log cannot be reported anywhere.
        let _ = self.writer.make_writer_for(event.metadata()).write_all(text.as_bytes());
    }
}

struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: Value) {
        let listed = field.name() == "message" || FIELDS.contains(&field.name());
        self.0.insert(field.name().to_owned(), if listed { value } else { Value::String(UNLISTED.into()) });
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, Value::String(scrub(&format!("{value:?}"))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::String(scrub(value)));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}
