//! A small part of Rust's grammar: comments, strings and characters are distinguished from code, so that macro calls and paths
//! are found in code only.

/// A call of a macro.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Call<'a> {
    pub(super) line: usize,
    pub(super) name: &'a str,
    /// Split at the commas between them, trimmed, without comments before them.
    pub(super) arguments: Vec<&'a str>,
}

/// The code before the first inline test module.
pub(super) fn without_tests(source: &str) -> &str {
    let mut offset = 0;
    let mut lines = source.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let is_module = |next: &&str| {
            let next = next.trim();
            next.ends_with('{') && next.split_whitespace().any(|word| word == "mod")
        };
        if line.trim() == "#[cfg(test)]" && lines.peek().is_some_and(is_module) {
            return &source[..offset];
        }
        offset += line.len();
    }
    source
}

/// Every call of one of these macros, however it is qualified.
pub(super) fn calls<'a>(source: &'a str, names: &[&str]) -> Vec<Call<'a>> {
    let bytes = source.as_bytes();
    let mut calls = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = skipped(bytes, at) {
            at = end;
        } else if is_word(bytes[at]) {
            let start = at;
            while at < bytes.len() && is_word(bytes[at]) {
                at += 1;
            }
            let name = &source[start..at];
            let opened = bytes[at..].strip_prefix(b"!").map(|rest| rest.trim_ascii_start());
            if names.contains(&name) && opened.is_some_and(|rest| rest.first().is_some_and(|byte| is_opening(*byte))) {
                let open = bytes.len() - opened.map_or(0, <[u8]>::len);
                let line = source[..start].matches('\n').count() + 1;
                calls.push(Call { line, name, arguments: arguments(source, open) });
            }
        } else {
            at += 1;
        }
    }
    calls
}

fn arguments(source: &str, open: usize) -> Vec<&str> {
    let bytes = source.as_bytes();
    let (mut depth, mut at, mut start) = (0_u32, open, open + 1);
    let mut arguments = Vec::new();
    while at < bytes.len() {
        if let Some(end) = skipped(bytes, at) {
            // A comment in front of an argument is not the argument.
            if bytes[at] == b'/' && source[start..at].trim().is_empty() {
                start = end;
            }
            at = end;
            continue;
        }
        match bytes[at] {
            byte if is_opening(byte) => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b',' if depth == 1 => {
                arguments.push(source[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
        at += 1;
    }
    let last = source[start..at].trim();
    if !last.is_empty() {
        arguments.push(last);
    }
    arguments
}

/// The same text with blanks in place of comments, strings and characters. Lines and offsets stay.
pub(super) fn code_only(source: &str) -> String {
    let mut bytes = source.as_bytes().to_vec();
    let mut at = 0;
    while at < source.len() {
        match skipped(source.as_bytes(), at) {
            Some(end) => {
                bytes[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
                at = end;
            }
            None => at += 1,
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Every string, with the offset of its opening quote and without its quotes.
pub(super) fn strings(source: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < source.len() {
        match skipped(source.as_bytes(), at) {
            Some(end) => {
                let text = &source[at..end];
                if let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
                    found.push((at, inner));
                }
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// Where the comment, string or character that begins here ends, if one does.
fn skipped(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let found = |needle: &[u8], from: usize| {
        let from = from.min(rest.len());
        rest[from..].windows(needle.len()).position(|window| window == needle).map_or(rest.len(), |found| from + found)
    };
    let length = match rest {
        [b'/', b'/', ..] => found(b"\n", 0),
        [b'/', b'*', ..] => found(b"*/", 2) + 2,
        [b'"', ..] => closed(rest, b'"'),
        [b'\'', b'\\', ..] => closed(rest, b'\''),
        // A letter and a quote: a character. Without the quote: a lifetime, which is code.
        [b'\'', ..] => {
            let letter = rest.get(1).map_or(1, |first| match first {
                0xF0.. => 4,
                0xE0.. => 3,
                0xC0.. => 2,
                _ => 1,
            });
            if rest.get(1 + letter) != Some(&b'\'') {
                return None;
            }
            letter + 2
        }
        [b'r', after @ ..] if at == 0 || !is_word(bytes[at - 1]) || bytes[at - 1] == b'b' => {
            let hashes = after.iter().take_while(|byte| **byte == b'#').count();
            if after.get(hashes) != Some(&b'"') {
                return None;
            }
            let end = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
            found(&end, hashes + 2) + end.len()
        }
        _ => return None,
    };
    Some((at + length).min(bytes.len()))
}

/// The length of a quoted text with escapes.
fn closed(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

const fn is_opening(byte: u8) -> bool {
    matches!(byte, b'(' | b'[' | b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(source: &str) -> Vec<&str> {
        let mut calls = calls(source, &["info"]);
        assert_eq!(calls.len(), 1, "{source}");
        calls.remove(0).arguments
    }

    #[test]
    fn splits_arguments_at_their_own_commas() {
        assert_eq!(one(r#"info!(a = f(1, 2), "x, y")"#), ["a = f(1, 2)", r#""x, y""#]);
        assert_eq!(one("tracing::info!(\n  // why, so\n  a = ',',\n  \"x\",\n);"), ["a = ','", "\"x\""]);
        assert_eq!(one(r##"info! { r#"a " , b"#, c }"##), [r##"r#"a " , b"#"##, "c"]);
        assert_eq!(one("fn f<'a>(x: &'a str) { info!(x, \"y\") }"), ["x", "\"y\""]);
    }

    #[test]
    fn ignores_text_that_is_no_call() {
        for source in ["// info!(\"{a}\")", "/* info!(1) */", r#""info!(1)""#, "my_info!(1)", "info != (1)", "info()"] {
            assert!(calls(source, &["info"]).is_empty(), "{source}");
        }
    }

    #[test]
    fn comments_and_strings_are_blanked() {
        let blanked = code_only("a /* b */ \"c\nd\" 'e' // f\ng");
        let lines: Vec<&str> = blanked.lines().map(str::trim_end).collect();
        assert_eq!((lines, blanked.len()), (vec!["a", "", "g"], 26));
        assert_eq!(code_only("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
    }

    #[test]
    fn strings_are_found_in_code_only() {
        assert_eq!(strings("f(\"a\", 'b', r#\"c\"#); // \"d\"\ng(\"\\\"\")"), [(2, "a"), (30, "\\\"")]);
    }

    #[test]
    fn calls_have_their_line() {
        assert_eq!(calls("\n\ninfo!(1)", &["info"])[0].line, 3);
    }

    #[test]
    fn cuts_the_test_module_off() {
        let module = format!("fn a() {{}}\n\n#[cfg(test)]\n{} tests {{\n}}\n", "mod");
        assert_eq!(without_tests(&module), "fn a() {}\n\n");
        assert_eq!(without_tests("#[cfg(test)]\nmod tests;\nfn a() {}\n"), "#[cfg(test)]\nmod tests;\nfn a() {}\n");
        assert_eq!(without_tests("#[cfg(test)]\nfn helper() {\n}\n"), "#[cfg(test)]\nfn helper() {\n}\n");
    }
}
