//! Signatures in OpenSSH's format (`ssh-keygen -Y`, PROTOCOL.sshsig), because every operator has the tool, and in minisign's
//! for those who prefer it. Keys are read from the environment and never written to disk.

use anyhow::{Context, Result, bail, ensure};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, PrivateKey, PublicKey, SshSig};
use xtask::environment::secret;
use xtask::secret::Secret;

/// Binds a signature to its use: one made for another use does not verify.
pub(crate) const NAMESPACE: &str = "chefstackz-release";
/// The signer's name in `allowed_signers`.
pub(crate) const IDENTITY: &str = "release@chefstackz.com";
/// The variable with the private key in OpenSSH's format, unencrypted: a release job's secret store holds it.
pub(crate) const KEY: &str = "RELEASE_SSH_KEY";
/// The variables with the text of minisign's secret key file and with its password.
pub(crate) const MINISIGN_KEY: &str = "RELEASE_MINISIGN_KEY";
pub(crate) const MINISIGN_PASSWORD: &str = "RELEASE_MINISIGN_PASSWORD";

/// The keys that sign a release. It has no `Debug`.
pub(crate) struct Signer {
    ssh: PrivateKey,
    minisign: Option<minisign::SecretKey>,
}

impl Signer {
    /// From the environment; the errors name the variable, never its value.
    pub(crate) fn from_environment() -> Result<Self> {
        let ssh = read_key(&secret(KEY)?.with_context(|| format!("{KEY} holds no key"))?)?;
        let password = secret(MINISIGN_PASSWORD)?;
        let minisign = secret(MINISIGN_KEY)?.map(|key| read_minisign(&key, password.as_ref())).transpose()?;
        Ok(Self { ssh, minisign })
    }

    /// As [`Signer::from_environment`]; without a key there, one that is generated now and never stored.
    pub(crate) fn from_environment_or_throwaway() -> Result<Self> {
        if secret(KEY)?.is_some() {
            return Self::from_environment();
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| anyhow::anyhow!("the operating system provides no randomness"))?;
        println!("{KEY} holds no key: signing with one that is generated now and thrown away");
        Ok(Self { ssh: PrivateKey::from(Ed25519Keypair::from_seed(&seed)), minisign: None })
    }

    /// The private key in OpenSSH's format, for a second build with the same key.
    pub(crate) fn key(&self) -> Result<Secret> {
        let text = self.ssh.to_openssh(ssh_key::LineEnding::LF).map_err(|_| anyhow::anyhow!("cannot write the key"))?;
        Ok(Secret::new(text.to_string()))
    }

    /// The armoured signature over `bytes`, for `ssh-keygen -Y verify`.
    pub(crate) fn ssh(&self, bytes: &[u8]) -> Result<String> {
        let signature = self.ssh.sign(NAMESPACE, HashAlg::Sha512, bytes).map_err(|_| anyhow::anyhow!("cannot sign"))?;
        Ok(signature.to_pem(ssh_key::LineEnding::LF)?)
    }

    /// minisign's signature, if there is a key for it. The trusted comment names the version.
    pub(crate) fn minisign(&self, bytes: &[u8], version: &str) -> Result<Option<String>> {
        let Some(key) = &self.minisign else { return Ok(None) };
        let comment = format!("chefstackz-zammad-connector {version}");
        let signed = minisign::sign(None, key, bytes, Some(&comment), Some(&comment)).context("minisign")?;
        Ok(Some(signed.into_string()))
    }

    /// The line for an operator's `allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS).
    pub(crate) fn allowed_signers(&self) -> Result<String> {
        let mut public = self.ssh.public_key().clone();
        public.set_comment("");
        Ok(format!("{IDENTITY} namespaces=\"{NAMESPACE}\" {}\n", public.to_openssh()?.trim()))
    }
}

fn read_key(text: &Secret) -> Result<PrivateKey> {
    // The parser's error can quote the key.
    let key = PrivateKey::from_openssh(text.expose().trim())
        .map_err(|_| anyhow::anyhow!("{KEY} is no private key in OpenSSH's format"))?;
    ensure!(!key.is_encrypted(), "{KEY} is encrypted; a release job cannot ask for the passphrase");
    ensure!(key.algorithm().is_ed25519(), "{KEY} is not an Ed25519 key");
    Ok(key)
}

fn read_minisign(text: &Secret, password: Option<&Secret>) -> Result<minisign::SecretKey> {
    let wrong =
        || anyhow::anyhow!("{MINISIGN_KEY} is no secret key of minisign, or {MINISIGN_PASSWORD} is not its password");
    let boxed = minisign::SecretKeyBox::from_string(text.expose()).map_err(|_| wrong())?;
    match password {
        Some(password) => boxed.into_secret_key(Some(password.expose().to_owned())).map_err(|_| wrong()),
        None => boxed.into_unencrypted_secret_key().map_err(|_| wrong()),
    }
}

