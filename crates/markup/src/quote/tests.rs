//! Lines in, the range of the folded ones out.

use super::*;

/// `>` quoted, `!` not outermost, `|` cited.
fn find(lines: &[&str]) -> Option<Range<usize>> {
    let line = |text: &&str| Line {
        text: text.trim_start_matches(['!', '|']).to_owned(),
        is_outermost: !text.starts_with('!'),
        is_quoted: text.starts_with(['>', '|']),
        is_cited: text.starts_with('|'),
        ..Line::default()
    };
    folded(&lines.iter().map(line).collect::<Vec<_>>())
}

const HEADER: [&str; 4] = ["From: Mia", "Sent: Monday", "To: Bob", "Subject: x"];

fn with_header(above: &[&'static str], below: &[&'static str]) -> Vec<&'static str> {
    [above, &HEADER, below].concat()
}

#[test]
fn copies_below_an_answer_are_found() {
    assert_eq!(find(&["Hi", "On Mon, 3 Nov 2026 at 10:00, Mia <m@x.example> wrote:", "> a", "> b"]), Some(1..4));
    assert_eq!(find(&["Hi", "On Mon, 3 Nov 2026 at 10:00,", "Mia <m@x.example> wrote:", "> a"]), Some(1..4));
    assert_eq!(find(&["Hallo", "Gruß", "Am 03.11.26 um 10:00 schrieb Mia:", "> a"]), Some(2..4));
    assert_eq!(find(&["Hi", "-----Original Message-----", "anything"]), Some(1..3));
    assert_eq!(find(&with_header(&["Hi"], &["text"])), Some(1..6));
    assert_eq!(find(&["Hi", "Von: Mia", "Gesendet: Montag", "An: Bob", "Betreff: x", "text"]), Some(1..6));
    let order = ["Hi", "4711 is done", "Bob", "On Mon, 3 Nov 2026 at 10:00, Mia <m@x.example> wrote:", "> a"];
    assert_eq!(find(&order), Some(3..5));
    let year = ["Hi", "2026 was good", "Bob", "On Mon, 3 Nov 2026 at 10:00, Mia <m@x.example> wrote:", "> a"];
    assert_eq!(find(&year), Some(3..5));
    assert_eq!(find(&["Hi", "|a", "> b"]), Some(1..3));
    assert_eq!(find(&["Hi", "|a", "--", "Bob"]), Some(1..2));
    assert_eq!(find(&with_header(&["Hi", "_____"], &["text", "On 3 Nov 2026, Mia wrote:", "> a"])), Some(1..9));
}

#[test]
fn a_line_of_the_author_above_a_header_is_not_part_of_it() {
    let lines = ["Datum: morgen passt", "Von: Mia", "Gesendet: Montag", "An: Bob", "Betreff: x", "text"];
    assert_eq!(find(&lines), Some(1..6));
    let subject = with_header(&["Hi", "Subject: pumps as agreed"], &["text"]);
    assert_eq!(find(&subject), Some(2..7));
    let twice = with_header(&["Hi"], &HEADER);
    assert_eq!(find(&twice), Some(1..9), "two headers below each other are both copies");
}

#[test]
fn the_rest_is_shown() {
    for lines in [
        &["On Mon, 3 Nov 2026, Mia wrote:", "> a"][..],
        &["Hi", "On Mon, 3 Nov 2026, Mia wrote:", "> a", "My answer"],
        &["Hi", "On Mon, 3 Nov 2026, Mia wrote:", "that it burns"],
        &["Hi", "Mia wrote:", "that it burns"],
        &["Hi", "From: here", "to there it is far"],
        &["Hi", "From: Mia", "nothing else"],
        &["Hi", "From: Berlin", "To: Hamburg", "Date: 3 Nov 2026", "Please book it"],
        &["From your form:", "From: Mia <m@x.example>", "Subject: Pump", "Date: 3 Nov 2026", "It leaks"],
        &["-----Original Message-----", "x"],
        &["Hi", "!-----Original Message-----", "x"],
        &["Hi", "original message"],
        &["Hi", "--", "Mia"],
        &["Hi", "> 5 bar"],
        &["See what Mia wrote on 3 November 2026:", "> a"],
        &["Hi", "See what Mia wrote on 3 November 2026:", "> a"],
        &["Hi", "She wrote on 3.11.2026 10:00:", "> a"],
        &["Hi", "On 3 Nov 2026 the pump broke", "Mia wrote:", "> a"],
        &["Hi", "3 pumps for Mia <m@x.example>, please send them by 3.11.2026:", "> a"],
        &["Hi", "2026-11-03 10:00 I called Mia <m@x.example>, she wrote:", "> a"],
        &["Hi", "Am 3.11.2026 kam Bob,", "dann schrieb Mia:", "> a"],
        &["My answers in red:", "From: Mia", "Sent: Monday", "To: Bob", "Subject: x", "Does it leak? Yes."],
        &[],
    ] {
        assert_eq!(find(lines), None, "{lines:?}");
    }
}
