//! Kinds of mails and documents that were once converted badly, one test each.

use markup::{adf_of_html, adf_of_text, document, html_of_adf};
use serde_json::{Value, json};

use crate::notes::assert_survives;
use crate::schema::assert_valid;
use crate::sketch::sketch;

fn html(html: &str) -> String {
    let blocks = adf_of_html(html, &());
    let note = html_of_adf(&document(blocks.clone()), &|_| None);
    assert_eq!(adf_of_html(&note, &()), blocks, "the way back and forth changes nothing: {note}");
    assert_valid(&document(blocks.clone()));
    sketch(&blocks)
}

fn text(text: &str) -> String {
    let blocks = adf_of_text(text);
    assert_valid(&document(blocks.clone()));
    sketch(&blocks)
}

fn note(block: Value) -> String {
    let html = html_of_adf(&json!({ "type": "doc", "version": 1, "content": [block] }), &|_| None);
    assert_survives(&html);
    html
}

fn inline(node: Value) -> String {
    let html = note(json!({ "type": "paragraph", "content": [node] }));
    html.strip_prefix("<p>").unwrap().strip_suffix("</p>").unwrap().to_owned()
}

fn paragraph(words: &str) -> Value {
    json!({ "type": "paragraph", "content": [{ "type": "text", "text": words }] })
}

const MARKER: &str = "<span class=\"js-signatureMarker\"></span>";

#[test]
fn answers_between_quotes_behind_a_marker_are_visible() {
    let mail = format!(
        "<div>Hi Mia,</div><div>&nbsp;</div><div>\n{MARKER}<blockquote type=\"cite\">\n<div>On 3 Nov 2026, at 10:00, Mia Moe \
         &lt;mia@a.example&gt; wrote:</div><br><div>Is it full?</div></blockquote>\n<div>&nbsp;</div>Since Monday.</div><div>\
         <br><blockquote type=\"cite\"><div>And the other?</div></blockquote>\n<div>&nbsp;</div>Empty.</div>"
    );
    let seen = html(&mail);
    assert!(!seen.contains("expand"), "{seen}");
    assert!(seen.contains("p(Since_Monday.)") && seen.contains("p(Empty.)"), "{seen}");
}

#[test]
fn answers_behind_a_separator_are_visible() {
    let seen =
        text("Hi Mia,\n\n-----Original Message-----\n> Is it full?\n\nSince Monday.\n\n> And the other?\n\nEmpty.\n");
    assert!(!seen.contains("expand"), "{seen}");
    let seen = html(
        "<p>Hi</p><p>-----Original Message-----</p><blockquote type=cite>Is it full?</blockquote><p>Since Monday.</p>",
    );
    assert!(!seen.contains("expand"), "{seen}");
    let seen =
        text("Hi\n\nFrom: Mia\nSent: Monday\nTo: Bob\nSubject: Tank\n\n> Is it full?\nYes.\n> Really?\nReally.\n");
    assert!(!seen.contains("expand"), "{seen}");
}

#[test]
fn a_marker_before_a_ruler_hides_nothing() {
    let mail = format!("<div>Order 8{MARKER}<br>------------<br>3 tanks<br>------------<br>Confirm by Friday!</div>");
    assert_eq!(html(&mail), "p(Order_8 / ------------ / 3_tanks / ------------ / Confirm_by_Friday!)");
}

#[test]
fn a_marker_before_a_dash_hides_nothing() {
    let mail = format!("<p>Two things{MARKER}<br>-- the tank is full<br>-- the hose is torn<br>Come today.</p>");
    assert_eq!(html(&mail), "p(Two_things / --_the_tank_is_full / --_the_hose_is_torn / Come_today.)");
}

#[test]
fn a_forwarded_text_is_visible() {
    let mail = "---------- Forwarded message ----------\nFrom: Mia <mia@a.example>\nDate: Thu, 28 Jan 2027\nSubject: Tank\nTo: \
                help@b.example\n\nThe tank is full.\n";
    let seen = text(mail);
    assert!(!seen.contains("expand") && seen.ends_with("p(The_tank_is_full.)"), "{seen}");
}

#[test]
fn a_mail_forwarded_by_gmail_is_visible() {
    let seen = html(
        "<div dir=\"ltr\"><div>---------- Forwarded message ---------<br>From: <b>Mia</b> &lt;mia@a.example&gt;<br>Date: Thu, \
         28 Jan 2027<br>Subject: Tank<br>To: &lt;help@b.example&gt;<br></div><br>The tank is full.</div>",
    );
    assert!(!seen.contains("expand") && seen.ends_with("p(The_tank_is_full.)"), "{seen}");
}

