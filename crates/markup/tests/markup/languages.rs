//! The same five kinds of mail in each language: answer above, below and between the quotes, forwarded, with a signature.

use markup::{adf_of_html, adf_of_text};
use serde_json::Value;

use crate::mails::seen_and_folded;

struct Language {
    name: &'static str,
    /// The line that a mail program writes above a quote.
    introduction: &'static str,
    /// From, sent, to, subject.
    labels: [&'static str; 4],
    /// The line above a forwarded mail.
    separator: &'static str,
}

const fn language(
    name: &'static str,
    introduction: &'static str,
    labels: [&'static str; 4],
    separator: &'static str,
) -> Language {
    Language { name, introduction, labels, separator }
}

const LANGUAGES: [Language; 13] = [
    language(
        "English",
        "On Mon, 2 Nov 2026 at 16:12, Mia <mia@a.example> wrote:",
        ["From", "Sent", "To", "Subject"],
        "Forwarded message",
    ),
    language(
        "German",
        "Am Mo., 2. Nov. 2026 um 16:12 Uhr schrieb Mia <mia@a.example>:",
        ["Von", "Gesendet", "An", "Betreff"],
        "Weitergeleitete Nachricht",
    ),
    language(
        "French",
        "Le lun. 2 nov. 2026 à 16:12, Mia <mia@a.example> a écrit :",
        ["De", "Envoyé", "À", "Objet"],
        "Message transféré",
    ),
    language(
        "Spanish",
        "El lun, 2 nov 2026 a las 16:12, Mia (<mia@a.example>) escribió:",
        ["De", "Enviado", "Para", "Asunto"],
        "Mensaje reenviado",
    ),
    language(
        "Italian",
        "Il giorno lun 2 nov 2026 alle ore 16:12 Mia <mia@a.example> ha scritto:",
        ["Da", "Inviato", "A", "Oggetto"],
        "Messaggio inoltrato",
    ),
    language(
        "Dutch",
        "Op ma 2 nov 2026 om 16:12 schreef Mia <mia@a.example>:",
        ["Van", "Verzonden", "Aan", "Onderwerp"],
        "Doorgestuurd bericht",
    ),
    language(
        "Polish",
        "pon., 2 lis 2026 o 16:12 Mia <mia@a.example> napisał(a):",
        ["Od", "Wysłano", "Do", "Temat"],
        "Wiadomość przekazana dalej",
    ),
    language(
        "Russian",
        "пн, 2 нояб. 2026 г. в 16:12, Mia <mia@a.example>:",
        ["От", "Отправлено", "Кому", "Тема"],
        "Пересылаемое сообщение",
    ),
    language(
        "Finnish",
        "ma 2. marrask. 2026 klo 16.12 Mia (mia@a.example) kirjoitti:",
        ["Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"],
        "Välitetty viesti",
    ),
    language(
        "Hungarian",
        "Mia <mia@a.example> ezt írta (időpont: 2026. nov. 2., H, 16:12):",
        ["Feladó", "Elküldve", "Címzett", "Tárgy"],
        "Továbbított üzenet",
    ),
    language(
        "Turkish",
        "Mia <mia@a.example>, 2 Kas 2026 Pzt, 16:12 tarihinde şunu yazdı:",
        ["Kimden", "Gönderildi", "Kime", "Konu"],
        "Yönlendirilen ileti",
    ),
    language(
        "Chinese",
        "Mia <mia@a.example> 于2026年11月2日周一 16:12写道：",
        ["发件人", "发送时间", "收件人", "主题"],
        "转发的邮件",
    ),
    language(
        "Japanese",
        "2026年11月2日(月) 16:12 Mia <mia@a.example>:",
        ["差出人", "送信日時", "宛先", "件名"],
        "転送メッセージ",
    ),
];

impl Language {
    fn header(&self) -> String {
        self.labels.map(|label| format!("{label}: x\n")).concat()
    }

    /// Each mail with whether its quote is folded. Own words begin with `own`, quoted ones with `old`.
    fn mails(&self) -> Vec<(bool, String)> {
        let (above, header, dashes) = (self.introduction, self.header(), "-".repeat(10));
        vec![
            // The answer above the quote.
            (true, format!("own1\n\n{above}\n\n> old1\n> old2\n")),
            (true, format!("own1\n\n> {above}\n>\n> old1\n")),
            (true, format!("own1\n\n{header}\nold1\nold2\n")),
            (true, format!("own1\n\n________________\n{header}\nold1\n")),
            (true, format!("own1\n\n{dashes} {} {dashes}\n{header}\nold1\n", self.separator)),
            // Below it.
            (false, format!("{above}\n\n> old1\n\nown1\nown2\n")),
            (false, format!("own1\n\n{header}\n> old1\n\nown2\n")),
            // Between.
            (false, format!("own1\n\n{above}\n\n> old1\n\nown2\n\n> old2\n\nown3\n")),
            (false, format!("own1\n\n{header}\n> old1\n\nown2\n\n> old2\n\nown3\n")),
            // Forwarded without a word.
            (false, format!("{dashes} {} {dashes}\n{header}\nold1\n", self.separator)),
            (false, format!("{header}\nold1\n")),
            (false, format!("-- \nBob\n\n{header}\nold1\n")),
            // With a signature above or below.
            (true, format!("own1\n-- \nown2\n\n{above}\n> old1\n")),
            (true, format!("own1\n\n{above}\n> old1\n\n-- \nown2\nown3\n")),
            (false, "own1\n\n-- \nown2\nown3\n".to_owned()),
        ]
    }
}

/// As Zammad stores a plain text mail.
fn lines_as_html(text: &str) -> String {
    text.replace('<', "&lt;").replace('>', "&gt;").lines().map(|line| format!("{line}<br>\n")).collect()
}

/// With blockquotes for quote marks.
fn blocks_as_html(text: &str) -> String {
    let mut html = String::new();
    let mut quote: Vec<&str> = Vec::new();
    let escaped = |line: &str| line.replace('<', "&lt;").replace('>', "&gt;");
    for line in text.lines().chain([""]) {
        if let Some(line) = line.strip_prefix('>') {
            quote.push(line.trim());
            continue;
        }
        if !quote.is_empty() {
            let inner: String = quote.drain(..).map(|line| format!("<div>{}</div>", escaped(line))).collect();
            html.push_str(&format!("<blockquote type=\"cite\">{inner}</blockquote>"));
        }
        html.push_str(&format!("<div>{}</div>", escaped(line)));
    }
    html
}

fn check(name: &str, is_folded: bool, mail: &str, blocks: Vec<Value>) {
    let (seen, folded) = seen_and_folded(blocks);
    assert!(!folded.contains("own"), "{name}: an own word is folded: {mail}\n{folded}");
    assert_eq!(seen.matches("own").count(), mail.matches("own").count(), "{name}: {mail}");
    let (visible, hidden) = if is_folded { (0, mail.matches("old").count()) } else { (mail.matches("old").count(), 0) };
    assert_eq!(folded.matches("old").count(), hidden, "{name}: {mail}\n{seen}\n{folded}");
    assert_eq!(seen.matches("old").count(), visible, "{name}: {mail}\n{seen}");
}

#[test]
fn each_kind_of_mail_is_folded_alike_in_each_language() {
    for language in LANGUAGES {
        for (is_folded, mail) in language.mails() {
            check(language.name, is_folded, &mail, adf_of_text(&mail));
            check(language.name, is_folded, &mail, adf_of_html(&lines_as_html(&mail), &()));
            check(language.name, is_folded, &mail, adf_of_html(&blocks_as_html(&mail), &()));
        }
    }
}
