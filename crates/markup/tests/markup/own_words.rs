//! Mails made of own lines and quoted lines in any order: no own word is ever folded.

use markup::{adf_of_html, adf_of_text};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::mails::seen_and_folded;

/// The beginnings of words that tell who wrote them. Every own line has one of the first kind.
const OWN: &str = "ownword";

#[derive(Clone, Debug)]
enum Piece {
    /// Lines of the author.
    Own(String),
    /// Quoted lines.
    Quote(Vec<String>),
    /// The line that a mail program writes above a quote.
    Above(Vec<&'static str>),
}

fn own() -> impl Strategy<Value = Piece> {
    let around = select(vec![
        "{}",
        "-- {}",
        "- {}",
        "--- {}",
        "{}:",
        "{} wrote:",
        "On 3 Nov {} it broke:",
        "On 3 Nov 2026 the {} broke, see what Mia wrote:",
        "Please read what Mia wrote on 3 Nov 2026 at 10:00, {}:",
        "From: {}",
        "To: {}",
        "Date: {}",
        "{}, she said on 3.11.2026:",
        "*{}*",
        "__ {}",
        "4711 {}",
        "2026 {}",
        "10:00 {},",
        "On 3 Nov 2026 at 10:00 {} broke",
        "{} <mia@a.example>,",
        "3 pumps for Mia <mia@a.example>, {}, by 3.11.2026:",
    ]);
    (around, 0..1000u32).prop_map(|(around, number)| Piece::Own(around.replace("{}", &format!("{OWN}{number}"))))
}

fn quote() -> impl Strategy<Value = Piece> {
    let line = prop_oneof![
        4 => "[a-z]{2,8} [a-z]{2,8}\\?",
        1 => Just("On Mon, 2 Nov 2026 at 10:00, Mia <mia@a.example> wrote:".to_owned()),
        1 => Just("-----Original Message-----".to_owned()),
    ];
    vec(line, 1..4).prop_map(Piece::Quote)
}

/// Without quote marks, nothing tells an answer below these from a copy; so here quotes always have them.
fn above() -> impl Strategy<Value = Piece> {
    select(vec![
        vec!["On Mon, 3 Nov 2026 at 10:00, Mia Moe <mia@a.example> wrote:"],
        vec!["On Mon, 3 Nov 2026 at 10:00,", "Mia Moe <mia@a.example> wrote:"],
        vec!["Am 03.11.26 um 10:00 schrieb Mia Moe:"],
        vec!["Am 03.11.26 10:00 schrieb Mia Moe <mia@a.example", ">:"],
        vec!["On Mon, 3 Nov 2026 at 10:00, Mia Moe <mia@a.example", "> wrote:"],
        vec!["----- Forwarded Message ----- From: Mia <mia@a.example>To: Bob <bob@a.example>Subject: Pump"],
        vec!["Mia <mia@a.example> schrieb:"],
        vec!["-----Original Message-----"],
        vec!["From: Mia", "Sent: Monday", "To: Bob", "Subject: Pump"],
        vec!["Begin forwarded message:"],
    ])
    .prop_map(Piece::Above)
}

/// Each introduction has a quote behind it, as mail programs write it.
fn mail() -> impl Strategy<Value = Vec<Piece>> {
    let quoted = (proptest::option::of(above()), quote());
    let piece = prop_oneof![
        own().prop_map(|own| vec![own]),
        quoted.prop_map(|(above, quote)| above.into_iter().chain([quote]).collect()),
    ];
    vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

fn plain(mail: &[Piece]) -> String {
    let lines = mail.iter().map(|piece| match piece {
        Piece::Own(line) => format!("{line}\n\n"),
        Piece::Quote(lines) => lines.iter().map(|line| format!("> {line}\n")).collect::<String>() + "\n",
        Piece::Above(lines) => lines.iter().map(|line| format!("{line}\n")).collect(),
    });
    lines.collect()
}

fn html(mail: &[Piece], cite: &str, is_marked: bool) -> String {
    let marker = if is_marked { "<span class=\"js-signatureMarker\"></span>" } else { "" };
    let escaped = |line: &str| line.replace('<', "&lt;").replace('>', "&gt;");
    let pieces = mail.iter().map(|piece| match piece {
        Piece::Own(line) => format!("<div>{}</div>{marker}", escaped(line)),
        Piece::Quote(lines) => {
            let inner: String = lines.iter().map(|line| format!("<div>{}</div>", escaped(line))).collect();
            format!("<blockquote{cite}>{inner}</blockquote>")
        }
        Piece::Above(lines) => lines.iter().map(|line| format!("<div>{}</div>", escaped(line))).collect(),
    });
    pieces.collect()
}

fn assert_visible(mail: &[Piece], blocks: Vec<serde_json::Value>, body: &str) {
    let (seen, folded) = seen_and_folded(blocks);
    assert!(!folded.contains(OWN), "folded: {folded}\n{body}");
    let own = mail.iter().filter(|piece| matches!(piece, Piece::Own(_))).count();
    assert_eq!(seen.matches(OWN).count(), own, "{body}");
}

/// Own lines that look like parts of an introduction, one below the other.
#[test]
fn own_lines_do_not_join_to_an_introduction() {
    for first in ["2026 ownword1", "10:00 ownword1,", "On 3 Nov 2026 at 10:00 ownword1 broke"] {
        let own = [first, "ownword2 <mia@a.example>,", "ownword3 wrote:"];
        let mut mail: Vec<Piece> = own.map(|line| Piece::Own(line.to_owned())).into();
        mail.push(Piece::Quote(vec!["It is wet.".to_owned()]));
        let (text, html) = (plain(&mail), html(&mail, "", false));
        assert_visible(&mail, adf_of_text(&text), &text);
        assert_visible(&mail, adf_of_html(&html, &()), &html);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_own_word_is_folded_in_text(mail in mail()) {
        let body = plain(&mail);
        assert_visible(&mail, adf_of_text(&body), &body);
    }

    #[test]
    fn no_own_word_is_folded_in_html(mail in mail(), is_cited in any::<bool>(), is_marked in any::<bool>()) {
        let body = html(&mail, if is_cited { " type=\"cite\"" } else { "" }, is_marked);
        assert_visible(&mail, adf_of_html(&body, &()), &body);
    }

    /// Plain mails in a `pre` or in a paragraph that keeps its line breaks.
    #[test]
    fn no_own_word_is_folded_in_preformatted_text(mail in mail(), is_pre in any::<bool>()) {
        let text = plain(&mail).replace('<', "&lt;").replace('>', "&gt;");
        let body = if is_pre { format!("<pre>{text}</pre>") } else { format!("<p style=\"white-space: pre-wrap\">{text}</p>") };
        assert_visible(&mail, adf_of_html(&body, &()), &body);
    }
}

/// A copy as Outlook makes it: nothing but the header tells where it begins.
const HEADER: &str = "<p><b>From:</b> Mia<br><b>Sent:</b> Monday, November 2, 2026 4:12 PM<br><b>To:</b> Bob<br><b>Subject:</b> Pump</p>";

/// An answer inside a copy, in the ways in which Outlook and people mark it.
fn inside() -> impl Strategy<Value = String> {
    let marked = select(vec![
        "<span style=\"color:#ff0000\">{}</span>",
        "<span style=\"color:red;\">{}</span>",
        "<font color=\"#0070C0\">{}</font>",
        "<span style=\"color:rgb(0, 176, 80)\">{}</span>",
        "<span style=\"color:yellow\">{}</span>",
        "<b><span style=\"color:#1F497D\">{}</span></b>",
        "<span style=\"background-color:#ffff00\">{}</span>",
        "<span style=\"background:fuchsia\">{}</span>",
        "<span style=\"color:gray\">{}</span>",
        "<span style=\"color:#7f7f7f;\">{}</span>",
        "<font color=\"#595959\">{}</font>",
        "<span style=\"color:rgb(64, 64, 64)\">{}</span>",
        "<span style=\"color:rgba(0, 0, 0, 0.6)\">{}</span>",
        "<span style=\"color:#44546A\">{}</span>",
        "<span style=\"color:darkslategray\">{}</span>",
        "<span style=\"color:tomato\">{}</span>",
        "<span style=\"color:hsl(120 100% 25%)\">{}</span>",
        "<span style=\"background:lightgrey none repeat scroll 0% 0%\">{}</span>",
        "<span style=\"background-color:#d9d9d9\">{}</span>",
        "<mark>{}</mark>",
        "<b><i>[Anna]</i></b> {}",
        "<strong>[Anna Muster] {}</strong>",
        "<em>[O'Neil, A.-M.]</em> {}",
    ]);
    let place =
        select(vec!["<p>{}</p>", "<p>Does it leak? {}</p>", "<div>{} Is it old?</div>", "<p>It drips.<br>{}</p>"]);
    (marked, place, 0..1000u32)
        .prop_map(|(marked, place, number)| place.replace("{}", &marked.replace("{}", &format!("{OWN}{number}"))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn no_answer_inside_a_copy_is_folded(
        (before, answers, behind) in (0..3usize, vec(inside(), 1..4), 0..3usize), is_nested in any::<bool>(),
    ) {
        let copied = "<p>Does the pump leak?</p><p>Can you send a photo?</p>";
        let nested = if is_nested { HEADER } else { "" };
        let body = format!(
            "<p>Hi Mia,</p>{HEADER}<p>It drips.</p>{nested}{}<p>Hello,</p>{}{}",
            copied.repeat(before), answers.concat(), copied.repeat(behind),
        );
        let (_, folded) = seen_and_folded(adf_of_html(&body, &()));
        prop_assert!(!folded.contains(OWN), "folded: {folded}\n{body}");
    }

    /// Words typed at the end of a quoted line stay in its quote.
    #[test]
    fn no_answer_inside_a_quote_is_folded(
        (before, answers, behind) in (0..3usize, vec(inside(), 1..4), 1..3usize), is_nested in any::<bool>(),
        open in select(vec!["<blockquote type=\"cite\">", "<blockquote>", "<div class=\"yahoo_quoted\">"]),
    ) {
        let copied = "<p>Does the pump leak?</p><p>Can you send a photo?</p>";
        let nested = if is_nested { "<blockquote><p style=\"color:#1F497D\">It is an old one.</p></blockquote>" } else { "" };
        let close = if open.starts_with("<div") { "</div>" } else { "</blockquote>" };
        let body = format!(
            "<p>Hi Mia,</p><p>On Mon, 2 Nov 2026 at 10:00, Mia &lt;mia@a.example&gt; wrote:</p>{open}{}{nested}{}{}{close}",
            copied.repeat(before), answers.concat(), copied.repeat(behind),
        );
        let (_, folded) = seen_and_folded(adf_of_html(&body, &()));
        prop_assert!(!folded.contains(OWN), "folded: {folded}\n{body}");
    }
}

#[test]
fn answers_between_quotes_and_inside_copies_are_visible() {
    let inline = "<div>Hi Mia,</div><div><span class=\"js-signatureMarker\"></span><blockquote type=\"cite\"><div>On 3 Nov 2026, at \
        10:00, Mia Moe &lt;mia@a.example&gt; wrote:</div><br><div>Does the pump leak?</div></blockquote><div>&nbsp;</div>ownword1, \
        since Monday.</div><div><br><blockquote type=\"cite\"><div>Can you send a photo?</div></blockquote>ownword2</div>";
    let separator =
        "<p>Hi</p><p>-----Original Message-----</p><blockquote type=\"cite\">Does it leak?</blockquote><p>ownword</p>";
    let headed = format!(
        "<p>Hi</p>{HEADER}<blockquote>Does it leak?</blockquote><p>ownword</p><blockquote>A photo?</blockquote>"
    );
    let colored = format!(
        "<p>Hi Mia,</p>{HEADER}<p>Does it leak? <span style=\"color:#ff0000;\">ownword</span> <span style=\"background-color:\
        #ffff00;\">urgent</span></p><p>Can you send a photo?</p>"
    );
    for body in [inline, separator, &headed, &colored] {
        let (_, folded) = seen_and_folded(adf_of_html(body, &()));
        assert!(!folded.contains(OWN), "folded: {folded}\n{body}");
    }
    let text = "Hi Mia,\n\n-----Original Message-----\n> Does the pump leak?\n\nownword, since Monday.\n\n> Photo?\n\nownword\n";
    let (_, folded) = seen_and_folded(adf_of_text(text));
    assert!(!folded.contains(OWN), "folded: {folded}");
}

/// The colours of a header, of links and of another copied mail are no answers, and nearly black letters are ordinary.
#[test]
fn a_copy_without_answers_is_folded_in_whatever_colour() {
    for copied in [
        "<p>Does it leak?</p><p>Mia</p>",
        "<p><span style=\"color:#1F497D\">Does it leak?</span></p><p><span style=\"color:#1F497D\">Mia</span></p>",
        "<p>See <a href=\"https://a.example\"><span style=\"color:#0563C1\">the page</span></a>.</p>",
        "<p><span style=\"color:windowtext\">Does it leak?</span></p><p><span style=\"color:#333333\">Mia</span></p>",
        "<p><b>Does</b> [it] leak? [Yes]</p><p><b>[1]</b> a list</p>",
    ] {
        let blue = format!("<p>Hi Mia,</p>{HEADER}{copied}");
        let other = "<p><span style=\"color:#c00000\">An older mail.</span></p>";
        let headline = HEADER.replace("Mia", "<span style=\"color:#00b050\">Mia</span>");
        for body in [blue.clone(), format!("{blue}{HEADER}{other}"), format!("<p>Hi</p>{headline}{copied}")] {
            let (_, folded) = seen_and_folded(adf_of_html(&body, &()));
            assert!(folded.contains("From:"), "{body}");
        }
    }
}
