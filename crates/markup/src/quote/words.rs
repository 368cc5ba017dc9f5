//! The lines that mail programs write above a quote, by language.

const WROTE: &[&str] = &[
    "wrote",
    "schrieb",
    "geschrieben",
    "a écrit",
    "escribió",
    "ha scritto",
    "schreef",
    "escreveu",
    "napisał",
    "pisze",
    "skrev",
    "kirjoitti",
    "написал",
    "пише",
    "yazdı",
    "כתב",
    "كتب",
];

/// How an introduction begins that goes on in the next line.
const ON: &[&str] =
    &["On ", "Am ", "Le ", "El ", "Il ", "Op ", "Em ", "W dniu ", "Dnia ", "Den ", "Le\u{a0}", "В ", "בתאריך "];

const SEPARATORS: &[&str] = &[
    "original message",
    "original appointment",
    "forwarded message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "ursprünglicher termin",
    "weitergeleitete nachricht",
    "message d'origine",
    "message transféré",
    "mensaje original",
    "mensaje reenviado",
    "messaggio originale",
    "messaggio inoltrato",
    "oorspronkelijk bericht",
    "doorgestuurd bericht",
    "mensagem original",
    "mensagem encaminhada",
    "wiadomość oryginalna",
];

const FROM: &[&str] = &["from", "von", "de", "da", "van", "od", "från", "fra"];
const SENT: &[&str] = &[
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "enviado",
    "enviada",
    "inviato",
    "data",
    "fecha",
    "verzonden",
    "wysłano",
    "skickat",
    "sendt",
];
const TO: &[&str] = &["to", "an", "à", "para", "a", "aan", "do", "till", "til"];
const SUBJECT: &[&str] =
    &["subject", "betreff", "objet", "asunto", "oggetto", "onderwerp", "assunto", "temat", "ämne", "emne"];

/// Lines of a header that are looked at.
const HEADER_LINES: usize = 7;

/// `-----Original Message-----`.
pub(super) fn is_separator(line: &str) -> bool {
    let words = line.trim_matches(|letter: char| matches!(letter, '-' | '_' | '*' | ' ' | '\u{2013}' | '\u{2014}'));
    let framed = line.starts_with("--") || line.starts_with("__") || line.starts_with("\u{2014}");
    framed && words.chars().count() < 40 && SEPARATORS.contains(&words.trim_end_matches(':').to_lowercase().as_str())
}

/// Outlook's block: who, when, to whom, what about.
pub(super) fn is_header<'a>(mut lines: impl Iterator<Item = &'a str>) -> bool {
    let label = |line: &str| {
        let (label, value) = line.split_once(':')?;
        let label = label.trim_matches([' ', '\u{a0}', '*']).to_lowercase();
        (label.chars().count() <= 12 && !value.trim_matches([' ', '*']).is_empty()).then_some(label)
    };
    let is_from = lines.next().and_then(label).is_some_and(|label| FROM.contains(&label.as_str()));
    if !is_from {
        return false;
    }
    let labels: Vec<String> = lines.take(HEADER_LINES - 1).filter_map(label).collect();
    let has = |known: &[&str]| labels.iter().any(|label| known.contains(&label.as_str()));
    usize::from(has(SENT)) + usize::from(has(TO)) + usize::from(has(SUBJECT)) >= 2
}

/// `On Mon, 3 Nov 2026 at 10:00, Mia <mia@x.example> wrote:`.
pub(super) fn is_introduction(line: &str) -> bool {
    let line = line.trim_end();
    let ends = line.ends_with(':') || line.ends_with('\u{ff1a}');
    ends && line.contains(|letter: char| letter.is_numeric()) && {
        let line = line.to_lowercase();
        WROTE.iter().any(|word| line.contains(word))
    }
}

/// The first of several lines of one.
pub(super) fn begins_introduction(line: &str) -> bool {
    ON.iter().any(|start| line.starts_with(start))
}
