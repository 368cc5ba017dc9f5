//! Writes CSV (RFC 4180) that a spreadsheet does not take for formulas.

/// Adds a row; every cell is quoted.
pub(crate) fn row(text: &mut String, cells: &[&str]) {
    for (number, cell) in cells.iter().enumerate() {
        text.push_str(if number == 0 { "\"" } else { ",\"" });
        // A spreadsheet calculates a cell that begins with one of these, also if it is quoted.
        if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            text.push('\'');
        }
        text.push_str(&cell.replace('"', "\"\""));
        text.push('"');
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_every_cell_and_disarms_formulas() {
        let mut text = String::new();
        row(&mut text, &["plain", "a,b\r\nc", "say \"x\"", ""]);
        assert_eq!(text, "\"plain\",\"a,b\r\nc\",\"say \"\"x\"\"\",\"\"\r\n");
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            let mut text = String::new();
            row(&mut text, &[&format!("{start}HYPERLINK(1)")]);
            assert_eq!(text, format!("\"'{start}HYPERLINK(1)\"\r\n"));
        }
    }
}
