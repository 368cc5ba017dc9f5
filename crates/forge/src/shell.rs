//! The wasm-bindgen interface of [`crate::effects::Invocation`] for JavaScript. Contains no logic.

use schema::UnixMs;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::effects;

/// See [`effects::Invocation`].
#[wasm_bindgen]
pub struct Invocation(effects::Invocation);

#[wasm_bindgen]
impl Invocation {
    /// Starts an invocation. The body is passed as bytes, because the host encodes a long text faster than wasm-bindgen does.
    ///
    /// # Errors
    /// Throws a fixed text if the host passed a wrong kind or input.
    #[wasm_bindgen(constructor)]
    pub fn new(kind: &str, input: &str, body: Option<Vec<u8>>) -> Result<Self, String> {
        effects::Invocation::begin(kind, input, body).map(Self).map_err(str::to_owned)
    }

    /// See [`effects::Invocation::step`]; `now_ms` is `Date.now()`.
    #[expect(clippy::cast_possible_truncation, reason = "Date.now() is an integer far below 2^53")]
    pub fn step(&mut self, now_ms: f64, answers: &str) -> String {
        self.0.step(UnixMs(now_ms as i64), answers)
    }
}
