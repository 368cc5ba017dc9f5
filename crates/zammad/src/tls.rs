//! The reasons why a TLS connection fails, so that an operator learns what is wrong with which certificate.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// Why a TLS connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// No known certificate authority has signed the server's certificate.
    UnknownIssuer,
    /// The certificate has expired, or its time has not begun; or the clock here is wrong.
    NotValidNow,
    /// The certificate is for other names.
    WrongName,
    /// The server shows a certificate that is marked as one of a certificate authority, as `openssl req -x509` makes it.
    AuthorityAsServer,
    /// Any other failure: the server speaks no TLS, or none that is supported.
    Handshake,
}

impl TlsFault {
    /// Finds the TLS failure among an error and its causes; `None` if there is none.
    #[must_use]
    pub fn of(error: &(dyn Error + 'static)) -> Option<Self> {
        if let Some(tls) = error.downcast_ref::<rustls::Error>() {
            return Some(Self::classify(tls));
        }
        // An I/O error has the TLS error inside, and does not name it as its cause.
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(fault) = inside.and_then(|inside| Self::of(inside)) {
            return Some(fault);
        }
        error.source().and_then(Self::of)
    }

    fn classify(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(certificate) = error else { return Self::Handshake };
        match certificate {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => Self::NotValidNow,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongName,
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => Self::AuthorityAsServer,
            _ => Self::Handshake,
        }
    }

    /// The code for logs and health pages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "tls-unknown-issuer",
            Self::NotValidNow => "tls-not-valid-now",
            Self::WrongName => "tls-wrong-name",
            Self::AuthorityAsServer => "tls-authority-as-server",
            Self::Handshake => "tls-handshake",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cause below other errors.
    #[derive(Debug)]
    struct Above(Box<dyn Error + Send + Sync>);

    impl std::fmt::Display for Above {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("above")
        }
    }

    impl Error for Above {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(self.0.as_ref())
        }
    }

    #[test]
    fn the_fault_is_found_below_other_errors() {
        for (error, expected) in [
            (CertificateError::UnknownIssuer, TlsFault::UnknownIssuer),
            (CertificateError::Expired, TlsFault::NotValidNow),
            (CertificateError::NotValidYet, TlsFault::NotValidNow),
            (CertificateError::NotValidForName, TlsFault::WrongName),
            (CertificateError::BadSignature, TlsFault::Handshake),
        ] {
            let tls = rustls::Error::InvalidCertificate(error);
            assert_eq!(TlsFault::of(&tls), Some(expected));
            let wrapped = Above(Box::new(Above(Box::new(io::Error::other(tls)))));
            assert_eq!(TlsFault::of(&wrapped), Some(expected));
        }
        assert_eq!(TlsFault::of(&rustls::Error::DecryptError), Some(TlsFault::Handshake));
        assert_eq!(TlsFault::of(&io::Error::from(io::ErrorKind::ConnectionRefused)), None);
    }
}
