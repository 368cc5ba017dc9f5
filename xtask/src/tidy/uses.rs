//! `use` declarations and paths, read from code without comments and strings.

/// One name that a `use` declaration brings in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Use {
    /// Segments as written, without `as` and without a final `self`; a glob ends before its `*`.
    pub(super) path: Vec<String>,
    /// The name it has here; `*` for a glob.
    pub(super) name: String,
    /// `pub use`, whatever its visibility.
    pub(super) is_public: bool,
}

/// Every `use` declaration, its trees flattened.
pub(super) fn declarations(code: &str) -> Vec<Use> {
    let mut found = Vec::new();
    for Span { start, end, is_public } in spans(code) {
        flatten(&[], &code[start..end], is_public, &mut found);
    }
    found
}

/// The tree of a `use` declaration, between the keyword and the semicolon.
struct Span {
    start: usize,
    end: usize,
    is_public: bool,
}

fn spans(code: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let before = code[..at].trim_end();
        let starts = before.is_empty() || before.ends_with([';', '}', '{', ']']) && !code[..at].ends_with(is_letter);
        let is_public = before.ends_with("pub") || (before.ends_with(')') && visibility(before));
        let start = at + "use ".len();
        if let (true, Some(length)) = (starts || is_public, code[start..].find(';')) {
            found.push(Span { start, end: start + length, is_public });
        }
    }
    found
}

/// Whether this ends in `pub(…)`.
fn visibility(before: &str) -> bool {
    before.rfind('(').is_some_and(|at| before[..at].trim_end().ends_with("pub"))
}

fn flatten(prefix: &[String], tree: &str, is_public: bool, found: &mut Vec<Use>) {
    let tree = tree.trim();
    let (path, inner) = match tree.split_once('{') {
        Some((path, inner)) => (path.trim().trim_end_matches("::"), inner.rsplit_once('}').map(|(inner, _)| inner)),
        None => (tree, None),
    };
    let (path, alias) = match path.split_once(" as ") {
        Some((path, alias)) => (path.trim(), Some(alias.trim())),
        None => (path, None),
    };
    let mut full = prefix.to_vec();
    full.extend(path.split("::").map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned));
    if let Some(inner) = inner {
        for part in split_at_commas(inner) {
            flatten(&full, part, is_public, found);
        }
        return;
    }
    if full.len() > 1 && full.last().is_some_and(|last| last == "self") {
        full.pop();
    }
    let Some(last) = full.last().cloned() else { return };
    if last == "*" {
        full.pop();
    }
    found.push(Use { path: full, name: alias.map_or(last, str::to_owned), is_public });
}

/// Parts between the commas that are in no inner braces.
fn split_at_commas(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts.into_iter().filter(|part| !part.trim().is_empty()).collect()
}

/// Paths with at least two segments outside of `use` declarations: `crate::a::b`, `child::c`.
pub(super) fn inline_paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut code = code.to_owned();
    for Span { start, end, .. } in spans(&code) {
        code.replace_range(start..end, &" ".repeat(end - start));
    }
    for line in code.lines() {
        let mut rest = line;
        while let Some(at) = rest.find("::") {
            let start = rest[..at].rfind(|letter| !is_letter(letter)).map_or(0, |before| before + 1);
            let tail = rest[at..].find(|letter: char| !(is_letter(letter) || letter == ':'));
            let end = tail.map_or(rest.len(), |tail| at + tail);
            let is_tail = rest[..start].ends_with("::") || rest[..start].ends_with('.');
            let path: Vec<String> =
                rest[start..end].split("::").filter(|name| !name.is_empty()).map(str::to_owned).collect();
            if !is_tail && at > start && path.len() > 1 {
                found.push(path);
            }
            rest = &rest[end.max(at + 2)..];
        }
    }
    found
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(code: &str) -> Vec<(String, String, bool)> {
        let text = |used: Use| (used.path.join("::"), used.name, used.is_public);
        declarations(code).into_iter().map(text).collect()
    }

    fn entry(path: &str, name: &str, is_public: bool) -> (String, String, bool) {
        (path.to_owned(), name.to_owned(), is_public)
    }

    #[test]
    fn flattens_trees() {
        assert_eq!(
            paths("use crate::a::{self, b::{C, D as E}, *};\npub(crate) use x::Y;\npub use z;"),
            [
                entry("crate::a", "a", false),
                entry("crate::a::b::C", "C", false),
                entry("crate::a::b::D", "E", false),
                entry("crate::a", "*", false),
                entry("x::Y", "Y", true),
                entry("z", "z", true),
            ]
        );
    }

    #[test]
    fn words_that_end_in_use_are_no_declarations() {
        assert!(paths("let because = 1; reuse ;").is_empty());
    }

    #[test]
    fn finds_paths_in_code() {
        let found = inline_paths("pub use x::{\n    y::Z,\n};\nlet a: crate::b::C = d::e(f.g::<h::I>());\nuse x::y;");
        let joined: Vec<String> = found.iter().map(|path| path.join("::")).collect();
        assert_eq!(joined, ["crate::b::C", "d::e", "h::I"]);
    }
}
