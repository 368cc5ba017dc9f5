//! Validates the head (request line and headers) of an HTTP/1 request. hyper accepts some ambiguous requests, which a proxy
//! in front of this server may interpret differently (request smuggling). They are refused here (docs/testing.md finding 8).

/// How the length of the body is determined (RFC 9112 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// `Content-Length` in bytes; 0 if there is no body.
    Length(u64),
    /// `Transfer-Encoding: chunked`.
    Chunked,
}

/// Why a head is refused: a fixed code for the log.
pub(super) type Reason = &'static str;

/// Maximum number of headers; Zammad sends about ten, a browser behind a proxy about thirty.
const MOST_LINES: usize = 100;

/// Validates a head, including its final empty line. Returns how its body is framed.
pub(super) fn judge(head: &[u8]) -> Result<Framing, Reason> {
    let head = head.strip_suffix(b"\r\n\r\n").ok_or("no-end")?;
    let mut lines = Lines(Some(head));
    let version = request_line(lines.next().ok_or("empty")??)?;
    let (mut hosts, mut length, mut chunked) = (0, None, false);
    for (number, line) in lines.enumerate() {
        let line = line?;
        if number >= MOST_LINES {
            return Err("too-many-headers");
        }
        let colon = line.iter().position(|byte| *byte == b':').ok_or("no-colon")?;
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        // White space before a name is a folded line (RFC 9112 §5.2); after a name it allows request smuggling (§5.1).
        if name.is_empty() || !name.iter().copied().all(is_token) {
            return Err("bad-header-name");
        }
        if value.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
            return Err("control-in-value");
        }
        if name.eq_ignore_ascii_case(b"host") {
            hosts += 1;
            if value.is_empty() {
                return Err("empty-host");
            }
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if length.replace(number_of(value)?).is_some() {
                return Err("two-lengths");
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if chunked || !value.eq_ignore_ascii_case(b"chunked") {
                return Err("bad-transfer-encoding");
            }
            chunked = true;
        }
    }
    match (hosts, length, chunked, version) {
        (0, ..) => Err("no-host"),
        (2.., ..) => Err("two-hosts"),
        (_, Some(_), true, _) => Err("length-and-chunked"),
        (_, _, true, Version::Http10) => Err("chunked-in-1.0"),
        (_, None, true, _) => Ok(Framing::Chunked),
        (_, length, false, _) => Ok(Framing::Length(length.unwrap_or(0))),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Http10,
    Http11,
}

/// Parses `METHOD SP /target SP HTTP/1.x`. Other forms of a target are for proxies only (RFC 9112 §3.2).
fn request_line(line: &[u8]) -> Result<Version, Reason> {
    let mut parts = line.split(|byte| *byte == b' ');
    let (Some(method), Some(target), Some(version), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("bad-request-line");
    };
    if method.is_empty() || !method.iter().copied().all(is_token) {
        return Err("bad-method");
    }
    if !target.starts_with(b"/") || !target.iter().copied().all(is_target) {
        return Err("bad-target");
    }
    match version {
        b"HTTP/1.1" => Ok(Version::Http11),
        b"HTTP/1.0" => Ok(Version::Http10),
        _ => Err("bad-version"),
    }
}

/// Parses a `Content-Length` of at most 18 digits, without sign, white space or list.
fn number_of(value: &[u8]) -> Result<u64, Reason> {
    if value.is_empty() || value.len() > 18 || !value.iter().all(u8::is_ascii_digit) {
        return Err("bad-length");
    }
    Ok(value.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}

/// Whether a byte may be part of a token (RFC 9110 §5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_' | b'`' | b'|' | b'~'
        )
}

