//! `multipart/form-data`, as much of it as an upload needs.

use bytes::Bytes;

/// One part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name, if it is a file.
    pub filename: Option<String>,
    /// Media type, if given.
    pub content_type: Option<String>,
    /// The bytes.
    pub data: Bytes,
}

/// The parts of a body; `None` if the body does not match its content type.
pub(crate) fn parts(content_type: &str, body: &Bytes) -> Option<Vec<Part>> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.split(';').find_map(|part| part.trim().strip_prefix("boundary="))?.trim_matches('"');
    let delimiter = format!("\r\n--{boundary}");
    let opening = format!("--{boundary}");
    let mut found = Vec::new();
    let mut at = find(body, opening.as_bytes(), 0)? + opening.len();
    loop {
        if body.get(at..at + 2)? == b"--" {
            return Some(found);
        }
        let head_end = find(body, b"\r\n\r\n", at)?;
        let data_end = find(body, delimiter.as_bytes(), head_end + 2)?;
        let head = String::from_utf8_lossy(body.get(at..head_end)?).into_owned();
        found.push(part(&head, body.slice((head_end + 4).min(data_end)..data_end))?);
        at = data_end + delimiter.len();
    }
}

fn part(head: &str, data: Bytes) -> Option<Part> {
    let line = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let disposition = line("content-disposition")?;
    let parameter = |name: &str| {
        let start = disposition.find(&format!(" {name}=\""))? + name.len() + 3;
        let rest = disposition.get(start..)?;
        Some(rest.split('"').next().unwrap_or_default().replace("%22", "\""))
    };
    Some(Part { name: parameter("name")?, filename: parameter("filename"), content_type: line("content-type"), data })
}

fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    haystack.get(from..)?.windows(needle.len()).position(|window| window == needle).map(|at| at + from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_a_field_are_read() {
        let body = Bytes::from_static(
            b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\
              \r\nhello\r\n--x\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n\r\n--x--\r\n",
        );
        let parts = parts("multipart/form-data; boundary=x", &body).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0].filename.as_deref(), Some("a b.txt"));
        assert_eq!(&parts[0].data[..], b"hello");
        assert_eq!((parts[1].name.as_str(), parts[1].data.len()), ("n", 0));
    }

    #[test]
    fn a_body_without_its_end_is_refused() {
        let body = Bytes::from_static(b"--x\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nhello");
        assert_eq!(parts("multipart/form-data; boundary=x", &body), None);
    }
}
