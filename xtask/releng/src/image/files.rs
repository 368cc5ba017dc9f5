//! The files of the image: four, and the one writable directory.

use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

use crate::archive::Entry;

/// The user of the process, for programs that look it up. Its home is the volume.
const PASSWD: &str = "connector:x:65532:0:ChefStackZ Connector:/data:/sbin/nologin\n";

/// The layer's entries, parents first.
pub(crate) fn files(binary: Vec<u8>, licences: String) -> Vec<Entry> {
    vec![
        Entry::file("connector", 0o555, binary),
        // Owned by the user and writable by group 0: see `user` in image.toml.
        Entry { mode: 0o770, uid: 65532, ..Entry::directory("data/") },
        Entry::directory("etc/"),
        Entry::file("etc/passwd", 0o444, PASSWD),
        Entry::directory("etc/ssl/"),
        Entry::directory("etc/ssl/certs/"),
        Entry::file("etc/ssl/certs/ca-certificates.crt", 0o444, root_certificates()),
        Entry::directory("licences/"),
        Entry::file("licences/THIRD-PARTY-LICENCES.txt", 0o444, licences),
    ]
}

/// Mozilla's list from a crate of the lockfile: pinned like every other input, unlike the list of the build machine.
fn root_certificates() -> String {
    let mut text = String::from("# Mozilla's root certificates for TLS servers. EXTRA_CA_FILE adds your own.\n");
    for certificate in TLS_SERVER_ROOT_CERTS {
        text.push_str(&pem(certificate));
    }
    text
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(der);
    let mut text = String::from("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_files_no_special_bits_one_writable_directory() {
        let files = files(vec![1], "x".into());
        assert!(files.iter().filter(|file| !file.is_directory()).count() <= 6);
        assert!(files.iter().all(|file| file.mode & 0o7000 == 0), "no setuid, setgid, sticky");
        let writable: Vec<&str> = files
            .iter()
            .filter(|file| file.mode & 0o022 != 0 || file.uid != 0)
            .map(|file| file.path.as_str())
            .collect();
        assert_eq!(writable, ["data/"]);
        assert!(files.iter().filter(|file| !file.is_directory()).all(|file| file.mode & 0o222 == 0));
    }

    #[test]
    fn certificates_have_the_form_of_pem() {
        let text = root_certificates();
        assert!(text.matches("BEGIN CERTIFICATE").count() > 100);
        assert!(text.lines().all(|line| line.len() <= 80));
    }
}