/// Whether a byte may be part of a path or query (RFC 3986 §3.3, §3.4). `#` may not: hyper would remove a fragment, or send
/// an error response without this server's headers.
const fn is_target(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'[' | b'\\' | b']' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// Splits a head into lines at CRLF; a lone CR or LF anywhere is an error.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = Result<&'a [u8], Reason>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.0?;
        let Some(at) = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')) else {
            self.0 = None;
            return Some(Ok(rest));
        };
        if rest[at..].starts_with(b"\r\n") {
            self.0 = Some(&rest[at + 2..]);
            Some(Ok(&rest[..at]))
        } else {
            self.0 = None;
            Some(Err("bare-line-end"))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(lines: &[&str]) -> Result<Framing, Reason> {
        judge(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes())
    }

    #[test]
    fn what_zammad_and_browsers_send_passes() {
        assert_eq!(
            head(&["POST /hooks/zammad HTTP/1.1", "Host: c:8080", "Content-Length: 7942", "Connection: close"]),
            Ok(Framing::Length(7942))
        );
        assert_eq!(head(&["GET /readyz HTTP/1.0", "Host: c"]), Ok(Framing::Length(0)));
        assert_eq!(head(&["POST /x?a=b HTTP/1.1", "host:c", "Transfer-Encoding: Chunked"]), Ok(Framing::Chunked));
    }

    /// docs/testing.md W3.
    #[test]
    fn w3_ambiguous_heads_are_refused() {
        let cases: [(&[&str], Reason); 24] = [
            (&["POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Transfer-Encoding: chunked"], "length-and-chunked"),
            (&["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Content-Length: 1"], "length-and-chunked"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length: 1", "Content-Length: 1"], "two-lengths"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length: +7"], "bad-length"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length: 1, 1"], "bad-length"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length: 0x1"], "bad-length"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length: 99999999999999999999"], "bad-length"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length:"], "bad-length"),
            (&["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: xchunked"], "bad-transfer-encoding"),
            (&["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: gzip, chunked"], "bad-transfer-encoding"),
            (
                &["POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
                "bad-transfer-encoding",
            ),
            (&["POST / HTTP/1.0", "Host: a", "Transfer-Encoding: chunked"], "chunked-in-1.0"),
            (&["POST / HTTP/1.1", "Host: a", " folded: x"], "bad-header-name"),
            (&["POST / HTTP/1.1", "Host: a", "X: y", "\tmore"], "no-colon"),
            (&["POST / HTTP/1.1", "Host: a", "Content-Length : 1"], "bad-header-name"),
            (&["POST / HTTP/1.1"], "no-host"),
            (&["POST / HTTP/1.1", "Host: a", "host: a"], "two-hosts"),
            (&["POST / HTTP/1.1", "Host:"], "empty-host"),
            (&["POST http://a/ HTTP/1.1", "Host: a"], "bad-target"),
            (&["OPTIONS * HTTP/1.1", "Host: a"], "bad-target"),
            (&["CONNECT a:1 HTTP/1.1", "Host: a"], "bad-target"),
            (&["GET / HTTP/2.0", "Host: a"], "bad-version"),
            (&["GET  / HTTP/1.1", "Host: a"], "bad-request-line"),
            (&["GET / HTTP/1.1", "Host: a", "X: a\u{0}b"], "control-in-value"),
        ];
        for (lines, want) in cases {
            assert_eq!(head(lines), Err(want), "{lines:?}");
        }
        assert_eq!(judge(b"GET / HTTP/1.1\nHost: a\r\n\r\n"), Err("bare-line-end"));
        assert_eq!(judge(b"GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"), Err("bare-line-end"));
        assert_eq!(judge(b"GET / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\n"), Err("bare-line-end"));
        let many = vec!["X: y"; 101].join("\r\n");
        assert_eq!(head(&["GET / HTTP/1.1", "Host: a", &many]), Err("too-many-headers"));
    }

    proptest! {
        #[test]
        fn nothing_panics_and_nothing_passes_twice_framed(bytes in any::<Vec<u8>>(), extra in "[ -~]{0,40}") {
            let _ = judge(&bytes);
            let text = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n{extra}\r\n\r\n");
            if judge(text.as_bytes()).is_ok() {
                prop_assert!(!extra.to_ascii_lowercase().starts_with("transfer-encoding"));
                prop_assert!(!extra.to_ascii_lowercase().starts_with("content-length:"));
            }
        }
    }
}
