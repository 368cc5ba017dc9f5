//! The names of the envelope's headers, and how they are read from a request or reply.

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

/// Returns the values of `N` headers, and whether each is there once. A repeated header is malformed even if the values are equal:
/// HTTP stacks differ in which of two values they use, so the verified value could differ from the used one (docs/testing.md
/// E7). The values are returned in any case, so that the caller does the same work for all requests.
pub(crate) fn exactly_once<'a, const N: usize>(
    names: [&str; N],
    headers: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> ([&'a [u8]; N], bool) {
    let mut found: [Option<&[u8]>; N] = [None; N];
    let mut is_well_formed = true;
    for (name, value) in headers {
        if let Some(at) = names.iter().position(|wanted| name.eq_ignore_ascii_case(wanted)) {
            is_well_formed &= found[at].replace(value).is_none();
        }
    }
    is_well_formed &= found.iter().all(Option::is_some);
    (found.map(Option::unwrap_or_default), is_well_formed)
}
