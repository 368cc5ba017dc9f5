//! Signatures as OpenSSH makes and checks them (`ssh-keygen -Y`, PROTOCOL.sshsig): every operator has the tool. minisign's
//! besides, for those who prefer it. Keys come from the environment and touch no disk.

use anyhow::{Context, Result, bail, ensure};
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, PrivateKey, PublicKey, SshSig};

/// Binds a signature to its use: one made for something else does not count here.
pub(crate) const NAMESPACE: &str = "chefstackz-release";
/// Who signs, as `allowed_signers` names it.
pub(crate) const IDENTITY: &str = "release@chefstackz.com";
/// The private key in OpenSSH's form, unencrypted: a release job's secret store holds it.
pub(crate) const KEY: &str = "RELEASE_SSH_KEY";
/// minisign's secret key file, as text, and its password.
pub(crate) const MINISIGN_KEY: &str = "RELEASE_MINISIGN_KEY";
pub(crate) const MINISIGN_PASSWORD: &str = "RELEASE_MINISIGN_PASSWORD";

/// What signs a release. No `Debug`: it holds keys.
pub(crate) struct Signer {
    ssh: PrivateKey,
    minisign: Option<minisign::SecretKey>,
}

impl Signer {
    /// From the environment; the errors name the variable, never its value.
    pub(crate) fn from_environment() -> Result<Self> {
        let ssh = read_key(&std::env::var(KEY).with_context(|| format!("{KEY} holds no key"))?)?;
        let minisign = match std::env::var(MINISIGN_KEY) {
            Ok(text) => Some(read_minisign(&text, std::env::var(MINISIGN_PASSWORD).ok())?),
            Err(_) => None,
        };
        Ok(Self { ssh, minisign })
    }

    /// As [`Signer::from_environment`]; where that holds no key, one that is made now and forgotten at the end.
    pub(crate) fn from_environment_or_throwaway() -> Result<Self> {
        if std::env::var_os(KEY).is_some() {
            return Self::from_environment();
        }
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| anyhow::anyhow!("the system gives no randomness"))?;
        println!("{KEY} holds no key: signing with one that is made now and thrown away");
        Ok(Self { ssh: PrivateKey::from(Ed25519Keypair::from_seed(&seed)), minisign: None })
    }

    /// The private key in OpenSSH's form, for handing the same key to a second build.
    pub(crate) fn key_text(&self) -> Result<String> {
        Ok(self.ssh.to_openssh(ssh_key::LineEnding::LF)?.to_string())
    }

    /// The armoured signature over `bytes`, for `ssh-keygen -Y verify`.
    pub(crate) fn ssh(&self, bytes: &[u8]) -> Result<String> {
        let signature = self.ssh.sign(NAMESPACE, HashAlg::Sha512, bytes).map_err(|_| anyhow::anyhow!("cannot sign"))?;
        Ok(signature.to_pem(ssh_key::LineEnding::LF)?)
    }

    /// minisign's signature, if its key was given. The trusted comment names the version.
    pub(crate) fn minisign(&self, bytes: &[u8], version: &str) -> Result<Option<String>> {
        let Some(key) = &self.minisign else { return Ok(None) };
        let comment = format!("chefstackz-zammad-connector {version}");
        let signed = minisign::sign(None, key, bytes, Some(&comment), Some(&comment)).context("minisign")?;
        Ok(Some(signed.into_string()))
    }

    /// The line that an operator keeps: `allowed_signers` (ssh-keygen(1), ALLOWED SIGNERS).
    pub(crate) fn allowed_signers(&self) -> Result<String> {
        let mut public = self.ssh.public_key().clone();
        public.set_comment("");
        Ok(format!("{IDENTITY} namespaces=\"{NAMESPACE}\" {}\n", public.to_openssh()?.trim()))
    }
}

fn read_key(text: &str) -> Result<PrivateKey> {
    // A key's parse error can quote it.
    let key = PrivateKey::from_openssh(text.trim())
        .map_err(|_| anyhow::anyhow!("{KEY} is no private key in OpenSSH's form"))?;
    ensure!(!key.is_encrypted(), "{KEY} is encrypted; a release job has nobody to ask for the passphrase");
    ensure!(key.algorithm().is_ed25519(), "{KEY} is not an Ed25519 key");
    Ok(key)
}

fn read_minisign(text: &str, password: Option<String>) -> Result<minisign::SecretKey> {
    let wrong =
        || anyhow::anyhow!("{MINISIGN_KEY} is no secret key of minisign's, or {MINISIGN_PASSWORD} is not its password");
    let boxed = minisign::SecretKeyBox::from_string(text).map_err(|_| wrong())?;
    match password {
        Some(password) => boxed.into_secret_key(Some(password)).map_err(|_| wrong()),
        None => boxed.into_unencrypted_secret_key().map_err(|_| wrong()),
    }
}

/// Checks `signature` over `bytes` against the keys that `allowed_signers` gives to [`IDENTITY`].
pub(crate) fn verify(bytes: &[u8], signature: &str, allowed_signers: &str) -> Result<()> {
    let signature: SshSig = signature.parse().map_err(|_| anyhow::anyhow!("the signature is damaged"))?;
    for key in keys(allowed_signers)? {
        if key.verify(NAMESPACE, bytes, &signature).is_ok() {
            return Ok(());
        }
    }
    bail!("the signature is not one of {IDENTITY}'s over these bytes")
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
            "a line of allowed_signers has options that are not understood here"
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

    /// A signer for tests, made from a seed: nothing is committed, nothing is random.
    pub(crate) fn signer(seed: u8) -> Signer {
        let pair = Ed25519Keypair::from_seed(&[seed; 32]);
        Signer { ssh: PrivateKey::from(pair), minisign: None }
    }

    #[test]
    fn a_signature_verifies_with_its_key_and_its_bytes_only() {
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
    fn a_signature_for_another_use_does_not_count() {
        let signed = signer(1).ssh.sign("git", HashAlg::Sha512, b"sums").unwrap();
        let pem = signed.to_pem(ssh_key::LineEnding::LF).unwrap();
        assert!(verify(b"sums", &pem, &signer(1).allowed_signers().unwrap()).is_err());
    }

    #[test]
    fn minisign_signs_too_if_it_was_given_a_key() {
        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let text = pair.sk.to_box(None).unwrap().into_string();
        let both = Signer { minisign: Some(read_minisign(&text, None).unwrap()), ..signer(1) };
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
    fn a_bad_key_is_named_and_not_shown() {
        let error = format!("{:#}", read_key("-----BEGIN OPENSSH PRIVATE KEY-----\nsecretstuff").unwrap_err());
        assert!(error.contains(KEY) && !error.contains("secretstuff"), "{error}");
        let error = read_minisign("untrusted comment: x\nsecretstuff", None).err().map(|e| format!("{e:#}")).unwrap();
        assert!(error.contains(MINISIGN_KEY) && !error.contains("secretstuff"), "{error}");
    }
}
