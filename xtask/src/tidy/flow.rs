//! A file's prose as one line of text, so that a reference that is broken over two lines is still found.

/// Text without line breaks and comment signs.
pub(super) struct Flow {
    pub(super) text: String,
    /// Where each line begins in `text`.
    starts: Vec<usize>,
}

/// The prose of a file: all of it, or in a program only its comments.
pub(super) fn prose(path: &str, text: &str) -> Flow {
    let mut flow = Flow { text: String::new(), starts: Vec::new() };
    let signs = comment_signs(path);
    for line in text.lines() {
        flow.starts.push(flow.text.len());
        let kept = match signs {
            [] => line.trim(),
            _ => comment(line, signs),
        };
        flow.text.push_str(kept);
        flow.text.push(' ');
    }
    flow
}

impl Flow {
    /// The line, from 1, of an offset in the text.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at)
    }
}

/// The signs that begin a comment in this kind of file; empty where everything is prose.
pub(super) fn comment_signs(path: &str) -> &'static [&'static str] {
    match path.rsplit('.').next().unwrap_or_default() {
        "rs" => &["///", "//!", "//"],
        "ts" | "tsx" | "js" | "mjs" | "cjs" => &["//", "/**", "/*", "* "],
        "toml" | "yml" | "yaml" | "sh" | "py" | "example" => &["#"],
        "sql" => &["--"],
        _ => &[],
    }
}

/// The comment of a line without its sign; empty if it has none.
pub(super) fn comment<'a>(line: &'a str, signs: &[&str]) -> &'a str {
    let trimmed = line.trim_start();
    for sign in signs {
        if let Some(rest) = trimmed.strip_prefix(sign) {
            return rest.trim();
        }
    }
    // A comment behind code.
    let behind = signs.iter().filter(|sign| **sign != "* ").filter_map(|sign| line.find(&format!(" {sign} "))).min();
    behind.map_or("", |at| line[at..].trim_start().trim_start_matches(['/', '#', '-', '*', '!']).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_comments_and_knows_their_lines() {
        let flow = prose("a.rs", "//! One (docs/x.md,\n//! \"Two\").\nlet a = 1; // three\n");
        assert_eq!(flow.text, "One (docs/x.md, \"Two\"). three ");
        assert_eq!((flow.line(0), flow.line(16), flow.line(24)), (1, 2, 3));
    }

    #[test]
    fn markdown_is_prose_as_a_whole() {
        assert_eq!(prose("a.md", "# One\n\ntwo").text, "# One  two ");
    }

    #[test]
    fn code_is_no_prose() {
        assert_eq!(prose("a.rs", "let path = \"docs/x.md\";").text, " ");
        assert_eq!(prose("a.toml", "key = \"docs/x.md\" # why").text, "why ");
    }
}