/// Checks `signature` over `bytes` against the keys that `allowed_signers` lists for [`IDENTITY`].
pub(crate) fn verify(bytes: &[u8], signature: &str, allowed_signers: &str) -> Result<()> {
    let signature: SshSig = signature.parse().map_err(|_| anyhow::anyhow!("the signature is damaged"))?;
    for key in keys(allowed_signers)? {
        if key.verify(NAMESPACE, bytes, &signature).is_ok() {
            return Ok(());
        }
    }
    bail!("the signature is not one by {IDENTITY} over these bytes")
}

fn keys(allowed_signers: &str) -> Result<Vec<PublicKey>> {
    let mut keys = Vec::new();
    for line in allowed_signers.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (principals, rest) = line.split_once(' ').context("a line of allowed_signers has no key")?;
        if !principals.split(',').any(|principal| principal == IDENTITY) {
            continue;
        }
        let start = rest.find("ssh-ed25519 ").context("a line of allowed_signers has no Ed25519 key")?;
        let options = rest[..start].trim();
        ensure!(
            options.is_empty() || options == format!("namespaces=\"{NAMESPACE}\""),
            "a line of allowed_signers has options that are not supported here"
        );
        keys.push(
            PublicKey::from_openssh(&rest[start..])
                .map_err(|_| anyhow::anyhow!("a key of allowed_signers is damaged"))?,
        );
    }
    ensure!(!keys.is_empty(), "allowed_signers has no key of {IDENTITY}");
    Ok(keys)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A signer for tests, derived from a seed, so that no key is committed and nothing is random.
    pub(crate) fn signer(seed: u8) -> Signer {
        let pair = Ed25519Keypair::from_seed(&[seed; 32]);
        Signer { ssh: PrivateKey::from(pair), minisign: None }
    }

    #[test]
    fn accepts_a_signature_with_its_key_and_bytes_only() {
        let (ours, other) = (signer(1), signer(2));
        let signature = ours.ssh(b"sums").unwrap();
        let allowed = ours.allowed_signers().unwrap();
        assert!(verify(b"sums", &signature, &allowed).is_ok());
        assert!(verify(b"sumz", &signature, &allowed).is_err());
        assert!(verify(b"sums", &other.ssh(b"sums").unwrap(), &allowed).is_err());
        assert!(verify(b"sums", &signature, &other.allowed_signers().unwrap()).is_err());
        assert!(verify(b"sums", &signature, &allowed.replace(IDENTITY, "mallory@example.com")).is_err());
        assert!(verify(b"sums", "", &allowed).is_err());
    }

    #[test]
    fn rejects_a_signature_for_another_use() {
        let signed = signer(1).ssh.sign("git", HashAlg::Sha512, b"sums").unwrap();
        let pem = signed.to_pem(ssh_key::LineEnding::LF).unwrap();
        assert!(verify(b"sums", &pem, &signer(1).allowed_signers().unwrap()).is_err());
    }

    #[test]
    fn signs_with_minisign_if_there_is_a_key() {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let text = pair.sk.to_box(None).unwrap().into_string();
        let both = Signer { minisign: Some(read_minisign(&Secret::new(text), None).unwrap()), ..signer(1) };
        let signed = both.minisign(b"sums", "1.2.3").unwrap().unwrap();
        let signature = minisign::SignatureBox::from_string(&signed).unwrap();
        assert!(signature.trusted_comment().unwrap().ends_with(" 1.2.3"));
        let verified = |bytes: &[u8]| {
            minisign::verify(&pair.pk, &signature, std::io::Cursor::new(bytes), true, false, false).is_ok()
        };
        assert!(verified(b"sums") && !verified(b"sumz"));
        assert!(signer(1).minisign(b"sums", "1.2.3").unwrap().is_none());
    }

    #[test]
    fn names_a_bad_key_without_showing_it() {
        let text = |text: &str| Secret::new(text.to_owned());
        let error = format!("{:#}", read_key(&text("-----BEGIN OPENSSH PRIVATE KEY-----\nsecretstuff")).unwrap_err());
        assert!(error.contains(KEY) && !error.contains("secretstuff"), "{error}");
        let error =
            read_minisign(&text("untrusted comment: x\nsecretstuff"), None).err().map(|e| format!("{e:#}")).unwrap();
        assert!(error.contains(MINISIGN_KEY) && !error.contains("secretstuff"), "{error}");
    }
}
