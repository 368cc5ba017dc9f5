//! Splits a JSON array that arrives in pieces into its elements, so that only one of them is in memory.

/// An element of the array.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// The bytes of its JSON.
    Whole(Vec<u8>),
    /// The beginning of the JSON of an element that is larger than allowed.
    Beginning(Vec<u8>),
}

/// The bytes are not a JSON array of objects.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoArray;

/// Bytes that are kept of an element that is too large.
const BEGINNING: usize = 4_096;

/// Where in the array the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Before,
    Between,
    Element,
    After,
}

/// The splitter. It checks the brackets of the array; the JSON of the elements is for their reader to check.
#[derive(Debug)]
pub(super) struct Elements {
    /// Most bytes of an element.
    most: usize,
    place: Place,
    /// The element so far.
    element: Vec<u8>,
    is_too_large: bool,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Elements {
    /// Creates a splitter for elements of at most `most` bytes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            place: Place::Before,
            element: Vec::new(),
            is_too_large: false,
            depth: 0,
            in_string: false,
            is_escaped: false,
        }
    }

    /// Bytes of the unfinished element in memory.
    pub(super) fn held(&self) -> usize {
        self.element.len()
    }

    /// Whether the array has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.place == Place::After
    }

    /// Reads the next piece up to the end of an element. Returns the element, if one ended, and the rest of the piece.
    pub(super) fn next<'p>(&mut self, piece: &'p [u8]) -> Result<(Option<Element>, &'p [u8]), NoArray> {
        let mut begin = 0;
        for (at, byte) in piece.iter().enumerate() {
            if self.place == Place::Element {
                if self.ends_with(*byte) {
                    self.keep(&piece[begin..=at]);
                    self.place = Place::Between;
                    return Ok((Some(self.take()), &piece[at + 1..]));
                }
                continue;
            }
            match (self.place, byte) {
                (_, b' ' | b'\t' | b'\r' | b'\n') | (Place::Between, b',') => {}
                (Place::Before, b'[') => self.place = Place::Between,
                (Place::Between, b']') => self.place = Place::After,
                (Place::Between, b'{') => {
                    self.place = Place::Element;
                    self.depth = 1;
                    begin = at;
                }
                _ => return Err(NoArray),
            }
        }
        if self.place == Place::Element {
            self.keep(&piece[begin..]);
        }
        Ok((None, &[]))
    }

    /// Whether the element ends with this byte of it.
    fn ends_with(&mut self, byte: u8) -> bool {
        match (self.in_string, byte) {
            (true, _) if self.is_escaped => self.is_escaped = false,
            (true, b'\\') => self.is_escaped = true,
            (_, b'"') => self.in_string = !self.in_string,
            (false, b'{' | b'[') => self.depth += 1,
            (false, b'}' | b']') => self.depth -= 1,
            _ => {}
        }
        self.depth == 0
    }

    fn keep(&mut self, bytes: &[u8]) {
        if !self.is_too_large && self.element.len() + bytes.len() > self.most {
            self.is_too_large = true;
            self.element.truncate(BEGINNING);
            self.element.shrink_to_fit();
        }
        let room = if self.is_too_large { BEGINNING.saturating_sub(self.element.len()) } else { bytes.len() };
        self.element.extend_from_slice(&bytes[..room.min(bytes.len())]);
    }

    fn take(&mut self) -> Element {
        let bytes = std::mem::take(&mut self.element);
        if std::mem::take(&mut self.is_too_large) { Element::Beginning(bytes) } else { Element::Whole(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// All elements of an array that arrives in pieces of `size` bytes, and whether it ended.
    fn split(text: &str, size: usize, most: usize) -> Result<(Vec<Element>, bool), NoArray> {
        let (mut elements, mut found) = (Elements::new(most), Vec::new());
        for mut piece in text.as_bytes().chunks(size) {
            while !piece.is_empty() {
                let (element, rest) = elements.next(piece)?;
                found.extend(element);
                piece = rest;
            }
        }
        Ok((found, elements.has_ended()))
    }

    #[test]
    fn answers_that_are_no_array_of_objects_are_refused() {
        for text in ["{\"error\":\"x\"}", "<html>", "\"x\"", "[1]", "[[{}]]", "[{}] x", "null", "[{}}"] {
            assert_eq!(split(text, 3, 100), Err(NoArray), "{text}");
        }
        for text in ["", "[", "[{\"a\":1}", "[{\"a\":\"}]"] {
            assert_eq!(split(text, 3, 100).map(|(_, ended)| ended), Ok(false), "{text} is cut short");
        }
        assert_eq!(split(" [ ] \n", 1, 100), Ok((vec![], true)));
    }

    #[test]
    fn of_an_element_that_is_too_large_only_the_beginning_is_kept() {
        let large = format!("{{\"id\":7,\"body\":\"{}\"}}", "x".repeat(50_000));
        let (found, ended) = split(&format!("[{large},{{\"id\":8}}]"), 1_000, 10_000).unwrap();
        assert!(ended);
        let Element::Beginning(beginning) = &found[0] else { panic!("{found:?}") };
        assert!(large.as_bytes().starts_with(beginning) && beginning.len() == BEGINNING);
        assert_eq!(found[1], Element::Whole(b"{\"id\":8}".to_vec()));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf =
            prop_oneof![Just(Value::Null), any::<u64>().prop_map(Value::from), any::<String>().prop_map(Value::from)];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..4).prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        #[test]
        fn elements_are_those_of_the_array(
            values in prop::collection::vec(prop::collection::hash_map(any::<String>(), any_json(), 0..4), 0..6),
            size in 1_usize..50,
            pretty in any::<bool>(),
        ) {
            let array = json!(values);
            let text = if pretty { serde_json::to_string_pretty(&array).unwrap() } else { array.to_string() };
            let (found, ended) = split(&text, size, usize::MAX).unwrap();
            let read = |element: Element| match element {
                Element::Whole(bytes) => serde_json::from_slice::<Value>(&bytes).unwrap(),
                Element::Beginning(_) => Value::Null,
            };
            prop_assert!(ended);
            prop_assert_eq!(Value::Array(found.into_iter().map(read).collect()), array);
        }
    }
}