#[test]
fn a_mail_forwarded_by_apple_mail_is_visible() {
    let seen = html(
        "<div>Begin forwarded message:<br><blockquote type=\"cite\"><div><b>From: </b>Mia</div><div><b>Subject: \
         </b>Tank</div><div><b>Date: </b>28 January 2027</div><div><b>To: </b>help@b.example</div><div>Full.</div></blockquote></div>",
    );
    assert!(!seen.contains("expand") && seen.contains("Full."), "{seen}");
}

#[test]
fn coloured_words_keep_their_colour() {
    assert_eq!(
        html(
            "<p>Is it full? <span style=\"color:#ff0000;\">Yes</span> <span style=\"background-color:#ffff00;\">now</span></p>"
        ),
        "p(Is_it_full?_ textColor<#ff0000>(Yes) _ backgroundColor<#ffff00>(now))"
    );
    assert_eq!(
        html("<p><span style=\"color:#7f7f7f;\">a</span> <span style=\"background-color:#d9d9d9;\">b</span></p>"),
        "p(textColor<#7f7f7f>(a) _ backgroundColor<#d9d9d9>(b))"
    );
    assert_eq!(html("<p>a <mark>b</mark></p>"), "p(a_ backgroundColor<#ffff00>(b))");
    // Nearly black and too light say nothing; a link has a colour of its own.
    assert_eq!(
        html(
            "<p style=\"color:#333\"><span style=\"color: windowtext\">a</span><font color=\"red\">b<span style=\"color:black\">c</span></font></p>"
        ),
        "p(a textColor<#ff0000>(b) c)"
    );
    assert_eq!(
        html(
            "<span style=\"color:#ff0\">a</span> <a href=\"https://a.example\"><span style=\"color:#00f\">b</span></a> <code><b style=\"color:red\">c</b></code>"
        ),
        "p(a_ a<https://a.example>(b) _ code(c))"
    );
    assert_eq!(
        html("<table border=1><tr><td style=\"background-color:#fedec8;\">a<td>b<tr><td>c<td bgcolor=black>d</table>"),
        "table(tr(td<#fedec8>(p(a)) td(p(b))) tr(td(p(c)) td(p(d))))"
    );
}

#[test]
fn a_table_of_data_in_a_bordered_wrapper_stays_a_table() {
    assert_eq!(
        html(
            "<table style=\"border:1px solid #ccc;\"><tr><td>Bill</td></tr><tr><td><table border=\"1\"><tr><th>Plan</th><th>Sum</th></tr>\
             <tr><td>Gold</td><td>170</td></tr></table></td></tr></table>"
        ),
        "p(Bill) table(tr(th(p(Plan)) th(p(Sum))) tr(td(p(Gold)) td(p(170))))"
    );
    assert_eq!(
        html(
            "<table border=1><tr><td>Bill</td><td><table border=1><tr><td>Plan</td><td>Sum</td></tr><tr><td>Gold</td><td>170</td></tr>\
             </table></td></tr></table>"
        ),
        "p(Bill) table(tr(td(p(Plan)) td(p(Sum))) tr(td(p(Gold)) td(p(170))))"
    );
}

#[test]
fn parts_of_a_broken_table_keep_their_order() {
    assert_eq!(
        html("<table border=1><tr><td>a<td>b</tr>between<tr><td>c<td>d</tr></table>"),
        "table(tr(td(p(a)) td(p(b)))) p(between) table(tr(td(p(c)) td(p(d))))"
    );
    assert_eq!(
        html("<table border=1><tfoot><tr><td>sum<td>3</tr></tfoot><tbody><tr><td>a<td>3</tr></tbody></table>"),
        "table(tr(td(p(a)) td(p(3))) tr(td(p(sum)) td(p(3))))"
    );
    assert_eq!(html("<table><tr><td>a</td></tr>between<tr><td>b</td></tr></table>"), "p(a) p(between) p(b)");
    assert_eq!(html("<table><tr>above<td>a</td>between<td>b</td></tr></table>"), "p(above) p(a) p(between) p(b)");
}

#[test]
fn a_link_in_preformatted_text_keeps_its_address() {
    assert_eq!(
        html(
            "<pre>a = <a href=\"https://a.example/x\">this page</a>; <a href=\"https://b.example/\">https://b.example</a></pre>"
        ),
        "code<>(a_=_this_page_(https://a.example/x);_https://b.example)"
    );
    assert_eq!(html("<pre>x = <a href=\"mailto:a@b.example\">a@b.example</a></pre>"), "code<>(x_=_a@b.example)");
}

