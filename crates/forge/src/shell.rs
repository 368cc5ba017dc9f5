//! The wasm-bindgen shell: [`crate::Invocation`] as JavaScript sees it. No logic.

use schema::UnixMs;
use wasm_bindgen::prelude::wasm_bindgen;

/// See [`crate::Invocation`].
#[wasm_bindgen]
pub struct Invocation(crate::Invocation);

#[wasm_bindgen]
impl Invocation {
    /// Begins one; throws a fixed text if the glue passed something else than agreed. The body comes as bytes: the host turns
    /// a long text into UTF-8 faster than the generated glue copies it letter by letter.
    ///
    /// # Errors
    /// That text.
    #[wasm_bindgen(constructor)]
    pub fn new(kind: &str, input: &str, body: Option<Vec<u8>>) -> Result<Self, String> {
        crate::Invocation::begin(kind, input, body).map(Self).map_err(str::to_owned)
    }

    /// See [`crate::Invocation::step`]; `now_ms` is `Date.now()`.
    #[expect(clippy::cast_possible_truncation, reason = "Date.now() is an integer far below 2^53")]
    pub fn step(&mut self, now_ms: f64, answers: &str) -> String {
        self.0.step(UnixMs(now_ms as i64), answers)
    }
}
