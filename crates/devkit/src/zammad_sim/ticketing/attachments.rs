//! Files: checks on upload, storage and download.

use super::permitted;
use crate::{
    http::Answer,
    zammad_sim::{
        call::{Call, Reply},
        error::ApiError,
        model::{
            entities::{Attachment, Id},
            state::State,
            upload::Upload,
        },
        values::{as_text, cut, strict_base64, text_or_empty},
    },
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Longer file names are cut.
const NAME_LENGTH: usize = 250;
/// Types that a browser may show in place.
const HARMLESS: [&str; 6] = ["image/gif", "image/jpeg", "image/jpg", "image/png", "image/webp", "application/pdf"];
const KEPT_IN_NAMES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'!');

/// The files in an article's parameters; one bad file refuses the whole article.
pub(in crate::zammad_sim) fn uploads(params: &Map<String, Value>) -> Result<Vec<Upload>, ApiError> {
    let files = params.get("attachments").and_then(Value::as_array);
    files.into_iter().flatten().enumerate().map(|(index, file)| upload(index, file)).collect()
}

fn upload(index: usize, file: &Value) -> Result<Upload, ApiError> {
    for key in ["mime-type", "filename", "data"] {
        if file.get(key).is_none_or(Value::is_null) {
            let text = format!("Attachment needs '{key}' param for attachment with index '{index}'");
            return Err(ApiError::invalid(text));
        }
    }
    let refused = || ApiError::invalid(format!("Invalid base64 for attachment with index '{index}'"));
    let data = strict_base64(&text_or_empty(file.get("data"))).ok_or_else(refused)?;
    Ok(Upload {
        filename: cut(&text_or_empty(file.get("filename")), NAME_LENGTH),
        preferences: [("Mime-Type".to_owned(), file.get("mime-type").map(as_text).unwrap_or_default())].into(),
        data: data.into(),
        size_known: true,
    })
}

/// Stores a file; files with equal bytes share a store number.
pub(in crate::zammad_sim) fn store(state: &mut State, upload: Upload) -> Attachment {
    let id = state.next_id("attachment");
    let store_file_id = match state.stored_files.get(&upload.data) {
        Some(known) => *known,
        None => {
            let made = state.next_id("stored_file");
            state.stored_files.insert(upload.data.clone(), made);
            made
        }
    };
    let Upload { filename, preferences, data, size_known } = upload;
    Attachment { id, store_file_id, filename, preferences, data, size_known }
}

pub(in crate::zammad_sim) fn download(call: &mut Call<'_>, path: &[&str]) -> Reply {
    let [_, ticket, article, file] = path else { return Err(ApiError::no_route()) };
    call.authenticate()?;
    // Ruby fails at the missing ticket before it reads the article.
    if call.state.ticket_by_text(ticket).is_err() {
        return Err(ApiError::crash("undefined method 'id' for nil"));
    }
    let (_, article) = permitted::article(call, article)?;
    let forbidden = |text: &str| ApiError::forbidden(text);
    let row = call.state.articles.get(&article).filter(|row| row.ticket_id.to_string() == *ticket);
    let row = row.ok_or_else(|| forbidden("The article does not belong to the specified ticket."))?;
    let wanted: Option<Id> = file.parse().ok();
    let file = row.attachments.iter().find(|file| Some(file.id) == wanted);
    let file = file.ok_or_else(|| forbidden("The file does not belong to the specified article."))?;
    let disposition = match call.text("disposition").filter(|text| !text.is_empty()) {
        None => call.text("view").filter(|view| view == "inline"),
        Some(text) if matches!(text.as_str(), "inline" | "attachment") => Some(text),
        Some(text) => {
            let text = format!("Invalid disposition {text} requested. Only inline, attachment are valid.");
            return Err(ApiError::forbidden(text));
        }
    };
    let inline = disposition.as_deref() == Some("inline") && HARMLESS.contains(&file.mime_type());
    let answer = Answer::new(200, file.mime_type(), file.data.clone());
    Ok(answer.with("content-disposition", content_disposition(inline, &file.filename)))
}

fn content_disposition(inline: bool, name: &str) -> String {
    let kind = if inline { "inline" } else { "attachment" };
    let plain: String =
        name.chars().map(|letter| if letter.is_ascii() && letter != '"' { letter } else { '?' }).collect();
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{}", utf8_percent_encode(name, KEPT_IN_NAMES))
}
