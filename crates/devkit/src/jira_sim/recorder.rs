//! Recorded requests and responses, byte for byte, for the comparison with Atlassian's description.

use serde::{Deserialize, Serialize};

use crate::http::{Answer, Inbound};

/// A request to the REST API and its response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Exchange {
    /// The verb.
    pub method: String,
    /// The path, percent-encoded as it came.
    pub path: String,
    /// The query, as it came.
    pub query: String,
    /// `Content-Type` of the request.
    pub content_type: Option<String>,
    /// The request's bytes.
    #[serde(with = "as_base64")]
    pub body: Vec<u8>,
    /// Status of the response; absent if the connection was closed instead.
    pub status: Option<u16>,
    /// `Content-Type` of the answer.
    pub answer_type: Option<String>,
    /// The answer's bytes.
    #[serde(with = "as_base64")]
    pub answer: Vec<u8>,
}

impl Exchange {
    pub(super) fn new(request: &Inbound, answer: Option<&Answer>) -> Self {
        let kind = answer.and_then(|answer| answer.headers.iter().find(|(name, _)| *name == "content-type"));
        Self {
            method: request.method.to_string(),
            path: request.path.clone(),
            query: request.query.clone(),
            content_type: request.header("content-type").map(str::to_owned),
            body: request.body.to_vec(),
            status: answer.map(|answer| answer.status),
            answer_type: kind.map(|(_, value)| value.clone()),
            answer: answer.map(|answer| answer.body.to_vec()).unwrap_or_default(),
        }
    }
}

mod as_base64 {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
