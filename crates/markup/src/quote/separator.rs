//! Lines that separate a mail from an older one below it, and lines that mail programs add by themselves.

use super::introduction;
use super::labels::FROM;

/// The words between dashes above an older mail, in lower case.
const SEPARATORS: &[&str] = &[
    "original message",
    "original appointment",
    "original e-mail",
    "original email",
    "forwarded message",
    "ursprüngliche nachricht",
    "urspr. nachricht",
    "originalnachricht",
    "original-nachricht",
    "original nachricht",
    "ursprünglicher termin",
    "weitergeleitete nachricht",
    "message d'origine",
    "message original",
    "message transféré",
    "message réexpédié",
    "mensaje original",
    "mensaje reenviado",
    "messaggio originale",
    "messaggio inoltrato",
    "oorspronkelijk bericht",
    "origineel bericht",
    "doorgestuurd bericht",
    "mensagem original",
    "mensagem encaminhada",
    "wiadomość oryginalna",
    "oryginalna wiadomość",
    "wiadomość przekazana dalej",
    "przekazana wiadomość",
    "původní zpráva",
    "přeposlaná zpráva",
    "исходное сообщение",
    "исходное письмо",
    "пересылаемое сообщение",
    "пересланное сообщение",
    "alkuperäinen viesti",
    "välitetty viesti",
    "eredeti üzenet",
    "továbbított üzenet",
    "orijinal mesaj",
    "özgün ileti",
    "iletilen mesaj",
    "yönlendirilen ileti",
    "原始邮件",
    "原邮件",
    "转发的邮件",
    "转发邮件信息",
    "原始郵件",
    "元のメッセージ",
    "転送メッセージ",
    "ursprungligt meddelande",
    "vidarebefordrat meddelande",
    "oprindelig meddelelse",
    "videresendt meddelelse",
    "opprinnelig melding",
    "oprindelig besked",
    "videresendt melding",
    "videresendt besked",
    "pôvodná správa",
    "preposlaná správa",
    "izvorna poruka",
    "proslijeđena poruka",
    "mesaj original",
    "mesaj redirecționat",
    "вихідне повідомлення",
    "переслане повідомлення",
    "перенаправлене повідомлення",
    "treść przekazanej wiadomości",
    "edelleenlähetetty viesti",
    "message transmis",
    "mensagem reencaminhada",
    "i̇letilmiş mesaj",
    "メッセージを転送",
    "αρχικό μήνυμα",
    "원본 메시지",
    "הודעה מקורית",
    "الرسالة الأصلية",
];

/// The words that Apple Mail and Zammad write above a forwarded mail, in lower case.
const FORWARDING: &[&str] = &[
    "begin forwarded message",
    "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail",
    "début du message réexpédié",
    "début du message transféré",
    "inicio del mensaje reenviado",
    "inizio messaggio inoltrato",
    "begin doorgestuurd bericht",
    "początek przekazywanej wiadomości",
    "начало переадресованного сообщения",
    "välitetty viesti alkaa",
    "továbbított levél kezdete",
    "iletilen ileti başlangıcı",
    "下面是被转发的邮件",
    "転送されたメッセージ",
    "start på videresendt besked",
    "videresendt melding",
    "vidarebefordrat mejl",
    "začátek přeposílané zprávy",
    "začiatok preposlanej správy",
    "započni proslijeđenu poruku",
    "începe mesajul redirecționat",
    "início da mensagem reencaminhada",
    "início da mensagem encaminhada",
    "i̇leti başlangıcı",
    "початок листа, що пересилається",
];

/// Beginnings of the lines with which telephones and mail programs speak of themselves, in lower case.
const ADVERTISEMENTS: &[&str] = &[
    "sent from my ",
    "sent from outlook",
    "sent from yahoo",
    "sent with proton",
    "sent using zoho",
    "get outlook for",
    "outlook für ",
    "von meinem ",
    "gesendet mit ",
    "gesendet von ",
    "diese nachricht wurde von meinem",
    "envoyé de mon ",
    "envoyé depuis ",
    "enviado desde mi ",
    "inviato da ",
    "verzonden vanaf mijn",
    "verstuurd vanaf mijn",
    "wysłane z ",
    "wysłano z ",
    "отправлено с ",
    "lähetetty ",
    "发自我的",
];

/// Longer lines are text.
const MOST_LETTERS: usize = 60;

/// `-----Original Message-----`, also around an introduction: `---- On Mon, 2 Nov 2026 10:00:00 Mia wrote ----`.
pub(super) fn is_separator(line: &str) -> bool {
    let words = line.trim_matches(|letter: char| is_dash(letter) || letter == ' ');
    let (before, behind) = line.split_once(words).unwrap_or_default();
    if words.is_empty() || before.trim().chars().count() < 2 {
        // One long dash is as good as two short ones.
        return before.starts_with('\u{2014}') && is_phrase(words, SEPARATORS);
    }
    is_phrase(words, SEPARATORS)
        || is_phrase(words, FORWARDING)
        || words.split("---").all(|part| is_phrase(part.trim_matches(['-', ' ']), SEPARATORS))
        || has_header_behind(words)
        || (behind.trim().chars().count() > 1 && introduction::is_introduction(&format!("{words}:")))
}

/// `Forwarded Message ----- From: Mia`: Yahoo writes the header behind the separator.
fn has_header_behind(words: &str) -> bool {
    let parts = words.split_once("--");
    parts.is_some_and(|(separator, header)| {
        let label = header.trim_start_matches(['-', ' ']).split_once(':').map(|(label, _)| label.trim().to_lowercase());
        is_phrase(separator.trim(), SEPARATORS) && label.is_some_and(|label| FROM.contains(&label.as_str()))
    })
}

/// `Begin forwarded message:`.
pub(super) fn is_forwarding(line: &str) -> bool {
    line.ends_with([':', '\u{ff1a}']) && is_phrase(line, FORWARDING)
}

fn is_phrase(words: &str, phrases: &[&str]) -> bool {
    if words.chars().count() > MOST_LETTERS {
        return false;
    }
    let words = words.trim_end_matches([':', '\u{ff1a}', ' ']).to_lowercase().replace('\u{2019}', "'");
    phrases.contains(&words.as_str())
}

/// A line of nothing but dashes.
pub(super) fn is_ruler(line: &str) -> bool {
    line.chars().count() >= 5 && line.chars().all(|letter| is_dash(letter) || letter == ' ')
}

/// `--`, which mail programs write above a signature.
pub(super) fn is_signature_mark(line: &str) -> bool {
    line.trim() == "--"
}

/// `Sent from my iPhone`.
pub(super) fn is_advertisement(line: &str) -> bool {
    line.chars().count() <= MOST_LETTERS && {
        let line = line.to_lowercase();
        ADVERTISEMENTS.iter().any(|start| line.starts_with(start))
    }
}

fn is_dash(letter: char) -> bool {
    matches!(letter, '-' | '_' | '*' | '=' | '\u{2010}'..='\u{2015}' | '\u{2500}')
}