#[test]
fn a_link_of_another_scheme_keeps_its_address() {
    assert_eq!(
        html(
            "<p><a href=\"ftp://f.example/log.zip\">log</a> <a href=\"file://srv/share/a.docx\">plan</a> <a href=\"//cdn.example/x\">cdn</a> \
             <a href=\"sip:mia@a.example\">call</a> <a href=\"ftp://g.example\">ftp://g.example</a></p>"
        ),
        "p(log_(ftp://f.example/log.zip)_plan_(file://srv/share/a.docx)_ a<https://cdn.example/x>(cdn) \
         _call_(sip:mia@a.example)_ftp://g.example)"
    );
    assert_eq!(
        html(
            "<a href=\"javascript:x\">a</a> <a href=\"vbscript:x\">b</a> <a href=\"data:text/html,x\">c</a> <a href=\"ftp://x\"></a>"
        ),
        "p(a_b_c)"
    );
}

#[test]
fn a_quote_that_begins_with_its_introduction_is_folded() {
    assert_eq!(
        text("Danke.\n\n> Am 22.08.2026 um 19:21 schrieb Mia <mia@a.example>:\n> \n> Sie ist dicht.\n"),
        "p(Danke.) expand<Quoted text>(p(>_Am_22.08.2026_um_19:21_schrieb_Mia_<mia@a.example>: / > / >_Sie_ist_dicht.))"
    );
}

#[test]
fn an_introduction_over_two_lines_is_folded() {
    let seen =
        text("Danke.\n\nMia Moe <mia@a.example> schrieb am Fr., 28.\nApr. 2027 um 11:53 Uhr:\n\n> Sie ist dicht.\n");
    assert!(seen.starts_with("p(Danke.) expand<Quoted text>(p(Mia_Moe_"), "{seen}");
}

#[test]
fn an_introduction_without_a_number_is_folded() {
    let seen = text("Danke.\n\nMia <mia@a.example> schrieb:\n> Sie ist dicht.\n");
    assert!(seen.starts_with("p(Danke.) expand<Quoted text>(p(Mia_"), "{seen}");
}

#[test]
fn an_introduction_without_a_verb_is_folded() {
    let seen = text("Thanks.\n\n2026-10-24 15:36 GMT+02:00 Mia <mia@a.example>:\n> It is tight.\n");
    assert!(seen.starts_with("p(Thanks.) expand<Quoted text>(p(2026-10-24_"), "{seen}");
}

#[test]
fn a_header_with_the_date_first_is_folded() {
    assert_eq!(
        html(
            "<p>Danke.</p><hr><div>Date: Thu, 26 Jun 2026<br>Subject: Tank<br>From: a@a.example<br>To: b@b.example</div><p>Old</p>"
        ),
        "p(Danke.) expand<Quoted text>(rule p(Date:_Thu,_26_Jun_2026 / Subject:_Tank / From:_a@a.example / To:_b@b.example) p(Old))"
    );
}

#[test]
fn a_header_of_gmx_is_folded_with_its_first_line() {
    let seen = html(
        "<p>Danke.</p><div><b>Gesendet:</b> Mittwoch, 03. Februar 2027 um 12:43 Uhr<br><b>Von:</b> Mia &lt;m@a.example&gt;<br>\
         <b>An:</b> b@b.example<br><b>Betreff:</b> x</div><p>Alt</p>",
    );
    assert!(seen.starts_with("p(Danke.) expand<Quoted text>(p(strong(Gesendet:)"), "{seen}");
}

#[test]
fn headers_of_other_languages_are_folded() {
    for labels in [
        ["От", "Отправлено", "Кому", "Тема"],
        ["Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"],
        ["Feladó", "Elküldve", "Címzett", "Tárgy"],
        ["Kimden", "Gönderildi", "Kime", "Konu"],
        ["发件人", "发送时间", "收件人", "主题"],
        ["差出人", "送信日時", "宛先", "件名"],
        ["Od", "Odesláno", "Komu", "Předmět"],
    ] {
        let lines = labels.map(|label| format!("<b>{label}:</b> x")).join("<br>");
        let seen = html(&format!("<p>own</p><div>{lines}</div><p>old</p>"));
        assert!(seen.starts_with("p(own) expand<Quoted text>("), "{seen}");
        let text = text(&format!("own\n\n{}\n\nold", labels.map(|label| format!("{label}\u{ff1a}x")).join("\n")));
        assert!(text.starts_with("p(own) expand<Quoted text>("), "{text}");
    }
    for above in [
        "Понедельник, 2 ноября 2026, 16:12 +03:00 от Mia &lt;mia@a.example&gt;:",
        "02.11.2026, 16:12, \"Mia\" &lt;m@a.example&gt;:",
    ] {
        let seen = html(&format!("<p>own</p><div>{above}</div><blockquote>old</blockquote>"));
        assert!(seen.starts_with("p(own) expand<Quoted text>("), "{seen}");
    }
}

