//! Which addresses may be called. The same rules apply again when a name is resolved (`exchange::forge_client`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::environment::Environment;

/// The purpose of an address, which decides where it may point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Atlassian's web trigger: the internet, https, by name.
    Forge,
    /// The customer's own network: https, or http to a host that is plainly inside it.
    Inside,
}

/// Parses and judges an address.
pub(super) fn parse(text: &str, purpose: Purpose, environment: Environment) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err("must begin with https://".into());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not contain credentials".into());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a query or fragment".into());
    }
    let host = url.host().ok_or("has no host")?;
    if let Host::Ipv4(address) = host
        && !text.contains(&address.to_string())
    {
        return Err("has a host in an unusual notation (decimal, octal or hex)".into());
    }
    let loopback = is_loopback(&host);
    if environment == Environment::Development && loopback {
        return Ok(url);
    }
    match (purpose, &host) {
        (Purpose::Forge, _) if url.scheme() == "http" => Err("must be https (http only to loopback, in development)".into()),
        (Purpose::Forge, Host::Domain(name)) if !loopback && name.contains('.') => Ok(url),
        (Purpose::Forge, _) => Err("must be a public host name, not an address or a local name".into()),
        (Purpose::Inside, Host::Ipv4(address)) if address.is_link_local() => Err("is a link-local address".into()),
        (Purpose::Inside, Host::Ipv6(address)) if never_inside(*address) => Err("is a link-local or mapped address".into()),
        (Purpose::Inside, host) if url.scheme() == "http" && !is_inside(host) => {
            Err("must be https, or http to a host that is plainly inside your network (single name, private address, .internal, .local, .lan)".into())
        }
        (Purpose::Inside, _) => Ok(url),
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => *name == "localhost",
    }
}

fn is_inside(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(address) => address.is_private() || address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback() || address.is_unique_local(),
        Host::Domain(name) => {
            !name.contains('.') || [".internal", ".local", ".lan", ".home.arpa"].iter().any(|end| name.ends_with(end))
        }
    }
}

const fn never_inside(address: Ipv6Addr) -> bool {
    address.is_unicast_link_local() || address.to_ipv4_mapped().is_some()
}

/// Whether an address is one that a name on the internet must never resolve to: private, loopback, link-local (cloud
/// metadata), carrier-grade NAT, and the IPv6 forms that carry one of these inside (docs/testing.md §4, SSRF).
#[must_use]
pub(crate) fn is_not_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4.is_documentation()
                || a == 0
                || (a == 100 && (64..128).contains(&b))
                || (a == 192 && b == 0 && v4.octets()[2] == 0)
                || (a == 198 && (18..20).contains(&b))
                || a >= 240
        }
        IpAddr::V6(v6) => {
            let segments = v6.segments();
            let embedded = |high: u16, low: u16| {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                is_not_public(IpAddr::V4(Ipv4Addr::new(a, b, c, d)))
            };
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6.to_ipv4_mapped().is_some()
                || (segments[0] == 0x2002 && embedded(segments[1], segments[2]))
                || is_nat64_of(&segments, &embedded)
                || (segments[0] == 0x2001 && segments[1] == 0xdb8)
                || (segments[..6] == [0; 6])
        }
    }
}

/// Whether an address is for the translation into IPv4 (NAT64), and its IPv4 address is not public. In networks without IPv4, DNS
/// answers so for every host that has IPv4 only (RFC 6052). The prefix for local use (RFC 8215) may lead anywhere.
fn is_nat64_of(segments: &[u16; 8], is_private: &impl Fn(u16, u16) -> bool) -> bool {
    let is_nat64 = segments[0] == 0x64 && segments[1] == 0xff9b;
    is_nat64 && (segments[2..6] != [0; 4] || is_private(segments[6], segments[7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, purpose: Purpose, environment: Environment) -> bool {
        parse(text, purpose, environment).is_ok()
    }

    /// docs/testing.md C1, at start. `crate::exchange::forge_client` tests the other half, when connecting.
    #[test]
    fn c1_forge_is_called_by_https_and_public_name_only() {
        use Environment::{Development, Production};
        let good = "https://0b2c6d1e.hello.atlassian-dev.net/x1/abc";
        assert!(judge(good, Purpose::Forge, Production) && judge(good, Purpose::Forge, Development));
        for bad in [
            "",
            "x",
            "ftp://host.example/",
            "http://host.example/x1/abc",
            "https://user@host.example/",
            "https://u:p@host.example/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://10.0.0.1/",
            "https://localhost/",
            "https://zammad/",
            "https://host.example/?q",
            "https://host.example/#f",
            "javascript:alert(1)",
        ] {
            assert!(!judge(bad, Purpose::Forge, Production), "{bad}");
        }
        assert!(judge("http://127.0.0.1:4000/x1/a", Purpose::Forge, Development));
        assert!(!judge("http://host.example/x1/a", Purpose::Forge, Development));
        assert!(!judge("http://10.0.0.1/x1/a", Purpose::Forge, Development));
    }

    #[test]
    fn inside_the_network_http_is_taken_where_it_plainly_is_inside() {
        for good in [
            "http://zammad-nginx:8080",
            "http://10.1.2.3",
            "http://192.168.1.5:3000",
            "http://zammad.internal",
            "https://help.example",
        ] {
            assert!(judge(good, Purpose::Inside, Environment::Production), "{good}");
        }
        for bad in [
            "http://help.example",
            "http://169.254.169.254",
            "https://169.254.169.254",
            "http://8.8.8.8",
            "http://[fe80::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://167837953/",
            "http://zammad:8080/?x",
            "https://a:b@zammad/",
        ] {
            assert!(!judge(bad, Purpose::Inside, Environment::Production), "{bad}");
        }
    }

    #[test]
    fn addresses_that_no_public_name_may_resolve_to() {
        for bad in [
            "127.0.0.1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "198.18.0.1",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:8.8.8.8",
            "2002:7f00:1::",
            "2002:a00:1::",
            "64:ff9b::a00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::808:808",
            "::10.0.0.1",
        ] {
            assert!(is_not_public(bad.parse().unwrap()), "{bad}");
        }
        for good in ["8.8.8.8", "104.192.141.1", "100.128.0.1", "2606:4700::1111", "2002:808:808::", "64:ff9b::808:808"]
        {
            assert!(!is_not_public(good.parse().unwrap()), "{good}");
        }
    }
}
