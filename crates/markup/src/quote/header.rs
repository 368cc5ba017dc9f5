//! The header above an older mail: who, when, to whom, what about, each behind a label.

use super::Line;

/// Labels in lower case, by what stands behind them.
const FROM: &[&str] = &[
    "from",
    "von",
    "de",
    "da",
    "van",
    "od",
    "från",
    "fra",
    "от",
    "lähettäjä",
    "feladó",
    "kimden",
    "gönderen",
    "发件人",
    "寄件者",
    "寄件人",
    "差出人",
    "送信者",
    "от кого",
    "από",
    "보낸 사람",
    "mittente",
    "expéditeur",
    "remitente",
    "absender",
];
const SENT: &[&str] = &[
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "envoyé le",
    "enviado",
    "enviado el",
    "enviada",
    "enviada em",
    "inviato",
    "data",
    "fecha",
    "verzonden",
    "wysłano",
    "skickat",
    "sendt",
    "отправлено",
    "дата",
    "lähetetty",
    "päivämäärä",
    "päiväys",
    "elküldve",
    "dátum",
    "küldve",
    "gönderildi",
    "gönderilme tarihi",
    "gönderme tarihi",
    "tarih",
    "发送时间",
    "发送日期",
    "日期",
    "寄件日期",
    "送信日時",
    "日付",
    "日時",
    "odesláno",
    "ημερομηνία",
    "보낸 날짜",
    "dato",
];
const TO: &[&str] = &[
    "to",
    "an",
    "à",
    "para",
    "a",
    "aan",
    "do",
    "till",
    "til",
    "кому",
    "vastaanottaja",
    "címzett",
    "kime",
    "alıcı",
    "收件人",
    "收件者",
    "宛先",
    "komu",
    "προς",
    "받는 사람",
    "empfänger",
    "pour",
    "destinatario",
    "destinataire",
];
const SUBJECT: &[&str] = &[
    "subject",
    "betreff",
    "objet",
    "asunto",
    "oggetto",
    "onderwerp",
    "assunto",
    "temat",
    "ämne",
    "emne",
    "тема",
    "aihe",
    "tárgy",
    "konu",
    "主题",
    "主旨",
    "主題",
    "件名",
    "předmět",
    "θέμα",
    "제목",
    "sujet",
];
/// Labels that may stand between the others.
const OTHER: &[&str] = &[
    "cc",
    "bcc",
    "kopie",
    "kopie (cc)",
    "copie",
    "copie à",
    "copia",
    "kopia",
    "копия",
    "kopio",
    "másolatot kap",
    "másolat",
    "bilgi",
    "抄送",
    "副本",
    "reply-to",
    "antwort an",
    "antworten an",
    "répondre à",
    "responder a",
    "rispondi a",
    "importance",
    "priority",
    "wichtigkeit",
    "priorität",
    "attachments",
    "anlagen",
    "organization",
    "when",
    "where",
];

/// Lines of a header that are looked at.
pub(super) const MOST_LINES: usize = 12;

/// Characters of a label.
const MOST_LABEL: usize = 20;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    From,
    Sent,
    To,
    Subject,
    Other,
}

/// The number of lines of the header that begins in the first line; 0 if none does. A header names the sender, the time,
/// the receiver and the subject, each once, in any order. With less, it could be an order (`From: Berlin`, `To: Hamburg`).
pub(super) fn length(lines: &[Line]) -> usize {
    let mut found: Vec<Field> = Vec::new();
    let mut end = 0;
    for (at, line) in lines.iter().take(MOST_LINES).enumerate() {
        match field(line.words()) {
            Some(again) if found.contains(&again) && again != Field::Other => {
                let next = lines.get(at + 1).and_then(|line| field(line.words()));
                return if is_complete(&found) && is_next_header(&found, again, next) { end } else { 0 };
            }
            Some(field) if at > 0 || field != Field::Other => found.push(field),
            None if at > 0 && goes_on(&lines[at - 1], line) => {}
            _ => break,
        }
        end = at + 1;
    }
    if is_complete(&found) { end } else { 0 }
}

fn is_complete(found: &[Field]) -> bool {
    [Field::From, Field::Sent, Field::To, Field::Subject].iter().all(|field| found.contains(field))
}

/// Whether a field that comes again belongs to another header below. Otherwise the header is the second one of the two
/// lines, and the first one is the author's, who may write `Date: Friday suits me` above it.
fn is_next_header(found: &[Field], again: Field, next: Option<Field>) -> bool {
    found.first() != Some(&again) || next == found.get(1).copied()
}

/// The field of a line `Label: value`.
fn field(line: &str) -> Option<Field> {
    let (label, value) = line.split_once([':', '\u{ff1a}'])?;
    let label = label.trim_matches([' ', '\u{a0}', '*', '\u{3000}']);
    if label.chars().count() > MOST_LABEL {
        return None;
    }
    let label = label.to_lowercase();
    let is_empty = value.trim_matches([' ', '\u{a0}', '*']).is_empty();
    let fields =
        [(FROM, Field::From), (SENT, Field::Sent), (TO, Field::To), (SUBJECT, Field::Subject), (OTHER, Field::Other)];
    let (_, field) = fields.into_iter().find(|(labels, _)| labels.contains(&label.as_str()))?;
    (!is_empty || field != Field::From).then_some(field)
}

/// Whether a line goes on with the addresses of the line above.
fn goes_on(above: &Line, line: &Line) -> bool {
    let is_label = line.words().split_once(": ").is_some_and(|(label, _)| label.chars().count() <= MOST_LABEL);
    let text = line.words();
    !is_label && (above.text.ends_with([';', ',']) || text.starts_with('<') || text.starts_with("[mailto:"))
}