#[test]
fn the_ruler_above_a_header_is_folded() {
    let mail = "Thanks.\n________________________________\nFrom: Mia <m@a.example>\nSent: Monday\nTo: Bob\nSubject: Tank\n\nOld\n";
    assert!(text(mail).starts_with("p(Thanks.) expand<Quoted text>(p(___________"));
}

#[test]
fn a_quote_above_a_signature_is_folded() {
    let mail = format!(
        "<div>Yes.</div><div><br><div>On Wed, 16 Mar 2026, Mia &lt;mia@a.example&gt; wrote:<br><blockquote>Is it \
         full?</blockquote></div><div>&nbsp;{MARKER}</div>--<br><div>Bob<br>Some Company</div></div>"
    );
    assert_eq!(
        html(&mail),
        "p(Yes.) expand<Quoted text>(p(On_Wed,_16_Mar_2026,_Mia_<mia@a.example>_wrote:) p(Is_it_full?)) p(-- / Bob / Some_Company)"
    );
}

#[test]
fn a_signature_is_visible() {
    assert_eq!(
        html(&format!("Cheers!<br><br>-Tim<br>{MARKER}<br>--<br>Old sailors never drown.")),
        "p(Cheers!) p(-Tim) p(-- / Old_sailors_never_drown.)"
    );
}

#[test]
fn a_paragraph_that_keeps_its_lines_does_so() {
    assert_eq!(
        html("<p style=\"white-space: pre-wrap;\">Error 6\nat line 8\n  in main\n\nend <b>of</b> it</p>"),
        "p(Error_6 / at_line_8 / ~~in_main) p(end_ strong(of) _it)"
    );
    assert_eq!(html("<p style=\"white-space:pre-line\">a   b\n  c</p>"), "p(a_b / c)");
    assert_eq!(
        html("<div style=\"white-space:pre-wrap\"><table border=1>\n<tr>\n<td>a</td>\n<td>b</td></tr></table></div>"),
        "table(tr(td(p(a)) td(p(b))))"
    );
}

#[test]
fn a_list_begins_with_the_number_of_its_first_item() {
    assert_eq!(html("<ol><li value=\"3\">c</li><li>d</li></ol>"), "ol3(li(p(c)) li(p(d)))");
}

#[test]
fn empty_cells_of_a_flattened_table_have_no_divider() {
    assert_eq!(
        html(
            "<table border=1><tr><td><table border=1><tr><td><img src=\"cid:a\"></td><td></td><td><img src=\"cid:b\"></td></tr></table></td><td>x</td></tr></table>"
        ),
        "table(tr(td(p([image]_|_[image])) td(p(x))))"
    );
}

#[test]
fn a_mail_in_preformatted_text_is_no_code() {
    let mail = "Hello Bob,\n\nthe tank has been full since Monday and nobody has come to look at it, although we called twice.\n\nMia";
    assert_eq!(
        html(&format!("<p>FYI</p><pre>{mail}</pre>")),
        "p(FYI) p(Hello_Bob,) p(the_tank_has_been_full_since_Monday_and_nobody_has_come_to_look_at_it,_although_we_called_twice.) p(Mia)"
    );
    assert!(html(&format!("<pre><code>{mail}</code></pre>")).starts_with("code<>("));
    let code = json!({ "type": "codeBlock", "content": [{ "type": "text", "text": mail }] });
    assert_eq!(adf_of_html(&note(code.clone()), &()), [code], "code of Jira's stays code");
}

#[test]
fn a_date_that_is_a_number_is_shown() {
    let date = json!({ "type": "date", "attrs": { "timestamp": 1_795_000_000_000_u64 } });
    assert_eq!(inline(date), "2026-11-18");
}

