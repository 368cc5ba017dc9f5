//! The names of the envelope's headers, and how they are read from a request or reply.

use crate::Refusal;

/// Carries the [`crate::InstallId`].
pub const HEADER_INSTALL_ID: &str = "x-connector-install-id";
/// Carries the [`crate::Timestamp`].
pub const HEADER_TIMESTAMP: &str = "x-connector-timestamp";
/// Carries the [`crate::Nonce`].
pub const HEADER_NONCE: &str = "x-connector-nonce";
/// Carries the [`crate::KeyId`].
pub const HEADER_KEY_ID: &str = "x-connector-key-id";
/// Carries the [`crate::Signature`].
pub const HEADER_SIGNATURE: &str = "x-connector-signature";

/// Returns the values of `N` headers. A missing or repeated header is malformed, even if the values are equal: HTTP stacks
/// differ in which of two values they use, so the verified value could differ from the used one (docs/testing.md E7).
pub(crate) fn exactly_once<'a, const N: usize>(
    names: [&str; N],
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<[&'a [u8]; N], Refusal> {
    let mut found: [Option<&[u8]>; N] = [None; N];
    for (name, value) in headers {
        if let Some(at) = names.iter().position(|wanted| name.eq_ignore_ascii_case(wanted))
            && found[at].replace(value).is_some()
        {
            return Err(Refusal::Malformed);
        }
    }
    let mut values: [&[u8]; N] = [&[]; N];
    for (value, found) in values.iter_mut().zip(found) {
        *value = found.ok_or(Refusal::Malformed)?;
    }
    Ok(values)
}