#[test]
fn colours_of_jira_are_kept() {
    let marked = |kind: &str, color: &str| json!({ "type": "text", "text": "x", "marks": [{ "type": kind, "attrs": { "color": color } }] });
    assert_eq!(inline(marked("textColor", "#ff0000")), "<span style=\"color:#ff0000;\">x</span>");
    assert_eq!(inline(marked("backgroundColor", "#fedec8")), "<span style=\"background-color:#fedec8;\">x</span>");
    for bad in ["red;x:y", "#ff00", "url(x)", "#ff0000;"] {
        assert_eq!(inline(marked("textColor", bad)), "x");
    }
}

#[test]
fn a_link_of_jira_of_another_scheme_keeps_its_address() {
    let linked = |href: &str| {
        inline(json!({ "type": "text", "text": "log", "marks": [{ "type": "link", "attrs": { "href": href } }] }))
    };
    assert_eq!(linked("ftp://f.example/log.zip"), "log (ftp://f.example/log.zip)");
    assert_eq!(linked("//a.example/x"), "<a href=\"https://a.example/x\">log</a>");
    assert_eq!(linked("javascript:x"), "log");
}

#[test]
fn a_card_shows_its_name() {
    let card = json!({ "type": "inlineCard", "attrs": { "data": { "@type": "Document", "name": "Tank manual", "url": "https://d.example/1" } } });
    assert_eq!(inline(card.clone()), "<a href=\"https://d.example/1\">Tank manual</a>");
    assert_eq!(markup::text_of_adf(&card), "Tank manual (https://d.example/1)");
}

#[test]
fn a_card_of_a_query_shows_the_query() {
    let source =
        json!({ "id": "x", "parameters": { "cloudId": "x", "jql": "project = PROJ" }, "views": [{ "type": "table" }] });
    assert_eq!(
        note(json!({ "type": "blockCard", "attrs": { "datasource": source } })),
        "<p>[Jira issues: project = PROJ]</p>"
    );
}

#[test]
fn what_is_undecided_has_another_sign() {
    let item = |state: &str| json!({ "type": "decisionItem", "attrs": { "localId": "2", "state": state }, "content": [{ "type": "text", "text": "go" }] });
    let list =
        json!({ "type": "decisionList", "attrs": { "localId": "1" }, "content": [item("UNDECIDED"), item("DECIDED")] });
    assert_eq!(note(list), "<ul><li>❓ go</li><li>✔ go</li></ul>");
}

#[test]
fn unknown_nodes_show_their_title_and_address() {
    let block = json!({ "type": "futureBlock", "attrs": { "title": "Future", "url": "https://f.example" }, "content": [paragraph("inside")] });
    assert_eq!(note(block.clone()), "<p><a href=\"https://f.example\">Future</a></p><p>inside</p>");
    assert_eq!(markup::text_of_adf(&block), "Future (https://f.example)\ninside");
    let card = json!({ "type": "applicationCard", "attrs": { "text": "plain", "link": { "url": "https://f.example" }, "title": { "text": "Title" }, "description": { "text": "More" } } });
    assert_eq!(inline(card), "<a href=\"https://f.example\">Title<br>plain<br>More</a>");
}

#[test]
fn a_panel_shows_the_name_of_its_icon() {
    let panel = json!({ "type": "panel", "attrs": { "panelType": "custom", "panelIcon": ":fire:", "panelColor": "#ffbdad" }, "content": [paragraph("hot")] });
    assert_eq!(note(panel), "<blockquote><p>:fire:</p><p>hot</p></blockquote>");
}

#[test]
fn numbered_rows_show_their_numbers() {
    let cell = |kind: &str, words: &str| json!({ "type": kind, "content": [paragraph(words)] });
    let row = |cell: Value| json!({ "type": "tableRow", "content": [cell] });
    let rows = [row(cell("tableHeader", "H")), row(cell("tableCell", "a")), row(cell("tableCell", "b"))];
    let table = json!({ "type": "table", "attrs": { "isNumberColumnEnabled": true }, "content": rows });
    assert_eq!(
        note(table),
        "<table border=\"1\"><tr><th></th><th>H</th></tr><tr><td>1</td><td>a</td></tr><tr><td>2</td><td>b</td></tr></table>"
    );
}

#[test]
fn indentation_becomes_blanks() {
    let mut indented = paragraph("in");
    indented["marks"] = json!([{ "type": "indentation", "attrs": { "level": 2 } }]);
    assert_eq!(note(indented), format!("<p>{}in</p>", "\u{a0}".repeat(8)));
}
